//! Proving the journal: positions dense, every hash right, the head where the rows end.

use crate::{entity::journal_head, error::Error, journal::row_hash, store::Store};

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
        loop {
            let head = self.journal_head().await?;
            match self.verify_rows(&head).await {
                // Retention removed rows while they were read; what is left is verified from its new floor.
                Err(Error::JournalBroken { .. }) if self.journal_head().await?.floor_pos != head.floor_pos => {}
                verified => return verified,
            }
        }
    }

    async fn verify_rows(&self, head: &journal_head::Model) -> Result<Verified, Error> {
        let (mut pos, mut hash) = (head.floor_pos, head.floor_hash.clone());
        loop {
            let rows = self.journal_after(pos, PAGE_ROWS).await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                if row.pos > head.pos {
                    // Committed after the head was read, so the head has moved as well; the next run will see it.
                    if self.journal_head().await?.pos < row.pos {
                        return Err(broken(row.pos, "the row lies beyond the head".into()));
                    }
                    return finish(head, pos, &hash);
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
        finish(head, pos, &hash)
    }
}

fn finish(head: &journal_head::Model, pos: i64, hash: &[u8]) -> Result<Verified, Error> {
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
