//! The job of one ERP: reads every stream, again and again, and says whether the system is heard.
//!
//! On an error the pass ends where it is and the pause grows; what was applied stays, because each page carries its
//! cursor. On cancel the job stops at once: a page that is being applied rolls back, and is read again by whoever goes on.

use std::{collections::HashMap, time::Duration};

use model::clock::SharedClock;
use tokio_util::sync::CancellationToken;
use workflow::sync::{Page, Syncer};

use super::Source;
use crate::Error;

/// The first pause after an error.
const BACKOFF_MIN: Duration = Duration::from_secs(1);
/// The longest pause after errors. Tryton locks an account for minutes after five wrong passwords within five minutes:
/// a minute stays just below, and is short enough for a system that comes back.
const BACKOFF_MAX: Duration = Duration::from_secs(64);
/// Pages of one stream in one run: a million rows. What is left follows in the next run, after the other streams.
const PAGES_MAX: usize = 2_000;

/// How a job runs.
#[derive(Clone)]
pub struct Options {
    /// The code of the source, in logs and metrics.
    pub name: String,
    /// The pause after each run.
    pub interval: Duration,
    /// Tells when the last run succeeded.
    pub clock: SharedClock,
}

/// The job of one ERP.
pub struct Poller<S> {
    options: Options,
    source: S,
    syncer: Syncer,
    /// The last page of each stream. The overlap has it read again and again; while it is the same there is nothing to do.
    last: HashMap<&'static str, Page>,
    heard: Option<Heard>,
}

/// What the twin was told of the source. Told again only when it changes.
#[derive(PartialEq, Eq)]
enum Heard {
    Live,
    Stale(String),
}

/// What one run over all streams did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Pages read.
    pub pages: u64,
    /// Rows read.
    pub rows: u64,
    /// Records that changed something.
    pub changed: u64,
    /// Records that could not be applied.
    pub dead_letters: u64,
}

impl<S: Source> Poller<S> {
    /// A job that reads `source` into the twin.
    pub fn new(options: Options, source: S, syncer: Syncer) -> Self {
        Self { options, source, syncer, last: HashMap::new(), heard: None }
    }

    /// Runs until cancelled. Errors are told to the twin and to the log, and tried again.
    pub async fn run(mut self, cancel: CancellationToken) {
        let mut backoff = Backoff::default();
        loop {
            let pause = match cancel.run_until_cancelled(self.run_and_tell()).await {
                None => return,
                Some(Ok(())) => {
                    backoff = Backoff::default();
                    self.options.interval
                }
                Some(Err(error)) => backoff.after(&error).max(self.options.interval),
            };
            if cancel.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                return;
            }
        }
    }

    /// Reads every stream once, to its end, and applies what changed.
    ///
    /// # Errors
    /// The first error; the streams before it are applied.
    pub async fn run_once(&mut self) -> Result<Report, Error> {
        let mut report = Report::default();
        for stream in self.source.streams() {
            self.run_stream(stream, &mut report).await?;
        }
        Ok(report)
    }

    async fn run_stream(&mut self, stream: &'static str, report: &mut Report) -> Result<(), Error> {
        for _ in 0..PAGES_MAX {
            let cursor = self.syncer.cursor(stream).await?;
            let page = self.source.page(stream, cursor.as_deref()).await?;
            let complete = page.complete;
            report.pages += 1;
            report.rows += page.records.len() as u64;
            if !self.is_known(stream, &page) {
                let applied = self.syncer.apply(page.clone()).await?;
                report.changed += applied.changed;
                report.dead_letters += applied.dead_letters;
            }
            if complete {
                self.last.insert(stream, page);
                return Ok(());
            }
        }
        tracing::warn!(
            source = self.options.name,
            stream,
            pages = PAGES_MAX,
            "the stream is long: it goes on in the next run"
        );
        Ok(())
    }

    /// Whether applying the page would change nothing. An empty pass only moves the cursor a little; that can wait for
    /// the next row, so that a quiet ERP costs the database no writes. The first pass is always applied.
    fn is_known(&self, stream: &str, page: &Page) -> bool {
        let Some(last) = self.last.get(stream) else { return false };
        last == page || (page.complete && page.records.is_empty())
    }

    async fn run_and_tell(&mut self) -> Result<(), Error> {
        let started = tokio::time::Instant::now();
        let outcome = self.run_once().await;
        let result = if outcome.is_ok() { "ok" } else { "error" };
        metrics::counter!("plantgraph_erp_runs_total", "source" => self.options.name.clone(), "result" => result)
            .increment(1);
        metrics::histogram!("plantgraph_erp_run_seconds", "source" => self.options.name.clone())
            .record(started.elapsed());
        match outcome {
            Ok(report) => {
                let now = self.options.clock.now().timestamp_millis() as f64 / 1e3;
                metrics::gauge!("plantgraph_erp_last_success_seconds", "source" => self.options.name.clone()).set(now);
                metrics::counter!("plantgraph_erp_rows_total", "source" => self.options.name.clone())
                    .increment(report.rows);
                if report.changed + report.dead_letters > 0 {
                    let Report { pages, rows, changed, dead_letters } = report;
                    tracing::info!(source = self.options.name, pages, rows, changed, dead_letters, "read the ERP");
                }
                self.tell(Heard::Live).await
            }
            Err(error) => {
                tracing::warn!(
                    source = self.options.name,
                    code = error.code().as_str(),
                    error = chain(&error),
                    "the ERP was not read"
                );
                // Trouble of our own database says nothing of the source.
                if !matches!(error, Error::Workflow(_)) {
                    self.tell(Heard::Stale(error.to_string())).await?;
                }
                Err(error)
            }
        }
    }

    async fn tell(&mut self, heard: Heard) -> Result<(), Error> {
        if self.heard.as_ref() == Some(&heard) {
            return Ok(());
        }
        match &heard {
            Heard::Live => self.syncer.source_live().await?,
            Heard::Stale(reason) => self.syncer.source_stale(reason).await?,
        }
        self.heard = Some(heard);
        Ok(())
    }
}

/// A pause that doubles from error to error.
#[derive(Default)]
struct Backoff {
    errors: u32,
}

impl Backoff {
    fn after(&mut self, error: &Error) -> Duration {
        let pause = BACKOFF_MIN.saturating_mul(2_u32.saturating_pow(self.errors)).min(BACKOFF_MAX);
        self.errors = self.errors.saturating_add(1);
        match error {
            Error::ErpBusy { retry_after: Some(asked), .. } => pause.max(*asked),
            _ => pause,
        }
    }
}

fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        text = format!("{text}: {source}");
        cause = source.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_cap_and_a_busy_system_is_heard() {
        let down = Error::ErpUnreachable { url: "http://erp".into(), problem: "down".into() };
        let mut backoff = Backoff::default();
        let seconds: Vec<u64> = (0..9).map(|_| backoff.after(&down).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 64, 64, 64]);
        let busy = Error::ErpBusy { url: "http://erp".into(), retry_after: Some(Duration::from_secs(90)) };
        assert_eq!(backoff.after(&busy).as_secs(), 90);
        assert_eq!(Backoff::default().after(&busy).as_secs(), 90);
    }
}
