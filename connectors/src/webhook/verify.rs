//! Proofs of who sends: compared in constant time, and never shown.

use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::HeaderMap;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::manifest::{SignatureEncoding, Webhook};
use crate::{Error, plant_file::SecretSource};

/// What a sender has to show beside a request.
#[derive(Clone, Debug)]
pub enum Proof {
    /// `Authorization: Bearer …`.
    Bearer(SecretSource),
    /// `Authorization: Basic …`: user and password.
    Basic(String, SecretSource),
}

impl Proof {
    /// Whether the request shows it.
    ///
    /// # Errors
    /// [`Error::Secret`] when our own side of it is not there.
    pub fn holds(&self, headers: &HeaderMap) -> Result<bool, Error> {
        let (scheme, expected) = match self {
            Self::Bearer(secret) => ("bearer", secret.read()?.expose().to_owned()),
            Self::Basic(user, secret) => {
                ("basic", BASE64_STANDARD.encode(format!("{user}:{}", secret.read()?.expose())))
            }
        };
        let Some(shown) = single(headers, "authorization") else { return Ok(false) };
        let Some((name, token)) = shown.split_once(' ') else { return Ok(false) };
        Ok(name.eq_ignore_ascii_case(scheme) && same(token.trim(), &expected))
    }
}

/// Whether the signature of a webhook is that of its body, and fresh.
pub(super) fn is_signed(
    webhook: &Webhook,
    secret: &SecretSource,
    headers: &HeaderMap,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let secret = secret.read()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("HMAC takes keys of any length");
    let mut fresh = true;
    if let Some(timestamp) = &webhook.timestamp {
        let Some(text) = single(headers, &timestamp.header) else { return Ok(false) };
        mac.update(text.as_bytes());
        mac.update(b".");
        fresh = text.parse().is_ok_and(|at: i64| now.timestamp().abs_diff(at) <= timestamp.tolerance.as_secs());
    }
    mac.update(body);
    let Some(shown) = single(headers, &webhook.signature.header) else { return Ok(false) };
    let Some(shown) = shown.strip_prefix(webhook.signature.prefix.as_str()) else { return Ok(false) };
    let bytes = match webhook.signature.encoding {
        SignatureEncoding::Hex => hex(shown),
        SignatureEncoding::Base64 => BASE64_STANDARD.decode(shown).ok(),
    };
    Ok(bytes.is_some_and(|bytes| mac.verify_slice(&bytes).is_ok()) && fresh)
}

/// A header that is there exactly once: a second one would be somebody else's.
pub(super) fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// Compares hashes, so that neither content nor length shows in the time that it takes.
fn same(shown: &str, expected: &str) -> bool {
    Sha256::digest(shown.as_bytes()).ct_eq(&Sha256::digest(expected.as_bytes())).into()
}

fn hex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || text.len() % 2 == 1 {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}
