//! Texts of a plant file that are checked while they are read, so that an error names their key.

use serde::{Deserialize, Deserializer, de::Error};

/// Longest code: it travels in keys and messages.
const MAX_CODE: usize = 64;

/// A text that is more than blanks.
pub(super) fn filled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.trim().is_empty() {
        return Err(D::Error::custom("must not be empty"));
    }
    Ok(text)
}

/// A code: short, without blanks.
pub(super) fn code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = filled(deserializer)?;
    if text.len() > MAX_CODE || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(D::Error::custom(format!("{text:?} is no code: write up to {MAX_CODE} characters without blanks")));
    }
    Ok(text)
}
