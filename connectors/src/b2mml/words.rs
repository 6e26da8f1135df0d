//! Elements as attributes of the twin. What is not said is left out; what is said and not understood is unmapped.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use rust_decimal::Decimal;
use workflow::sync::{Assertion, Unmapped, vocabulary::Words};

use crate::file::xml::Element;

/// Attributes under way.
#[derive(Default)]
pub(super) struct Said(BTreeMap<&'static str, Assertion>);

impl Said {
    pub(super) fn add(&mut self, name: &'static str, assertion: Option<Assertion>) {
        if let Some(assertion) = assertion {
            self.0.insert(name, assertion);
        }
    }

    pub(super) fn all(self) -> impl Iterator<Item = (&'static str, Assertion)> {
        self.0.into_iter()
    }
}

/// A text. An element that is there and empty says that there is nothing.
pub(super) fn text(element: Option<&Element>) -> Option<Assertion> {
    element.map(|element| Assertion::optional(Some(element.text.as_str()).filter(|text| !text.is_empty())))
}

/// A reference by the id that all systems of the plant use.
pub(super) fn key(id: Option<&str>) -> Option<Assertion> {
    id.map(|id| Assertion::mapped(vec![id.to_owned()], format!("key:{id}")))
}

/// One word of an enumeration: `In-Process` is `IN_PROCESS`.
pub(super) fn word(words: Words, element: Option<&Element>) -> Option<Assertion> {
    let element = element?;
    if element.text.is_empty() {
        return Some(Assertion::optional(None::<String>));
    }
    let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    let known = words.all().into_iter().find(|known| plain(known) == plain(&element.text));
    let raw = match element.attribute("OtherValue") {
        Some(other) => format!("{} {other}", element.text),
        None => element.text.clone(),
    };
    let canonical = known.map(|word| Some(word.to_owned())).ok_or_else(|| Unmapped::Value(raw.clone()));
    Some(Assertion { values: vec![raw], canonical })
}

/// A time. One without a zone is not believed.
pub(super) fn time(element: Option<&Element>) -> Option<Assertion> {
    let text = element.map(|element| element.text.as_str()).filter(|text| !text.is_empty())?;
    let canonical = match text.parse::<DateTime<Utc>>() {
        Ok(time) => Ok(Some(time.to_rfc3339_opts(SecondsFormat::AutoSi, true))),
        Err(_) => Err(Unmapped::Type("a time with its zone, such as 2026-01-31T12:00:00Z".to_owned())),
    };
    Some(Assertion { values: vec![text.to_owned()], canonical })
}

/// A quantity and its unit.
#[derive(Clone, Debug)]
pub(super) struct Amount {
    pub(super) written: String,
    pub(super) value: Result<Decimal, Unmapped>,
    pub(super) unit: Option<String>,
}

impl Amount {
    /// The first `Quantity` inside an element; older versions write the number beside the unit.
    pub(super) fn of(element: &Element) -> Option<Self> {
        let quantity = element.child("Quantity")?;
        let written = quantity.text_of("QuantityString").unwrap_or(&quantity.text).to_owned();
        if written.is_empty() {
            return None;
        }
        let value = decimal(&written).ok_or_else(|| Unmapped::Type("a plain decimal such as 12.5".to_owned()));
        Some(Self { value, written, unit: quantity.text_of("UnitOfMeasure").map(str::to_owned) })
    }

    pub(super) fn assertion(&self) -> Assertion {
        let canonical = self.value.clone().map(|value| Some(value.normalize().to_string()));
        Assertion { values: vec![self.written.clone()], canonical }
    }

    /// The sum of several, when all are of one unit.
    pub(super) fn sum(amounts: &[Self]) -> Option<Assertion> {
        let first = amounts.first()?;
        let values = amounts.iter().map(|amount| amount.written.clone()).collect();
        if amounts.iter().any(|amount| amount.unit != first.unit) {
            return Some(Assertion { values, canonical: Err(Unmapped::Type("quantities of one unit".to_owned())) });
        }
        let mut sum = Decimal::ZERO;
        for amount in amounts {
            match &amount.value {
                Err(problem) => return Some(Assertion { values, canonical: Err(problem.clone()) }),
                Ok(value) => match sum.checked_add(*value) {
                    Some(total) => sum = total,
                    None => {
                        return Some(Assertion {
                            values,
                            canonical: Err(Unmapped::Type("a sum that fits".to_owned())),
                        });
                    }
                },
            }
        }
        Some(Assertion { values, canonical: Ok(Some(sum.normalize().to_string())) })
    }
}

/// A number as XML writes it, exactly.
fn decimal(text: &str) -> Option<Decimal> {
    let plain = text.trim().strip_prefix('+').unwrap_or(text.trim());
    Decimal::from_str_exact(plain).ok().or_else(|| Decimal::from_scientific(plain).ok())
}
