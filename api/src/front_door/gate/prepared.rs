//! A validated document with one of its operations chosen.

use apollo_compiler::{ExecutableDocument, Node, executable::Operation, validation::Valid};
use async_graphql::parser::{parse_query, types};
use model::Code;

use super::super::Refusal;

/// Fields that tell the schema, `_service` of federation among them.
const SCHEMA_FIELDS: [&str; 3] = ["__schema", "__type", "_service"];

/// A document that passed validation, ready to execute. Shared by all requests with the same text.
pub(super) struct Prepared {
    pub document: Valid<ExecutableDocument>,
    operation: Node<Operation>,
    /// The name of the operation, as async-graphql has to be told.
    pub operation_name: Option<String>,
    /// Whether it reads the schema.
    pub introspects: bool,
    /// The same document as async-graphql reads it.
    pub parsed: types::ExecutableDocument,
    /// The size of the text: what the cache weighs.
    pub text_bytes: u32,
}

impl Prepared {
    /// Chooses the operation.
    ///
    /// # Errors
    /// `OPERATION_UNKNOWN`.
    pub(super) fn new(
        document: Valid<ExecutableDocument>,
        operation_name: Option<&str>,
        text_bytes: usize,
    ) -> Result<Self, Refusal> {
        let operation = document.operations.get(operation_name).cloned().map_err(|_| {
            Refusal::new(Code::OperationUnknown, "`operationName` must name one of the operations of the document")
        })?;
        let introspects = operation.root_fields(&document).any(|field| SCHEMA_FIELDS.contains(&field.name.as_str()));
        // One line without block strings: escapes that async-graphql's parser does not know are resolved by now.
        let text = document.serialize().no_indent().to_string();
        let parsed = parse_query(text).map_err(|error| {
            tracing::warn!(%error, "a valid document is not understood by the executing library");
            Refusal::new(Code::QuerySyntax, "the document uses syntax that is not supported")
        })?;
        Ok(Self {
            operation_name: operation.name.as_ref().map(ToString::to_string),
            operation,
            introspects,
            parsed,
            text_bytes: u32::try_from(text_bytes).unwrap_or(u32::MAX),
            document,
        })
    }

    /// The chosen operation.
    pub(super) fn operation(&self) -> &Operation {
        &self.operation
    }
}
