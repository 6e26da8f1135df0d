//! What systems send by themselves: `POST /in/{plant}/{source}`.
//!
//! There is no token here: each system proves who it is in the way that its manifest declares, and who does not is told
//! what everybody is told who asks for a system that does not exist.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use connectors::webhook::{Arrived, Doors, Refusal as Inbound};
use model::{Code, clock::SharedClock};
use tokio::sync::Semaphore;

use super::{Refusal, http, media::Media};

/// Where systems send to.
const PATH: &str = "/in/{plant}/{source}";

/// Requests that are read at a time. Each may hold some megabytes; further ones wait on their connections.
const AT_ONCE_MAX: usize = 64;

/// What the route needs.
#[derive(Clone)]
struct Reception {
    doors: Doors,
    clock: SharedClock,
    places: Arc<Semaphore>,
}

/// The route.
pub fn inbound(doors: Doors, clock: SharedClock) -> Router {
    Router::new().route(PATH, post(receive)).with_state(Reception {
        doors,
        clock,
        places: Arc::new(Semaphore::new(AT_ONCE_MAX)),
    })
}

async fn receive(
    State(reception): State<Reception>,
    Path((plant, source)): Path<(String, String)>,
    request: Request,
) -> Response {
    let Reception { doors, clock, places } = reception;
    // It is never closed.
    let _place = places.acquire().await.ok();
    let (parts, body) = request.into_parts();
    let bytes_max = doors.bytes_max(&plant, &source, &parts.headers);
    let body = match http::read_body(&parts.headers, body, bytes_max).await {
        Ok(body) => body,
        Err(refusal) => return refuse(refusal),
    };
    match doors.receive(&plant, &source, &parts.headers, &body, clock.now()).await {
        Ok(Arrived::Taken) => StatusCode::ACCEPTED.into_response(),
        Ok(Arrived::Confirmed(xml)) => ([(header::CONTENT_TYPE, "application/xml")], xml).into_response(),
        Err(Inbound { code, message, .. }) => refuse(Refusal::new(code, message)),
    }
}

fn refuse(refusal: Refusal) -> Response {
    let status = match refusal.code {
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        // Another process has the source, or none yet: it may be sent again.
        Code::LeaseLost => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    };
    http::refuse(Media::Json, status, &[refusal])
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, path::Path as FilePath, time::Duration};

    use axum::{body::Body, http::Method};
    use connectors::{
        manifest::Manifest,
        plant_file::{Secret, SecretSource, SystemKind, SystemSection},
        webhook::way_in,
    };
    use model::clock::SystemClock;
    use tower::ServiceExt;

    use super::*;

    const MANIFEST: &str = "version: t/1\nsystem: { kind: b2mml, receive: { bearer: key } }\nsecrets: { key: k }\n";

    fn router() -> Router {
        let section = SystemSection {
            code: "mes".into(),
            name: "MES".into(),
            kind: SystemKind::Mes,
            manifest: Arc::new(Manifest::parse(MANIFEST, "test", FilePath::new("")).unwrap()),
            url: "/nowhere".into(),
            secrets: BTreeMap::from([("key".to_owned(), SecretSource::Given(Secret::new("hunter2")))]),
            options: BTreeMap::new(),
            poll_interval: Duration::from_secs(1),
            overlap: Duration::from_secs(60),
            line_by_location: BTreeMap::new(),
            commands: true,
        };
        let doors = Doors::default();
        doors.open("HAM", "mes", way_in(&section).unwrap().unwrap());
        inbound(doors, Arc::new(SystemClock))
    }

    async fn ask(method: Method, path: &str, token: &str, body: Vec<u8>) -> (StatusCode, String) {
        let authorization = (!token.is_empty()).then(|| format!("Bearer {token}"));
        let mut request = axum::http::Request::builder().method(method).uri(path);
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let response = router().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        // Each answer has an id of its own.
        let text = String::from_utf8(body.to_vec()).unwrap();
        let stable = serde_json::from_str::<serde_json::Value>(&text).ok().map(|mut answer| {
            if let Some(extensions) = answer["errors"][0]["extensions"].as_object_mut() {
                extensions.retain(|name, _| name == "code");
            }
            answer.to_string()
        });
        (status, stable.unwrap_or(text))
    }

    #[tokio::test]
    async fn who_is_unknown_and_who_is_not_let_in_are_answered_alike() {
        let message = b"<SyncMaterialLot/>".to_vec();
        let unknown = ask(Method::POST, "/in/HAM/erp", "hunter2", message.clone()).await;
        assert_eq!(unknown.0, StatusCode::NOT_FOUND);
        for (path, token) in [("/in/HAM/mes", ""), ("/in/HAM/mes", "hunter3"), ("/in/BER/mes", "hunter2")] {
            assert_eq!(ask(Method::POST, path, token, message.clone()).await, unknown, "{path} {token}");
        }
    }

    #[tokio::test]
    async fn what_comes_is_measured_read_and_not_taken_while_nobody_owns_the_source() {
        let of = |bytes| vec![b' '; bytes];
        let status = async |path, token, bytes| ask(Method::POST, path, token, of(bytes)).await.0;
        assert_eq!(status("/in/HAM/mes", "hunter2", 5 << 20).await, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(status("/in/HAM/mes", "hunter2", 1 << 20).await, StatusCode::BAD_REQUEST);
        for (path, token) in [("/in/HAM/mes", "hunter3"), ("/in/HAM/erp", "hunter2")] {
            assert_eq!(status(path, token, 1 << 20).await, StatusCode::PAYLOAD_TOO_LARGE, "only the trusted send much");
        }
        assert_eq!(ask(Method::GET, "/in/HAM/mes", "hunter2", Vec::new()).await.0, StatusCode::METHOD_NOT_ALLOWED);
        let wrong = ask(Method::POST, "/in/HAM/mes", "hunter2", b"<x/>".to_vec()).await;
        assert!(wrong.0 == StatusCode::BAD_REQUEST && wrong.1.contains("REQUEST_MALFORMED"), "{wrong:?}");
        let message = "<SyncMaterialLot releaseID='7'><ApplicationArea><CreationDateTime>2026-11-22T10:00:00Z</CreationDateTime>\
            <BODID>B</BODID></ApplicationArea><DataArea><Sync/></DataArea></SyncMaterialLot>";
        let held = ask(Method::POST, "/in/HAM/mes", "hunter2", message.into()).await;
        assert_eq!(held.0, StatusCode::SERVICE_UNAVAILABLE, "{held:?}");
    }
}
