//! What a complete look at a system's keys tells: the records that it does not have any more.

use std::collections::BTreeSet;

use model::{
    entity::{external_reference, source_system},
    journal::ChangeKind,
    store::Tx,
};
use serde_json::json;

use crate::{
    error::Error,
    sync::{
        Applied, Body, Record, Sweep,
        apply::{PageContext, apply_records},
    },
};

/// Complete looks in a row that must miss a record before it is gone: one alone may have been a bad moment.
const STRIKES: i64 = 2;
/// Fewer records than this may all be gone without a second thought: one of two is half, and no disaster.
const FEW: usize = 5;

/// What a sweep led to.
pub(super) enum Swept {
    /// What was missed twice is gone.
    Done(Applied),
    /// Too much is missing to be true; nothing was marked.
    Braked(String),
}

/// Marks what a system does not have any more.
pub(super) async fn sweep(
    tx: &mut Tx,
    page: PageContext<'_>,
    source: &source_system::Model,
    sweep: &Sweep,
) -> Result<Swept, Error> {
    let known = tx.job_present_references(source.id, &sweep.external_model).await?;
    let (missing, seen): (Vec<_>, Vec<_>) = known.iter().partition(|row| !sweep.keys.contains(&row.external_id));
    if missing.len() > FEW && missing.len() as f64 > sweep.max_ratio * known.len() as f64 {
        return Ok(Swept::Braked(format!(
            "{} of {} known {} are missing, more than {} %: nothing was taken for deleted",
            missing.len(),
            known.len(),
            sweep.external_model,
            sweep.max_ratio * 100.0
        )));
    }
    for row in seen.into_iter().filter(|row| row.missed_sweeps > 0) {
        let after = external_reference::Model { missed_sweeps: 0, ..row.clone() };
        tx.update::<external_reference::Entity>(row, after, ChangeKind::Updated).await?;
    }
    let mut gone = BTreeSet::new();
    for row in missing {
        if row.missed_sweeps + 1 >= STRIKES {
            gone.insert(row.external_id.clone());
        } else {
            let after = external_reference::Model { missed_sweeps: row.missed_sweeps + 1, ..row.clone() };
            tx.update::<external_reference::Entity>(row, after, ChangeKind::Updated).await?;
        }
    }
    let records: Vec<_> = gone.into_iter().map(|id| deleted(&sweep.external_model, id)).collect();
    Ok(Swept::Done(apply_records(tx, page, &records).await?))
}

fn deleted(model: &str, id: String) -> Record {
    Record {
        external_model: model.to_owned(),
        raw: json!({ "missing": id }),
        external_id: id,
        version: None,
        source_time: None,
        body: Body::Deleted,
    }
}
