//! The first schema: the twin, its sources, cases and the journal.

use sea_orm_migration::prelude::*;
use uuid::Uuid;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            table.create(manager).await?;
        }
        for statement in PARTIAL_INDICES {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        let head = Query::insert()
            .into_table("journal_head")
            .columns(["id", "journal_id", "cursor_key", "pos", "hash", "floor_pos", "floor_hash"])
            .values_panic([
                1.into(),
                Uuid::new_v4().into(),
                rand::random::<[u8; 32]>().to_vec().into(),
                0_i64.into(),
                vec![0_u8; 32].into(),
                0_i64.into(),
                vec![0_u8; 32].into(),
            ])
            .to_owned();
        manager.execute(head).await
    }
}

/// What unique indices over whole tables can not say.
const PARTIAL_INDICES: &[&str] = &[
    // One signal, one case: whatever races, a line has at most one open case of a class.
    "CREATE UNIQUE INDEX exception_case_open ON exception_case (class, line_id) WHERE state NOT IN ('CLOSED', 'CANCELLED')",
    // Two proposals of one option are two approvals of one decision.
    "CREATE UNIQUE INDEX case_decision_pending ON case_decision (case_id, option) WHERE state = 'PENDING_APPROVAL'",
];

/// A table in few words.
struct Table {
    name: &'static str,
    columns: &'static [Field],
    key: &'static [&'static str],
    references: &'static [(&'static str, &'static str)],
    unique: &'static [&'static [&'static str]],
    indexed: &'static [&'static [&'static str]],
}

impl Table {
    async fn create(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let mut table = sea_query::Table::create();
        table.table(self.name);
        for field in self.columns {
            table.col(field.definition());
        }
        let mut key = Index::create();
        self.key.iter().for_each(|column| {
            key.col(*column);
        });
        table.primary_key(&mut key);
        for (column, target) in self.references {
            table.foreign_key(ForeignKey::create().from(self.name, *column).to(*target, "id"));
        }
        manager.create_table(table).await?;
        for columns in self.unique {
            manager.create_index(self.index(columns).unique().to_owned()).await?;
        }
        for columns in self.indexed {
            manager.create_index(self.index(columns)).await?;
        }
        Ok(())
    }

    fn index(&self, columns: &[&'static str]) -> IndexCreateStatement {
        let mut index = Index::create();
        index.name(format!("{}_{}", self.name, columns.join("_"))).table(self.name);
        for column in columns {
            index.col(*column);
        }
        index
    }
}

/// A column in few words.
#[derive(Clone, Copy)]
struct Field {
    name: &'static str,
    kind: Kind,
    nullable: bool,
}

#[derive(Clone, Copy)]
enum Kind {
    Uuid,
    Text,
    BigInteger,
    Integer,
    Boolean,
    Blob,
    Time,
}

impl Field {
    const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, nullable: false }
    }

    const fn null(mut self) -> Self {
        self.nullable = true;
        self
    }

    fn definition(self) -> ColumnDef {
        let mut column = ColumnDef::new(self.name);
        match self.kind {
            Kind::Uuid => column.uuid(),
            Kind::Text => column.text(),
            Kind::BigInteger => column.big_integer(),
            Kind::Integer => column.integer(),
            Kind::Boolean => column.boolean(),
            Kind::Blob => column.blob(),
            Kind::Time => column.timestamp_with_time_zone(),
        };
        if !self.nullable {
            column.not_null();
        }
        column
    }
}

const fn uuid(name: &'static str) -> Field {
    Field::new(name, Kind::Uuid)
}
const fn text(name: &'static str) -> Field {
    Field::new(name, Kind::Text)
}
const fn big_integer(name: &'static str) -> Field {
    Field::new(name, Kind::BigInteger)
}
const fn integer(name: &'static str) -> Field {
    Field::new(name, Kind::Integer)
}
const fn boolean(name: &'static str) -> Field {
    Field::new(name, Kind::Boolean)
}
const fn blob(name: &'static str) -> Field {
    Field::new(name, Kind::Blob)
}
const fn timestamp_with_time_zone(name: &'static str) -> Field {
    Field::new(name, Kind::Time)
}

/// In the order of their references.
const TABLES: &[Table] = &[
    Table {
        name: "enterprise",
        columns: &[uuid("id"), text("code"), text("name"), big_integer("revision")],
        key: &["id"],
        references: &[],
        unique: &[&["code"]],
        indexed: &[],
    },
    Table {
        name: "plant",
        columns: &[
            uuid("id"),
            uuid("enterprise_id"),
            text("code"),
            text("name"),
            text("time_zone"),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[("enterprise_id", "enterprise")],
        unique: &[&["enterprise_id", "code"]],
        indexed: &[],
    },
    Table {
        name: "area",
        columns: &[uuid("id"), uuid("plant_id"), text("code"), text("name"), big_integer("revision")],
        key: &["id"],
        references: &[("plant_id", "plant")],
        unique: &[&["plant_id", "code"]],
        indexed: &[],
    },
    Table {
        name: "line",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            uuid("area_id"),
            text("code"),
            text("name"),
            text("state").null(),
            timestamp_with_time_zone("state_since").null(),
            timestamp_with_time_zone("state_source_time").null(),
            timestamp_with_time_zone("state_server_time").null(),
            timestamp_with_time_zone("state_received_time").null(),
            big_integer("state_status"),
            text("state_quality"),
            text("freshness"),
            text("stale_reason").null(),
            timestamp_with_time_zone("executing_since").null(),
            timestamp_with_time_zone("left_execute_at").null(),
            timestamp_with_time_zone("down_since").null(),
            text("active_order_number").null(),
            timestamp_with_time_zone("active_order_at").null(),
            uuid("active_job_order_id").null(),
            big_integer("good_count"),
            big_integer("scrap_count"),
            big_integer("good_raw").null(),
            timestamp_with_time_zone("good_read_at").null(),
            big_integer("scrap_raw").null(),
            timestamp_with_time_zone("scrap_read_at").null(),
            big_integer("downtime_threshold_ms"),
            big_integer("acknowledge_within_ms"),
            big_integer("verify_for_ms"),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[("plant_id", "plant"), ("area_id", "area")],
        unique: &[&["plant_id", "code"]],
        indexed: &[],
    },
    Table {
        name: "work_unit",
        columns: &[uuid("id"), uuid("plant_id"), uuid("line_id"), text("code"), text("name"), big_integer("revision")],
        key: &["id"],
        references: &[("plant_id", "plant"), ("line_id", "line")],
        unique: &[&["line_id", "code"]],
        indexed: &[],
    },
    Table {
        name: "parameter",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            uuid("line_id"),
            text("name"),
            text("unit"),
            text("low").null(),
            text("high").null(),
            text("limit_state").null(),
            text("quality"),
            timestamp_with_time_zone("changed_at").null(),
            text("value").null(),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[("plant_id", "plant"), ("line_id", "line")],
        unique: &[&["line_id", "name"]],
        indexed: &[],
    },
    Table {
        name: "role_grant",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            text("subject"),
            text("person"),
            text("name"),
            text("role"),
            boolean("service"),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[("plant_id", "plant")],
        unique: &[&["plant_id", "subject", "role"]],
        indexed: &[&["subject"]],
    },
    Table {
        name: "material",
        columns: &[uuid("id"), uuid("plant_id"), text("code"), text("name"), text("unit"), big_integer("revision")],
        key: &["id"],
        references: &[("plant_id", "plant")],
        unique: &[&["plant_id", "code"]],
        indexed: &[],
    },
    Table {
        name: "material_lot",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            uuid("material_id"),
            text("number"),
            text("quantity"),
            text("unit"),
            text("disposition"),
            text("status").null(),
            text("location").null(),
            big_integer("open_holds"),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[("plant_id", "plant"), ("material_id", "material")],
        unique: &[&["material_id", "number"]],
        indexed: &[&["plant_id"], &["plant_id", "number"]],
    },
    Table {
        name: "hold",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            uuid("lot_id"),
            text("reason"),
            text("state"),
            text("placed_by"),
            text("placed_by_person"),
            timestamp_with_time_zone("placed_at"),
            text("released_by").null(),
            text("released_by_person").null(),
            timestamp_with_time_zone("released_at").null(),
            text("release_reason").null(),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[("plant_id", "plant"), ("lot_id", "material_lot")],
        unique: &[],
        indexed: &[&["lot_id"]],
    },
    Table {
        name: "production_order",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            text("number"),
            uuid("material_id").null(),
            text("state"),
            text("quantity"),
            text("unit"),
            timestamp_with_time_zone("planned_start").null(),
            timestamp_with_time_zone("planned_end").null(),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[("plant_id", "plant"), ("material_id", "material")],
        unique: &[&["plant_id", "number"]],
        indexed: &[&["plant_id"]],
    },
    Table {
        name: "job_order",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            uuid("order_id"),
            uuid("line_id").null(),
            text("state"),
            text("good_quantity"),
            text("scrap_quantity"),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[("plant_id", "plant"), ("order_id", "production_order"), ("line_id", "line")],
        unique: &[],
        indexed: &[&["order_id"], &["line_id"]],
    },
    Table {
        name: "source_system",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            text("code"),
            text("name"),
            text("kind"),
            text("freshness"),
            text("reason").null(),
            timestamp_with_time_zone("changed_at").null(),
            big_integer("gaps"),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[("plant_id", "plant")],
        unique: &[&["plant_id", "code"]],
        indexed: &[],
    },
    Table {
        name: "external_reference",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            uuid("source_id"),
            text("external_model"),
            text("external_id"),
            text("subject_type"),
            uuid("subject_id"),
            timestamp_with_time_zone("source_time").null(),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[("plant_id", "plant"), ("source_id", "source_system")],
        unique: &[&["source_id", "external_model", "external_id"]],
        indexed: &[&["subject_id"]],
    },
    Table {
        name: "claim",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            uuid("source_id"),
            text("subject_type"),
            uuid("subject_id"),
            text("attribute"),
            text("value_set"),
            text("canonical"),
            timestamp_with_time_zone("source_time").null(),
            timestamp_with_time_zone("received_time"),
            text("source_version").null(),
            text("mapping_version"),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[("plant_id", "plant"), ("source_id", "source_system")],
        unique: &[&["source_id", "subject_id", "attribute"]],
        indexed: &[&["subject_id"]],
    },
    Table {
        name: "dead_letter",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            uuid("source_id"),
            text("stream"),
            text("external_model"),
            text("external_id"),
            text("code"),
            text("message"),
            text("mapping_version"),
            text("payload"),
            timestamp_with_time_zone("at"),
            timestamp_with_time_zone("resolved_at").null(),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[("plant_id", "plant"), ("source_id", "source_system")],
        unique: &[],
        indexed: &[&["source_id", "external_model", "external_id"]],
    },
    Table {
        name: "exception_case",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            text("class"),
            text("template"),
            text("title"),
            text("state"),
            text("severity"),
            uuid("line_id").null(),
            uuid("order_id").null(),
            text("owner_role"),
            text("owner_person").null(),
            text("owner_name").null(),
            text("escalated_to").null(),
            timestamp_with_time_zone("escalated_at").null(),
            timestamp_with_time_zone("signal_at"),
            timestamp_with_time_zone("detected_at"),
            timestamp_with_time_zone("acknowledged_at").null(),
            timestamp_with_time_zone("contained_at").null(),
            timestamp_with_time_zone("decided_at").null(),
            timestamp_with_time_zone("executed_at").null(),
            timestamp_with_time_zone("verified_at").null(),
            timestamp_with_time_zone("closed_at").null(),
            text("decision").null(),
            text("decided_by").null(),
            big_integer("rework_loops"),
            big_integer("signals"),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[("plant_id", "plant"), ("line_id", "line"), ("order_id", "production_order")],
        unique: &[],
        indexed: &[&["plant_id"], &["line_id"]],
    },
    Table {
        name: "case_task",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            uuid("case_id"),
            text("purpose"),
            text("title"),
            text("owner_role"),
            text("evidence_required").null(),
            text("state"),
            text("done_by").null(),
            text("done_by_person").null(),
            timestamp_with_time_zone("done_at").null(),
            big_integer("position"),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[("plant_id", "plant"), ("case_id", "exception_case")],
        unique: &[],
        indexed: &[&["case_id"]],
    },
    Table {
        name: "case_evidence",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            uuid("case_id"),
            uuid("task_id").null(),
            text("kind"),
            text("text"),
            text("value").null(),
            text("unit").null(),
            text("added_by"),
            text("added_by_person"),
            timestamp_with_time_zone("added_at"),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[("plant_id", "plant"), ("case_id", "exception_case"), ("task_id", "case_task")],
        unique: &[],
        indexed: &[&["case_id"], &["task_id"]],
    },
    Table {
        name: "case_decision",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            uuid("case_id"),
            text("option"),
            text("parameters"),
            text("reason"),
            text("state"),
            text("approvals"),
            big_integer("approvals_needed"),
            text("policy_version"),
            text("policy_row"),
            timestamp_with_time_zone("proposed_at"),
            timestamp_with_time_zone("effective_at").null(),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[("plant_id", "plant"), ("case_id", "exception_case")],
        unique: &[],
        indexed: &[&["case_id"]],
    },
    Table {
        name: "case_transition",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            uuid("case_id"),
            big_integer("case_revision"),
            text("from_state"),
            text("to_state"),
            text("event"),
            text("actor"),
            timestamp_with_time_zone("at"),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[("plant_id", "plant"), ("case_id", "exception_case")],
        unique: &[&["case_id", "case_revision"]],
        indexed: &[],
    },
    Table {
        name: "timer",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            text("kind"),
            uuid("case_id").null(),
            uuid("line_id").null(),
            timestamp_with_time_zone("due_at"),
            text("state"),
            timestamp_with_time_zone("ended_at").null(),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[("plant_id", "plant"), ("case_id", "exception_case"), ("line_id", "line")],
        unique: &[],
        indexed: &[&["state", "due_at"], &["case_id"], &["line_id"]],
    },
    Table {
        name: "command",
        columns: &[
            uuid("id"),
            uuid("plant_id"),
            uuid("case_id").null(),
            uuid("decision_id").null(),
            uuid("source_id"),
            text("action"),
            uuid("subject_id"),
            text("payload"),
            text("state"),
            big_integer("attempts"),
            timestamp_with_time_zone("leased_until").null(),
            text("outcome").null(),
            timestamp_with_time_zone("changed_at"),
            big_integer("revision"),
        ],
        key: &["id"],
        references: &[
            ("plant_id", "plant"),
            ("case_id", "exception_case"),
            ("decision_id", "case_decision"),
            ("source_id", "source_system"),
        ],
        unique: &[],
        indexed: &[&["source_id", "state"], &["case_id"]],
    },
    Table {
        name: "idempotency_key",
        columns: &[text("person"), text("key"), text("request_hash"), text("response"), timestamp_with_time_zone("at")],
        key: &["person", "key"],
        references: &[],
        unique: &[],
        indexed: &[],
    },
    Table {
        name: "stream_cursor",
        columns: &[uuid("source_id"), text("stream"), text("cursor"), timestamp_with_time_zone("at")],
        key: &["source_id", "stream"],
        references: &[],
        unique: &[],
        indexed: &[],
    },
    Table {
        name: "lease",
        columns: &[text("name"), text("owner"), big_integer("epoch"), timestamp_with_time_zone("expires_at")],
        key: &["name"],
        references: &[],
        unique: &[],
        indexed: &[],
    },
    Table {
        name: "journal",
        columns: &[
            big_integer("pos"),
            timestamp_with_time_zone("at"),
            uuid("plant_id").null(),
            text("subject_type"),
            uuid("subject_id"),
            big_integer("revision"),
            text("kind"),
            text("before").null(),
            text("after"),
            text("actor"),
            text("cause"),
            uuid("correlation"),
            blob("hash"),
        ],
        key: &["pos"],
        references: &[],
        unique: &[],
        indexed: &[&["at"]],
    },
    Table {
        name: "journal_head",
        columns: &[
            integer("id"),
            uuid("journal_id"),
            blob("cursor_key"),
            big_integer("pos"),
            blob("hash"),
            big_integer("floor_pos"),
            blob("floor_hash"),
        ],
        key: &["id"],
        references: &[],
        unique: &[],
        indexed: &[],
    },
];
