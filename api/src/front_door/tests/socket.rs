//! Operations over a socket.

use std::{sync::atomic::Ordering, time::Duration};

use serde_json::{Value, json};
use tokio::time::sleep;

use super::client::Running;
use crate::front_door::{Options, SocketLimits};

#[tokio::test]
async fn queries_mutations_and_subscriptions() {
    let running = Running::new(Options::default()).await;
    let mut client = running.sign_in("user").await;
    assert_eq!(client.response.headers()["sec-websocket-protocol"], "graphql-transport-ws");
    client.subscribe("q", "{ name }").await;
    let next = json!({ "type": "next", "id": "q", "payload": { "data": { "name": "the user" } } });
    assert_eq!(client.next().await, next);
    assert_eq!(client.next().await, json!({ "type": "complete", "id": "q" }));
    client.subscribe("q", "mutation { bump }").await;
    assert_eq!(client.next().await["payload"]["data"]["bump"], 1, "an id is free again after its operation");
    assert_eq!(client.next().await["type"], "complete");
    client.subscribe("s", "subscription { ticks(to: 3) { number cursor } }").await;
    for number in 1..=3 {
        let next = client.next().await;
        assert_eq!(next["payload"]["data"]["ticks"], json!({ "number": number, "cursor": format!("c{number}") }));
    }
    assert_eq!(client.next().await, json!({ "type": "complete", "id": "s" }));
    assert_eq!(running.toy.calls.open_streams.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn errors_are_messages_and_the_socket_stays() {
    let running = Running::new(Options::default()).await;
    let mut client = running.sign_in("user").await;
    for (query, code) in [
        ("{ name", "GRAPHQL_PARSE_FAILED"),
        ("{ unknown }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ number(value: 2147483648) }", "GRAPHQL_VALIDATION_FAILED"),
        ("query ($v: Int!) { number(value: $v) }", "INVALID_INPUT"),
        ("mutation { a: bump b: bump }", "ONE_MUTATION_PER_REQUEST"),
        ("{ __schema { queryType { name } } }", "INTROSPECTION_FORBIDDEN"),
        ("", "REQUEST_MALFORMED"),
        ("{ panics }", "INTERNAL"),
        ("subscription { expired }", "CURSOR_EXPIRED"),
        (&super::budget::fan_out(26), "QUERY_TOO_WIDE"),
    ] {
        client.subscribe("x", query).await;
        let error = client.next().await;
        assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("x")), "{query}: {error}");
        assert_eq!(error["payload"][0]["extensions"]["code"], code, "{query}: {error}");
        assert!(error["payload"][0]["extensions"]["id"].is_string());
    }
    client.subscribe("p", "subscription { panicking }").await;
    assert_eq!(client.next().await["payload"]["data"]["panicking"], true);
    assert_eq!(client.next().await["payload"][0]["extensions"]["code"], "INTERNAL");
    client.subscribe("x", "{ leaks }").await;
    let next = client.next().await;
    assert_eq!((&next["type"], &next["payload"]["data"]), (&json!("next"), &Value::Null));
    assert!(!next.to_string().contains("secret"));
    assert_eq!(client.next().await["type"], "complete");
}

#[tokio::test]
async fn pings_are_answered_with_their_payload_before_and_after_init() {
    let running = Running::new(Options::default()).await;
    let mut client = running.connect().await;
    client.send(json!({ "type": "ping", "payload": { "a": 1 } })).await;
    assert_eq!(client.next().await, json!({ "type": "pong", "payload": { "a": 1 } }));
    client.send(json!({ "type": "ping" })).await;
    assert_eq!(client.next().await, json!({ "type": "pong" }));
    client.send(json!({ "type": "pong", "payload": { "b": 1 } })).await;
    client.send(json!({ "type": "connection_init", "payload": { "authorization": "bearer user" } })).await;
    assert_eq!(client.next().await, json!({ "type": "connection_ack" }), "an unasked pong is ignored");
}

#[tokio::test]
async fn complete_stops_a_stream_at_once() {
    let running = Running::new(Options::default()).await;
    let mut client = running.sign_in("user").await;
    client.subscribe("s", "subscription { ticks(to: 100000, millis: 20) { number } }").await;
    assert_eq!(client.next().await["payload"]["data"]["ticks"]["number"], 1);
    client.send(json!({ "type": "complete", "id": "s" })).await;
    client.send(json!({ "type": "complete", "id": "never begun" })).await;
    // What was on its way may still arrive, then silence: no `complete` in return.
    while !client.is_quiet(200).await {}
    assert_eq!(running.toy.calls.open_streams.load(Ordering::SeqCst), 0);
    client.subscribe("s", "subscription { ticks(to: 1) { number } }").await;
    assert_eq!(client.next().await["payload"]["data"]["ticks"]["number"], 1);
    assert_eq!(client.next().await["type"], "complete");
}

#[tokio::test]
async fn an_id_used_again_at_once_belongs_to_the_new_operation() {
    let running = Running::new(Options::default()).await;
    let mut client = running.sign_in("user").await;
    for _ in 0..50 {
        client.subscribe("s", "subscription { ticks(to: 100000) { number } }").await;
        client.send(json!({ "type": "complete", "id": "s" })).await;
    }
    client.subscribe("s", "{ name }").await;
    loop {
        let message = client.next().await;
        if message["payload"]["data"]["name"] == "the user" {
            break;
        }
        assert_eq!(message["type"], "next", "{message}");
    }
    assert_eq!(client.next().await, json!({ "type": "complete", "id": "s" }));
}

#[tokio::test]
async fn operations_of_a_socket_have_a_bound() {
    let socket = SocketLimits { operations_max: 3, ..SocketLimits::default() };
    let running = Running::new(Options { socket, ..Options::default() }).await;
    let mut client = running.sign_in("user").await;
    for id in ["a", "b", "c", "d"] {
        client.subscribe(id, "subscription { ticks(to: 2, millis: 60000) { number } }").await;
    }
    let error = client.next().await;
    assert_eq!(
        (&error["id"], &error["payload"][0]["extensions"]["code"]),
        (&json!("d"), &json!("TOO_MANY_OPERATIONS"))
    );
    client.send(json!({ "type": "complete", "id": "a" })).await;
    client.subscribe("d", "{ name }").await;
    assert_eq!(client.next().await["type"], "next", "the others went on, and there is room again");
}

#[tokio::test]
async fn a_mutation_survives_its_socket() {
    let running = Running::new(Options::default()).await;
    let mut client = running.sign_in("user").await;
    client.subscribe("m", "mutation { bump(millis: 300) }").await;
    while running.toy.calls.mutations.load(Ordering::SeqCst) == 0 {
        sleep(Duration::from_millis(5)).await;
    }
    drop(client);
    sleep(Duration::from_millis(600)).await;
    assert_eq!(running.toy.calls.finished_mutations.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn streams_end_with_their_socket() {
    let running = Running::new(Options::default()).await;
    let mut client = running.sign_in("user").await;
    for id in 0..10 {
        client.subscribe(&id.to_string(), "subscription { ticks(to: 100000, millis: 10) { number } }").await;
    }
    for _ in 0..20 {
        client.next().await;
    }
    drop(client);
    for _ in 0..200 {
        if running.toy.calls.open_streams.load(Ordering::SeqCst) == 0 {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("streams outlived their socket");
}
