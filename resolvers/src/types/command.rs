//! A command to a system of record.

use async_graphql::{Context, Description, ID, Object};
use chrono::{DateTime, Utc};
use model::entity::command;

use super::{Case, CaseDecision, Hold, SourceSystem};
use crate::{
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
    words::CommandState,
};

/// A command to a system of record. It counts only when its effect was read back.
#[derive(Clone, Debug, Description)]
pub struct Command(pub command::Model);

wraps!(Command, command);

#[Object(use_type_description)]
impl Command {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// The case that wants it.
    async fn case(&self, context: &Context<'_>) -> Result<Option<Case>, Error> {
        match self.0.case_id {
            Some(case) => Ok(context.loaders().one(case).await?.map(Case)),
            None => Ok(None),
        }
    }

    /// The decision behind it.
    async fn decision(&self, context: &Context<'_>) -> Result<Option<CaseDecision>, Error> {
        match self.0.decision_id {
            Some(decision) => Ok(context.loaders().one(decision).await?.map(CaseDecision)),
            None => Ok(None),
        }
    }

    /// The system that shall act.
    async fn source(&self, context: &Context<'_>) -> Result<SourceSystem, Error> {
        context.loaders().required(self.0.source_id).await.map(SourceSystem)
    }

    /// What it shall do, such as `RESEQUENCE`.
    async fn action(&self) -> &str {
        &self.0.action
    }

    /// State.
    async fn state(&self) -> CommandState {
        self.0.state.into()
    }

    /// How often a sender took it.
    async fn attempts(&self) -> i64 {
        self.0.attempts
    }

    /// What the system answered, in words.
    async fn outcome(&self) -> Option<&str> {
        self.0.outcome.as_deref()
    }

    /// When it came into its state.
    async fn changed_at(&self) -> DateTime<Utc> {
        self.0.changed_at
    }

    /// The hold that it carries out.
    async fn hold(&self, context: &Context<'_>) -> Result<Option<Hold>, Error> {
        context.loaders().maybe(self.0.hold_id).await.map(|row| row.map(Hold))
    }

    /// Counts the changes of this object, from 1.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}
