//! What a plant of the first release leaves behind, written as it was then.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseConnection, Value, sea_query::Query};
use uuid::Uuid;

/// Writes a row below the store, with the columns that it had then.
async fn insert<const N: usize>(connection: &DatabaseConnection, table: &'static str, row: [(&'static str, Value); N]) {
    let (columns, values): (Vec<_>, Vec<_>) = row.into_iter().unzip();
    let mut insert = Query::insert();
    insert.into_table(table).columns(columns).values_panic(values.into_iter().map(Into::into));
    connection.execute(&insert).await.unwrap();
}

pub struct Old {
    pub plant: Uuid,
    pub line: Uuid,
    pub lot: Uuid,
    pub at: DateTime<Utc>,
}

/// What a plant of the first release leaves behind.
pub async fn first_release(connection: &DatabaseConnection, at: DateTime<Utc>) -> Old {
    let id = Uuid::now_v7;
    let (enterprise, plant, area, line, source) = (id(), id(), id(), id(), id());
    let (stuff, lot, order, job, case) = (id(), id(), id(), id(), id());
    let none = || Value::from(None::<String>);
    insert(
        connection,
        "enterprise",
        [("id", enterprise.into()), ("code", "E".into()), ("name", "E".into()), ("revision", 1.into())],
    )
    .await;
    insert(
        connection,
        "plant",
        [
            ("id", plant.into()),
            ("enterprise_id", enterprise.into()),
            ("code", "P".into()),
            ("name", "P".into()),
            ("time_zone", "UTC".into()),
            ("revision", 1.into()),
        ],
    )
    .await;
    insert(
        connection,
        "area",
        [
            ("id", area.into()),
            ("plant_id", plant.into()),
            ("code", "A".into()),
            ("name", "A".into()),
            ("revision", 1.into()),
        ],
    )
    .await;
    insert(
        connection,
        "line",
        [
            ("id", line.into()),
            ("plant_id", plant.into()),
            ("area_id", area.into()),
            ("code", "L".into()),
            ("name", "L".into()),
            ("state_status", 0.into()),
            ("state_quality", "GOOD".into()),
            ("freshness", "LIVE".into()),
            ("good_count", 0.into()),
            ("scrap_count", 0.into()),
            ("downtime_threshold_ms", 0.into()),
            ("acknowledge_within_ms", 0.into()),
            ("verify_for_ms", 0.into()),
            ("revision", 1.into()),
        ],
    )
    .await;
    insert(
        connection,
        "source_system",
        [
            ("id", source.into()),
            ("plant_id", plant.into()),
            ("code", "ERP".into()),
            ("name", "ERP".into()),
            ("kind", "ERP".into()),
            ("freshness", "LIVE".into()),
            ("gaps", 0.into()),
            ("revision", 1.into()),
        ],
    )
    .await;
    insert(
        connection,
        "material",
        [
            ("id", stuff.into()),
            ("plant_id", plant.into()),
            ("code", "M".into()),
            ("name", "M".into()),
            ("unit", "kg".into()),
            ("revision", 1.into()),
        ],
    )
    .await;
    insert(
        connection,
        "material_lot",
        [
            ("id", lot.into()),
            ("plant_id", plant.into()),
            ("material_id", stuff.into()),
            ("number", "1".into()),
            ("quantity", "2.5".into()),
            ("unit", "kg".into()),
            ("disposition", "UNRESTRICTED".into()),
            ("status", none()),
            ("location", none()),
            ("open_holds", 0.into()),
            ("revision", 1.into()),
        ],
    )
    .await;
    insert(
        connection,
        "production_order",
        [
            ("id", order.into()),
            ("plant_id", plant.into()),
            ("number", "7".into()),
            ("state", "RUNNING".into()),
            ("quantity", "1".into()),
            ("unit", "kg".into()),
            ("revision", 1.into()),
        ],
    )
    .await;
    insert(
        connection,
        "job_order",
        [
            ("id", job.into()),
            ("plant_id", plant.into()),
            ("order_id", order.into()),
            ("state", "RUNNING".into()),
            ("good_quantity", "0".into()),
            ("scrap_quantity", "0".into()),
            ("revision", 1.into()),
        ],
    )
    .await;
    insert(
        connection,
        "external_reference",
        [
            ("id", id().into()),
            ("plant_id", plant.into()),
            ("source_id", source.into()),
            ("external_model", "stock.lot".into()),
            ("external_id", "21".into()),
            ("subject_type", "MATERIAL_LOT".into()),
            ("subject_id", lot.into()),
            ("revision", 1.into()),
        ],
    )
    .await;
    insert(
        connection,
        "dead_letter",
        [
            ("id", id().into()),
            ("plant_id", plant.into()),
            ("source_id", source.into()),
            ("stream", "lots".into()),
            ("external_model", "stock.lot".into()),
            ("external_id", "22".into()),
            ("code", "UNMAPPED_VALUE".into()),
            ("message", "odd".into()),
            ("mapping_version", "1".into()),
            ("payload", "{}".into()),
            ("at", at.into()),
            ("revision", 1.into()),
        ],
    )
    .await;
    insert(
        connection,
        "exception_case",
        [
            ("id", case.into()),
            ("plant_id", plant.into()),
            ("class", "DOWNTIME".into()),
            ("template", "downtime/1".into()),
            ("title", "L is down".into()),
            ("state", "ASSIGNED".into()),
            ("severity", "HIGH".into()),
            ("line_id", line.into()),
            ("owner_role", "MAINTENANCE_LEAD".into()),
            ("signal_at", at.into()),
            ("detected_at", at.into()),
            ("rework_loops", 0.into()),
            ("signals", 1.into()),
            ("revision", 1.into()),
        ],
    )
    .await;
    insert(
        connection,
        "timer",
        [
            ("id", id().into()),
            ("plant_id", plant.into()),
            ("kind", "ACKNOWLEDGE".into()),
            ("case_id", case.into()),
            ("due_at", at.into()),
            ("state", "PENDING".into()),
            ("revision", 1.into()),
        ],
    )
    .await;
    insert(
        connection,
        "command",
        [
            ("id", id().into()),
            ("plant_id", plant.into()),
            ("case_id", case.into()),
            ("source_id", source.into()),
            ("action", "RESEQUENCE".into()),
            ("subject_id", order.into()),
            ("payload", "{}".into()),
            ("state", "PENDING".into()),
            ("attempts", 0.into()),
            ("changed_at", at.into()),
            ("revision", 1.into()),
        ],
    )
    .await;
    for stream in ["lots", "signals"] {
        let row = [("source_id", source.into()), ("stream", stream.into()), ("cursor", "9".into()), ("at", at.into())];
        insert(connection, "stream_cursor", row).await;
    }
    let after = format!(
        r#"{{"id":"{lot}","plant_id":"{plant}","material_id":"{stuff}","number":"1","quantity":"2.5","unit":"kg","disposition":"RESTRICTED","status":null,"location":null,"open_holds":0,"revision":1}}"#
    );
    insert(
        connection,
        "journal",
        [
            ("pos", 1_i64.into()),
            ("at", at.into()),
            ("plant_id", plant.into()),
            ("subject_type", "MATERIAL_LOT".into()),
            ("subject_id", lot.into()),
            ("revision", 1.into()),
            ("kind", "CREATED".into()),
            ("before", none()),
            ("after", after.into()),
            ("actor", "system:test".into()),
            ("cause", "the first release".into()),
            ("correlation", id().into()),
            ("hash", vec![0_u8; 32].into()),
        ],
    )
    .await;
    connection.execute_unprepared("UPDATE journal_head SET pos = 1").await.unwrap();
    Old { plant, line, lot, at }
}
