//! Subscriptions: in order, once, inside the scope, and resumed by their cursors.

use model::{Code, LineState, Principal, Role};
use serde_json::{Value, json};
use workflow::ingest::Signal;

use super::harness::{Twin, code, counter, only, state_of};

const CHANGES: &str =
    "subscription C($after: String, $filter: ChangeFilter) { changes(after: $after, filter: $filter) {
    cursor kind subjectType subjectId revision actor plant { code } before after subject { __typename id } } }";
const STATES: &str = "subscription S($plant: String, $after: String, $snapshot: Boolean! = false) {
    lineState(plant: $plant, after: $after, snapshot: $snapshot) { cursor kind revision line { code plant { code } } state { state since quality freshness } } }";

const CYCLE: [LineState; 4] = [LineState::Execute, LineState::Held, LineState::Unholding, LineState::Execute];

/// What was changed, without the cursor, which differs each time.
fn what(event: &Value) -> (String, i64, String) {
    let text = |key: &str| event[key].as_str().unwrap().to_owned();
    (text("subjectId"), event["revision"].as_i64().unwrap(), text("kind"))
}

#[tokio::test]
async fn a_subscriber_resumes_anywhere_with_nothing_lost_or_doubled() {
    let twin = Twin::start().await;
    let mut whole = twin.watch("ann", CHANGES, json!({})).await;
    whole.begin().await;
    for state in CYCLE {
        twin.report("L1", state).await;
    }
    twin.sync_orders_and_lots().await;
    twin.floor(vec![counter(twin.hamburg.lines["L2"], 10, twin.stamp(0))]).await;
    let query = r#"{ line(plant: "HAMBURG", code: "L2") { revision } }"#;
    let last = twin.ask("ann", query, json!({})).await["line"]["revision"].as_i64().unwrap();
    let mut all = Vec::new();
    loop {
        let event = whole.next().await;
        let is_last = event["kind"] == "LINE_COUNTED" && event["revision"] == last;
        all.push(event);
        if is_last {
            break;
        }
    }
    assert!(all.len() > 15, "{}", all.len());
    for step in [1, 7] {
        let mut resumed: Vec<Value> = vec![all[0].clone()];
        while resumed.len() < all.len() {
            let cursor = &resumed.last().unwrap()["cursor"];
            let mut events = twin.watch("ann", CHANGES, json!({ "after": cursor })).await;
            resumed.extend(events.take(step.min(all.len() - resumed.len())).await);
        }
        assert_eq!(resumed.iter().map(what).collect::<Vec<_>>(), all.iter().map(what).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn changes_are_filtered_and_show_what_the_graph_shows() {
    let twin = Twin::start().await;
    let line =
        twin.ask("ann", r#"{ line(plant: "HAMBURG", code: "L1") { id } }"#, json!({})).await["line"]["id"].clone();
    let filter = json!({ "filter": { "plants": ["HAMBURG"], "lines": [line], "subjectTypes": ["LINE", "CASE"] } });
    let mut events = twin.watch("ann", CHANGES, filter).await;
    events.begin().await;
    twin.report("L2", LineState::Execute).await;
    twin.report("L1", LineState::Execute).await;
    twin.report("L1", LineState::Aborted).await;
    let seen = events.take(4).await;
    let kinds: Vec<_> = seen.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["LINE_STATE_CHANGED", "LINE_STATE_CHANGED", "CASE_OPENED", "CASE_MOVED"]);
    assert_eq!(seen[1]["subjectId"], line);
    assert_eq!((&seen[1]["before"]["state"], &seen[1]["after"]["state"]), (&json!("EXECUTE"), &json!("ABORTED")));
    assert_eq!(seen[2]["subject"], json!({ "__typename": "Case", "id": seen[2]["subjectId"] }));
    assert!(seen[2]["after"].get("title").is_some() && seen[2]["after"].get("owner_person").is_none());
    assert_eq!(seen[2]["actor"], "system:ingest");

    let mut grants = twin.watch("ann", CHANGES, json!({ "filter": { "subjectTypes": ["ROLE_GRANT"] } })).await;
    grants.begin().await;
    twin.grant(twin.hamburg.plant, "olga", &[Role::LineLead]).await;
    let grant = grants.next().await;
    assert_eq!((&grant["subject"], &grant["after"]), (&Value::Null, &Value::Null), "who has which role stays inside");
}

#[tokio::test]
async fn every_state_arrives_once_after_a_snapshot() {
    let twin = Twin::start().await;
    twin.report("L1", LineState::Idle).await;
    let mut events = twin.watch("ann", STATES, json!({ "plant": "HAMBURG", "snapshot": true })).await;
    let snapshot = events.take(2).await;
    assert_eq!(snapshot[0]["kind"], Value::Null);
    assert_eq!((&snapshot[0]["line"]["code"], &snapshot[0]["state"]["state"]), (&json!("L1"), &json!("IDLE")));
    assert_eq!((&snapshot[1]["line"]["code"], &snapshot[1]["state"]["state"]), (&json!("L2"), &Value::Null));
    // In one batch, and so in one transaction: no state may be left out.
    let line = twin.hamburg.lines["L1"];
    let signals = CYCLE.iter().map(|state| state_of(line, Some(*state), twin.stamp(0))).collect();
    twin.floor(signals).await;
    let changes = events.take(CYCLE.len()).await;
    let states: Vec<_> = changes.iter().map(|event| event["state"]["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["EXECUTE", "HELD", "UNHOLDING", "EXECUTE"], "each as it was then, not as it is now");
    twin.floor(vec![Signal::SourceStale { reason: "cut".into() }]).await;
    let stale = events.next().await;
    assert_eq!((&stale["kind"], &stale["state"]["state"]), (&json!("LINE_STALE"), &Value::Null));

    let mut resumed = twin.watch("ann", STATES, json!({ "after": changes[1]["cursor"], "snapshot": true })).await;
    assert_eq!(resumed.next().await["revision"], changes[2]["revision"], "a resumed one begins with no snapshot");
}

#[tokio::test]
async fn downtime_is_an_alert_when_it_opens_and_when_it_ends() {
    let twin = Twin::start().await;
    let query = "subscription { alerts(kinds: [DOWNTIME]) { kind event severity title plant { code } case { state line { code } } hold { id } } }";
    let mut alerts = twin.watch("pia", query, json!({})).await;
    alerts.begin().await;
    twin.report("L2", LineState::Execute).await;
    twin.report("L2", LineState::Aborted).await;
    let alert = alerts.next().await;
    assert_eq!(
        (&alert["kind"], &alert["event"], &alert["severity"]),
        (&json!("DOWNTIME"), &json!("CASE_OPENED"), &json!("HIGH"))
    );
    assert_eq!(alert["case"], json!({ "state": "DETECTED", "line": { "code": "L2" } }));
}

#[tokio::test]
async fn a_subscriber_sees_only_its_plants() {
    let twin = Twin::start().await;
    let mut lea = twin.watch("lea", STATES, json!({})).await;
    lea.begin().await;
    // A token may be narrower than the directory; a check of rights in between must not widen it.
    let narrowed = twin.principal("pia").await.narrowed_to(&only(twin.lyon.plant));
    let mut pia = twin.watch_as(narrowed, STATES, json!({}));
    pia.begin().await;
    twin.report("L1", LineState::Execute).await;
    twin.grant(twin.lyon.plant, "zoe", &[Role::Auditor]).await;
    for state in [LineState::Idle, LineState::Execute] {
        twin.floor_of_lyon(vec![state_of(twin.lyon.lines["L1"], Some(state), twin.stamp(0))]).await;
        for events in [&mut lea, &mut pia] {
            let event = events.next().await;
            assert_eq!(
                (&event["line"]["plant"]["code"], &event["state"]["state"]),
                (&json!("LYON"), &json!(state.as_str()))
            );
        }
        twin.report("L1", LineState::Held).await;
    }
    let mut blind = twin.watch("lea", STATES, json!({ "plant": "HAMBURG" })).await;
    assert_eq!(code(&blind.next_response().await.unwrap()), "NOT_FOUND");
    let mut nowhere = twin.watch("lea", STATES, json!({ "plant": "ATLANTIS" })).await;
    assert_eq!(code(&nowhere.next_response().await.unwrap()), "NOT_FOUND", "absent and forbidden look alike");
}

#[tokio::test]
async fn who_has_lost_every_role_is_sent_nothing_more() {
    let twin = Twin::start().await;
    let ghost = Principal { subject: "ghost".into(), ..twin.principal("ann").await };
    let mut events = twin.watch_as(ghost, CHANGES, json!({}));
    events.begin().await;
    twin.grant(twin.hamburg.plant, "zoe", &[Role::Auditor]).await;
    let response = events.next_response().await.unwrap();
    assert_eq!(code(&response), Code::PrincipalUnknown.as_str());
    assert!(events.next_response().await.is_none(), "and the stream ends");
}

#[tokio::test]
async fn a_wrong_cursor_is_the_first_and_last_answer() {
    let twin = Twin::start().await;
    for (after, expected) in [("nonsense", "CURSOR_INVALID"), ("", "CURSOR_INVALID")] {
        let mut events = twin.watch("ann", CHANGES, json!({ "after": after })).await;
        assert_eq!(code(&events.next_response().await.unwrap()), expected);
        assert!(events.next_response().await.is_none());
    }
    let mut events = twin.watch("ann", CHANGES, json!({})).await;
    events.begin().await;
    twin.report("L1", LineState::Idle).await;
    let old = events.next().await["cursor"].clone();
    twin.report("L1", LineState::Resetting).await;
    twin.report("L1", LineState::Idle).await;
    let cutoff = twin.store.database_now().await.unwrap() + chrono::TimeDelta::seconds(1);
    twin.store.prune_journal(cutoff).await.unwrap();
    let mut events = twin.watch("ann", CHANGES, json!({ "after": old })).await;
    assert_eq!(code(&events.next_response().await.unwrap()), "CURSOR_EXPIRED");
    assert!(events.next_response().await.is_none());
}
