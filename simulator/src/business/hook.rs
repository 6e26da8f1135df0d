//! Announcing events to a receiver.

use std::{fmt::Write as _, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::options::Webhook;

/// Events that wait for a slow receiver. What does not fit is lost, as in real systems: an event is only a hint.
pub(crate) const EVENTS_WAITING_MAX: usize = 1000;
/// How often an event is tried.
const TRIES: u32 = 3;
/// How long a receiver may take.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(5);
/// How long to wait before the next try.
const PAUSE: Duration = Duration::from_millis(300);

/// An event on its way.
#[derive(Clone, Debug)]
pub(crate) struct Announcement {
    pub(crate) to: Webhook,
    pub(crate) body: String,
}

/// Sends announcements in their order until cancelled.
pub(crate) async fn announce(mut queue: mpsc::Receiver<Announcement>, cancel: CancellationToken) {
    let mut number = 0_u64;
    loop {
        let next = tokio::select! {
            () = cancel.cancelled() => return,
            next = queue.recv() => next,
        };
        let Some(next) = next else { return };
        number += 1;
        let sending = deliver(&next, number);
        tokio::select! {
            () = cancel.cancelled() => return,
            () = sending => {}
        }
    }
}

async fn deliver(announcement: &Announcement, number: u64) {
    for attempt in 1..=TRIES {
        match tokio::time::timeout(ANSWER_TIME_MAX, post(announcement, number)).await {
            Ok(Ok(status)) if (200..300).contains(&status) => return,
            outcome => debug!(attempt, ?outcome, url = announcement.to.url, "a webhook was not taken"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The value of the header `X-Signature`.
pub(crate) fn signature(secret: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key may have any length");
    mac.update(body.as_bytes());
    let mut text = "sha256=".to_owned();
    for byte in mac.finalize().into_bytes() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Posts over plain HTTP; a receiver on this machine needs no more. Returns the status.
async fn post(announcement: &Announcement, number: u64) -> std::io::Result<u16> {
    let Webhook { url, secret } = &announcement.to;
    let invalid = || std::io::Error::from(std::io::ErrorKind::InvalidInput);
    let rest = url.strip_prefix("http://").ok_or_else(invalid)?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let body = &announcement.body;
    let request = format!(
        "POST /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         X-Signature: {}\r\nX-Delivery: wms-{number:08}\r\nConnection: close\r\n\r\n{body}",
        body.len(),
        signature(secret, body),
    );
    let mut stream = TcpStream::connect(host).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut start = [0; 12];
    stream.read_exact(&mut start).await?;
    let status = std::str::from_utf8(&start[9..]).ok().and_then(|text| text.parse().ok());
    status.ok_or_else(|| std::io::ErrorKind::InvalidData.into())
}
