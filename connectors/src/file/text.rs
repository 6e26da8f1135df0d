//! Bytes as text: in the declared encoding, strictly.

use serde::Deserialize;

/// The encoding of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Encoding {
    /// UTF-8, with or without a mark at its beginning.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// ISO 8859-1.
    #[serde(rename = "latin-1")]
    Latin1,
}

impl Encoding {
    /// The text, without the mark at its beginning.
    ///
    /// # Errors
    /// The line of the first byte that is none of this encoding.
    pub(crate) fn decode(self, bytes: &[u8]) -> Result<String, (u64, String)> {
        match self {
            Self::Utf8 => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned()),
                Err(error) => {
                    let good = &bytes[..error.valid_up_to()];
                    let line = 1 + good.iter().filter(|byte| **byte == b'\n').count() as u64;
                    Err((line, "a byte that is not UTF-8; say encoding: latin-1 if that is what it is".to_owned()))
                }
            },
            Self::Latin1 => Ok(bytes.iter().map(|byte| char::from(*byte)).collect()),
        }
    }
}

/// Characters that no business text holds: a record with one is damaged, or somebody tries something.
pub(crate) fn is_forbidden(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declared_encoding_is_the_encoding() {
        assert_eq!(Encoding::Utf8.decode("\u{feff}Käse".as_bytes()).unwrap(), "Käse");
        assert_eq!(Encoding::Latin1.decode(b"K\xe4se").unwrap(), "Käse");
        assert_eq!(Encoding::Utf8.decode(b"a\nb\nK\xe4se").unwrap_err().0, 3);
        assert!("\u{0}\u{7f}\u{80}\u{1b}".chars().all(is_forbidden), "half of a wrong encoding shows as these");
    }
}
