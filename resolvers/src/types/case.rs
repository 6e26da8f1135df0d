//! An exception case.

use async_graphql::{Context, Description, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use model::{
    PlantId,
    entity::exception_case,
    store::{self, Page, PageRequest, View},
};

use super::{
    CaseDecision, CaseEvidence, CaseTask, CaseTransition, Command, DecisionChoice, Hold, Line, Plant, ProductionOrder,
};
use crate::{
    connection::Listing,
    context::ContextExt,
    error::Error,
    global_id::{GlobalId, Identified, wraps},
    loaders::{CommandsOf, DecisionsOf, EvidenceOf, TasksOf, TransitionsOf},
    node::{self, Node},
    words::{self, CaseClass, CaseState, DecisionOption, Role, Severity},
};

/// An exception case: something went wrong, somebody owns it, decides, and it closes when the effect is proved.
#[derive(Clone, Debug, Description)]
pub struct Case(pub exception_case::Model);

wraps!(Case, exception_case);

#[Object(use_type_description)]
impl Case {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// Class of the exception.
    async fn class(&self) -> CaseClass {
        self.0.class.into()
    }

    /// The workflow template and its version; a running case keeps it.
    async fn template(&self) -> &str {
        &self.0.template
    }

    /// What happened, in a line.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// State.
    async fn state(&self) -> CaseState {
        self.0.state.into()
    }

    /// Severity.
    async fn severity(&self) -> Severity {
        self.0.severity.into()
    }

    /// The plant.
    async fn plant(&self, context: &Context<'_>) -> Result<Plant, Error> {
        context.loaders().required(self.0.plant_id).await.map(Plant)
    }

    /// The line concerned.
    async fn line(&self, context: &Context<'_>) -> Result<Option<Line>, Error> {
        match self.0.line_id {
            Some(line) => Ok(context.loaders().one(line).await?.map(Line)),
            None => Ok(None),
        }
    }

    /// The production order that ran when it happened.
    async fn order(&self, context: &Context<'_>) -> Result<Option<ProductionOrder>, Error> {
        match self.0.order_id {
            Some(order) => Ok(context.loaders().one(order).await?.map(ProductionOrder)),
            None => Ok(None),
        }
    }

    /// What it is about; null when it is about a line.
    async fn subject(&self, context: &Context<'_>) -> Result<Option<Node>, Error> {
        match self.0.subject_type.zip(self.0.subject_id) {
            Some((kind, id)) => node::find(context, GlobalId::new(kind, id)).await,
            None => Ok(None),
        }
    }

    /// The attribute that it is about.
    async fn attribute(&self) -> Option<&str> {
        self.0.attribute.as_deref()
    }

    /// The hold that it carries out.
    async fn hold(&self, context: &Context<'_>) -> Result<Option<Hold>, Error> {
        context.loaders().maybe(self.0.hold_id).await.map(|row| row.map(Hold))
    }

    /// Who owns it.
    async fn owner(&self) -> CaseOwner {
        CaseOwner { role: self.0.owner_role.into(), name: self.0.owner_name.clone() }
    }

    /// Whom it was escalated to; null unless nobody acknowledged it in time.
    async fn escalation(&self) -> Option<Escalation> {
        let (to, at) = self.0.escalated_to.zip(self.0.escalated_at)?;
        Some(Escalation { to: to.into(), at })
    }

    /// When it began, by the time of its source.
    async fn signal_at(&self) -> DateTime<Utc> {
        self.0.signal_at
    }

    /// When plantgraph saw it.
    async fn detected_at(&self) -> DateTime<Utc> {
        self.0.detected_at
    }

    /// When somebody took it.
    async fn acknowledged_at(&self) -> Option<DateTime<Utc>> {
        self.0.acknowledged_at
    }

    /// When the damage could no longer grow.
    async fn contained_at(&self) -> Option<DateTime<Utc>> {
        self.0.contained_at
    }

    /// When the terminal decision took effect.
    async fn decided_at(&self) -> Option<DateTime<Utc>> {
        self.0.decided_at
    }

    /// When everything decided was done.
    async fn executed_at(&self) -> Option<DateTime<Utc>> {
        self.0.executed_at
    }

    /// When the effect was proved.
    async fn verified_at(&self) -> Option<DateTime<Utc>> {
        self.0.verified_at
    }

    /// When it ended.
    async fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.0.closed_at
    }

    /// The terminal decision in effect.
    async fn decision(&self) -> Option<DecisionOption> {
        self.0.decision.map(DecisionOption::from)
    }

    /// Who took it; several names when several approved.
    async fn decided_by(&self) -> Option<&str> {
        self.0.decided_by.as_deref()
    }

    /// What you may decide now, why not, and which roles may.
    async fn choices(&self, context: &Context<'_>) -> Vec<DecisionChoice> {
        context.service().choices(context.principal(), &self.0).into_iter().map(DecisionChoice::from).collect()
    }

    /// Its tasks, in the order in which they are to be done.
    async fn tasks(&self, context: &Context<'_>) -> Result<Vec<CaseTask>, Error> {
        let mut rows = context.loaders().many(TasksOf(self.0.id)).await?;
        rows.sort_by_key(|row| row.position);
        Ok(rows.into_iter().map(CaseTask).collect())
    }

    /// Its evidence, oldest first.
    async fn evidence(&self, context: &Context<'_>) -> Result<Vec<CaseEvidence>, Error> {
        Ok(context.loaders().many(EvidenceOf(self.0.id)).await?.into_iter().map(CaseEvidence).collect())
    }

    /// The decisions on it, those that wait for approval and those overtaken included, oldest first.
    async fn decisions(&self, context: &Context<'_>) -> Result<Vec<CaseDecision>, Error> {
        Ok(context.loaders().many(DecisionsOf(self.0.id)).await?.into_iter().map(CaseDecision).collect())
    }

    /// Its steps from state to state, oldest first.
    async fn transitions(&self, context: &Context<'_>) -> Result<Vec<CaseTransition>, Error> {
        Ok(context.loaders().many(TransitionsOf(self.0.id)).await?.into_iter().map(CaseTransition).collect())
    }

    /// The commands to systems of record that its decisions led to, oldest first.
    async fn commands(&self, context: &Context<'_>) -> Result<Vec<Command>, Error> {
        Ok(context.loaders().many(CommandsOf(self.0.id)).await?.into_iter().map(Command).collect())
    }

    /// Number of returns to an earlier state.
    async fn rework_loops(&self) -> i64 {
        self.0.rework_loops
    }

    /// Number of signals that joined it, the first included.
    async fn signals(&self) -> i64 {
        self.0.signals
    }

    /// Counts the changes of this object, from 1. `acknowledgeCase` and `decide` expect it.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

/// Who owns a case.
#[derive(SimpleObject)]
pub struct CaseOwner {
    /// The role that owns it.
    role: Role,
    /// Name of the person who acknowledged it; null until somebody does.
    name: Option<String>,
}

/// The escalation of a case.
#[derive(SimpleObject)]
pub struct Escalation {
    /// The role it was escalated to.
    to: Role,
    /// When.
    at: DateTime<Utc>,
}

/// Which cases to list.
#[derive(Clone, Debug, Default, InputObject)]
pub struct CaseFilter {
    /// Only these states; an empty list does not filter.
    #[graphql(default)]
    states: Vec<CaseState>,
    /// Only these classes; an empty list does not filter.
    #[graphql(default)]
    classes: Vec<CaseClass>,
    /// Only cases that still need somebody.
    #[graphql(default)]
    open_only: bool,
}

impl From<CaseFilter> for store::CaseFilter {
    fn from(filter: CaseFilter) -> Self {
        Self { states: words::all(filter.states), classes: words::all(filter.classes), open_only: filter.open_only }
    }
}

/// The cases of a plant if one is given, otherwise of all that the caller may see.
pub struct Cases {
    /// The plant.
    pub plant: Option<PlantId>,
    /// Only these.
    pub filter: store::CaseFilter,
}

impl Listing for Cases {
    type Entity = exception_case::Entity;
    type Node = Case;

    async fn page(&self, view: &View, request: PageRequest) -> Result<Page<exception_case::Model>, model::Error> {
        view.cases_page(self.plant, &self.filter, request).await
    }

    async fn count(&self, view: &View) -> Result<u64, model::Error> {
        view.cases_count(self.plant, &self.filter).await
    }
}
