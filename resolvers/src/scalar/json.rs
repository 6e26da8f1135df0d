//! Any JSON.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

/// A JSON document.
#[derive(Clone, Debug, PartialEq)]
pub struct Json(pub serde_json::Value);

/// A JSON document as it was stored. Only given, never taken.
#[Scalar(name = "JSON", specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259")]
impl ScalarType for Json {
    fn parse(_: Value) -> InputValueResult<Self> {
        Err(InputValueError::custom("the graph takes no free JSON"))
    }

    fn to_value(&self) -> Value {
        Value::from_json(self.0.clone()).expect("a JSON document is a GraphQL value")
    }
}
