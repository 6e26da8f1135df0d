//! Cursors: encrypted positions. A dense position in clear would tell one plant how busy the others are.

use aes_gcm_siv::{
    Aes256GcmSiv, Nonce,
    aead::{Aead, KeyInit},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use crate::error::Error;

/// Length of the nonce before the ciphertext.
const NONCE_LENGTH: usize = 12;
/// Longest text that can be a cursor; anything longer is not looked at.
const CURSOR_LENGTH_MAX: usize = 128;

/// Makes and reads the cursors of one journal.
#[derive(Clone)]
pub struct CursorKey {
    cipher: Aes256GcmSiv,
    journal_id: Uuid,
}

impl std::fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CursorKey").field("journal_id", &self.journal_id).finish_non_exhaustive()
    }
}

impl CursorKey {
    /// The key of a journal; `None` unless `key` has 32 bytes.
    pub fn new(key: &[u8], journal_id: Uuid) -> Option<Self> {
        Some(Self { cipher: Aes256GcmSiv::new_from_slice(key).ok()?, journal_id })
    }

    /// The cursor of a position. Two cursors of one position differ, so that equal ones tell nothing.
    pub fn seal(&self, pos: i64) -> String {
        let nonce: [u8; NONCE_LENGTH] = rand::random();
        let mut plain = [0; 24];
        plain[..16].copy_from_slice(self.journal_id.as_bytes());
        plain[16..].copy_from_slice(&pos.to_be_bytes());
        let sealed =
            self.cipher.encrypt(&Nonce::from(nonce), &plain[..]).expect("24 bytes are within the cipher's limit");
        URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat())
    }

    /// The position of a cursor.
    pub fn open(&self, cursor: &str) -> Result<i64, Error> {
        self.try_open(cursor).ok_or(Error::CursorInvalid)
    }

    fn try_open(&self, cursor: &str) -> Option<i64> {
        if cursor.len() > CURSOR_LENGTH_MAX {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LENGTH>()?;
        let plain = self.cipher.decrypt(&Nonce::from(*nonce), sealed).ok()?;
        let (journal, pos) = plain.split_first_chunk::<16>()?;
        (journal == self.journal_id.as_bytes()).then_some(())?;
        Some(i64::from_be_bytes(pos.try_into().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_only_in_its_own_journal_and_unchanged() {
        let journal = CursorKey::new(&[7; 32], Uuid::from_u128(1)).unwrap();
        let other = CursorKey::new(&[7; 32], Uuid::from_u128(2)).unwrap();
        let cursor = journal.seal(42);
        assert_eq!(journal.open(&cursor).unwrap(), 42);
        assert_ne!(cursor, journal.seal(42));
        assert!(other.open(&cursor).is_err());
        for position in 0..cursor.len() {
            let mut bytes = cursor.clone().into_bytes();
            bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
            assert!(journal.open(&String::from_utf8(bytes).unwrap()).is_err());
        }
        for bad in ["", "x", "42", &"A".repeat(10_000)] {
            assert!(matches!(journal.open(bad), Err(Error::CursorInvalid)));
        }
    }
}
