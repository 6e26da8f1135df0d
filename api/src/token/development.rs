//! Tokens signed on this machine, for the demonstration and for trying things out.

use std::{collections::BTreeSet, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{Jwk, ThumbprintHash},
};
use model::{clock::SharedClock, ids::PlantId};
use rand::{TryRngCore, rngs::OsRng};
use serde::Serialize;
use serde_json::json;

use super::{Error, key::KeySet};
use crate::config::{HumanDuration, load_or_create};

/// The claim `iss` of local tokens. No configured issuer may have this name.
pub const DEVELOPMENT_ISSUER: &str = "plantgraph-development";

/// The claim `aud` of local tokens.
pub const DEVELOPMENT_AUDIENCE: &str = "plantgraph";

/// Longest life of a local token: a week of trying things out. It can not be withdrawn, short of deleting the key.
pub const TTL_MAX: HumanDuration = HumanDuration::from_secs(7 * 86_400);

/// The wrapping of an Ed25519 seed as PKCS#8 (RFC 8410, section 7); the 32 bytes of the seed follow.
const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// Length of an Ed25519 private key.
const SEED_BYTES: usize = 32;

/// Signs local tokens.
pub struct Signer {
    encoding: EncodingKey,
    id: String,
    public: Jwk,
}

/// A token to sign.
#[derive(Clone, Debug)]
pub struct Order {
    /// The account.
    pub subject: String,
    /// A name to show.
    pub name: Option<String>,
    /// Life of the token, at most [`TTL_MAX`].
    pub ttl: HumanDuration,
    /// The plants to which the token narrows its bearer, if it does.
    pub plants: Option<BTreeSet<PlantId>>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    iat: i64,
    nbf: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plants: Option<&'a BTreeSet<PlantId>>,
}

impl Signer {
    /// The signer with the key in this file, which is made when it is not there.
    pub fn load_or_create(path: &Path) -> Result<Self, Error> {
        let mut seed = [0; SEED_BYTES];
        OsRng.try_fill_bytes(&mut seed).map_err(|error| Error::DevelopmentKey(error.to_string().into()))?;
        let pem = load_or_create(path, || pem(&seed)).map_err(|error| Error::DevelopmentKey(error.into()))?;
        Self::from_pem(&pem)
    }

    /// The signer with a key of this seed. For tests and the self-test.
    pub(crate) fn from_seed(seed: [u8; SEED_BYTES]) -> Result<Self, Error> {
        Self::from_pem(&pem(&seed))
    }

    fn from_pem(pem: &str) -> Result<Self, Error> {
        let parts = || -> jsonwebtoken::errors::Result<_> {
            let encoding = EncodingKey::from_ed_pem(pem.as_bytes())?;
            let public = Jwk::from_encoding_key(&encoding, Algorithm::EdDSA)?;
            let id = public.thumbprint(ThumbprintHash::SHA256)?;
            Ok((encoding, public, id))
        };
        let (encoding, mut public, id) = parts().map_err(|error| Error::DevelopmentKey(error.into()))?;
        public.common.key_id = Some(id.clone());
        Ok(Self { encoding, id, public })
    }

    /// Signs a token that begins now.
    pub fn sign(&self, order: &Order, clock: &SharedClock) -> Result<String, Error> {
        let ttl_seconds = order.ttl.min(TTL_MAX).get().as_secs();
        let now = clock.now().timestamp();
        let claims = Claims {
            iss: DEVELOPMENT_ISSUER,
            aud: DEVELOPMENT_AUDIENCE,
            sub: &order.subject,
            iat: now,
            nbf: now,
            exp: now.saturating_add_unsigned(ttl_seconds),
            name: order.name.as_deref(),
            plants: order.plants.as_ref(),
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(self.id.clone());
        jsonwebtoken::encode(&header, &claims, &self.encoding).map_err(|error| Error::DevelopmentKey(error.into()))
    }

    /// The id of the key: the header `kid`.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The public half, as an issuer would publish it.
    pub(super) fn public_document(&self) -> String {
        json!({ "keys": [self.public] }).to_string()
    }

    pub(super) fn public_keys(&self) -> KeySet {
        KeySet::parse(self.public_document().as_bytes()).expect("a key that was just made is a usable key")
    }
}

fn pem(seed: &[u8; SEED_BYTES]) -> String {
    let der = [PKCS8_PREFIX.as_slice(), seed].concat();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der))
}
