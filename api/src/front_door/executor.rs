//! What the front door needs from the rest: something that executes, something that knows callers, and fresh data for
//! each execution.

use std::sync::Arc;

use async_graphql::{
    Data, ObjectType, Request, Response, Schema, SubscriptionType,
    async_trait::async_trait,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute},
};
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

/// What [`EachExecution`] calls: puts fresh data for this principal.
type Supply = Arc<dyn Fn(&Principal, &mut Data) + Send + Sync>;

/// Gives every single execution data of its own: each query, each mutation, and each *event* of a subscription.
///
/// The library resolves all events of a subscription with the data that the subscription began with. A loader put there
/// would cache the state of the first event for ever, and the scope of a caller whose rights have changed since. Register
/// this as an extension of the schema; what it supplies hides request data of the same type.
#[derive(Clone)]
pub struct EachExecution(Supply);

impl EachExecution {
    /// Calls `supply` before each execution.
    pub fn new(supply: impl Fn(&Principal, &mut Data) + Send + Sync + 'static) -> Self {
        Self(Arc::new(supply))
    }
}

impl ExtensionFactory for EachExecution {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(self.clone())
    }
}

#[async_trait]
impl Extension for EachExecution {
    async fn execute(
        &self,
        context: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let mut data = Data::default();
        if let Some(principal) = context.data_opt::<Principal>() {
            (self.0)(principal, &mut data);
        }
        next.run_with_data(context, operation_name, data).await
    }
}
