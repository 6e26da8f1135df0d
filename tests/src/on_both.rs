//! One body, two databases.

use std::{future::Future, time::Duration};

use crate::{database::Kind, world::World};

/// A test that takes longer hangs.
const TIME_MAX: Duration = Duration::from_secs(120);

/// Runs a body in a fresh world and checks the history that it leaves.
pub async fn run<F: Future<Output = ()>>(kind: Kind, body: impl FnOnce(World) -> F) {
    let world = World::new(kind).await;
    tokio::time::timeout(TIME_MAX, body(world.clone())).await.expect("the test takes too long: something hangs");
    world.finish().await;
}

/// Makes two tests of one body: on SQLite and on PostgreSQL. Each ends with the history checker.
#[macro_export]
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($world:ident: World) $body:block)+) => {$(
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn body($world: $crate::World) $body

            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                $crate::run($crate::Kind::Sqlite, body).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() {
                $crate::run($crate::Kind::Postgres, body).await;
            }
        }
    )+};
}
