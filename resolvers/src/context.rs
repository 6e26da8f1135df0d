//! What a resolver is given, and the one typed door to it.

use std::sync::{Arc, PoisonError, RwLock};

use async_graphql::{Context, Request};
use model::{Principal, Store, journal::Journal, store::View};
use tokio_util::task::TaskTracker;
use workflow::{live::LiveValues, service::Service};

use crate::{loaders::Loaders, turns::Turns};

/// What the graph stands on. Given to the schema when it is built. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The database.
    pub store: Store,
    /// What subscriptions read.
    pub journal: Journal,
    /// What mutations ask.
    pub service: Service,
    /// The running process values.
    pub live: LiveValues,
    /// Where batches of rows are loaded.
    pub tracker: TaskTracker,
}

/// Puts a verified caller into a request. The transport calls it once for each operation, before it is executed.
pub fn prepare(principal: &Principal, request: &mut Request) {
    request.data.insert(Session::new(principal.clone()));
}

/// The caller of one operation. A subscription may outlive the caller's rights: it keeps them current here.
#[derive(Clone, Debug)]
pub(crate) struct Session(Arc<RwLock<Arc<Principal>>>);

impl Session {
    fn new(principal: Principal) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(principal))))
    }

    /// The caller, with the rights last seen.
    pub fn principal(&self) -> Arc<Principal> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the rights.
    pub fn set(&self, principal: Principal) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(principal);
    }
}

/// The twin as one execution may see it: a query, a mutation, or one event of a subscription.
pub(crate) struct Reading {
    principal: Arc<Principal>,
    view: View,
    loaders: Loaders,
}

impl Reading {
    /// The twin as it is now, inside the caller's scope of now, for the execution that has these turns.
    pub fn new(deps: &Deps, session: &Session, turns: Turns) -> Self {
        let principal = session.principal();
        let view = deps.store.view(principal.scope());
        let loaders = Loaders::new(view.clone(), deps.tracker.clone(), turns);
        Self { principal, view, loaders }
    }
}

/// The one door from a resolver to everything outside it.
pub(crate) trait ContextExt<'a> {
    /// What the graph stands on.
    fn deps(&self) -> &'a Deps;
    /// The caller of the operation; before the first event of a subscription there is nothing else.
    fn session(&self) -> &'a Session;
    /// The execution's reading.
    fn reading(&self) -> &'a Reading;

    /// The caller.
    fn principal(&self) -> &'a Principal {
        &self.reading().principal
    }

    /// The database inside the caller's scope.
    fn view(&self) -> &'a View {
        &self.reading().view
    }

    /// The same, row by row, many rows in one statement.
    fn loaders(&self) -> &'a Loaders {
        &self.reading().loaders
    }

    /// What changes cases and holds.
    fn service(&self) -> &'a Service {
        &self.deps().service
    }
}

impl<'a> ContextExt<'a> for Context<'a> {
    fn deps(&self) -> &'a Deps {
        self.data_opt().expect("a schema that executes was built with its Deps")
    }

    fn session(&self) -> &'a Session {
        self.data_opt().expect("the transport has prepared the request")
    }

    fn reading(&self) -> &'a Reading {
        self.data_opt().expect("the schema's extension gives each execution its reading")
    }
}
