//! What systems send by themselves: `POST /in/{plant}/{source}`.
//!
//! There is no token here: each system proves who it is in the way that its manifest declares, and who does not is told
//! what everybody is told who asks for a system that does not exist.

use axum::{
    Router,
    extract::{Path, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use connectors::webhook::{Arrived, BODY_BYTES_MAX, Doors, Refusal as Inbound};
use model::{Code, clock::SharedClock};

use super::{Refusal, http, media::Media};

/// Where systems send to.
const PATH: &str = "/in/{plant}/{source}";

/// What the route needs.
#[derive(Clone)]
struct Reception {
    doors: Doors,
    clock: SharedClock,
}

/// The route.
pub fn inbound(doors: Doors, clock: SharedClock) -> Router {
    Router::new().route(PATH, post(receive)).with_state(Reception { doors, clock })
}

async fn receive(
    State(reception): State<Reception>,
    Path((plant, source)): Path<(String, String)>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = match http::read_body(&parts.headers, body, BODY_BYTES_MAX).await {
        Ok(body) => body,
        Err(refusal) => return refuse(refusal),
    };
    let Reception { doors, clock } = reception;
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
