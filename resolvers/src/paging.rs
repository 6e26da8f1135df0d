//! The arguments of a connection.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use model::{Code, store::PageRequest};
use uuid::Uuid;

use crate::error::Error;

/// Rows of a page when the caller does not say.
const PAGE_ROWS: u64 = 20;
/// Rows of a page at most: more is another page.
const PAGE_ROWS_MAX: u64 = 100;

/// The arguments of a connection, as they came.
#[derive(Clone, Debug, Default)]
pub struct PageArguments {
    /// How many from the start.
    pub first: Option<i32>,
    /// Only what follows this cursor.
    pub after: Option<String>,
    /// How many from the end.
    pub last: Option<i32>,
    /// Only what precedes this cursor.
    pub before: Option<String>,
}

impl PageArguments {
    /// What to read.
    ///
    /// # Errors
    /// `INVALID_INPUT` for a negative number or both directions at once, `CURSOR_INVALID` for a cursor that no page gave.
    pub fn request(&self) -> Result<PageRequest, Error> {
        let (wanted, backward) = match (self.first, self.last) {
            (Some(_), Some(_)) => {
                let message = "give first to page forward or last to page backward, not both";
                return Err(Error::refused(Code::InvalidInput, message));
            }
            (None, Some(last)) => (rows("last", last)?, true),
            (Some(first), None) => (rows("first", first)?, false),
            (None, None) => (PAGE_ROWS, false),
        };
        let limit = wanted.min(PAGE_ROWS_MAX);
        let cursor = |text: &Option<String>| text.as_deref().map(decode).transpose();
        Ok(PageRequest { after: cursor(&self.after)?, before: cursor(&self.before)?, limit, backward })
    }
}

fn rows(argument: &str, wanted: i32) -> Result<u64, Error> {
    u64::try_from(wanted)
        .map_err(|_| Error::refused(Code::InvalidInput, format!("{argument} is {wanted}; it must be 0 or more")))
}

/// The cursor of a row. Lists are ordered by id, that is by age.
pub fn encode(id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(id.as_bytes())
}

fn decode(cursor: &str) -> Result<Uuid, Error> {
    let decoded = (cursor.len() <= 2 * size_of::<Uuid>()).then(|| URL_SAFE_NO_PAD.decode(cursor).ok()).flatten();
    decoded.and_then(|bytes| Uuid::from_slice(&bytes).ok()).ok_or_else(|| {
        Error::refused(Code::CursorInvalid, "the cursor is not one of a list; use cursors as they were given")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(arguments: PageArguments) -> Code {
        arguments.request().unwrap_err().code()
    }

    #[test]
    fn pages_are_bounded_and_have_one_direction() {
        let request = PageArguments::default().request().unwrap();
        assert_eq!((request.limit, request.backward), (PAGE_ROWS, false));
        let request = PageArguments { last: Some(i32::MAX), ..Default::default() }.request().unwrap();
        assert_eq!((request.limit, request.backward), (PAGE_ROWS_MAX, true));
        assert_eq!(code(PageArguments { first: Some(-1), ..Default::default() }), Code::InvalidInput);
        assert_eq!(code(PageArguments { last: Some(i32::MIN), ..Default::default() }), Code::InvalidInput);
        assert_eq!(code(PageArguments { first: Some(1), last: Some(1), ..Default::default() }), Code::InvalidInput);
    }

    #[test]
    fn a_cursor_is_read_back_and_nothing_else_is() {
        let id = Uuid::now_v7();
        let request = PageArguments { after: Some(encode(id)), ..Default::default() }.request().unwrap();
        assert_eq!(request.after, Some(id));
        for bad in ["", "x", "AAAA", &id.to_string(), &"A".repeat(10_000)] {
            assert_eq!(code(PageArguments { before: Some(bad.to_owned()), ..Default::default() }), Code::CursorInvalid);
        }
    }
}
