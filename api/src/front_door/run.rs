//! Executing what was admitted, with a deadline.

use std::panic::AssertUnwindSafe;

use apollo_compiler::ast::OperationType;
use async_graphql::Response;
use futures::FutureExt;
use model::Code;
use tokio::time::{Instant, timeout};
use tracing::Instrument;

use super::{FrontDoor, Refusal, answer, gate::Admitted};

impl FrontDoor {
    /// Executes a query or a mutation, prepared by [`FrontDoor::prepare`].
    ///
    /// # Errors
    /// `TIMEOUT` when it took too long, `INTERNAL` when it panicked.
    pub(super) async fn run(&self, admitted: Admitted) -> Result<Response, Refusal> {
        let began = Instant::now();
        let kind = admitted.kind;
        let response = match kind {
            OperationType::Mutation => self.run_mutation(admitted).await,
            OperationType::Query | OperationType::Subscription => self.run_query(admitted).await,
        };
        metrics::histogram!("plantgraph_graphql_seconds", "kind" => kind.name()).record(began.elapsed());
        response.map(answer::sealed)
    }

    /// A query is stopped by its deadline, and when its caller goes away.
    async fn run_query(&self, admitted: Admitted) -> Result<Response, Refusal> {
        // A panic must cost this request only, and not the connection that other requests share.
        let work = AssertUnwindSafe(self.parts.executor.execute(admitted.request)).catch_unwind();
        match timeout(self.options().query_timeout, work).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(_)) => Err(panicked()),
            Err(_) => Err(Refusal::new(Code::Timeout, "the query took too long and was stopped; ask for less")),
        }
    }

    /// A mutation runs to its end on the tracker, whatever becomes of its caller: it commits as a whole or not at all.
    async fn run_mutation(&self, admitted: Admitted) -> Result<Response, Refusal> {
        let work = self.parts.tracker.spawn(self.parts.executor.execute(admitted.request).in_current_span());
        match timeout(self.options().mutation_timeout, work).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(_)) => Err(panicked()),
            Err(_) => Err(Refusal::new(
                Code::Timeout,
                "the mutation takes longer than a caller may wait and runs on; repeat it with the same idempotency key to \
                 learn its result",
            )),
        }
    }
}

/// What becomes of a panic: the runtime has printed it where it happened.
pub(super) fn panicked() -> Refusal {
    Refusal::new(Code::Internal, "something failed inside; the id finds the cause in the log")
}
