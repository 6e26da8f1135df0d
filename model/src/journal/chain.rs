//! The hash chain.

use sha2::{Digest, Sha256};

use crate::entity::journal;

/// The hash of a row after the one with hash `previous`: SHA-256 over every field, each with its length before it, so that
/// no two different rows give the same bytes. The row's own `hash` is not read.
pub fn row_hash(previous: &[u8], row: &journal::Model) -> Vec<u8> {
    let mut hasher = Sha256::new();
    let mut field = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    field(previous);
    field(&row.pos.to_be_bytes());
    field(&row.at.timestamp_micros().to_be_bytes());
    field(row.plant_id.map(|plant| plant.0).unwrap_or_default().as_bytes());
    field(row.subject_type.as_str().as_bytes());
    field(row.subject_id.as_bytes());
    field(&row.revision.to_be_bytes());
    field(row.kind.as_str().as_bytes());
    field(row.before.as_deref().unwrap_or_default().as_bytes());
    field(row.after.as_bytes());
    field(row.actor.as_bytes());
    field(row.cause.as_bytes());
    field(row.correlation.as_bytes());
    hasher.finalize().to_vec()
}
