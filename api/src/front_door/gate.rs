//! The gate: no document reaches the schema that was not parsed, validated and coerced by a second implementation.
//!
//! async-graphql misses rules of validation that others rely on: it lets a variable be used where its type does not fit,
//! and fields merge that conflict. apollo-compiler has them. What passes here is handed on in apollo-compiler's own
//! spelling, so both read the same document.

mod prepared;
mod schema;

use std::sync::Arc;

use apollo_compiler::{
    Schema,
    ast::OperationType,
    request::coerce_variable_values,
    response::{JsonMap, JsonValue},
    validation::{DiagnosticList, Valid},
};
use async_graphql::{Request, Variables};
use model::{Code, Principal};
use moka::sync::Cache;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use self::prepared::Prepared;
use super::{Introspection, Limits, Options, Refusal, budget, params::Params, refusal::Location};

/// Weight of the prepared documents that are kept: their texts and [`ENTRY_BYTES`] each, so at most two thousand. In memory
/// a document takes about ten times its text.
const CACHE_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// What a document weighs beside its text, so that very short ones do not fill the memory.
const ENTRY_BYTES: u32 = 1_024;

/// Findings of one kind that are reported: enough to mend a query, too few to draw a map of the schema.
const FINDINGS_MAX: usize = 10;

/// The schema's SDL is not valid.
#[derive(Debug, thiserror::Error)]
#[error("the schema is not valid GraphQL: {0}")]
pub struct SchemaRefused(String);

/// A request that may be executed.
pub(super) struct Admitted {
    /// What kind of operation it is.
    pub kind: OperationType,
    /// The request, still without data.
    pub request: Request,
}

/// Admits requests.
pub(super) struct Gate {
    schema: Valid<Schema>,
    limits: Limits,
    introspection: Introspection,
    prepared: Cache<Key, Arc<Prepared>>,
}

/// A document by its hash, and which of its operations.
type Key = ([u8; 32], Option<String>);

impl Gate {
    /// Reads the schema.
    ///
    /// # Errors
    /// When it is not valid.
    pub(super) fn new(sdl: &str, options: &Options) -> Result<Self, SchemaRefused> {
        let prepared = Cache::builder()
            .max_capacity(CACHE_BYTES_MAX)
            .weigher(|_: &Key, prepared: &Arc<Prepared>| prepared.text_bytes.saturating_add(ENTRY_BYTES))
            .build();
        Ok(Self {
            schema: schema::read(sdl).map_err(SchemaRefused)?,
            limits: options.limits.clone(),
            introspection: options.introspection,
            prepared,
        })
    }

    /// Admits a request, or says why not. Takes milliseconds at most, whatever the document.
    ///
    /// # Errors
    /// At least one refusal; all of them concern the request as a whole.
    pub(super) fn admit(&self, principal: &Principal, params: Params) -> Result<Admitted, Vec<Refusal>> {
        let query = required_query(&params).map_err(|refusal| vec![refusal])?;
        let prepared = self.prepare(query, params.operation_name.as_deref())?;
        self.finish(principal, &prepared, params).map_err(|refusal| vec![refusal])
    }

    /// What depends on the document only.
    fn prepare(&self, query: &str, operation_name: Option<&str>) -> Result<Arc<Prepared>, Vec<Refusal>> {
        let key = (Sha256::digest(query).into(), operation_name.map(str::to_owned));
        if let Some(prepared) = self.prepared.get(&key) {
            return Ok(prepared);
        }
        let document = budget::parse(&self.limits, query)?;
        budget::check_structure(&self.limits, &document).map_err(|refusal| vec![refusal])?;
        let document = document
            .to_executable_validate(&self.schema)
            .map_err(|failed| diagnostics(Code::QueryInvalid, &failed.errors))?;
        let prepared = Prepared::new(document, operation_name, query.len()).map_err(|refusal| vec![refusal])?;
        let prepared = Arc::new(prepared);
        self.prepared.insert(key, prepared.clone());
        Ok(prepared)
    }

    /// What depends on the caller and the variables.
    fn finish(&self, principal: &Principal, prepared: &Prepared, params: Params) -> Result<Admitted, Refusal> {
        if prepared.introspects && !self.may_introspect(principal) {
            let message = "reading the schema through the service is for developers";
            return Err(Refusal::new(Code::IntrospectionForbidden, message));
        }
        let variables = self.coerce(prepared, params.variables.unwrap_or_default())?;
        budget::check_cost(&self.limits, &prepared.document, prepared.operation(), &variables)?;
        let mut request = Request::new(params.query.unwrap_or_default()).variables(into_variables(&variables)?);
        request.operation_name.clone_from(&prepared.operation_name);
        request.set_parsed_query(prepared.parsed.clone());
        Ok(Admitted { kind: prepared.operation().operation_type, request })
    }

    fn may_introspect(&self, principal: &Principal) -> bool {
        match self.introspection {
            Introspection::Nobody => false,
            Introspection::Developers => principal.developer,
            Introspection::Everyone => true,
        }
    }

    fn coerce(&self, prepared: &Prepared, variables: Map<String, Value>) -> Result<Valid<JsonMap>, Refusal> {
        if variables.values().any(holds_nul) {
            return Err(Refusal::new(Code::InvalidInput, "a variable contains the character U+0000"));
        }
        let variables: JsonMap =
            variables.into_iter().map(|(name, value)| (name.into(), JsonValue::from(value))).collect();
        coerce_variable_values(&self.schema, prepared.operation(), &variables)
            .map_err(|error| Refusal::new(Code::InvalidInput, error.message().to_string()))
    }
}

fn required_query(params: &Params) -> Result<&str, Refusal> {
    if let Some(query) = params.query.as_deref().filter(|query| !query.trim().is_empty()) {
        return Ok(query);
    }
    let is_hashed = params.extensions.as_ref().is_some_and(|extensions| extensions.contains_key("persistedQuery"));
    Err(if is_hashed {
        // The text that clients with automatic persisted queries look for.
        Refusal::new(Code::PersistedQueryNotSupported, "PersistedQueryNotSupported")
    } else {
        Refusal::new(Code::RequestMalformed, "the request has no `query`")
    })
}

/// JSON itself is nested at most 128 deep, so the recursion is bounded.
fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(fields) => fields.values().any(holds_nul),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn into_variables(variables: &JsonMap) -> Result<Variables, Refusal> {
    let value = async_graphql::to_value(variables)
        .map_err(|error| Refusal::new(Code::InvalidInput, format!("a variable can not be read: {error}")))?;
    Ok(Variables::from_value(value))
}

/// The first findings of apollo-compiler. It makes no suggestions.
pub(super) fn diagnostics(code: Code, errors: &DiagnosticList) -> Vec<Refusal> {
    errors
        .iter()
        .take(FINDINGS_MAX)
        .map(|diagnostic| {
            let error = diagnostic.to_json();
            let places = error.locations.iter().map(|place| Location { line: place.line, column: place.column });
            Refusal::new(code, error.message).at(places)
        })
        .collect()
}
