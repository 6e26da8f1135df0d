//! The job of one business system: reads every stream, again and again, and says whether the system is heard.
//!
//! On an error the pass ends where it is and the pause grows; what was applied stays, because each page carries its
//! cursor. On cancel the job stops at once: a page that is being applied rolls back, and is read again by whoever goes on.

use std::{collections::HashMap, time::Duration};

use model::clock::SharedClock;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use workflow::sync::{Page, Syncer};

use super::Source;
use crate::{Error, manifest::Pause};

/// The first pause after an error.
const BACKOFF_MIN: Duration = Duration::from_secs(1);
/// The longest pause after errors. Tryton locks an account for minutes after five wrong passwords within five minutes:
/// a minute stays just below, and is short enough for a system that comes back.
const BACKOFF_MAX: Duration = Duration::from_secs(64);
/// Pages of one stream in one run: a million rows. What is left follows in the next run, after the other streams.
const PAGES_MAX: usize = 2_000;

/// Hints that wait. A hint only says "read now": when more wait than this, a read is due anyway, and the rest may be dropped.
const HINTS_MAX: usize = 16;
/// The least time between two reads because of hints. A burst of webhooks is one read, and a system that hints all the
/// time is not read all the time.
const HINT_PAUSE: Duration = Duration::from_millis(200);

/// Something changed over there: it is read at once instead of at the next interval.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hint {
    /// The stream, if it is known; only this one is read then.
    pub stream: Option<String>,
}

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
    last: HashMap<String, Page>,
    heard: Option<Heard>,
    hints: (mpsc::Sender<Hint>, mpsc::Receiver<Hint>),
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
        Self { options, source, syncer, last: HashMap::new(), heard: None, hints: mpsc::channel(HINTS_MAX) }
    }

    /// Where hints are sent. Use `try_send`: a full queue means that a read is due anyway.
    pub fn hints(&self) -> mpsc::Sender<Hint> {
        self.hints.0.clone()
    }

    /// Runs until cancelled. Errors are told to the twin and to the log, and tried again.
    pub async fn run(mut self, cancel: CancellationToken) {
        let mut backoff = Backoff::default();
        let mut wanted = None;
        loop {
            let pause = match cancel.run_until_cancelled(self.run_and_tell(wanted.take())).await {
                None => return,
                Some(Ok(())) => {
                    backoff = Backoff::default();
                    self.options.interval
                }
                Some(Err(error)) => {
                    let pause = backoff.after(&error).max(self.options.interval);
                    // A system that is down is not asked more often because somebody hopes for news.
                    if cancel.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                        return;
                    }
                    Duration::ZERO
                }
            };
            match cancel.run_until_cancelled(self.pause(pause)).await {
                None => return,
                Some(hinted) => wanted = hinted,
            }
        }
    }

    /// Waits for the next read: until the time is over, or a little longer than the first hint. Only one stream is wanted
    /// when all hints name the same.
    async fn pause(&mut self, pause: Duration) -> Option<String> {
        let hint = match tokio::time::timeout(pause, self.hints.1.recv()).await {
            Ok(Some(hint)) => hint,
            Ok(None) | Err(_) => return None,
        };
        tokio::time::sleep(HINT_PAUSE.min(self.options.interval)).await;
        let mut wanted = hint.stream;
        while let Ok(hint) = self.hints.1.try_recv() {
            if hint.stream != wanted {
                wanted = None;
            }
        }
        wanted
    }

    /// Reads every stream once, to its end, and applies what changed.
    ///
    /// # Errors
    /// The first error. What one stream is refused does not keep the others from being read; a system that does not answer
    /// ends the run.
    pub async fn run_once(&mut self) -> Result<Report, Error> {
        self.run_streams(None).await
    }

    /// The same for one stream, or for all. One that is not there is all: a hint may be older than the manifest.
    async fn run_streams(&mut self, wanted: Option<String>) -> Result<Report, Error> {
        let mut report = Report::default();
        let mut streams = self.source.streams();
        if wanted.as_ref().is_some_and(|wanted| streams.contains(wanted)) {
            streams.retain(|stream| Some(stream) == wanted.as_ref());
        }
        let mut failure = None;
        for stream in streams {
            match self.run_stream(&stream, &mut report).await {
                Ok(()) => {}
                // What one stream is refused says nothing of the others.
                Err(error @ (Error::ErpRefused { .. } | Error::ErpAnswer { .. })) if !is_shut_out(&error) => {
                    self.syncer.failed(&stream, &error.to_string()).await?;
                    failure.get_or_insert(error);
                }
                Err(error) => {
                    if !matches!(error, Error::Workflow(_)) {
                        self.syncer.failed(&stream, &error.to_string()).await?;
                    }
                    return Err(error);
                }
            }
        }
        failure.map_or(Ok(report), Err)
    }

    async fn run_stream(&mut self, stream: &str, report: &mut Report) -> Result<(), Error> {
        for _ in 0..PAGES_MAX {
            if self.syncer.paused(stream).await?.is_some() {
                return Ok(());
            }
            let cursor = self.syncer.cursor(stream).await?;
            let page = self.source.page(stream, cursor.as_deref()).await?;
            let complete = page.complete;
            report.pages += 1;
            report.rows += page.records.len() as u64;
            if self.is_known(stream, &page) {
                self.syncer.quiet(stream).await?;
            } else {
                let applied = self.syncer.apply(page.clone()).await?;
                report.changed += applied.changed;
                report.dead_letters += applied.dead_letters;
                self.pause_if_broken(stream, page.records.len() as u64, applied.dead_letters).await?;
            }
            if complete {
                self.last.insert(stream.to_owned(), page);
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

    /// One bad record is a dead letter. When most of a page is, the interface or the mapping is wrong, and reading on would
    /// only make more of them: the stream stops, and a person is asked.
    async fn pause_if_broken(&self, stream: &str, records: u64, dead_letters: u64) -> Result<(), Error> {
        let Pause { error_ratio, min_records } = self.source.pause(stream);
        if records < min_records || (dead_letters as f64) <= error_ratio * (records as f64) {
            return Ok(());
        }
        let reason = format!("{dead_letters} of {records} records of a page could not be applied");
        tracing::warn!(source = self.options.name, stream, reason, "the stream is paused");
        Ok(self.syncer.pause(stream, &reason).await?)
    }

    /// Whether applying the page would change nothing. An empty pass only moves the cursor a little; that can wait for
    /// the next row, so that a quiet ERP costs the database no writes. The first pass is always applied.
    fn is_known(&self, stream: &str, page: &Page) -> bool {
        let Some(last) = self.last.get(stream) else { return false };
        last == page || (page.complete && page.records.is_empty() && page.sweep.is_none())
    }

    async fn run_and_tell(&mut self, wanted: Option<String>) -> Result<(), Error> {
        let started = tokio::time::Instant::now();
        let outcome = self.run_streams(wanted).await;
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
                    tracing::info!(source = self.options.name, pages, rows, changed, dead_letters, "read the system");
                }
                self.tell(Heard::Live).await
            }
            Err(error) => {
                tracing::warn!(
                    source = self.options.name,
                    code = error.code().as_str(),
                    error = chain(&error),
                    "the system was not read"
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

/// Reads a stream from its beginning to its end, or to `rows_max`, and applies nothing.
///
/// # Errors
/// As [`Source::page`].
pub async fn dry_run<S: Source>(source: &mut S, stream: &str, rows_max: usize) -> Result<Vec<Page>, Error> {
    let mut pages: Vec<Page> = Vec::new();
    let mut rows = 0;
    while rows < rows_max && pages.len() < PAGES_MAX {
        let cursor = pages.last().and_then(|page| page.cursor.clone());
        let page = source.page(stream, cursor.as_deref()).await?;
        rows += page.records.len();
        let complete = page.complete;
        pages.push(page);
        if complete {
            break;
        }
    }
    Ok(pages)
}

/// Whether we are not let in at all. Then the other streams are not tried: systems lock an account after a few wrong passwords.
fn is_shut_out(error: &Error) -> bool {
    match error {
        Error::ErpRefused { operation, problem, .. } => {
            matches!(operation.as_str(), "common.db.login" | "the login" | "the token endpoint" | "auth")
                || problem.starts_with("401")
        }
        _ => false,
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

    #[test]
    fn a_wrong_password_is_told_from_a_stream_that_is_refused() {
        let refused = |operation: &str, problem: &str| Error::ErpRefused {
            url: "http://erp".into(),
            operation: operation.into(),
            problem: problem.into(),
        };
        assert!(is_shut_out(&refused("the login", "wrong password")));
        assert!(is_shut_out(&refused("lots", "401 Unauthorized")));
        assert!(!is_shut_out(&refused("lots", "404 Not Found")));
    }
}
