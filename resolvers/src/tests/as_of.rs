//! Objects as they were.

use async_graphql::Request;
use chrono::SecondsFormat;
use model::{
    LineState,
    clock::{Clock, SystemClock},
};
use serde_json::{Value, json};

use super::harness::{Twin, code};
use crate::{schema, sdl};

const LINE: &str =
    r#"query L($asOf: AsOfInput) { line(plant: "HAMBURG", code: "L1", asOf: $asOf) { id state { lastKnownState } } }"#;

fn state(answer: &Value) -> &Value {
    &answer["line"]["state"]["lastKnownState"]
}

#[tokio::test]
async fn a_line_is_shown_as_it_was_at_a_cursor_and_at_a_time() {
    let twin = Twin::start().await;
    let mut changes = twin.watch("ann", "subscription { changes { cursor kind } }", json!({})).await;
    changes.begin().await;
    let moment = async || {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        let now = SystemClock.now().to_rfc3339_opts(SecondsFormat::Micros, true);
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        now
    };
    twin.report("L1", LineState::Execute).await;
    let cursor = changes.next().await["cursor"].clone();
    let between = moment().await;
    twin.report("L1", LineState::Stopped).await;
    let now = twin.ask("ann", LINE, json!({})).await;
    assert_eq!(state(&now), "STOPPED");
    for then in [json!({ "cursor": cursor }), json!({ "time": between })] {
        assert_eq!(state(&twin.ask("ann", LINE, json!({ "asOf": then })).await), "EXECUTE", "{then}");
        let node = "query N($id: ID!, $asOf: AsOfInput) { node(id: $id, asOf: $asOf) { id ... on Line { state { lastKnownState } } } }";
        let variables = json!({ "id": now["line"]["id"], "asOf": then });
        let seen = twin.ask("ann", node, variables.clone()).await;
        assert_eq!(seen["node"]["state"]["lastKnownState"], "EXECUTE");
        assert_eq!(
            twin.ask("lea", node, variables).await["node"],
            Value::Null,
            "behind the wall the past is not there either"
        );
        assert_eq!(twin.ask("lea", LINE, json!({ "asOf": then })).await["line"], Value::Null);
    }
    let before = json!({ "time": "2020-01-01T00:00:00Z" });
    assert_eq!(twin.ask("ann", LINE, json!({ "asOf": before })).await["line"], Value::Null, "it was not there yet");
    let plant = r#"query P($asOf: AsOfInput) { plant(code: "HAMBURG", asOf: $asOf) { code } }"#;
    assert_eq!(twin.ask("ann", plant, json!({ "asOf": { "time": between } })).await["plant"]["code"], "HAMBURG");
    assert_eq!(twin.ask("ann", plant, json!({ "asOf": before })).await["plant"], Value::Null);
    let bad = twin.respond("ann", LINE, json!({ "asOf": { "cursor": "nonsense" } })).await;
    assert_eq!(code(&bad), "CURSOR_INVALID");
}

#[tokio::test]
async fn a_moment_before_the_floor_is_refused() {
    let twin = Twin::start().await;
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    twin.report("L1", LineState::Execute).await;
    twin.store.prune_journal(SystemClock.now()).await.unwrap();
    let then = json!({ "asOf": { "time": "2020-01-01T00:00:00Z" } });
    assert_eq!(code(&twin.respond("ann", LINE, then).await), "AS_OF_EXPIRED");
    assert_eq!(state(&twin.ask("ann", LINE, json!({})).await), "EXECUTE");
}

#[tokio::test]
async fn a_moment_is_either_a_time_or_a_cursor() {
    assert!(sdl(&schema(None)).contains("input AsOfInput @oneOf"));
    let both = r#"{ plant(code: "HAMBURG", asOf: { time: "2026-01-01T00:00:00Z", cursor: "x" }) { code } }"#;
    let response = schema(None).execute(Request::new(both)).await;
    assert!(!response.errors.is_empty());
}
