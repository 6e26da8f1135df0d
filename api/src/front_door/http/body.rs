//! Reading a request body that may be too large or never end.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header},
};
use futures::StreamExt;
use model::Code;
use tokio::time::timeout;

use super::super::Refusal;

/// A body of the allowed size arrives within this over any link that a plant has; slower is an attack.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// Reads the whole body.
///
/// # Errors
/// `BODY_TOO_LARGE`; `REQUEST_MALFORMED` when it breaks off or takes too long.
pub(in super::super) async fn read(headers: &HeaderMap, body: Body, bytes_max: usize) -> Result<Bytes, Refusal> {
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|declared| declared > bytes_max as u64) {
        return Err(too_large(bytes_max));
    }
    let reading = timeout(READ_TIMEOUT, collect(body, bytes_max));
    reading.await.unwrap_or_else(|_| Err(Refusal::new(Code::RequestMalformed, "the body did not arrive in time")))
}

async fn collect(body: Body, bytes_max: usize) -> Result<Bytes, Refusal> {
    let mut pieces = body.into_data_stream();
    let mut read = Vec::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Refusal::new(Code::RequestMalformed, "the body broke off"))?;
        if read.len() + piece.len() > bytes_max {
            return Err(too_large(bytes_max));
        }
        read.extend_from_slice(&piece);
    }
    Ok(read.into())
}

fn too_large(bytes_max: usize) -> Refusal {
    Refusal::new(Code::BodyTooLarge, format!("the body has more than {bytes_max} bytes"))
}
