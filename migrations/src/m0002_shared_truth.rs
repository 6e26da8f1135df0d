//! The complete twin, claims inside references, streams that tell how they are, cases about any subject.

use sea_orm_migration::prelude::*;

use crate::table::{Addition, Table, big_integer, boolean, text, timestamp_with_time_zone, uuid};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            table.create(manager).await?;
        }
        for addition in ADDITIONS {
            addition.apply(manager).await?;
        }
        for statement in STATEMENTS {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}

/// One signal, one case: also for cases about any other subject than a line. A case about a subject that also names the line must
/// not meet another one there, so that the first index now is only for cases without a subject.
const STATEMENTS: &[&str] = &[
    // Claims move into the reference of the record that makes them. They are read again: streams of systems begin anew, only the
    // place in the signals of the floor is kept.
    "DROP TABLE claim",
    "DELETE FROM stream_cursor WHERE stream <> 'signals'",
    "DROP INDEX exception_case_open",
    "CREATE UNIQUE INDEX exception_case_open ON exception_case (class, line_id) \
     WHERE state NOT IN ('CLOSED', 'CANCELLED') AND subject_id IS NULL",
    "CREATE UNIQUE INDEX exception_case_open_subject ON exception_case (class, subject_id, COALESCE(attribute, '')) \
     WHERE state NOT IN ('CLOSED', 'CANCELLED') AND subject_id IS NOT NULL",
];

/// In the order of their references.
const TABLES: &[Table] = &[
    Table {
        name: "storage_location",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            uuid("area_id").null(),
            text("code"),
            text("name"),
            text("kind"),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[("plant_id", "plant"), ("area_id", "area")],
        unique: &[&["plant_id", "code"]],
        indexed: &[],
    },
    Table {
        name: "material_class",
        columns: &[uuid("id"), uuid("plant_id"), text("code"), text("name"), big_integer("revision")],
        key: &["id"],
        references: &[("plant_id", "plant")],
        unique: &[&["plant_id", "code"]],
        indexed: &[],
    },
    Table {
        name: "bill_item",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            uuid("material_id"),
            uuid("component_id"),
            text("quantity"),
            text("unit"),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[("plant_id", "plant"), ("material_id", "material"), ("component_id", "material")],
        unique: &[&["material_id", "component_id"]],
        indexed: &[&["component_id"]],
    },
    Table {
        name: "lot_link",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            uuid("parent_lot_id"),
            uuid("child_lot_id"),
            text("quantity"),
            text("unit"),
            uuid("order_id").null(),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[
            ("plant_id", "plant"),
            ("parent_lot_id", "material_lot"),
            ("child_lot_id", "material_lot"),
            ("order_id", "production_order"),
        ],
        unique: &[&["parent_lot_id", "child_lot_id"]],
        indexed: &[&["child_lot_id"]],
    },
    Table {
        name: "job_response",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            uuid("job_order_id"),
            text("number"),
            text("state"),
            text("good_quantity"),
            text("scrap_quantity"),
            text("unit"),
            timestamp_with_time_zone("started_at").null(),
            timestamp_with_time_zone("ended_at").null(),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[("plant_id", "plant"), ("job_order_id", "job_order")],
        unique: &[&["plant_id", "number"]],
        indexed: &[&["job_order_id"]],
    },
    Table {
        name: "staging_task",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            text("number"),
            uuid("order_id").null(),
            uuid("material_id").null(),
            uuid("lot_id").null(),
            text("quantity"),
            text("unit"),
            text("from_location").null(),
            text("to_location").null(),
            text("state"),
            text("other_state").null(),
            timestamp_with_time_zone("due_at").null(),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[
            ("plant_id", "plant"),
            ("order_id", "production_order"),
            ("material_id", "material"),
            ("lot_id", "material_lot"),
        ],
        unique: &[&["plant_id", "number"]],
        indexed: &[&["order_id"], &["lot_id"]],
    },
    Table {
        name: "shipment",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            text("number"),
            text("customer").null(),
            text("state"),
            text("other_state").null(),
            timestamp_with_time_zone("planned_at").null(),
            timestamp_with_time_zone("eta").null(),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[("plant_id", "plant")],
        unique: &[&["plant_id", "number"]],
        indexed: &[],
    },
    Table {
        name: "shipment_item",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            uuid("shipment_id"),
            uuid("lot_id").null(),
            uuid("material_id").null(),
            text("quantity"),
            text("unit"),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[
            ("plant_id", "plant"),
            ("shipment_id", "shipment"),
            ("lot_id", "material_lot"),
            ("material_id", "material"),
        ],
        unique: &[],
        indexed: &[&["shipment_id"], &["lot_id"]],
    },
    Table {
        name: "document",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            text("number"),
            text("kind"),
            text("subject_type"),
            uuid("subject_id"),
            boolean("required"),
            text("state"),
            text("other_state").null(),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[("plant_id", "plant")],
        unique: &[&["plant_id", "number"]],
        indexed: &[&["subject_id"]],
    },
    Table {
        name: "shift",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            text("code"),
            text("name"),
            text("weekdays"),
            text("starts_at"),
            text("ends_at"),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[("plant_id", "plant")],
        unique: &[&["plant_id", "code"]],
        indexed: &[],
    },
    Table {
        name: "accepted_difference",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            text("subject_type"),
            uuid("subject_id"),
            text("attribute"),
            text("fingerprint"),
            uuid("chosen_source").null(),
            text("reason"),
            text("accepted_by"),
            text("accepted_by_person"),
            timestamp_with_time_zone("until"),
            uuid("case_id").null(),
            uuid("decision_id").null(),
            timestamp_with_time_zone("ended_at").null(),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[
            ("plant_id", "plant"),
            ("chosen_source", "source_system"),
            ("case_id", "exception_case"),
            ("decision_id", "case_decision"),
        ],
        unique: &[],
        indexed: &[&["subject_id"]],
    },
    Table {
        name: "alarm",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            uuid("source_id"),
            uuid("line_id").null(),
            text("source_node"),
            text("condition"),
            text("branch"),
            text("name"),
            text("message"),
            big_integer("severity"),
            boolean("active"),
            boolean("acked"),
            boolean("confirmed"),
            boolean("suppressed"),
            boolean("retain"),
            timestamp_with_time_zone("active_since").null(),
            text("acked_by").null(),
            boolean("replayed").default_boolean(false),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[("plant_id", "plant"), ("source_id", "source_system"), ("line_id", "line")],
        unique: &[&["source_id", "source_node", "condition", "branch"]],
        indexed: &[&["line_id"]],
    },
];

/// What comes to the tables of the foundation. Rows that are there get nothing, or a default that says nothing.
const ADDITIONS: &[Addition] = &[
    Addition { table: "material", columns: &[uuid("class_id").null()], indexed: &[&["class_id"]] },
    Addition {
        table: "material_lot",
        columns: &[
            uuid("parent_lot_id").null(),
            text("other_disposition").null(),
            timestamp_with_time_zone("expires_at").null(),
        ],
        indexed: &[&["parent_lot_id"]],
    },
    Addition { table: "production_order", columns: &[text("other_state").null()], indexed: &[&["planned_start"]] },
    Addition {
        table: "job_order",
        columns: &[
            text("sub_state").null(),
            text("readiness").null(),
            text("readiness_detail").null(),
            timestamp_with_time_zone("readiness_at").null(),
        ],
        indexed: &[],
    },
    Addition { table: "plant", columns: &[text("tolerances").default_text("[]")], indexed: &[] },
    Addition {
        table: "source_system",
        columns: &[
            text("actions").default_text("[]"),
            boolean("commands_stopped").default_boolean(false),
            text("manifest").null(),
        ],
        indexed: &[],
    },
    Addition {
        table: "external_reference",
        columns: &[
            text("claims").default_text("{}"),
            timestamp_with_time_zone("received_time").null(),
            text("source_version").null(),
            text("mapping_version").default_text(""),
            timestamp_with_time_zone("absent_since").null(),
            big_integer("missed_sweeps").default_number(0),
        ],
        indexed: &[&["subject_type", "source_id", "external_id"]],
    },
    Addition {
        table: "stream_cursor",
        columns: &[
            big_integer("rows_read").default_number(0),
            big_integer("changed").default_number(0),
            big_integer("unchanged").default_number(0),
            big_integer("late").default_number(0),
            big_integer("dead_letters").default_number(0),
            big_integer("errors").default_number(0),
            timestamp_with_time_zone("last_success_at").null(),
            text("last_error").null(),
            timestamp_with_time_zone("watermark").null(),
            text("paused_reason").null(),
        ],
        indexed: &[],
    },
    Addition {
        table: "dead_letter",
        columns: &[big_integer("attempts").default_number(0), timestamp_with_time_zone("next_retry_at").null()],
        indexed: &[],
    },
    Addition {
        table: "exception_case",
        columns: &[
            text("subject_type").null(),
            uuid("subject_id").null(),
            text("attribute").null(),
            uuid("hold_id").null(),
        ],
        indexed: &[&["subject_id"]],
    },
    Addition {
        table: "timer",
        columns: &[text("subject_type").null(), uuid("subject_id").null(), text("attribute").null()],
        indexed: &[&["subject_id"]],
    },
    Addition { table: "command", columns: &[uuid("hold_id").null()], indexed: &[&["hold_id"]] },
    Addition { table: "journal", columns: &[], indexed: &[&["subject_id", "pos"]] },
];
