//! A claim.

use async_graphql::{Context, Description, Object};
use chrono::{DateTime, Utc};
use model::entity::external_reference::{self, Said};

use super::SourceSystem;
use crate::{context::ContextExt, error::Error, words::SubjectType};

/// What one system says of one attribute of one object. The claims of several systems stand side by side.
#[derive(Clone, Debug, Description)]
pub struct Claim {
    /// The record that says so.
    record: external_reference::Model,
    attribute: String,
    said: Said,
}

impl Claim {
    /// What a record says, attribute by attribute.
    pub fn of(record: &external_reference::Model) -> Result<Vec<Self>, Error> {
        let says = record.says().map_err(|_| Error::broken("the claims of a record can not be read"))?;
        let claims = says.into_iter().map(|(attribute, said)| Self { record: record.clone(), attribute, said });
        Ok(claims.collect())
    }

    /// Whether it is about this attribute.
    pub fn is_about(&self, attribute: &str) -> bool {
        self.attribute == attribute
    }
}

#[Object(use_type_description)]
impl Claim {
    /// The system that claims.
    async fn source(&self, context: &Context<'_>) -> Result<SourceSystem, Error> {
        context.loaders().required(self.record.source_id).await.map(SourceSystem)
    }

    /// Kind of the object that the claim is about.
    async fn subject_type(&self) -> SubjectType {
        self.record.subject_type.into()
    }

    /// The attribute, such as `state` or `quantity`.
    async fn attribute(&self) -> &str {
        &self.attribute
    }

    /// The value as the system writes it: a list, because a system may claim several statuses at once; empty when it says that there
    /// is nothing.
    async fn value_set(&self) -> &[String] {
        &self.said.values
    }

    /// The value after the crosswalk; null is nothing.
    async fn canonical(&self) -> Option<&str> {
        self.said.canonical.as_deref()
    }

    /// Since when the system says so, by its own clock; null if it does not tell.
    async fn source_time(&self) -> Option<DateTime<Utc>> {
        self.said.source_time
    }

    /// Since when it is known here that the system says so.
    async fn received_time(&self) -> DateTime<Utc> {
        self.said.received_time
    }

    /// The system's kind of record.
    async fn external_model(&self) -> &str {
        &self.record.external_model
    }

    /// The system's own id of the record.
    async fn external_id(&self) -> &str {
        &self.record.external_id
    }

    /// The system's version of the record.
    async fn source_version(&self) -> Option<&str> {
        self.record.source_version.as_deref()
    }

    /// Version of the mapping that made the canonical value.
    async fn mapping_version(&self) -> &str {
        &self.record.mapping_version
    }

    /// Since when the system does not have the record any more; the claim counts no longer. Null while it has it.
    async fn absent_since(&self) -> Option<DateTime<Utc>> {
        self.record.absent_since
    }
}
