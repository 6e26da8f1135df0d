//! Alarms of devices: what is shown now, and what is over.

use std::collections::HashSet;

use model::{
    AlarmId, LineId, SourceId,
    entity::{alarm, source_system},
    journal::ChangeKind,
    store::Tx,
};

use crate::{
    error::Error,
    ingest::{AlarmKey, AlarmReport},
};

/// Takes in what a device says of an alarm. The same again changes nothing.
pub(super) async fn reported(tx: &mut Tx, source: SourceId, report: &AlarmReport) -> Result<(), Error> {
    let AlarmKey { source_node, condition, branch } = &report.key;
    let known = tx.job_alarm(source, source_node, condition, branch).await?;
    match known {
        Some(before) => {
            let after = merged(&before, report, tx);
            // Only that it was repeated is no news.
            if (alarm::Model { replayed: before.replayed, ..after.clone() }) != before {
                tx.update::<alarm::Entity>(&before, after, ChangeKind::Updated).await?;
            }
        }
        // A device also tells of conditions that nothing is the matter with.
        None if !report.retain => {}
        None => {
            let plant = tx
                .job_find::<source_system::Entity>(source.0)
                .await?
                .ok_or(Error::Missing { what: "source", id: source.0 })?
                .plant_id;
            let row = alarm::Model {
                id: AlarmId::new(),
                plant_id: plant,
                source_id: source,
                line_id: report.line,
                source_node: source_node.clone(),
                condition: condition.clone(),
                branch: branch.clone(),
                name: report.name.clone(),
                message: report.message.clone(),
                severity: i64::from(report.severity),
                active: report.active,
                acked: report.acked,
                confirmed: report.confirmed,
                suppressed: report.suppressed,
                retain: true,
                active_since: report.active.then(|| report.at.unwrap_or(tx.at())),
                acked_by: report.acked_by.clone(),
                replayed: report.replayed,
                revision: 1,
            };
            tx.create::<alarm::Entity>(row, ChangeKind::Created).await?;
        }
    }
    Ok(())
}

fn merged(before: &alarm::Model, report: &AlarmReport, tx: &Tx) -> alarm::Model {
    let active_since = match (before.active, report.active) {
        (true, true) => before.active_since,
        (false, true) => Some(report.at.unwrap_or(tx.at())),
        (_, false) => None,
    };
    alarm::Model {
        // A notifier of the whole plant reports it too, and does not know the line.
        line_id: report.line.or(before.line_id),
        name: report.name.clone(),
        message: report.message.clone(),
        severity: i64::from(report.severity),
        active: report.active,
        acked: report.acked,
        confirmed: report.confirmed,
        suppressed: report.suppressed,
        retain: report.retain,
        active_since,
        acked_by: report.acked_by.clone().or_else(|| before.acked_by.clone().filter(|_| report.acked)),
        replayed: report.replayed,
        ..before.clone()
    }
}

/// A device has repeated all that it shows: what else was shown went away while nobody listened.
pub(super) async fn refreshed(
    tx: &mut Tx,
    source: SourceId,
    lines: &[Option<LineId>],
    shown: &[AlarmKey],
) -> Result<(), Error> {
    let shown: HashSet<_> =
        shown.iter().map(|key| (key.source_node.as_str(), key.condition.as_str(), key.branch.as_str())).collect();
    for before in tx.job_retained_alarms(source).await? {
        let key = (before.source_node.as_str(), before.condition.as_str(), before.branch.as_str());
        if shown.contains(&key) || !lines.contains(&before.line_id) {
            continue;
        }
        let after = alarm::Model { active: false, retain: false, active_since: None, replayed: true, ..before.clone() };
        tx.update::<alarm::Entity>(&before, after, ChangeKind::Updated).await?;
    }
    Ok(())
}
