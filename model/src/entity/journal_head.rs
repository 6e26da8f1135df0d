//! The head of the journal: one row, whose lock orders all commits.

use sea_orm::entity::prelude::*;

/// The head of the journal.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "journal_head")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// Identity of this journal; part of every cursor.
    pub journal_id: Uuid,
    /// Key of the cursors, 32 bytes. Replicas share it through this row.
    pub cursor_key: Vec<u8>,
    /// Position of the last row.
    pub pos: i64,
    /// Hash of the last row.
    pub hash: Vec<u8>,
    /// Position of the last row that retention removed; 0 if none.
    pub floor_pos: i64,
    /// Hash of that row, from which the chain is verified.
    pub floor_hash: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
