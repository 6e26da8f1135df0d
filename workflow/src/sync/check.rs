//! Whether a statement can be applied at all. Pure.

use model::Code;

use crate::sync::{
    Body, Statement, Unmapped,
    vocabulary::{ValueKind, attribute, attributes},
};

/// Why a record can not be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub code: Code,
    pub message: String,
}

impl Refused {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(super) fn missing(message: impl Into<String>) -> Self {
        Self::new(Code::ReferenceMissing, message)
    }
}

/// What a record says, checked; `None`: that it is gone.
pub(super) fn check(body: &Body) -> Result<Option<&Statement>, Refused> {
    let statement = match body {
        Body::Unreadable { problem } => return Err(Refused::new(Code::InvalidInput, problem.clone())),
        Body::Deleted => return Ok(None),
        Body::Says(statement) => statement,
    };
    if attributes(statement.kind).is_empty() {
        return Err(Refused::new(Code::InvalidInput, format!("a system does not speak of {}", statement.kind)));
    }
    for (name, assertion) in &statement.attributes {
        let Some(known) = attribute(statement.kind, name) else {
            return Err(Refused::new(Code::InvalidInput, format!("{} has no attribute {name}", statement.kind)));
        };
        let value = match &assertion.canonical {
            Ok(value) => value.as_deref(),
            Err(Unmapped::Value(raw)) => {
                let message = format!("the {name} '{raw}' is not in the crosswalk");
                return Err(Refused::new(Code::UnmappedValue, message));
            }
            Err(Unmapped::Type(problem)) => return Err(Refused::new(Code::InvalidInput, format!("{name}: {problem}"))),
        };
        if let Some(Err(problem)) = value.map(|value| known.value.check(value)) {
            let code = if known.value == ValueKind::Quantity { Code::InvalidQuantity } else { Code::InvalidInput };
            return Err(Refused::new(code, format!("{name}: {problem}")));
        }
    }
    let filled = |name: &str| {
        let value = statement.attributes.get(name).and_then(|assertion| assertion.canonical.as_ref().ok());
        value.and_then(Option::as_deref).is_some_and(|value| !value.trim().is_empty())
    };
    match attributes(statement.kind).iter().find(|known| known.required && !filled(known.name)) {
        Some(missing) => Err(Refused::new(Code::InvalidInput, format!("the {} is empty", missing.name))),
        None => Ok(Some(statement)),
    }
}

#[cfg(test)]
mod tests {
    use model::SubjectType;

    use super::*;
    use crate::sync::Assertion;

    fn lot(quantity: &str, disposition: Assertion) -> Body {
        Body::Says(Statement::new(
            SubjectType::MaterialLot,
            [
                ("number", Assertion::plain("L-1")),
                ("material", Assertion::reference(Some(7))),
                ("quantity", Assertion::plain(quantity)),
                ("disposition", disposition),
            ],
        ))
    }

    fn free() -> Assertion {
        Assertion::mapped(vec!["STO".into()], "UNRESTRICTED")
    }

    #[test]
    fn a_negative_absurd_or_unreadable_quantity_is_refused() {
        for bad in ["-1", "79228162514264337593543950335", "NaN", "1e3", "", "12,5"] {
            assert_eq!(check(&lot(bad, free())).unwrap_err().code, Code::InvalidQuantity, "{bad}");
        }
        assert!(check(&lot("0", free())).is_ok());
    }

    #[test]
    fn an_unmapped_status_is_reported_and_not_guessed() {
        let refused = check(&lot("1", Assertion::crossed(vec![], Err::<String, _>("LOST?".into())))).unwrap_err();
        assert_eq!(refused.code, Code::UnmappedValue);
        assert!(refused.message.contains("LOST?"));
        let refused = check(&lot("1", Assertion::mapped(vec![], "FREE"))).unwrap_err();
        assert!(refused.message.contains("UNRESTRICTED"), "it says what was expected: {}", refused.message);
    }

    #[test]
    fn what_is_required_must_be_there_and_what_is_unknown_must_not() {
        let Body::Says(mut says) = lot("1", free()) else { unreachable!() };
        says.attributes.insert("colour".into(), Assertion::plain("red"));
        assert!(check(&Body::Says(says.clone())).unwrap_err().message.contains("colour"));
        says.attributes.remove("colour");
        says.attributes.insert("number".into(), Assertion::plain(" "));
        assert!(check(&Body::Says(says)).unwrap_err().message.contains("number"));
    }
}
