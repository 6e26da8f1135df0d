//! Subscribers that are slower than their events.

use std::{sync::atomic::Ordering, time::Duration};

use futures::StreamExt;
use serde_json::json;
use tokio::time::{Instant, sleep};
use tokio_tungstenite::tungstenite::Message;

use super::client::Running;
use crate::front_door::{Options, SocketLimits};

/// Larger than what the system buffers between two sockets of one machine.
const FLOOD: &str = "subscription { ticks(to: 100000, bytes: 50000) { number cursor payload } }";

#[tokio::test]
async fn a_queue_that_stays_full_ends_the_subscription_with_its_last_cursor() {
    let socket = SocketLimits {
        queue_patience: Duration::from_millis(200),
        write_timeout: Duration::from_secs(20),
        ..SocketLimits::default()
    };
    let running = Running::new(Options { socket, ..Options::default() }).await;
    let mut client = running.sign_in("user").await;
    client.subscribe("s", FLOOD).await;
    // Not read, until the stream has been given up on the other side.
    let began = Instant::now();
    while running.toy.calls.open_streams.load(Ordering::SeqCst) == 0 {
        sleep(Duration::from_millis(5)).await;
    }
    while running.toy.calls.open_streams.load(Ordering::SeqCst) > 0 {
        assert!(began.elapsed() < Duration::from_secs(15), "the slow subscription was never ended");
        sleep(Duration::from_millis(20)).await;
    }
    let mut last = json!(null);
    let mut count = 0_u64;
    let error = loop {
        let message = client.next().await;
        if message["type"] == "error" {
            break message;
        }
        let tick = &message["payload"]["data"]["ticks"];
        count += 1;
        assert_eq!(tick["number"], count, "in order, none missing");
        last = tick["cursor"].clone();
    };
    let extensions = &error["payload"][0]["extensions"];
    assert_eq!(extensions["code"], "SLOW_CONSUMER");
    assert_eq!(extensions["cursor"], last, "the cursor of the last event that arrived");
    client.subscribe("s", "{ name }").await;
    assert_eq!(client.next().await["payload"]["data"]["name"], "the user", "the socket and the id live on");
}

#[tokio::test]
async fn who_catches_up_fast_is_not_slow() {
    let socket = SocketLimits { queue_events_max: 4, queue_bytes_max: 4_096, ..SocketLimits::default() };
    let running = Running::new(Options { socket, ..Options::default() }).await;
    let mut client = running.sign_in("user").await;
    // Far more than the queue holds, and single events larger than the whole queue.
    client.subscribe("s", "subscription { ticks(to: 2000, bytes: 8000) { number payload } }").await;
    for number in 1..=2_000 {
        assert_eq!(client.next().await["payload"]["data"]["ticks"]["number"], number);
    }
    assert_eq!(client.next().await["type"], "complete");
}

#[tokio::test]
async fn a_peer_that_does_not_read_loses_its_socket() {
    let socket = SocketLimits {
        queue_patience: Duration::from_secs(20),
        write_timeout: Duration::from_millis(300),
        ..SocketLimits::default()
    };
    let running = Running::new(Options { socket, ..Options::default() }).await;
    let mut client = running.sign_in("user").await;
    client.subscribe("s", FLOOD).await;
    let began = Instant::now();
    while running.toy.calls.open_streams.load(Ordering::SeqCst) == 0 {
        sleep(Duration::from_millis(5)).await;
    }
    while running.toy.calls.open_streams.load(Ordering::SeqCst) > 0 {
        assert!(began.elapsed() < Duration::from_secs(15), "the blocked socket was never given up");
        sleep(Duration::from_millis(20)).await;
    }
    // Reading again in time shows why; later than that the connection is simply gone.
    let mut close = None;
    while let Some(Ok(message)) = client.socket.next().await {
        if let Message::Close(Some(frame)) = message {
            close = Some(u16::from(frame.code));
        }
    }
    assert!(close.is_none_or(|code| code == 1013), "{close:?}");
}

#[tokio::test]
async fn one_flood_does_not_starve_its_neighbours() {
    let running = Running::new(Options::default()).await;
    let mut client = running.sign_in("user").await;
    client.subscribe("flood", FLOOD).await;
    client.next().await;
    client.subscribe("q", "{ name }").await;
    for _ in 0..2_000 {
        if client.next().await["id"] == "q" {
            return;
        }
    }
    panic!("the query was never answered");
}
