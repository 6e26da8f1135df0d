//! Proves at the start that this build can sign and verify, instead of panicking at the first request.

use std::sync::Arc;

use chrono::DateTime;
use model::clock::{ManualClock, SharedClock};

use super::{Error, Order, Signer};
use crate::config::{Algorithm, HumanDuration};

/// Chooses the cryptography of TLS and of tokens for this process. The libraries choose by compiled features and panic
/// when a dependency turns on a second one; naming it here decides. Calling it again changes nothing.
pub fn install_cryptography() {
    // An error means that one is installed already, which is what we want.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let _installed = jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER.install_default();
}

/// Signs a token, verifies it, and sees a changed one refused.
pub fn self_test() -> Result<(), Error> {
    let signer = Signer::from_seed([7; 32])?;
    let clock: SharedClock = Arc::new(ManualClock::new(DateTime::UNIX_EPOCH));
    let order = Order { subject: "self-test".to_owned(), name: None, ttl: HumanDuration::from_secs(1), plants: None };
    let token = signer.sign(&order, &clock)?;
    let (message, signature) = token.rsplit_once('.').ok_or(Error::SelfTest("a signed token has no signature"))?;
    let keys = signer.public_keys();
    let key = keys.find(signer.id()).ok_or(Error::SelfTest("the public key is not found"))?;
    if !key.verifies(Algorithm::EdDSA, message, signature) {
        return Err(Error::SelfTest("a good signature was refused"));
    }
    if key.verifies(Algorithm::EdDSA, &format!("{message}x"), signature) {
        return Err(Error::SelfTest("a signature of something else was accepted"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn this_build_signs_and_verifies() {
        super::install_cryptography();
        super::self_test().unwrap();
    }
}
