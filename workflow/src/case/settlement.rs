//! What can be decided about a contradiction: accept a claim, accept the difference, correct a system.

use chrono::{DateTime, TimeDelta, Utc};
use model::{
    AcceptedDifferenceId, CommandId, DecisionOption, SourceId,
    entity::{
        accepted_difference, case_decision,
        command::{self, Action, CommandState},
        exception_case, external_reference, source_system,
    },
    journal::ChangeKind,
    reconcile::fingerprint,
    store::Tx,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    case::{
        effect::{Effect, Impossible},
        status_conflict::{Disputed, watch},
    },
    error::Error,
    sync::revise,
    truth::Weighed,
};

/// How long an accepted difference lasts unless the decision says otherwise, and at most.
const ACCEPTED_FOR: TimeDelta = TimeDelta::days(7);
const ACCEPTED_FOR_MAX: TimeDelta = TimeDelta::days(90);

/// Why a decision about a contradiction is not possible now; `None`: it is.
pub(super) async fn problem(
    tx: &mut Tx,
    case: &exception_case::Model,
    option: DecisionOption,
    effect: Effect,
) -> Result<Option<Impossible>, Error> {
    let Some((disputed, attribute)) = disputed(tx, case).await? else {
        return Ok(Some("what the case is about is gone".into()));
    };
    let Some(weighed) = disputed.weighed.get(&attribute) else {
        return Ok(Some("no system says anything of it any more".into()));
    };
    let now = tx.at();
    if let Some(until) = effect.until
        && (until <= now || until > now + ACCEPTED_FOR_MAX)
    {
        return Ok(Some(format!("until must lie ahead, and at most {} days", ACCEPTED_FOR_MAX.num_days())));
    }
    let claim = effect.source.and_then(|id| weighed.claims.iter().find(|claim| claim.source == id));
    match (option, claim) {
        (DecisionOption::AcceptDifference, _) => Ok(None),
        (_, None) => Ok(Some(format!("{option} needs source: one of the systems that say something of it"))),
        (DecisionOption::AcceptClaim, Some(_)) => Ok(None),
        _ => Ok(correction(tx, &disputed, &attribute, weighed, effect).await?.err()),
    }
}

/// Carries out a decision about a contradiction. The case is locked.
pub(super) async fn take_effect(
    tx: &mut Tx,
    case: &exception_case::Model,
    decision: &case_decision::Model,
    effect: Effect,
    deciders: &str,
) -> Result<(), Error> {
    let missing = || Error::Missing { what: "subject of case", id: case.id.0 };
    let (disputed, attribute) = disputed(tx, case).await?.ok_or_else(missing)?;
    let weighed = disputed.weighed.get(&attribute).ok_or_else(missing)?;
    if decision.option == DecisionOption::CorrectSource {
        let (source, action, payload) =
            correction(tx, &disputed, &attribute, weighed, effect).await?.map_err(|_| missing())?;
        let payload =
            json!({ "reason": decision.reason, "case": case.id.to_string() }).as_object().cloned().map(|mut reason| {
                reason.extend(payload.as_object().cloned().unwrap_or_default());
                reason
            });
        let payload = serde_json::Value::Object(payload.unwrap_or_default());
        return command(tx, case, decision, source, action, disputed.id, &payload).await;
    }
    let row = accepted_difference::Model {
        id: AcceptedDifferenceId::new(),
        plant_id: case.plant_id,
        subject_type: disputed.kind,
        subject_id: disputed.id,
        attribute: attribute.clone(),
        fingerprint: fingerprint(&weighed.claims),
        chosen_source: effect.source.filter(|_| decision.option == DecisionOption::AcceptClaim),
        reason: decision.reason.clone(),
        accepted_by: deciders.to_owned(),
        accepted_by_person: String::new(),
        until: until(effect, tx.at()),
        case_id: Some(case.id),
        decision_id: Some(decision.id),
        ended_at: None,
        revision: 0,
    };
    tx.create::<accepted_difference::Entity>(row, ChangeKind::Created).await?;
    // The twin takes it up now: the value may be another.
    revise(tx, case.plant_id, disputed.kind, disputed.id).await?;
    Ok(())
}

/// Looks whether the systems agree, or the difference is settled: then the case closes.
pub(super) async fn prove(tx: &mut Tx, case: &exception_case::Model) -> Result<(), Error> {
    match disputed(tx, case).await? {
        Some((disputed, _)) => watch(tx, &disputed).await,
        None => Ok(()),
    }
}

fn until(effect: Effect, now: DateTime<Utc>) -> DateTime<Utc> {
    effect.until.unwrap_or(now + ACCEPTED_FOR)
}

/// The subject of a case, weighed now, and the attribute that the case is about.
async fn disputed(tx: &mut Tx, case: &exception_case::Model) -> Result<Option<(Disputed, String)>, Error> {
    let (Some(kind), Some(id), Some(attribute)) = (case.subject_type, case.subject_id, case.attribute.clone()) else {
        return Ok(None);
    };
    Ok(revise(tx, case.plant_id, kind, id).await?.map(|disputed| (disputed, attribute)))
}

type Correction = (source_system::Model, Action, serde_json::Value);

/// What a system has to be told so that it says what is true.
async fn correction(
    tx: &Tx,
    disputed: &Disputed,
    attribute: &str,
    weighed: &Weighed,
    effect: Effect,
) -> Result<Result<Correction, Impossible>, Error> {
    let refused = |problem: String| Ok(Err(problem));
    let Some(claim) = effect.source.and_then(|id| weighed.claims.iter().find(|claim| claim.source == id)) else {
        return refused("source is not a system that says something of it".into());
    };
    let mut others: Vec<&str> = weighed
        .claims
        .iter()
        .filter(|other| other.source != claim.source && other.value.is_some() && other.value != claim.value)
        .filter_map(|other| other.value.as_deref())
        .collect();
    others.dedup();
    // What the twin concludes is the target; the system whose claim counts is corrected to what the others say.
    let governed = weighed.conclusion.value.as_deref();
    let target = if governed == claim.value.as_deref() { others.first().copied() } else { governed };
    let Some(target) = target else { return refused("no other system says anything else".into()) };
    let Some(action) = Action::that_makes(disputed.kind, attribute, target) else {
        return refused(format!("there is no command that makes {attribute} {target}; correct {} by hand", claim.code));
    };
    match addressee(tx, claim.source, disputed.id, action).await? {
        Ok((source, reference)) => Ok(Ok((source, action, payload(&reference)?))),
        Err(problem) => Ok(Err(problem)),
    }
}

/// A system that knows a subject and can be told to do something with it.
pub(super) async fn addressee(
    tx: &Tx,
    source: SourceId,
    subject: Uuid,
    action: Action,
) -> Result<Result<(source_system::Model, external_reference::Model), Impossible>, Error> {
    let Some(system) = tx.job_find::<source_system::Entity>(source.0).await? else {
        return Ok(Err("the system is gone".into()));
    };
    if !can(&system, action) {
        return Ok(Err(format!("{} can not be told {action}: its manifest declares no such action", system.code)));
    }
    let references = tx.job_references_of(subject).await?;
    match references.into_iter().find(|row| row.source_id == source && row.absent_since.is_none()) {
        Some(reference) => Ok(Ok((system, reference))),
        None => Ok(Err(format!("{} does not have it any more", system.code))),
    }
}

/// Whether a system's manifest declares an action.
pub(super) fn can(system: &source_system::Model, action: Action) -> bool {
    serde_json::from_str::<Vec<String>>(&system.actions)
        .is_ok_and(|actions| actions.iter().any(|word| word == action.as_str()))
}

/// What a command says of the record that it is about.
pub(super) fn payload(reference: &external_reference::Model) -> Result<serde_json::Value, Error> {
    let says = reference.says()?;
    let said = |name: &str| says.get(name).and_then(|said| said.canonical.clone());
    Ok(json!({
        "externalModel": reference.external_model,
        "externalId": reference.external_id,
        "version": reference.source_version,
        "number": said("number"),
        "material": said("material"),
        "quantity": said("quantity"),
        "unit": said("unit"),
        "location": said("location"),
    }))
}

/// Puts a command into the outbox of a system.
pub(super) async fn command(
    tx: &mut Tx,
    case: &exception_case::Model,
    decision: &case_decision::Model,
    source: source_system::Model,
    action: Action,
    subject: Uuid,
    payload: &serde_json::Value,
) -> Result<(), Error> {
    let row = command::Model {
        id: CommandId::new(),
        plant_id: case.plant_id,
        case_id: Some(case.id),
        decision_id: Some(decision.id),
        hold_id: None,
        source_id: source.id,
        action: action.to_string(),
        subject_id: subject,
        payload: payload.to_string(),
        state: CommandState::Pending,
        attempts: 0,
        leased_until: None,
        outcome: None,
        changed_at: tx.at(),
        revision: 0,
    };
    tx.create::<command::Entity>(row, ChangeKind::Created).await?;
    Ok(())
}
