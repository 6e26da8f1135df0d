//! Every acknowledged request is there, once; what was refused left no trace.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    Principal,
    entity::{idempotency_key, journal},
};
use sea_orm::{DatabaseConnection, EntityTrait};
use workflow::service::Outcome;

/// A request with its answer.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) principal: Principal,
    pub(crate) key: String,
    pub(crate) operation: &'static str,
    pub(crate) outcome: Outcome,
}

pub(super) async fn check(asked: &[Asked], rows: &[journal::Model], floor: i64, connection: &DatabaseConnection) {
    let mut requests: BTreeMap<_, Vec<&Asked>> = BTreeMap::new();
    for request in asked {
        requests.entry((&request.principal.person, &request.key)).or_default().push(request);
    }
    for ((person, key), requests) in requests {
        let objects: BTreeSet<_> = requests.iter().filter_map(|request| object(&request.outcome)).collect();
        let written = |row: &&journal::Model| {
            requests.iter().any(|request| {
                row.actor == request.principal.subject && row.cause == format!("{} with key {key}", request.operation)
            })
        };
        let traces: Vec<_> = rows.iter().filter(written).collect();
        let Some(object) = objects.first() else {
            assert!(traces.is_empty(), "{requests:?} was refused, yet it wrote {traces:?}");
            continue;
        };
        assert_eq!(objects.len(), 1, "one key, one result: {requests:?}");
        let kept = idempotency_key::Entity::find_by_id((person.clone(), key.clone())).one(connection).await.unwrap();
        assert!(kept.is_some(), "the result of {key} is not kept");
        if floor == 0 {
            let effects: BTreeSet<_> = traces.iter().map(|row| row.correlation).collect();
            assert_eq!(effects.len(), 1, "one key, one effect: {requests:?}");
            assert!(traces.iter().any(|row| row.subject_id == *object), "{object} was acknowledged, but is not there");
        }
    }
}

fn object(outcome: &Outcome) -> Option<uuid::Uuid> {
    match outcome {
        Outcome::Done { object, .. } => Some(*object),
        Outcome::NeedsApproval { decision, .. } => Some(decision.0),
        Outcome::Refused(_) | Outcome::Conflict { .. } => None,
    }
}
