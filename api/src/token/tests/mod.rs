//! Tokens as friends and enemies make them.

mod authentication;
mod corpus;
mod issuer;
mod published;

use std::{path::PathBuf, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm as Alg, EncodingKey, crypto, jwk::Jwk};
use model::clock::{ManualClock, SharedClock};
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;

use super::{Signer, Verifier, install_cryptography};
use crate::config::{Algorithm, Auth, Development, HumanDuration, Issuer, TokenType};

const ISSUER: &str = "https://issuer.example";
const LEGACY_ISSUER: &str = "https://legacy.example";
const AUDIENCE: &str = "plantgraph";

/// When the tests play.
fn start() -> DateTime<Utc> {
    "2026-11-02T06:00:00Z".parse().unwrap()
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A private key of somebody, with the id under which it is published.
struct Private {
    id: &'static str,
    algorithm: Alg,
    key: EncodingKey,
}

impl Private {
    fn edwards(id: &'static str, seed: u8) -> Self {
        let prefix = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
        let der = [prefix.as_slice(), &[seed; 32]].concat();
        Self { id, algorithm: Alg::EdDSA, key: EncodingKey::from_ed_der(&der) }
    }

    fn elliptic(id: &'static str) -> Self {
        // PKCS#8 around the SEC 1 form of the private key, here 32 times the byte 1.
        let prefix = [
            0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
            0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20,
        ];
        let der = [prefix.as_slice(), &[1; 32]].concat();
        Self { id, algorithm: Alg::ES256, key: EncodingKey::from_ec_der(&der) }
    }

    fn rsa(id: &'static str) -> Self {
        let key = EncodingKey::from_rsa_pem(include_bytes!("rsa_test_only.pem")).unwrap();
        Self { id, algorithm: Alg::RS256, key }
    }

    /// The public half, as an issuer publishes it.
    fn public(&self) -> Value {
        let mut jwk = Jwk::from_encoding_key(&self.key, self.algorithm).unwrap();
        jwk.common.key_id = Some(self.id.to_owned());
        let mut jwk = serde_json::to_value(jwk).unwrap();
        jwk["use"] = json!("sig");
        jwk
    }

    fn header(&self) -> Value {
        json!({ "alg": self.algorithm, "typ": "at+jwt", "kid": self.id })
    }

    /// Signs anything, however wrong.
    fn sign(&self, header: impl ToString, claims: impl ToString) -> String {
        let message = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
        let signature = crypto::sign(message.as_bytes(), &self.key, self.algorithm).unwrap();
        format!("{message}.{signature}")
    }
}

/// Claims that are accepted at [`start`].
fn claims() -> Value {
    let now = start().timestamp();
    json!({ "iss": ISSUER, "sub": "alice", "aud": [AUDIENCE, "other"], "iat": now, "nbf": now, "exp": now + 3_600 })
}

/// A change of one member; `null` takes it away.
fn with(mut object: Value, name: &str, value: Value) -> Value {
    let members = object.as_object_mut().unwrap();
    if value.is_null() {
        members.shift_remove(name);
    } else {
        members.insert(name.to_owned(), value);
    }
    object
}

/// A file in the temporary folder, removed at the end.
struct TempFile(PathBuf);

impl TempFile {
    fn new(content: &str) -> Self {
        let path = TempFile::absent();
        std::fs::write(&path.0, content).unwrap();
        path
    }

    fn absent() -> Self {
        Self(std::env::temp_dir().join(format!("plantgraph-token-{}", uuid::Uuid::new_v4())))
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).ok();
    }
}

fn trusted(issuer: &str, algorithms: &[Algorithm]) -> Issuer {
    Issuer {
        issuer: issuer.to_owned(),
        audience: AUDIENCE.to_owned(),
        jwks_url: None,
        jwks_file: None,
        algorithms: algorithms.to_vec(),
        token_type: TokenType::AccessToken,
        account_prefix: String::new(),
        leeway: HumanDuration::from_secs(30),
    }
}

/// A verifier for these issuers, with its clock at [`start`].
fn verifier(issuers: Vec<Issuer>) -> (Verifier, Arc<ManualClock>) {
    install_cryptography();
    let clock = Arc::new(ManualClock::new(start()));
    let shared: SharedClock = clock.clone();
    let development = Development { enabled: false, key_file: PathBuf::from("/nowhere") };
    let auth = Auth { issuers, development };
    (Verifier::new(&auth, shared, &TaskTracker::new()).unwrap(), clock)
}
