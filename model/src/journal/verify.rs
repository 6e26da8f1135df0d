//! Proving the journal: positions dense, every hash right, the head where the rows end.

use crate::{error::Error, journal::row_hash, store::Store};

/// Rows checked per read.
const PAGE_ROWS: u64 = 1_000;

/// What was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// First position that is retained.
    pub from: i64,
    /// Last position.
    pub to: i64,
}

impl Store {
    /// Verifies the journal from the first retained row to its head.
    ///
    /// # Errors
    /// [`Error::JournalBroken`] with the first bad position.
    pub async fn verify_journal(&self) -> Result<Verified, Error> {
        let head = self.journal_head().await?;
        let (mut pos, mut hash) = (head.floor_pos, head.floor_hash.clone());
        loop {
            let rows = self.journal_after(pos, PAGE_ROWS).await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                if row.pos > head.pos {
                    // Written after the head was read; the next run will see it.
                    return finish(&head, pos, &hash);
                }
                if row.pos != pos + 1 {
                    return Err(broken(pos + 1, format!("the row is missing; the next is {}", row.pos)));
                }
                let expected = row_hash(&hash, &row);
                if expected != row.hash {
                    return Err(broken(
                        row.pos,
                        "the row does not fit its hash: it, or the hash before it, was changed".into(),
                    ));
                }
                (pos, hash) = (row.pos, expected);
            }
        }
        finish(&head, pos, &hash)
    }
}

fn finish(head: &crate::entity::journal_head::Model, pos: i64, hash: &[u8]) -> Result<Verified, Error> {
    if pos != head.pos {
        return Err(broken(pos + 1, format!("the rows end here, but the head stands at {}", head.pos)));
    }
    if hash != head.hash {
        return Err(broken(pos, "the last row does not fit the head's hash".into()));
    }
    Ok(Verified { from: head.floor_pos + 1, to: pos })
}

fn broken(pos: i64, what: String) -> Error {
    Error::JournalBroken { pos, what }
}
