//! A claim.

use async_graphql::{Context, Description, ID, Object};
use chrono::{DateTime, Utc};
use model::entity::claim;

use super::SourceSystem;
use crate::{
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
    words::SubjectType,
};

/// What one system says of one attribute of one object. The claims of several systems stand side by side.
#[derive(Clone, Debug, Description)]
pub struct Claim(pub claim::Model);

wraps!(Claim, claim);

#[Object(use_type_description)]
impl Claim {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// The system that claims.
    async fn source(&self, context: &Context<'_>) -> Result<SourceSystem, Error> {
        context.loaders().required(self.0.source_id).await.map(SourceSystem)
    }

    /// Kind of the object that the claim is about.
    async fn subject_type(&self) -> SubjectType {
        self.0.subject_type.into()
    }

    /// The attribute, such as `state` or `quantity`.
    async fn attribute(&self) -> &str {
        &self.0.attribute
    }

    /// The value as the system writes it: a list, because a system may claim several statuses at once.
    async fn value_set(&self) -> Result<Vec<String>, Error> {
        serde_json::from_str(&self.0.value_set)
            .map_err(|_| Error::broken("the value set of a claim is not a list of texts"))
    }

    /// The value after the crosswalk.
    async fn canonical(&self) -> &str {
        &self.0.canonical
    }

    /// When the system says that it became true.
    async fn source_time(&self) -> Option<DateTime<Utc>> {
        self.0.source_time
    }

    /// When it arrived here.
    async fn received_time(&self) -> DateTime<Utc> {
        self.0.received_time
    }

    /// The system's version of the record.
    async fn source_version(&self) -> Option<&str> {
        self.0.source_version.as_deref()
    }

    /// Version of the crosswalk that made the canonical value.
    async fn mapping_version(&self) -> &str {
        &self.0.mapping_version
    }

    /// Counts the changes of this object, from 1.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}
