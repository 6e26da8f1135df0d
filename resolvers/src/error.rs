//! Why a field could not be resolved: a stable code, and nothing of the inside.

use std::borrow::Cow;

use async_graphql::ErrorExtensions;
use model::Code;
use uuid::Uuid;

/// What a caller is told of a failure inside.
const INSIDE: &str = "something failed inside; the id finds the cause in the log";

/// Why a field could not be resolved, in the form that may leave the process.
///
/// It does not implement `Display`, and so is no [`std::error::Error`]: async-graphql turns whatever displays into an error of
/// its own, with the text of the inside and without a code. With this type, `?` in a resolver can not do that by accident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    code: Code,
    message: Cow<'static, str>,
    id: Option<Uuid>,
}

impl Error {
    /// A request that the caller can mend.
    pub(crate) fn refused(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), id: None }
    }

    /// A failure inside, logged here, once: the caller gets the id under which the log has it.
    pub(crate) fn inside(code: Code, error: &(dyn std::error::Error + 'static)) -> Self {
        let id = Uuid::new_v4();
        let code_text = code.as_str();
        let message = match code {
            Code::DatabaseUnavailable => {
                tracing::warn!(error_id = %id, code = code_text, error, "a field could not be resolved");
                "the database does not answer; try again in a moment"
            }
            _ => {
                tracing::error!(error_id = %id, code = code_text, error, "a field could not be resolved");
                INSIDE
            }
        };
        Self { code, message: message.into(), id: Some(id) }
    }

    /// A row refers to one that is not there, or holds a document that can not be read. Logged here, once.
    pub(crate) fn broken(what: &'static str) -> Self {
        let id = Uuid::new_v4();
        tracing::error!(error_id = %id, what, "a stored row can not be shown");
        Self { code: Code::Internal, message: INSIDE.into(), id: Some(id) }
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.code
    }
}

impl From<model::Error> for Error {
    fn from(error: model::Error) -> Self {
        match error.code() {
            // These say what the caller did, in words made for the caller.
            code @ (Code::AsOfExpired | Code::CursorInvalid | Code::CursorExpired | Code::ShuttingDown) => {
                Self::refused(code, error.to_string())
            }
            code => Self::inside(code, &error),
        }
    }
}

impl From<workflow::Error> for Error {
    fn from(error: workflow::Error) -> Self {
        match error {
            workflow::Error::Store(error) => error.into(),
            other => Self::inside(other.code(), &other),
        }
    }
}

impl From<Error> for async_graphql::Error {
    fn from(error: Error) -> Self {
        Self::new(error.message).extend_with(|_, extensions| {
            extensions.set("code", error.code.as_str());
            if let Some(id) = error.id {
                extensions.set("id", id.to_string());
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::Value;

    use super::*;

    #[test]
    fn the_inside_stays_inside_and_leaves_an_id() {
        let secret = || model::Error::Unsuitable("postgres://user:secret@db".into());
        for error in [Error::from(secret()), Error::from(workflow::Error::Store(secret()))] {
            let told = async_graphql::Error::from(error);
            assert!(!told.message.contains("secret") && told.source.is_none());
            let extensions = told.extensions.unwrap();
            assert_eq!(extensions.get("code"), Some(&Value::from("DATABASE_UNSUITABLE")));
            assert!(matches!(extensions.get("id"), Some(Value::String(id)) if Uuid::try_parse(id).is_ok()));
        }
    }

    #[test]
    fn what_the_caller_did_is_said_as_it_is() {
        let told = async_graphql::Error::from(Error::from(model::Error::CursorExpired));
        assert_eq!(told.message, model::Error::CursorExpired.to_string());
        assert_eq!(told.extensions.unwrap().get("code"), Some(&Value::from("CURSOR_EXPIRED")));
    }
}
