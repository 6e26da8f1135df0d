//! What the front door needs from the rest: something that executes, and something that knows callers.

use async_graphql::{ObjectType, Request, Response, Schema, SubscriptionType};
use futures::{
    FutureExt, StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use model::Principal;

use super::Refusal;

/// Proof of who calls. Implemented by the token module.
pub trait Authenticator: Send + Sync {
    /// Who presents this bearer token.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` for a token that is not accepted, another code when that could not be found out.
    fn authenticate<'a>(&'a self, bearer: &'a str) -> BoxFuture<'a, Result<Principal, Refusal>>;
}

/// Executes validated requests.
pub trait Executor: Send + Sync + 'static {
    /// Executes a query or a mutation.
    fn execute(&self, request: Request) -> BoxFuture<'static, Response>;

    /// Executes a subscription. Dropping the stream ends it.
    fn stream(&self, request: Request) -> BoxStream<'static, Response>;

    /// The schema, with everything that can be executed.
    fn sdl(&self) -> String;
}

impl<Q, M, S> Executor for Schema<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    fn execute(&self, request: Request) -> BoxFuture<'static, Response> {
        let schema = self.clone();
        async move { schema.execute(request).await }.boxed()
    }

    fn stream(&self, request: Request) -> BoxStream<'static, Response> {
        // A function of the library, so that its own work starts only when the stream is polled.
        let schema = self.clone();
        stream::once(async move { schema.execute_stream(request) }).flatten().boxed()
    }

    fn sdl(&self) -> String {
        Self::sdl(self)
    }
}
