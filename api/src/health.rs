//! Whether the process lives (`/healthz`), whether it can serve (`/readyz`), and what it measures (`/metrics`).

mod store;

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use futures::future::{BoxFuture, join_all};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;

pub use store::{DatabaseAnswers, MigrationsCurrent, TailKeepsUp};

/// A check that takes longer has failed: the balancer that asks does not wait either.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// One condition of being able to serve.
pub trait Check: Send + Sync {
    /// The name in the answer.
    fn name(&self) -> &'static str;

    /// Whether the condition holds. Texts are public: they must not tell addresses, names or plants.
    fn check(&self) -> BoxFuture<'_, Result<(), &'static str>>;
}

/// The checks that decide about `/readyz`.
pub type Checks = Arc<[Box<dyn Check>]>;

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    checks: Vec<Outcome>,
}

#[derive(Serialize)]
struct Outcome {
    name: &'static str,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

/// Serves `/healthz` and `/readyz`.
pub fn router(checks: Checks) -> Router {
    Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz)).with_state(checks)
}

/// Serves `/metrics` in the text format of Prometheus.
pub fn metrics_router(handle: PrometheusHandle) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(handle)
}

async fn healthz() -> &'static str {
    "alive\n"
}

async fn readyz(State(checks): State<Checks>) -> Response {
    let checks = join_all(checks.iter().map(|check| outcome(check.as_ref()))).await;
    let ready = checks.iter().all(|check| check.ok);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(Readiness { ready, checks })).into_response()
}

async fn outcome(check: &dyn Check) -> Outcome {
    let reason = match tokio::time::timeout(CHECK_TIMEOUT, check.check()).await {
        Ok(Ok(())) => None,
        Ok(Err(reason)) => Some(reason),
        Err(_) => Some("no answer in time"),
    };
    Outcome { name: check.name(), ok: reason.is_none(), reason }
}

async fn metrics(State(handle): State<PrometheusHandle>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render()).into_response()
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, body::to_bytes, http::Request};
    use futures::FutureExt;
    use metrics_exporter_prometheus::PrometheusBuilder;
    use tower::ServiceExt;

    use super::*;

    struct Fixed(&'static str, Result<(), &'static str>);

    impl Check for Fixed {
        fn name(&self) -> &'static str {
            self.0
        }

        fn check(&self) -> BoxFuture<'_, Result<(), &'static str>> {
            futures::future::ready(self.1).boxed()
        }
    }

    async fn ask(router: Router, path: &str) -> (StatusCode, String) {
        let response = router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), 64 * 1024).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn ready_only_when_every_check_holds() {
        let good = || -> Box<dyn Check> { Box::new(Fixed("database", Ok(()))) };
        let bad: Box<dyn Check> = Box::new(Fixed("migrations", Err("not current")));
        let (status, body) = ask(router([good()].into()), "/readyz").await;
        assert_eq!(
            (status, body.as_str()),
            (StatusCode::OK, r#"{"ready":true,"checks":[{"name":"database","ok":true}]}"#)
        );
        let checks: Checks = [good(), bad].into();
        let (status, body) = ask(router(checks.clone()), "/readyz").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(body.contains(r#"{"name":"migrations","ok":false,"reason":"not current"}"#), "{body}");
        assert_eq!(ask(router(checks), "/healthz").await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn metrics_are_prometheus_text() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        metrics::with_local_recorder(&recorder, || metrics::counter!("plantgraph_test_total").increment(3));
        let (status, body) = ask(metrics_router(handle), "/metrics").await;
        assert_eq!(status, StatusCode::OK);
        assert!(body.contains("plantgraph_test_total 3"), "{body}");
    }
}
