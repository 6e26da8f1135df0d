//! Tokens: who calls. What the caller may do here comes from the database, never from the token.
//!
//! The library only checks the signature. Everything else (size, header, issuer, audience, times) is checked here,
//! because the library accepts tokens without `iss`, `aud` or `sub`, ignores `typ` and `crit`, and reads its own clock.

mod authentication;
mod claims;
mod development;
mod error;
mod header;
mod jwks;
mod key;
mod object;
mod self_test;
#[cfg(test)]
mod tests;
mod verifier;

pub use authentication::{Authentication, Directory};
pub use claims::Identity;
pub use development::{DEVELOPMENT_AUDIENCE, DEVELOPMENT_ISSUER, Order, Signer, TTL_MAX};
pub use error::{Defect, Error};
pub use self_test::{install_cryptography, self_test};
pub use verifier::Verifier;
