//! What an integration administrator does to the connection with a system.

use model::{Role, SubjectType, store::Actor};
use serde_json::{Value, json};

use super::harness::{Twin, order};
use crate::global_id::GlobalId;

const REST: &str = "outcome { __typename
    ... on Done { object { __typename id } }
    ... on Refused { code missingRight roles whoCan } }
    clientMutationId
    sourceSystem { code commandsStopped streams { name pausedReason } }";

/// Hamburg's ERP was read once; Ina administers its connections.
async fn connected() -> (Twin, Value) {
    let twin = Twin::start().await;
    twin.sync_orders_and_lots().await;
    twin.grant(twin.hamburg.plant, "ina", &[Role::IntegrationAdmin]).await;
    let erp = GlobalId::new(SubjectType::SourceSystem, twin.hamburg.sources["ERP"].0).encode();
    (twin, json!(erp.as_str()))
}

async fn mutate(twin: &Twin, account: &str, field: &str, input: Value) -> Value {
    let title = format!("{}{}", field[..1].to_uppercase(), &field[1..]);
    let query = format!("mutation M($input: {title}Input!) {{ {field}(input: $input) {{ {REST} }} }}");
    twin.ask(account, &query, json!({ "input": input })).await[field].clone()
}

/// The stream of the harness is stopped, as its guard would.
async fn stop(twin: &Twin) {
    let source = twin.hamburg.sources["ERP"];
    let mut tx = twin.store.begin(Actor::system("test", "stop")).await.unwrap();
    tx.save_stream(source, "all", |row| row.paused_reason = Some("half of it is gone".into())).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_stopped_stream_goes_on_when_its_administrator_says_so() {
    let (twin, erp) = connected().await;
    stop(&twin).await;
    let input = json!({ "idempotencyKey": "k1", "source": erp, "stream": "all", "clientMutationId": "c-1" });
    let refused = mutate(&twin, "quinn", "resumeStream", input.clone()).await;
    assert_eq!(refused["outcome"]["missingRight"], "MANAGE_INTEGRATION");
    assert_eq!(refused["outcome"]["whoCan"], json!(["Ina"]));
    assert_eq!(refused["sourceSystem"]["streams"][0]["pausedReason"], "half of it is gone");

    let done = mutate(&twin, "ina", "resumeStream", input.clone()).await;
    assert_eq!(done["outcome"]["object"], json!({ "__typename": "SourceSystem", "id": erp }));
    assert_eq!(done["clientMutationId"], "c-1");
    assert_eq!(done["sourceSystem"]["streams"][0], json!({ "name": "all", "pausedReason": null }));

    stop(&twin).await;
    let again = mutate(&twin, "ina", "resumeStream", input.clone()).await;
    assert_eq!(again["outcome"], done["outcome"], "the first result again, and no second effect");
    assert_eq!(again["sourceSystem"]["streams"][0]["pausedReason"], "half of it is gone");
    let strange = mutate(&twin, "lea", "resumeStream", input).await;
    assert_eq!((&strange["outcome"]["code"], &strange["sourceSystem"]), (&json!("NOT_FOUND"), &Value::Null));
}

#[tokio::test]
async fn a_stream_is_read_again_from_its_beginning() {
    let (twin, erp) = connected().await;
    let source = twin.hamburg.sources["ERP"];
    let mut tx = twin.store.begin(Actor::system("test", "read")).await.unwrap();
    tx.save_cursor(source, "all", "far".into()).await.unwrap();
    tx.commit().await.unwrap();
    let input = |stream| json!({ "idempotencyKey": format!("k-{stream}"), "source": erp, "stream": stream });
    let unknown = mutate(&twin, "ina", "resetStream", input("none")).await;
    assert_eq!(unknown["outcome"]["code"], "INVALID_INPUT");
    assert_eq!(twin.store.job_cursor(source, "all").await.unwrap().as_deref(), Some("far"));
    let done = mutate(&twin, "ina", "resetStream", input("all")).await;
    assert_eq!(done["outcome"]["__typename"], "Done");
    assert_eq!(twin.store.job_cursor(source, "all").await.unwrap().unwrap_or_default(), "");
}

#[tokio::test]
async fn nothing_is_sent_to_a_system_while_its_kill_switch_is_on() {
    let (twin, erp) = connected().await;
    for (key, stopped) in [("k1", true), ("k2", false)] {
        let input = json!({ "idempotencyKey": key, "source": erp, "stopped": stopped });
        assert_eq!(mutate(&twin, "olga", "stopCommands", input.clone()).await["outcome"]["code"], "MISSING_RIGHT");
        let done = mutate(&twin, "ina", "stopCommands", input).await;
        assert_eq!(done["outcome"]["__typename"], "Done");
        assert_eq!(done["sourceSystem"]["commandsStopped"], stopped);
    }
}

#[tokio::test]
async fn a_record_that_waits_is_tried_again_with_the_next_pass() {
    let (twin, erp) = connected().await;
    let mut early = order("8", "P-2");
    if let workflow::sync::Body::Says(says) = &mut early.body {
        let material = workflow::sync::Assertion::reference(Some("404"));
        says.attributes.insert("material".into(), material);
    }
    twin.sync(vec![early]).await;
    let source = twin.hamburg.sources["ERP"];
    let waiting = async || {
        let tx = twin.store.begin(Actor::system("test", "look")).await.unwrap();
        tx.job_dead_letters_with(source, "REFERENCE_MISSING", false, 10).await.unwrap()
    };
    let before = waiting().await;
    assert_eq!(before.len(), 1, "the order waits for its material");
    let input = json!({ "idempotencyKey": "k1", "source": erp });
    assert_eq!(mutate(&twin, "pia", "replayDeadLetters", input.clone()).await["outcome"]["code"], "MISSING_RIGHT");
    let done = mutate(&twin, "ina", "replayDeadLetters", input).await;
    assert_eq!(done["outcome"]["__typename"], "Done");
    let after = waiting().await;
    assert_eq!((after[0].next_retry_at, after[0].attempts), (None, 0));
}
