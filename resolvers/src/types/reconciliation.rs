//! What the twin concludes when systems speak of the same thing.

use async_graphql::{Context, SimpleObject};
use chrono::{DateTime, Utc};
use model::{
    PlantId, SourceKind, SubjectType,
    entity::{external_reference, line},
};
use uuid::Uuid;
use workflow::truth::{self, Voice, Weighed};

use super::{AcceptedDifference, Case, Claim, SourceSystem};
use crate::{
    context::ContextExt,
    error::Error,
    loaders::{AcceptedOn, CasesAbout, SourcesOf, VoicesOn},
    words::Verdict,
};

/// One attribute that systems speak of: what each says, what the twin concludes, by which rule, and why.
#[derive(Clone, Debug, SimpleObject)]
pub struct Reconciliation {
    /// The attribute, such as `disposition` or `state`.
    attribute: String,
    /// What the twin concludes; null is nothing.
    value: Option<String>,
    /// What the claims amount to.
    verdict: Verdict,
    /// Why, in words.
    reason: String,
    /// The rule and its version.
    rule: String,
    /// The system whose claim counts; null when nobody says anything.
    decided_by: Option<SourceSystem>,
    /// Since when the systems differ; null while they do not.
    differs_since: Option<DateTime<Utc>>,
    /// When a pending difference becomes a conflict, or an accepted one is looked at again.
    deadline: Option<DateTime<Utc>>,
    /// What each system says, side by side.
    claims: Vec<Claim>,
    /// The difference that somebody accepted; null unless one counts.
    accepted: Option<AcceptedDifference>,
    /// The open case about it.
    case: Option<Case>,
}

/// Weighs what is claimed of an object, now.
pub(super) async fn reconciled(
    context: &Context<'_>,
    plant: PlantId,
    kind: SubjectType,
    id: Uuid,
    line: Option<&line::Model>,
    attributes: Option<Vec<String>>,
) -> Result<Vec<Reconciliation>, Error> {
    let loaders = context.loaders();
    let plant = loaders.required(plant).await?;
    let sources = loaders.many(SourcesOf(plant.id)).await?;
    let records = loaders.many(VoicesOn(id)).await?;
    let accepted = loaders.many(AcceptedOn(id)).await?;
    let cases = loaders.many(CasesAbout(id)).await?;
    let is_floor = |source: &&model::entity::source_system::Model| source.kind == SourceKind::OpcUa;
    let floor = line.zip(sources.iter().find(is_floor)).and_then(|(line, floor)| truth::floor_claim(line, floor));
    let voices = Voice::of(&records)?;
    let tolerances = truth::tolerances(&plant)?;
    let now = context.deps().store.clock().now();
    let weighed = truth::weigh(kind, &voices, floor.as_ref(), &sources, &accepted, &tolerances, now);
    let wanted = |attribute: &String| attributes.as_ref().is_none_or(|wanted| wanted.contains(attribute));
    let mut found = Vec::new();
    for (attribute, weighed) in weighed.into_iter().filter(|(attribute, _)| wanted(attribute)) {
        let Weighed { rule, conclusion, .. } = weighed;
        let is_settled = conclusion.verdict == model::reconcile::Verdict::Resolved && conclusion.deadline.is_some();
        let settled =
            accepted.iter().filter(|row| is_settled && row.attribute == attribute).max_by_key(|row| row.until);
        let case = cases.iter().find(|case| case.attribute.as_deref() == Some(attribute.as_str()));
        let decided_by = sources.iter().find(|source| Some(source.id) == conclusion.by);
        found.push(Reconciliation {
            claims: claims(&records, &attribute)?,
            attribute,
            value: conclusion.value,
            verdict: conclusion.verdict.into(),
            reason: conclusion.reason,
            rule: rule.id,
            decided_by: decided_by.cloned().map(SourceSystem),
            differs_since: conclusion.differs_since,
            deadline: conclusion.deadline,
            accepted: settled.cloned().map(AcceptedDifference),
            case: case.cloned().map(Case),
        });
    }
    Ok(found)
}

fn claims(records: &[external_reference::Model], attribute: &str) -> Result<Vec<Claim>, Error> {
    let mut claims = Vec::new();
    for record in records {
        claims.extend(Claim::of(record)?.into_iter().filter(|claim| claim.is_about(attribute)));
    }
    Ok(claims)
}

/// Everything that is claimed of an object.
pub(super) async fn claimed(context: &Context<'_>, id: Uuid) -> Result<Vec<Claim>, Error> {
    let mut claims = Vec::new();
    for record in context.loaders().many(VoicesOn(id)).await? {
        claims.extend(Claim::of(&record)?);
    }
    Ok(claims)
}
