//! Whole numbers that may outgrow 32 bits.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

/// A whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SafeInt(pub i64);

/// A whole number as a JSON number, exact up to 2^53 - 1: more than `Int` holds, as much as every client reads. Only given, never
/// taken.
#[Scalar(name = "SafeInt", specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259#section-6")]
impl ScalarType for SafeInt {
    fn parse(_: Value) -> InputValueResult<Self> {
        Err(InputValueError::custom("the graph takes no such number"))
    }

    fn to_value(&self) -> Value {
        Value::from(self.0)
    }
}
