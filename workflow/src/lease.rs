//! Owning a job over all processes: a source has one owner at a time.

use std::{future::Future, time::Duration};

use model::{Store, store::Lease};
use tokio_util::sync::CancellationToken;

/// A lease is renewed, and a waiting process asks for it, so many times while it lasts: two renewals may fail.
const RENEWALS_PER_TTL: u32 = 3;

/// Runs `job` whenever this process owns `name`, until `cancel`. The job gets its lease, with which it fences its writes, and
/// a token that ends it when the lease goes to somebody else. A crashed owner is followed within `ttl`.
pub async fn own<F, Fut>(store: Store, name: String, owner: String, ttl: Duration, cancel: CancellationToken, job: F)
where
    F: Fn(Lease, CancellationToken) -> Fut,
    Fut: Future<Output = ()>,
{
    while !cancel.is_cancelled() {
        match store.take_lease(&name, &owner, ttl).await {
            Ok(Some(lease)) => {
                let ends = cancel.child_token();
                tokio::select! {
                    () = job(lease.clone(), ends.clone()) => {}
                    () = keep(&store, &lease, ttl, &ends) => tracing::warn!(name, "the lease went to another owner"),
                }
                ends.cancel();
                if let Err(error) = store.release_lease(&lease).await {
                    tracing::debug!(name, %error, "the lease could not be given back; it will run out");
                }
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(
                name,
                error = &error as &dyn std::error::Error,
                "the lease could not be taken; trying again"
            ),
        }
        tokio::select! {
            () = cancel.cancelled() => {}
            () = tokio::time::sleep(ttl / RENEWALS_PER_TTL) => {}
        }
    }
}

/// Renews until the lease is lost. A database that does not answer loses no lease: without it nobody else can take it either,
/// and every write is fenced.
async fn keep(store: &Store, lease: &Lease, ttl: Duration, ends: &CancellationToken) {
    loop {
        tokio::select! {
            () = ends.cancelled() => std::future::pending().await,
            () = tokio::time::sleep(ttl / RENEWALS_PER_TTL) => {}
        }
        match store.take_lease(&lease.name, &lease.owner, ttl).await {
            Ok(Some(renewed)) if renewed.epoch == lease.epoch => {}
            Ok(_) => return ends.cancel(),
            Err(error) => tracing::warn!(name = lease.name, %error, "the lease could not be renewed; trying again"),
        }
    }
}
