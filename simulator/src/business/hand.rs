//! What tests do to the systems behind everybody's back.

use rust_decimal::Decimal;
use serde_json::Value;

/// Most lots that are added at once.
const LOTS_MAX: u64 = 1_000_000;

/// A lot as one system has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotSeen {
    /// The system's own word.
    pub status: String,
    /// In the lot's unit.
    pub quantity: Decimal,
    /// Whether the system calls it deleted.
    pub deleted: bool,
}

/// A lot that a test adds.
pub(crate) struct Added {
    pub(crate) number: String,
    pub(crate) material: &'static str,
    /// The base unit of the material.
    pub(crate) unit: &'static str,
    pub(crate) quantity: Decimal,
    pub(crate) bin: &'static str,
}

/// The lots that every system gets: the same for the same numbers.
pub(crate) fn lots(start: usize, count: usize) -> impl Iterator<Item = Added> {
    const MATERIALS: [(&str, &str); 4] =
        [("FG-SAUCE-340", "PCE"), ("RM-SUGAR", "KG"), ("PK-CAP-38", "PCE"), ("RM-VINEGAR", "L")];
    (start..start + count).map(|index| {
        let (material, unit) = MATERIALS[index % MATERIALS.len()];
        let quantity = Decimal::from(100 + index % 900);
        Added { number: format!("T-{index:07}"), material, unit, quantity, bin: "WH1-A-09" }
    })
}

/// `{"lot", "status"?, "quantity"?}`
pub(crate) fn set(
    body: &Value,
    set: impl FnOnce(&str, Option<&str>, Option<Decimal>) -> Result<(), String>,
) -> Result<(), String> {
    let quantity = match body.get("quantity") {
        None => None,
        Some(value) => {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Some(text.parse().map_err(|_| "the quantity is not a number")?)
        }
    };
    set(lot(body)?, body.get("status").and_then(Value::as_str), quantity)
}

/// `{"count", "start"?}`
pub(crate) fn count(body: &Value) -> Result<(usize, usize), String> {
    let number = |name: &str| body.get(name).and_then(Value::as_u64).filter(|number| *number <= LOTS_MAX);
    let count = number("count").ok_or("`count` is missing or too large")?;
    Ok((number("start").unwrap_or(0) as usize, count as usize))
}

/// `{"lot", "hard"?}`
pub(crate) fn delete(body: &Value, delete: impl FnOnce(&str, bool) -> Result<(), String>) -> Result<(), String> {
    delete(lot(body)?, body.get("hard").and_then(Value::as_bool).unwrap_or(false))
}

fn lot(body: &Value) -> Result<&str, String> {
    body.get("lot").and_then(Value::as_str).ok_or_else(|| "`lot` is missing".to_owned())
}
