//! A work unit.

use async_graphql::{Context, Description, ID, Object};
use model::entity::work_unit;

use super::Line;
use crate::{
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
};

/// A work unit of a line (ISA-95 work unit): a machine or a station.
#[derive(Clone, Debug, Description)]
pub struct WorkUnit(pub work_unit::Model);

wraps!(WorkUnit, work_unit);

#[Object(use_type_description)]
impl WorkUnit {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// Code, unique in the line.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Name to show.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The line.
    async fn line(&self, context: &Context<'_>) -> Result<Line, Error> {
        context.loaders().required(self.0.line_id).await.map(Line)
    }

    /// Counts the changes of this object, from 1.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}
