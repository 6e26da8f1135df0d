//! What a record claims, attribute by attribute. Pure.

use model::Code;
use rust_decimal::Decimal;

use crate::sync::told::Body;

/// Largest quantity that is believed; beyond it a record is a typing error.
const QUANTITY_MAX: i64 = 1_000_000_000_000;

/// One attribute that a record claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    pub attribute: &'static str,
    /// As the source wrote it; a source may claim several values at once.
    pub value_set: Vec<String>,
    /// After the crosswalk.
    pub canonical: String,
}

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
}

/// The facts of a record, or why it claims nothing that can be used.
pub(super) fn facts(body: &Body) -> Result<Vec<Fact>, Refused> {
    let mut facts = Vec::with_capacity(6);
    match body {
        Body::Unreadable { problem } => return Err(Refused::new(Code::InvalidInput, problem.clone())),
        Body::Material { code, name, unit } => {
            named("code", code)?;
            facts.extend([fact("code", code), fact("name", name), fact("unit", unit)]);
        }
        Body::Lot { number, material, quantity, unit, disposition, raw_disposition, location } => {
            named("number", number)?;
            let disposition = disposition.as_ref().map_err(|raw| unmapped("disposition", raw))?;
            facts.extend([fact("number", number), fact("material", material), amount(*quantity, unit)?]);
            facts.push(Fact {
                attribute: "disposition",
                value_set: raw_disposition.clone(),
                canonical: disposition.to_string(),
            });
            facts.push(optional("location", location.clone()));
        }
        Body::Order { number, material, quantity, unit, state, raw_state, line, planned_start, planned_end } => {
            named("number", number)?;
            let state = state.as_ref().map_err(|raw| unmapped("state", raw))?;
            facts.extend([fact("number", number), amount(*quantity, unit)?]);
            facts.push(Fact { attribute: "state", value_set: raw_state.clone(), canonical: state.to_string() });
            facts.push(optional("material", material.clone()));
            facts.push(optional("line", line.clone()));
            facts.push(optional("plannedStart", planned_start.map(|time| time.to_rfc3339())));
            facts.push(optional("plannedEnd", planned_end.map(|time| time.to_rfc3339())));
        }
    }
    Ok(facts)
}

fn fact(attribute: &'static str, value: &str) -> Fact {
    Fact { attribute, value_set: vec![value.to_owned()], canonical: value.to_owned() }
}

/// What a source says nothing of is claimed too, as the empty set: otherwise an order that loses its line would keep it.
fn optional(attribute: &'static str, value: Option<String>) -> Fact {
    Fact { attribute, value_set: value.iter().cloned().collect(), canonical: value.unwrap_or_default() }
}

fn amount(quantity: Decimal, unit: &str) -> Result<Fact, Refused> {
    if quantity.is_sign_negative() && !quantity.is_zero() {
        return Err(Refused::new(Code::InvalidQuantity, format!("the quantity {quantity} is negative")));
    }
    if quantity > Decimal::from(QUANTITY_MAX) {
        return Err(Refused::new(Code::InvalidQuantity, format!("the quantity {quantity} is beyond {QUANTITY_MAX}")));
    }
    let text = format!("{} {unit}", quantity.normalize());
    Ok(Fact { attribute: "quantity", value_set: vec![text.clone()], canonical: text })
}

fn named(attribute: &str, value: &str) -> Result<(), Refused> {
    match value.trim().is_empty() {
        true => Err(Refused::new(Code::InvalidInput, format!("the {attribute} is empty"))),
        false => Ok(()),
    }
}

fn unmapped(attribute: &str, raw: &str) -> Refused {
    Refused::new(Code::UnmappedValue, format!("the {attribute} '{raw}' is not in the crosswalk"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lot(quantity: Decimal, disposition: Result<model::Disposition, String>) -> Body {
        Body::Lot {
            number: "L-1".into(),
            material: "7".into(),
            quantity,
            unit: "kg".into(),
            disposition,
            raw_disposition: vec!["STO".into()],
            location: None,
        }
    }

    #[test]
    fn a_negative_or_absurd_quantity_is_refused() {
        for bad in [Decimal::from(-1), Decimal::MAX] {
            assert_eq!(facts(&lot(bad, Ok(model::Disposition::Unrestricted))).unwrap_err().code, Code::InvalidQuantity);
        }
        assert!(facts(&lot(Decimal::ZERO, Ok(model::Disposition::Unrestricted))).is_ok());
    }

    #[test]
    fn an_unmapped_status_is_reported_and_not_guessed() {
        let refused = facts(&lot(Decimal::ONE, Err("LOST?".into()))).unwrap_err();
        assert_eq!(refused.code, Code::UnmappedValue);
        assert!(refused.message.contains("LOST?"));
    }
}
