//! The graph behind the front door.

use std::sync::Arc;

use futures::{FutureExt, future::BoxFuture};
use model::{Principal, Store, clock::SharedClock};

use crate::{
    config::Config,
    error::Error,
    front_door::{FrontDoor, Options, Parts},
    lifecycle::Tasks,
    token::{Authentication, Directory, Verifier},
};

/// The front door of a twin.
pub(super) fn front_door(
    config: &Config,
    deps: resolvers::Deps,
    verifier: Verifier,
    clock: SharedClock,
    tasks: &Tasks,
) -> Result<FrontDoor, Error> {
    let directory = Arc::new(Accounts(deps.store.clone()));
    let parts = Parts {
        executor: Arc::new(resolvers::schema(Some(deps))),
        authenticator: Arc::new(Authentication::new(verifier, directory)),
        prepare: Arc::new(resolvers::prepare),
        options: Options::from(config),
        clock,
        tracker: tasks.tracker().clone(),
        cancel: tasks.drain().clone(),
    };
    Ok(FrontDoor::new(parts)?)
}

/// The accounts of the store. A subject is one account whichever issuer vouches for it: the operator lists the issuers.
struct Accounts(Store);

impl Directory for Accounts {
    fn principal<'a>(
        &'a self,
        _issuer: &'a str,
        subject: &'a str,
    ) -> BoxFuture<'a, Result<Option<Principal>, model::Error>> {
        self.0.principal(subject).boxed()
    }
}
