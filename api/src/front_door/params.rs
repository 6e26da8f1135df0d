//! The parameters of one GraphQL request, as they come by POST, by GET or over a socket.

use model::Code;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Refusal;

/// The parameters of one request. Unknown keys are ignored, as GraphQL over HTTP asks.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Params {
    /// The document. Its absence is an error, but not one of JSON.
    #[serde(default)]
    pub query: Option<String>,
    /// Which operation of the document.
    #[serde(default)]
    pub operation_name: Option<String>,
    /// Values of its variables.
    #[serde(default)]
    pub variables: Option<Map<String, Value>>,
    /// Whatever else the client says.
    #[serde(default)]
    pub extensions: Option<Map<String, Value>>,
}

/// The same in the query part of an address: objects are JSON texts.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

impl Params {
    /// Reads the body of a POST.
    ///
    /// # Errors
    /// `REQUEST_MALFORMED` for what is not one JSON object with parameters of the right types; a batch above all.
    pub(super) fn from_body(body: &[u8]) -> Result<Self, Refusal> {
        if body.trim_ascii_start().first() == Some(&b'[') {
            return Err(malformed("a batch (JSON array) is not supported; send one request at a time"));
        }
        serde_json::from_slice(body).map_err(|error| malformed(format!("the body is not a GraphQL request: {error}")))
    }

    /// Reads the query part of the address of a GET.
    ///
    /// # Errors
    /// As [`Self::from_body`].
    pub(super) fn from_address(uri: &axum::http::Uri) -> Result<Self, Refusal> {
        let axum::extract::Query(address) = axum::extract::Query::<Address>::try_from_uri(uri)
            .map_err(|_| malformed("the address does not hold one `query` and its parameters"))?;
        Ok(Self {
            query: address.query,
            operation_name: address.operation_name,
            variables: object("variables", address.variables)?,
            extensions: object("extensions", address.extensions)?,
        })
    }
}

fn object(name: &str, text: Option<String>) -> Result<Option<Map<String, Value>>, Refusal> {
    text.filter(|text| !text.is_empty())
        .map(|text| serde_json::from_str::<Option<Map<String, Value>>>(&text))
        .transpose()
        .map(Option::flatten)
        .map_err(|error| malformed(format!("`{name}` is not a JSON object: {error}")))
}

fn malformed(message: impl Into<String>) -> Refusal {
    Refusal::new(Code::RequestMalformed, message)
}
