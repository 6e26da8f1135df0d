//! fold(journal) = tables.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    SubjectType,
    entity::{
        accepted_difference, alarm, area, bill_item, case_decision, case_evidence, case_task, case_transition, command,
        dead_letter, document, enterprise, exception_case, external_reference, hold, job_order, job_response, journal,
        line, lot_link, material, material_class, material_lot, parameter, plant, production_order, role_grant, shift,
        shipment, shipment_item, source_system, staging_task, storage_location, subject::Subject, timer, work_unit,
    },
};
use sea_orm::DatabaseConnection;
use serde_json::Value;
use uuid::Uuid;

/// The rows of one subject, in the order of the journal.
type Changes<'a> = BTreeMap<(&'static str, Uuid), Vec<&'a journal::Model>>;

pub(super) async fn check(rows: &[journal::Model], floor: i64, connection: &DatabaseConnection) {
    let mut changes = Changes::new();
    for row in rows {
        changes.entry((row.subject_type.as_str(), row.subject_id)).or_default().push(row);
    }
    for rows in changes.values() {
        check_subject(rows, floor);
    }
    check_tables(&changes, floor, connection).await;
}

/// Revisions follow each other, each row begins where the one before ended, and all are of one plant.
fn check_subject(rows: &[&journal::Model], floor: i64) {
    let first = rows[0];
    if floor == 0 {
        assert_eq!((first.revision, &first.before), (1, &None), "a subject begins with its creation: {first:?}");
    }
    for pair in rows.windows(2) {
        let (earlier, later) = (pair[0], pair[1]);
        assert_eq!(later.revision, earlier.revision + 1, "revisions are in the order of positions: {later:?}");
        assert_eq!(later.before.as_deref(), Some(earlier.after.as_str()), "a change begins where the last ended");
        assert_eq!(later.plant_id, earlier.plant_id, "a subject stays in its plant");
    }
    for row in rows {
        let after: Value = serde_json::from_str(&row.after).unwrap();
        assert_eq!(after["id"], Value::from(row.subject_id.to_string()), "a row says of whom it speaks");
        assert_eq!(after["revision"], Value::from(row.revision));
        if row.subject_type != SubjectType::Plant {
            let plant = row.plant_id.map_or(Value::Null, |plant| Value::from(plant.to_string()));
            assert_eq!(after.get("plant_id").cloned().unwrap_or_default(), plant);
        }
    }
}

async fn check_tables(changes: &Changes<'_>, floor: i64, connection: &DatabaseConnection) {
    let mut seen = BTreeSet::new();
    macro_rules! tables {
        ($($module:ident),+ $(,)?) => {$(
            seen.insert(<$module::Entity as Subject>::TYPE);
            check_table::<$module::Entity>(changes, floor, connection).await;
        )+};
    }
    tables!(
        accepted_difference,
        alarm,
        area,
        bill_item,
        case_decision,
        case_evidence,
        case_task,
        case_transition,
        command,
        dead_letter,
        document,
        enterprise,
        exception_case,
        external_reference,
        hold,
        job_order,
        job_response,
        line,
        lot_link,
        material,
        material_class,
        material_lot,
        parameter,
        plant,
        production_order,
        role_grant,
        shift,
        shipment,
        shipment_item,
        source_system,
        staging_task,
        storage_location,
        timer,
        work_unit,
    );
    // Only old journals still tell of claims as rows of their own.
    let kinds = SubjectType::ALL.iter().copied().filter(|kind| *kind != SubjectType::Claim);
    assert_eq!(seen, BTreeSet::from_iter(kinds), "every kind of subject is checked");
}

async fn check_table<E: Subject>(changes: &Changes<'_>, floor: i64, connection: &DatabaseConnection) {
    let rows = E::find().all(connection).await.unwrap();
    for row in &rows {
        match changes.get(&(E::TYPE.as_str(), E::id(row))) {
            Some(changes) => {
                let last = &changes[changes.len() - 1].after;
                let stored = serde_json::to_string(row).unwrap();
                assert_eq!(*last, stored, "the table is what the journal says");
            }
            None => assert!(floor > 0, "a row of {} is in no row of the journal", E::TYPE),
        }
    }
    let journalled = changes.keys().filter(|(kind, _)| *kind == E::TYPE.as_str()).count();
    assert!(journalled <= rows.len(), "rows of {} are gone: nothing is ever deleted", E::TYPE);
}
