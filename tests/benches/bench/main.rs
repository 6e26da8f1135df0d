//! What the promises cost. Prints one table for each measure; run it on a machine that does nothing else.
//!
//!     cargo bench -p tests                 all measures
//!     cargo bench -p tests -- journal      one of them

#![expect(clippy::unwrap_used, reason = "a measurement that fails has nothing to say")]

mod dashboard;
mod journal;
mod latency;
mod rounds;
mod spread;
mod sync;

/// The measures, in the order in which they run.
const MEASURES: [&str; 4] = ["journal", "sync", "latency", "dashboard"];

#[tokio::main]
async fn main() {
    // Cargo adds `--bench`; what does not begin with dashes names measures.
    let wanted: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    for name in MEASURES.iter().filter(|name| wanted.is_empty() || wanted.iter().any(|wanted| wanted == *name)) {
        match *name {
            "journal" => journal::measure().await,
            "sync" => sync::measure().await,
            "latency" => latency::measure().await,
            "dashboard" => dashboard::measure().await,
            unknown => unreachable!("{unknown} is in the list"),
        }
    }
}
