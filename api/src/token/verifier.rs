//! Decides whether a token is genuine, current and for us.

use std::sync::Arc;

use model::clock::SharedClock;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    DEVELOPMENT_AUDIENCE, DEVELOPMENT_ISSUER, Defect, Error, Identity, Signer,
    claims::{Claims, Timing},
    header::Header,
    jwks::{self, Jwks},
    key::{Key, KeySet},
};
use crate::config::{Algorithm, Auth, HumanDuration, Issuer, TokenType};

/// Tokens of large directories are about 2 KiB; ours carry no groups. Anything larger only costs us work.
const TOKEN_BYTES_MAX: usize = 8 * 1024;

/// A key document on disk is as small as a published one.
const KEY_DOCUMENT_BYTES_MAX: u64 = 512 * 1024;

/// Checks tokens. Cheap to clone.
#[derive(Clone)]
pub struct Verifier {
    issuers: Arc<[TrustedIssuer]>,
    clock: SharedClock,
}

struct TrustedIssuer {
    name: String,
    audience: String,
    account_prefix: String,
    algorithms: Vec<Algorithm>,
    token_type: TokenType,
    leeway_seconds: i64,
    keys: Keys,
}

enum Keys {
    Fixed(KeySet),
    Published(Arc<Jwks>),
}

impl Verifier {
    /// A verifier for the configured issuers. Reads key files and, where enabled, the development key; published keys
    /// are fetched when first needed, and by [`Verifier::keep_keys_fresh`]. The fetches run on `tracker`.
    pub fn new(auth: &Auth, clock: SharedClock, tracker: &TaskTracker) -> Result<Self, Error> {
        let client = jwks::client().map_err(|_| Error::SelfTest("no client for fetching keys"))?;
        let mut issuers = Vec::new();
        for issuer in &auth.issuers {
            let keys = match (&issuer.jwks_url, &issuer.jwks_file) {
                (Some(url), _) => {
                    Keys::Published(Jwks::new(url.clone(), client.clone(), clock.clone(), tracker.clone()))
                }
                (None, Some(path)) => Keys::Fixed(read_keys(path)?),
                (None, None) => continue,
            };
            issuers.push(TrustedIssuer::new(issuer, keys));
        }
        if auth.development.enabled {
            let signer = Signer::load_or_create(&auth.development.key_file)?;
            issuers.push(TrustedIssuer::development(signer.public_keys()));
        }
        Ok(Self { issuers: issuers.into(), clock })
    }

    /// Starts one task per issuer that keeps its published keys fresh until `cancel`.
    pub fn keep_keys_fresh(&self, tracker: &TaskTracker, cancel: &CancellationToken) {
        for issuer in self.issuers.iter() {
            if let Keys::Published(jwks) = &issuer.keys {
                tracker.spawn(Arc::clone(jwks).keep_fresh(cancel.clone()));
            }
        }
    }

    /// Who the token speaks for. The claims are believed only after the signature has been checked with a key of the
    /// issuer that the token names.
    pub async fn verify(&self, token: &str) -> Result<Identity, Error> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Defect::TooLarge.into());
        }
        let (message, signature) = token.rsplit_once('.').ok_or(Defect::Form)?;
        let (header, payload) = message.split_once('.').ok_or(Defect::Form)?;
        if payload.contains('.') || [header, payload, signature].contains(&"") {
            return Err(Defect::Form.into());
        }
        let header = Header::decode(header)?;
        let claims = Claims::decode(payload)?;
        let issuer = self.issuers.iter().find(|issuer| issuer.name == claims.iss).ok_or(Error::IssuerUnknown)?;
        if !issuer.algorithms.contains(&header.algorithm) {
            return Err(Defect::Algorithm.into());
        }
        if !header.has_type(issuer.token_type) {
            return Err(Defect::Type.into());
        }
        let key = issuer.key(&header.key_id).await?;
        if !key.fits(header.algorithm) {
            return Err(Defect::Algorithm.into());
        }
        if !key.verifies(header.algorithm, message, signature) {
            return Err(Defect::Signature.into());
        }
        if !claims.is_for(&issuer.audience) {
            return Err(Defect::Audience.into());
        }
        match claims.timing(self.clock.now(), issuer.leeway_seconds) {
            Timing::Expired => Err(Error::Expired),
            Timing::NotYet => Err(Defect::NotYet.into()),
            Timing::Current => Ok(claims.into_identity(&issuer.account_prefix)),
        }
    }

    /// Fetches all published keys now.
    #[cfg(test)]
    pub(super) async fn refresh(&self) {
        for issuer in self.issuers.iter() {
            if let Keys::Published(jwks) = &issuer.keys {
                jwks.refresh().await;
            }
        }
    }
}

impl TrustedIssuer {
    fn new(issuer: &Issuer, keys: Keys) -> Self {
        Self {
            name: issuer.issuer.clone(),
            audience: issuer.audience.clone(),
            account_prefix: issuer.account_prefix.clone(),
            algorithms: issuer.algorithms.clone(),
            token_type: issuer.token_type,
            leeway_seconds: seconds(issuer.leeway),
            keys,
        }
    }

    fn development(keys: KeySet) -> Self {
        Self {
            name: DEVELOPMENT_ISSUER.to_owned(),
            audience: DEVELOPMENT_AUDIENCE.to_owned(),
            // Whoever holds the development key may be anybody: that is what it is for.
            account_prefix: String::new(),
            algorithms: vec![Algorithm::EdDSA],
            token_type: TokenType::AccessToken,
            // Signed and checked with the same clock.
            leeway_seconds: 0,
            keys: Keys::Fixed(keys),
        }
    }

    async fn key(&self, id: &str) -> Result<Arc<Key>, Error> {
        match &self.keys {
            Keys::Fixed(keys) => keys.find(id).ok_or(Error::Invalid(Defect::Key)),
            Keys::Published(jwks) => jwks.key(id).await,
        }
    }
}

fn seconds(duration: HumanDuration) -> i64 {
    i64::try_from(duration.get().as_secs()).expect("the leeway is bounded by the configuration")
}

fn read_keys(path: &std::path::Path) -> Result<KeySet, Error> {
    let read = || -> Result<KeySet, Box<dyn std::error::Error + Send + Sync>> {
        if std::fs::metadata(path)?.len() > KEY_DOCUMENT_BYTES_MAX {
            return Err("it is too large for a set of keys".into());
        }
        Ok(KeySet::parse(&std::fs::read(path)?)?)
    };
    read().map_err(|source| Error::KeyDocument { path: path.to_owned(), source })
}
