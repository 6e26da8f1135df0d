//! Exact decimal numbers.

use std::str::FromStr;

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use model::Quantity;

/// Longest text that can be a decimal: 28 digits, a point, a sign, and an exponent.
const LENGTH_MAX: usize = 40;

/// An exact decimal number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal(pub Quantity);

/// An exact decimal number, as text: `"12.5"`. A JSON number is taken too; beyond 15 digits only text is exact.
#[Scalar(name = "Decimal", specified_by_url = "https://www.w3.org/TR/xmlschema11-2/#decimal")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = match &value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return Err(InputValueError::expected_type(value)),
        };
        if text.len() > LENGTH_MAX {
            return Err(InputValueError::custom(format!("it has more than {LENGTH_MAX} characters")));
        }
        Quantity::from_str(&text).map(Self).map_err(|_| InputValueError::custom("it is not a number such as 12.5"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(json: &str) -> Option<String> {
        let value = Value::from_json(serde_json::from_str(json).unwrap()).unwrap();
        Decimal::parse(value).ok().map(|decimal| decimal.0.to_string())
    }

    #[test]
    fn numbers_are_taken_as_they_are_written() {
        for (json, text) in
            [(r#""12.50""#, "12.5"), ("0.1", "0.1"), ("-3", "-3"), (r#""1000000000000""#, "1000000000000")]
        {
            assert_eq!(parsed(json).as_deref(), Some(text));
        }
        for bad in [r#""""#, r#""NaN""#, r#""1,5""#, r#""ten""#, "true", r#""99999999999999999999999999999999""#] {
            assert_eq!(parsed(bad), None, "{bad}");
        }
    }
}
