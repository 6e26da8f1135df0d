//! The header of a token: only what says how to check it.

use serde_json::Value;

use super::{Defect, object::StrictObject};
use crate::config::{Algorithm, TokenType};

/// Members by which a token would bring its own key, or rules that we do not apply.
const REFUSED: [&str; 8] = ["crit", "jku", "jwk", "x5u", "x5c", "b64", "zip", "enc"];

/// A longer key id is not one of ours, and would be kept in logs.
const KEY_ID_BYTES_MAX: usize = 256;

/// What the header says, not yet believed.
pub(super) struct Header {
    pub(super) algorithm: Algorithm,
    pub(super) key_id: String,
    kind: String,
}

impl Header {
    pub(super) fn decode(part: &str) -> Result<Self, Defect> {
        let StrictObject(members) = StrictObject::decode(part).ok_or(Defect::Header)?;
        if REFUSED.iter().any(|name| members.contains_key(*name)) {
            return Err(Defect::HeaderMember);
        }
        let text = |name: &str| match members.get(name) {
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(Defect::Header),
            None => Ok(None),
        };
        let algorithm = text("alg")?.ok_or(Defect::Header)?;
        let algorithm = serde_json::from_value(Value::String(algorithm)).map_err(|_| Defect::Algorithm)?;
        let kind = text("typ")?.ok_or(Defect::Type)?;
        let key_id = text("kid")?.filter(|id| !id.is_empty() && id.len() <= KEY_ID_BYTES_MAX).ok_or(Defect::Key)?;
        Ok(Self { algorithm, key_id, kind })
    }

    /// Whether `typ` is the accepted one. Media types ignore case, and the prefix may be left out (RFC 7515, 4.1.9).
    pub(super) fn has_type(&self, accepted: TokenType) -> bool {
        let kind = self.kind.to_ascii_lowercase();
        match accepted {
            TokenType::AccessToken => kind == "at+jwt" || kind == "application/at+jwt",
            TokenType::Jwt => kind == "jwt" || kind == "application/jwt",
        }
    }
}
