//! The front door itself: what every request shares.

use std::sync::Arc;

use async_graphql::Request;
use axum::{
    Router,
    http::{HeaderValue, Method, header},
    routing::{any, get},
};
use model::{Code, Principal, clock::SharedClock};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower_http::cors::CorsLayer;

use super::{
    Authenticator, Executor, Options, Refusal, SchemaRefused,
    gate::{Admitted, Gate},
    graphiql, http,
};

/// Puts what resolvers need beside the principal into a request. Called once for each operation; what each *event* of a
/// subscription needs afresh is for an extension of the schema to supply.
pub type Prepare = Arc<dyn Fn(&Principal, &mut Request) + Send + Sync>;

/// Where the graph is served.
pub const PATH: &str = "/graphql";

/// How long browsers may remember that a page of an allowed origin may call.
const PREFLIGHT_AGE: std::time::Duration = std::time::Duration::from_secs(600);

/// What a front door is made of.
pub struct Parts {
    /// The schema.
    pub executor: Arc<dyn Executor>,
    /// Who knows callers.
    pub authenticator: Arc<dyn Authenticator>,
    /// What resolvers need.
    pub prepare: Prepare,
    /// Bounds and choices.
    pub options: Options,
    /// Tells when a token ends.
    pub clock: SharedClock,
    /// Where mutations and subscriptions run.
    pub tracker: TaskTracker,
    /// Ends sockets.
    pub cancel: CancellationToken,
}

/// The front door. Cheap to clone.
#[derive(Clone)]
pub struct FrontDoor {
    pub(super) parts: Arc<Parts>,
    pub(super) gate: Arc<Gate>,
}

impl FrontDoor {
    /// Reads the schema and opens the door.
    ///
    /// # Errors
    /// When the schema's own SDL is not valid GraphQL: a fault of the program.
    pub fn new(parts: Parts) -> Result<Self, SchemaRefused> {
        let gate = Gate::new(&parts.executor.sdl(), &parts.options)?;
        Ok(Self { parts: Arc::new(parts), gate: Arc::new(gate) })
    }

    /// The routes: the graph, and GraphiQL where it is enabled.
    pub fn router(&self) -> Router {
        let mut router = Router::new().route(PATH, any(http::handle));
        if self.options().graphiql {
            router = router.route("/graphiql", get(graphiql::page)).route("/graphiql/{asset}", get(graphiql::asset));
        }
        let origins: Vec<HeaderValue> =
            self.options().origins.iter().filter_map(|origin| origin.parse().ok()).collect();
        if !origins.is_empty() {
            let cors = CorsLayer::new()
                .allow_origin(origins)
                .allow_methods([Method::GET, Method::POST])
                .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
                .max_age(PREFLIGHT_AGE);
            router = router.layer(cors);
        }
        router.with_state(self.clone())
    }

    pub(super) fn options(&self) -> &Options {
        &self.parts.options
    }

    /// Puts the caller and what resolvers need into an admitted request.
    pub(super) fn prepare(&self, principal: &Principal, mut admitted: Admitted) -> Admitted {
        admitted.request.data.insert(principal.clone());
        (self.parts.prepare)(principal, &mut admitted.request);
        admitted
    }
}

/// The token of the words `Bearer TOKEN`.
pub(super) fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// What a caller without a readable token is told.
pub(super) fn no_token() -> Refusal {
    Refusal::new(Code::Unauthenticated, "send `Authorization: Bearer TOKEN`")
}
