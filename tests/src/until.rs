//! Waiting for conditions, never for time.

use std::{
    fmt::Debug,
    time::{Duration, Instant},
};

/// How long a test waits for what must come, on a machine with other things to do.
pub const PATIENCE: Duration = Duration::from_secs(45);
/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Looks until `check` finds what it looks for; what it saw last otherwise goes into the message.
///
/// # Panics
/// When it has not found it in time.
pub async fn until<T, S: Debug>(what: &str, within: Duration, mut check: impl AsyncFnMut() -> Result<T, S>) -> T {
    let begun = Instant::now();
    loop {
        match check().await {
            Ok(found) => return found,
            Err(seen) if begun.elapsed() > within => panic!("{what}: not within {within:?}; last seen: {seen:?}"),
            Err(_) => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}
