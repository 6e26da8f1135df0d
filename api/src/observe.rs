//! What the process tells about itself: log lines, correlation ids and measurements.

use std::{borrow::Cow, io::IsTerminal, time::Duration};

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};
use uuid::Uuid;

use crate::config::{Log, LogFormat};

/// The header that carries a correlation id in and out.
pub const CORRELATION_HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// A longer id is not an id.
const CORRELATION_BYTES_MAX: usize = 64;

/// The target under which the library of the OPC UA client logs.
const OPCUA_CLIENT: &str = "opcua_client";

/// Buckets of histograms, in seconds: from one poll of memory to the deadline of a mutation.
const BUCKETS_SECONDS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Histograms gather samples until they are tidied; scrapes may be rare.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Sets up logging for this process, to standard error: standard output belongs to the commands. Calling it again
/// changes nothing.
pub fn start_logging(log: &Log) {
    let filter = EnvFilter::builder().parse_lossy(levels(&log.level));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match log.format {
        LogFormat::Pretty => lines.with_ansi(std::io::stderr().is_terminal()).with_target(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    // An error means that a test or an embedding process has set up its own.
    let _already = tracing_subscriber::registry().with(filter).with(lines).try_init();
}

/// The levels, with the library of the OPC UA client silenced unless they name it: it calls every ordinary reconnect an
/// error, and our own client says what happened and what to do.
fn levels(level: &str) -> Cow<'_, str> {
    match level.contains(OPCUA_CLIENT) {
        true => Cow::Borrowed(level),
        false => Cow::Owned(format!("{level},{OPCUA_CLIENT}=off")),
    }
}

/// Starts to gather measurements for this process.
///
/// # Errors
/// When they are gathered by somebody else already.
pub fn start_metrics() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new().set_buckets(&BUCKETS_SECONDS)?.install_recorder()
}

/// Tidies histograms until told to stop: without it they would grow between scrapes.
pub async fn keep_metrics(handle: PrometheusHandle, cancel: CancellationToken) {
    while cancel.run_until_cancelled(tokio::time::sleep(UPKEEP_INTERVAL)).await.is_some() {
        handle.run_upkeep();
    }
}

/// The id that ties together what a caller sees and what the log says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorrelationId(String);

impl CorrelationId {
    /// A fresh id.
    pub fn fresh() -> Self {
        Self(Uuid::new_v4().simple().to_string())
    }

    /// The caller's own id, if it looks like one: it goes into the log and back.
    pub fn from_header(value: &HeaderValue) -> Option<Self> {
        let text = value.to_str().ok()?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let is_id = !text.is_empty() && text.len() <= CORRELATION_BYTES_MAX && text.bytes().all(plain);
        is_id.then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Middleware: gives each request a correlation id, in its extensions, in the log and in the answer.
pub async fn correlate(mut request: Request, next: Next) -> Response {
    let given = request.headers().get(CORRELATION_HEADER).and_then(CorrelationId::from_header);
    let id = given.unwrap_or_else(CorrelationId::fresh);
    // Neither query nor headers: they may hold what is secret.
    let span =
        tracing::info_span!("request", id = id.as_str(), method = %request.method(), path = request.uri().path());
    request.extensions_mut().insert(id.clone());
    let mut response = next.run(request).instrument(span).await;
    let value = HeaderValue::from_str(id.as_str()).expect("an id has only letters, digits, '-', '_' and '.'");
    response.headers_mut().insert(CORRELATION_HEADER, value);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_id_is_taken_only_if_it_can_not_harm_a_log() {
        for good in ["a", "0190-aF_.9", &"x".repeat(64)] {
            assert!(CorrelationId::from_header(&HeaderValue::from_str(good).unwrap()).is_some(), "{good}");
        }
        for bad in ["", "a b", "a\"b", "ä", "{}", &"x".repeat(65)] {
            let value = HeaderValue::from_bytes(bad.as_bytes()).unwrap();
            assert!(CorrelationId::from_header(&value).is_none(), "{bad}");
        }
        assert_ne!(CorrelationId::fresh(), CorrelationId::fresh());
    }
}
