//! What SAP answers instead of doing something.

use axum::http::StatusCode;
use serde_json::json;

use super::edm::Set;
use crate::business::call::Reply;

/// A refusal: nothing has changed.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Refusal { status, code, message: message.into() }
    }

    /// The business says no.
    pub(crate) fn business(code: &'static str, message: impl Into<String>) -> Self {
        Refusal::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(crate) fn query(message: &str) -> Self {
        Refusal::new(StatusCode::BAD_REQUEST, "/IWFND/CM_MGW_RT/021", message)
    }

    pub(crate) fn no_field(name: &str, set: &Set) -> Self {
        Refusal::query(&format!("Property {name} not found in type {}", set.type_name))
    }

    pub(crate) fn body(message: impl Into<String>) -> Self {
        Refusal::new(StatusCode::BAD_REQUEST, "/IWBEP/CX_MGW_BUSI_EXCEPTION", message)
    }

    pub(crate) fn no_resource() -> Self {
        Refusal::new(StatusCode::NOT_FOUND, "/IWFND/CM_MGW_RT/020", "Resource not found for the segment")
    }

    pub(crate) fn no_entity(key: &str) -> Self {
        Refusal::new(StatusCode::NOT_FOUND, "/IWBEP/CM_MGW_RT/020", format!("Resource not found for key {key}"))
    }

    pub(crate) fn reply(&self) -> Reply {
        Reply::json(
            self.status,
            &json!({ "error": {
                "code": self.code,
                "message": { "lang": "en", "value": self.message },
                "innererror": { "transactionid": "SIM", "errordetails": [] },
            } }),
        )
    }
}
