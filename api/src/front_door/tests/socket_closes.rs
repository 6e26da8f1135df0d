//! Each reason for which a socket closes.

use std::time::{Duration, Instant};

use futures::{SinkExt, StreamExt};
use serde_json::json;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::client::Running;
use crate::front_door::{Options, SocketLimits};

const SUBPROTOCOL: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");

async fn running(socket: SocketLimits) -> Running {
    Running::new(Options { socket, origins: vec!["https://board.example".into()], ..Options::default() }).await
}

#[tokio::test]
async fn no_init_in_time() {
    let running = running(SocketLimits { init_timeout: Duration::from_millis(100), ..SocketLimits::default() }).await;
    let mut client = running.connect().await;
    let began = Instant::now();
    assert_eq!(client.closed().await.0, 4408);
    assert!(began.elapsed() < Duration::from_secs(3));
    let mut client = running.sign_in("user").await;
    assert!(client.is_quiet(300).await, "once signed in, the deadline is off");
}

#[tokio::test]
async fn a_second_init() {
    let running = running(SocketLimits::default()).await;
    let mut client = running.sign_in("user").await;
    client.init("user").await;
    assert_eq!(client.closed().await, (4429, "Too many initialisation requests".to_owned()));
    let mut client = running.connect().await;
    client.init("user").await;
    client.init("user").await;
    assert_eq!(client.closed().await.0, 4429, "even before the acknowledgement");
}

#[tokio::test]
async fn an_operation_before_the_acknowledgement() {
    let running = running(SocketLimits::default()).await;
    let mut client = running.connect().await;
    client.subscribe("a", "mutation { bump }").await;
    assert_eq!(client.closed().await, (4401, "Unauthorized".to_owned()));
    assert_eq!(running.toy.calls.total(), 0);
}

#[tokio::test]
async fn credentials() {
    let running = running(SocketLimits::default()).await;
    for payload in [
        json!(null),
        json!({}),
        json!({ "Authorization": "user" }),
        json!({ "Authorization": "Bearer nobody" }),
        json!({ "Authorization": ["Bearer user"] }),
        json!({ "token": "user" }),
    ] {
        let mut client = running.connect().await;
        client.send(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(client.closed().await.0, 4403, "{payload}");
    }
    let mut client = running.open(&[SUBPROTOCOL, ("authorization", "Bearer user")]).await.unwrap();
    client.send(json!({ "type": "connection_init" })).await;
    assert_eq!(client.closed().await.0, 4403, "a header at the upgrade is no proof");
}

#[tokio::test]
async fn the_token_ends() {
    let running = running(SocketLimits::default()).await;
    let mut client = running.sign_in("brief").await;
    client.subscribe("s", "subscription { ticks(to: 100000, millis: 20) { number } }").await;
    assert_eq!(client.next().await["type"], "next");
    let (code, reason) = client.closed().await;
    assert_eq!(code, 4403);
    assert!(reason.contains("fresh"), "{reason}");
}

#[tokio::test]
async fn malformed_messages() {
    let running = running(SocketLimits::default()).await;
    for text in [
        "",
        "{",
        "[]",
        "null",
        "{}",
        r#"{"type":"start"}"#,
        r#"{"type":"subscribe"}"#,
        r#"{"type":"subscribe","id":"a"}"#,
        r#"{"type":"subscribe","id":1,"payload":{"query":"{ name }"}}"#,
        r#"{"type":"subscribe","id":"","payload":{"query":"{ name }"}}"#,
        r#"{"type":"subscribe","id":"a","payload":{"query":1}}"#,
        r#"{"type":"subscribe","id":"a","payload":{"query":"{ name }","variables":[]}}"#,
        r#"{"type":"complete"}"#,
        r#"{"type":"connection_init","payload":"token"}"#,
        r#"{"type":"ping","payload":"\ud800"}"#,
    ] {
        let mut client = running.sign_in("user").await;
        client.send_text(text).await;
        let (code, reason) = client.closed().await;
        assert_eq!(code, 4400, "{text}: {reason}");
    }
    let mut client = running.sign_in("user").await;
    client.socket.send(Message::binary(&b"{}"[..])).await.unwrap();
    assert_eq!(client.closed().await.0, 4400);
    let mut client = running.sign_in("user").await;
    client.subscribe(&"i".repeat(200), "{ name }").await;
    assert_eq!(client.closed().await.0, 4400, "an overlong id");
}

#[tokio::test]
async fn an_id_in_use() {
    let running = running(SocketLimits::default()).await;
    let mut client = running.sign_in("user").await;
    client.subscribe("a", "subscription { ticks(to: 2, millis: 60000) { number } }").await;
    client.subscribe("a", "{ name }").await;
    assert_eq!(client.closed().await, (4409, "Subscriber for a already exists".to_owned()));
}

#[tokio::test]
async fn another_subprotocol() {
    let running = running(SocketLimits::default()).await;
    for headers in [&[][..], &[("sec-websocket-protocol", "graphql-ws")], &[("sec-websocket-protocol", "mqtt, soap")]] {
        let mut client = running.open(headers).await.unwrap();
        assert_eq!(client.closed().await.0, 4406, "{headers:?}");
    }
    let both = running.open(&[("sec-websocket-protocol", "graphql-ws, graphql-transport-ws")]).await.unwrap();
    assert_eq!(both.response.headers()["sec-websocket-protocol"], "graphql-transport-ws");
}

#[tokio::test]
async fn the_origin_of_a_page() {
    let running = running(SocketLimits::default()).await;
    let own = format!("http://{}", running.address);
    for (origin, allowed) in [
        (own.as_str(), true),
        ("https://board.example", true),
        ("https://evil.example", false),
        ("https://board.example.evil.example", false),
        ("null", false),
    ] {
        match running.open(&[SUBPROTOCOL, ("origin", origin)]).await {
            Ok(_) => assert!(allowed, "{origin}"),
            Err(Error::Http(response)) => assert!(!allowed && response.status() == 403, "{origin}"),
            Err(error) => panic!("{origin}: {error}"),
        }
    }
}

#[tokio::test]
async fn large_messages() {
    let running = running(SocketLimits::default()).await;
    let ping = |bytes: usize| json!({ "type": "ping", "payload": { "x": "x".repeat(bytes) } }).to_string();
    let mut client = running.sign_in("user").await;
    client.send_text(&ping(60 * 1024)).await;
    assert_eq!(client.next().await["type"], "pong");
    client.send_text(&ping(70 * 1024)).await;
    assert_eq!(client.closed().await.0, 1009);
    // Far too large: the socket ends, with or without a word, and nothing else does.
    let mut neighbour = running.sign_in("user").await;
    let mut client = running.sign_in("user").await;
    let _ = client.socket.send(Message::text(ping(8 * 1024 * 1024))).await;
    let end = async {
        while let Some(Ok(message)) = client.socket.next().await {
            if message.is_close() {
                break;
            }
        }
    };
    timeout(Duration::from_secs(5), end).await.unwrap();
    neighbour.subscribe("a", "{ name }").await;
    assert_eq!(neighbour.next().await["payload"]["data"]["name"], "the user");
}

#[tokio::test]
async fn a_peer_that_answers_nothing() {
    let socket = SocketLimits {
        ping_interval: Duration::from_millis(100),
        dead_after: Duration::from_millis(350),
        ..SocketLimits::default()
    };
    let running = running(socket).await;
    let mut client = running.sign_in("user").await;
    assert!(timeout(Duration::from_secs(1), client.closed()).await.is_err(), "who answers pings lives");
    // Not polled, the client answers no ping.
    let mut client = running.sign_in("user").await;
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(client.closed().await.0, 1001);
}

#[tokio::test]
async fn the_service_stops() {
    let running = running(SocketLimits::default()).await;
    let mut client = running.sign_in("user").await;
    client.subscribe("s", "subscription { ticks(to: 100000, millis: 20) { number } }").await;
    client.subscribe("m", "mutation { bump(millis: 400) }").await;
    while running.toy.calls.mutations.load(std::sync::atomic::Ordering::SeqCst) == 0 {
        assert_eq!(client.next().await["type"], "next");
    }
    running.toy.cancel.cancel();
    client.subscribe("late", "mutation { bump }").await;
    let mut seen = Vec::new();
    let code = loop {
        match client.socket.next().await.unwrap().unwrap() {
            Message::Text(text) => seen.push(serde_json::from_str::<serde_json::Value>(&text).unwrap()),
            Message::Close(frame) => break u16::from(frame.unwrap().code),
            _ => {}
        }
    };
    assert_eq!(code, 1001);
    let of = |id: &str, kind: &str| seen.iter().any(|message| message["id"] == id && message["type"] == kind);
    assert!(of("m", "next") && of("m", "complete"), "what was running is answered");
    assert!(of("late", "error"), "nothing new begins");
    assert!(!of("s", "complete"), "a stream is not complete: the client resumes it elsewhere");
    drop(client);
    running.toy.tracker.close();
    timeout(Duration::from_secs(5), running.toy.tracker.wait()).await.expect("everything has ended");
}
