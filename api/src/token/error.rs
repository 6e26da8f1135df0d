//! Why a token is refused.

use std::path::PathBuf;

use model::Code;

/// A caller could not be identified.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The token has a wrong form, signature or content.
    #[error("the token is not valid: {0}")]
    Invalid(Defect),
    /// The token was valid once.
    #[error("the token has expired")]
    Expired,
    /// No configured issuer has the name in the token.
    #[error("the token is from an issuer that is not trusted here")]
    IssuerUnknown,
    /// The keys of the issuer could not be fetched, and none are left from before.
    #[error("the keys of the issuer can not be fetched at the moment")]
    KeysUnavailable,
    /// The token is right, but the database has no such account.
    #[error("the account of this token is not known here")]
    PrincipalUnknown,
    /// The database could not be asked about the account.
    #[error("the account of this token can not be looked up at the moment")]
    Directory(#[source] model::Error),
    /// A file with keys can not be used.
    #[error("the file with the keys of the issuer can not be used: {}", path.display())]
    KeyDocument {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The key for local tokens can not be used.
    #[error("the development key can not be used")]
    DevelopmentKey(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The cryptography of this build does not work.
    #[error("the cryptography of this build failed its self-test: {0}")]
    SelfTest(&'static str),
}

impl Error {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Invalid(_) => Code::TokenInvalid,
            Self::Expired => Code::TokenExpired,
            Self::IssuerUnknown => Code::TokenIssuerUnknown,
            Self::KeysUnavailable => Code::TokenKeysUnavailable,
            Self::PrincipalUnknown => Code::PrincipalUnknown,
            Self::Directory(error) => error.code(),
            Self::KeyDocument { .. } | Self::DevelopmentKey(_) => Code::ConfigInvalid,
            Self::SelfTest(_) => Code::Internal,
        }
    }
}

/// What is wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Defect {
    /// More than 8 KiB.
    #[error("it is larger than 8 KiB")]
    TooLarge,
    /// Not three parts between two dots, each base64url without padding.
    #[error("it does not have the form of a signed token")]
    Form,
    /// The header is not an object, names a member twice, or has a member of a wrong type.
    #[error("its header is malformed")]
    Header,
    /// The header has a member that would let the token choose its own key or rules.
    #[error("its header has a member that is refused: crit, jku, jwk, x5u, x5c, b64, zip or enc")]
    HeaderMember,
    /// The algorithm is not on the issuer's list, or does not fit the key.
    #[error("its algorithm is not accepted")]
    Algorithm,
    /// `typ` is not what the issuer's tokens must have.
    #[error("its header typ is not the accepted one")]
    Type,
    /// No key of the issuer has this `kid`, or the header has none.
    #[error("its kid names no key of the issuer")]
    Key,
    /// The signature does not fit.
    #[error("its signature does not fit")]
    Signature,
    /// A claim is missing, named twice, or of a wrong type.
    #[error("its claims iss, sub, aud, exp and nbf must each be there once and of the right type")]
    Claims,
    /// The token is for another service.
    #[error("it is for another audience")]
    Audience,
    /// `nbf` or `iat` lies in the future.
    #[error("it is not valid yet")]
    NotYet,
}

impl From<Defect> for Error {
    fn from(defect: Defect) -> Self {
        Self::Invalid(defect)
    }
}
