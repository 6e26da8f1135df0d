//! Public keys of an issuer (RFC 7517). A key serves one family of algorithms; a shared secret is never a key here.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;

use crate::config::Algorithm;

/// Shorter moduli can be factored; longer ones are refused by the library and slow.
const RSA_MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=512;

/// Public exponents in use are 3 bytes long (65537).
const RSA_EXPONENT_BYTES_MAX: usize = 4;

/// The library reads this many bytes without looking whether they are there.
const ED25519_KEY_BYTES: usize = 32;

/// An issuer has the current key, the next and the last; a hundred leaves room for many applications.
const KEYS_MAX: usize = 100;

/// A public key of an issuer.
pub(super) struct Key {
    algorithms: Vec<Algorithm>,
    decoding: DecodingKey,
}

impl Key {
    /// Whether a token may be checked with this key and algorithm.
    pub(super) fn fits(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(&algorithm)
    }

    /// Whether `signature` (base64url) of `message` was made with the private half.
    pub(super) fn verifies(&self, algorithm: Algorithm, message: &str, signature: &str) -> bool {
        let checked = jsonwebtoken::crypto::verify(signature, message.as_bytes(), &self.decoding, library(algorithm));
        checked.unwrap_or(false)
    }
}

/// The keys of an issuer, by id.
pub(super) struct KeySet(HashMap<String, Arc<Key>>);

/// A document with keys can not be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeySetError {
    #[error("it is not a JSON Web Key Set")]
    Form(#[source] serde_json::Error),
    #[error("it has more than {KEYS_MAX} keys")]
    TooMany,
    #[error("it has no public signature key with an id of its own")]
    Empty,
}

/// The members that we read of one key. Others are ignored, as the standard asks.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: String,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl KeySet {
    /// Reads a key set. Keys that can not check signatures are left out, and so are keys that share an id: which of
    /// them is meant would be a guess.
    pub(super) fn parse(document: &[u8]) -> Result<Self, KeySetError> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<Value>,
        }

        let document: Document = serde_json::from_slice(document).map_err(KeySetError::Form)?;
        if document.keys.len() > KEYS_MAX {
            return Err(KeySetError::TooMany);
        }
        let mut keys = HashMap::new();
        let mut shared = HashSet::new();
        for jwk in document.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok()) {
            let Some(key) = jwk.public_key() else { continue };
            if keys.insert(jwk.kid.clone(), Arc::new(key)).is_some() {
                shared.insert(jwk.kid);
            }
        }
        keys.retain(|id, _| !shared.contains(id));
        if keys.is_empty() { Err(KeySetError::Empty) } else { Ok(Self(keys)) }
    }

    /// The key of exactly this id.
    pub(super) fn find(&self, id: &str) -> Option<Arc<Key>> {
        self.0.get(id).cloned()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Jwk {
    fn public_key(&self) -> Option<Key> {
        let for_signatures = self.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
            && self.key_ops.as_ref().is_none_or(|operations| operations.iter().any(|name| name == "verify"));
        if !for_signatures || self.kid.is_empty() {
            return None;
        }
        let (mut algorithms, decoding) = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => (RSA.to_vec(), self.rsa()?),
            ("EC", Some("P-256")) => (vec![Algorithm::ES256], self.elliptic(32)?),
            ("EC", Some("P-384")) => (vec![Algorithm::ES384], self.elliptic(48)?),
            ("OKP", Some("Ed25519")) => (vec![Algorithm::EdDSA], self.edwards()?),
            _ => return None,
        };
        if let Some(name) = &self.alg {
            let only: Algorithm = serde_json::from_value(Value::String(name.clone())).ok()?;
            algorithms.retain(|algorithm| *algorithm == only);
        }
        (!algorithms.is_empty()).then_some(Key { algorithms, decoding })
    }

    fn rsa(&self) -> Option<DecodingKey> {
        let (modulus, exponent) = (number(self.n.as_deref()?)?, number(self.e.as_deref()?)?);
        let usable = RSA_MODULUS_BYTES.contains(&modulus.len()) && exponent.len() <= RSA_EXPONENT_BYTES_MAX;
        usable.then(|| DecodingKey::from_rsa_raw_components(&modulus, &exponent))
    }

    fn elliptic(&self, coordinate_bytes: usize) -> Option<DecodingKey> {
        let (x, y) = (self.x.as_deref()?, self.y.as_deref()?);
        let has_length = |part: &str| URL_SAFE_NO_PAD.decode(part).is_ok_and(|bytes| bytes.len() == coordinate_bytes);
        (has_length(x) && has_length(y)).then(|| DecodingKey::from_ec_components(x, y).ok()).flatten()
    }

    fn edwards(&self) -> Option<DecodingKey> {
        let x = self.x.as_deref()?;
        let decoded = URL_SAFE_NO_PAD.decode(x).ok()?;
        (decoded.len() == ED25519_KEY_BYTES).then(|| DecodingKey::from_ed_components(x).ok()).flatten()
    }
}

/// A big number without its leading zeros.
fn number(text: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let first = bytes.iter().position(|byte| *byte != 0)?;
    Some(bytes[first..].to_vec())
}

const RSA: [Algorithm; 6] =
    [Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::PS256, Algorithm::PS384, Algorithm::PS512];

/// The library's name of an algorithm.
fn library(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::RS256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::RS384 => jsonwebtoken::Algorithm::RS384,
        Algorithm::RS512 => jsonwebtoken::Algorithm::RS512,
        Algorithm::PS256 => jsonwebtoken::Algorithm::PS256,
        Algorithm::PS384 => jsonwebtoken::Algorithm::PS384,
        Algorithm::PS512 => jsonwebtoken::Algorithm::PS512,
        Algorithm::ES256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::ES384 => jsonwebtoken::Algorithm::ES384,
        Algorithm::EdDSA => jsonwebtoken::Algorithm::EdDSA,
    }
}
