//! From a token to a principal: the token says who, the database says what they may do here.

use std::sync::Arc;

use futures::{FutureExt, future::BoxFuture};
use model::{Code, Principal};

use super::{Error, Identity, Verifier};
use crate::{
    error::chain,
    front_door::{Authenticator, Refusal},
};

/// Knows accounts and their roles. Implemented over the store.
pub trait Directory: Send + Sync {
    /// The account with its roles as they are now; `None` for a stranger. The account is the claim `sub` behind the prefix
    /// that the configuration gives to its issuer, so that accounts of different issuers differ.
    fn principal<'a>(
        &'a self,
        issuer: &'a str,
        account: &'a str,
    ) -> BoxFuture<'a, Result<Option<Principal>, model::Error>>;
}

/// Verifies tokens and looks up whom they speak for. Cheap to clone.
#[derive(Clone)]
pub struct Authentication {
    verifier: Verifier,
    directory: Arc<dyn Directory>,
}

impl Authentication {
    /// Joins the two sources: who, and what they may do.
    pub fn new(verifier: Verifier, directory: Arc<dyn Directory>) -> Self {
        Self { verifier, directory }
    }

    /// The principal of a token: the roles of the database, narrowed to the plants of the token if it names any, until
    /// the token ends.
    pub async fn principal(&self, token: &str) -> Result<Principal, Error> {
        let Identity { issuer, account, expires_at, plants, .. } = self.verifier.verify(token).await?;
        let found = self.directory.principal(&issuer, &account).await.map_err(Error::Directory)?;
        let mut principal = found.ok_or(Error::PrincipalUnknown)?;
        if let Some(plants) = &plants {
            principal = principal.narrowed_to(plants);
        }
        principal.expires_at = Some(expires_at);
        Ok(principal)
    }
}

impl Authenticator for Authentication {
    fn authenticate<'a>(&'a self, bearer: &'a str) -> BoxFuture<'a, Result<Principal, Refusal>> {
        async move {
            self.principal(bearer).await.map_err(|error| {
                let code = error.code();
                metrics::counter!("plantgraph_token_refused_total", "code" => code.as_str()).increment(1);
                match code {
                    Code::Internal | Code::DatabaseUnavailable => {
                        tracing::error!(code = code.as_str(), error = chain(&error), "could not look up a caller");
                    }
                    // A wrong token is the caller's affair; a log full of them would help an attacker to hide.
                    _ => tracing::debug!(code = code.as_str(), error = chain(&error), "refused a token"),
                }
                Refusal::new(code, error.to_string())
            })
        }
        .boxed()
    }
}
