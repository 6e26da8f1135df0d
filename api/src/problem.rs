//! Errors as clients see them: code, message, an id to quote, and a page that says what to do.

use axum::{
    Extension, Json, Router,
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use model::Code;
use serde::Serialize;

use crate::observe::CorrelationId;

/// Pages change only with the binary.
const CACHE_CONTROL: &str = "public, max-age=300";

/// The path of a code's page on this service.
pub fn page_path(code: Code) -> String {
    format!("/problems/{}", code.as_str())
}

/// An error as JSON: `{code, message, id, docs}`.
#[derive(Clone, Debug, Serialize)]
pub struct Problem {
    /// The stable code.
    pub code: &'static str,
    /// For people; may change.
    pub message: String,
    /// The correlation id: the same as in the log.
    pub id: String,
    /// The page that says what to do.
    pub docs: String,
    #[serde(skip)]
    status: StatusCode,
}

impl Problem {
    /// A problem. The message must not tell what the caller may not know.
    pub fn new(status: StatusCode, code: Code, message: impl Into<String>, id: impl Into<String>) -> Self {
        Self { code: code.as_str(), message: message.into(), id: id.into(), docs: page_path(code), status }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Json(self)).into_response()
    }
}

/// The answer of every path that does not exist.
pub async fn not_found(correlation: Option<Extension<CorrelationId>>) -> Problem {
    let id = correlation.map(|Extension(id)| id).unwrap_or_else(CorrelationId::fresh);
    let message = "nothing is served at this path; the graph is at /graphql";
    Problem::new(StatusCode::NOT_FOUND, Code::NotFound, message, id.as_str())
}

/// Serves `/problems` and `/problems/{code}`.
pub fn router() -> Router {
    Router::new().route("/problems", get(index)).route("/problems/{code}", get(page))
}

async fn index() -> Response {
    let codes: String = Code::ALL.iter().map(|code| format!("{}\n", page_path(*code))).collect();
    text(StatusCode::OK, codes)
}

async fn page(Path(name): Path<String>) -> Response {
    match Code::ALL.iter().find(|code| code.as_str().eq_ignore_ascii_case(&name)) {
        Some(code) => text(StatusCode::OK, code.page().to_owned()),
        None => text(StatusCode::NOT_FOUND, "There is no such code. All codes: /problems\n".to_owned()),
    }
}

/// Plain text: browsers show it, where they would download Markdown.
fn text(status: StatusCode, body: String) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, CACHE_CONTROL)];
    (status, headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    async fn get_text(path: &str) -> (StatusCode, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router().oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), 1024 * 1024).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn every_code_has_its_page() {
        for code in Code::ALL {
            let (status, body) = get_text(&page_path(*code)).await;
            assert_eq!((status, body.as_str()), (StatusCode::OK, code.page()));
        }
        assert_eq!(get_text("/problems/NO_SUCH_CODE").await.0, StatusCode::NOT_FOUND);
        assert!(get_text("/problems").await.1.contains("/problems/TOKEN_EXPIRED\n"));
    }

    #[tokio::test]
    async fn an_unknown_path_says_so_in_json() {
        let router: Router = router().fallback(not_found).layer(axum::middleware::from_fn(crate::observe::correlate));
        let request = Request::get("/graphq").header("x-request-id", "abc").body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(
            (response.status(), &response.headers()["x-request-id"]),
            (StatusCode::NOT_FOUND, &"abc".parse().unwrap())
        );
        let body = to_bytes(response.into_body(), 4096).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["code"], "NOT_FOUND");
        assert_eq!(body["id"], "abc");
        assert_eq!(body["docs"], "/problems/NOT_FOUND");
    }
}
