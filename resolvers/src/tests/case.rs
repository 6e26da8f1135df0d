//! A case from the signal to its closure, as people do it through the graph.

use model::LineState;
use serde_json::{Value, json};

use super::harness::{Twin, code};

const LINE: &str = r#"{ line(plant: "HAMBURG", code: "L1") {
    code plantCode activeOrderNumber
    activeOrder { number state quantity { value unit } claims { attribute valueSet canonical source { code kind } } }
    activeJobOrder { state line { code } goodQuantity { value unit } }
    state { state lastKnownState quality freshness statusCode }
    openCases { id revision state title owner { role name } severity order { number }
        choices { option allowed code approvalsNeeded roles }
        tasks { id revision purpose state evidenceRequired } }
} }"#;

const OUTCOME: &str = "outcome { __typename
    ... on Done { object { __typename id } }
    ... on NeedsApproval { approvals needed roles decision { option state approvals { name } } }
    ... on Refused { code message missingRight roles whoCan docs }
    ... on Conflict { revision winner { name did } } }
    clientMutationId";

async fn open_case(twin: &Twin, account: &str) -> Value {
    twin.ask(account, LINE, json!({})).await["line"]["openCases"][0].clone()
}

async fn mutate(twin: &Twin, account: &str, field: &str, rest: &str, input: Value) -> Value {
    let title = format!("{}{}", field[..1].to_uppercase(), &field[1..]);
    let query = format!("mutation M($input: {title}Input!) {{ {field}(input: $input) {{ {OUTCOME} {rest} }} }}");
    twin.ask(account, &query, json!({ "input": input })).await[field].clone()
}

async fn acknowledge(twin: &Twin, account: &str, key: &str, case: &Value) -> Value {
    let input = json!({ "idempotencyKey": key, "case": case["id"], "expectedRevision": case["revision"], "clientMutationId": "c-1" });
    mutate(twin, account, "acknowledgeCase", "case { revision state owner { name } }", input).await
}

async fn decide(twin: &Twin, account: &str, key: &str, case: &Value, option: &str, target: Option<&Value>) -> Value {
    let input = json!({ "idempotencyKey": key, "case": case["id"], "expectedRevision": case["revision"],
        "option": option, "targetLine": target, "reason": "belt replaced" });
    mutate(
        twin,
        account,
        "decide",
        "decision { option state } case { id revision state commands { action state } }",
        input,
    )
    .await
}

async fn complete(twin: &Twin, account: &str, key: &str, task: &Value) -> Value {
    let input = json!({ "idempotencyKey": key, "task": task["id"], "expectedRevision": task["revision"] });
    mutate(twin, account, "completeTask", "task { state doneBy } case { state }", input).await
}

async fn add_evidence(twin: &Twin, account: &str, key: &str, case: &Value, task: &Value) -> Value {
    let input =
        json!({ "idempotencyKey": key, "case": case["id"], "task": task["id"], "kind": "TEXT", "text": "a belt tore" });
    mutate(twin, account, "addEvidence", "evidence { text addedBy task { id } }", input).await
}

/// The line runs order P-1 and aborts.
async fn broken_down() -> Twin {
    let twin = Twin::start().await;
    twin.sync_orders_and_lots().await;
    let (line, stamp) = (twin.hamburg.lines["L1"], twin.stamp(0));
    twin.floor(vec![workflow::ingest::Signal::ActiveOrder { line, number: Some("P-1".into()), stamp }]).await;
    twin.report("L1", LineState::Execute).await;
    twin.report("L1", LineState::Aborted).await;
    twin
}

#[tokio::test]
async fn a_case_is_taken_decided_carried_out_and_closed() {
    let twin = broken_down().await;
    let line = twin.ask("ann", LINE, json!({})).await["line"].clone();
    assert_eq!(line["state"]["state"], "ABORTED");
    assert_eq!(line["activeOrder"]["number"], "P-1");
    assert_eq!(line["activeOrder"]["quantity"], json!({ "value": "1205", "unit": "kg" }));
    let state = line["activeOrder"]["claims"].as_array().unwrap().iter().find(|claim| claim["attribute"] == "state");
    assert_eq!(state.unwrap()["valueSet"], json!(["REL", "PRT"]));
    assert_eq!(line["activeJobOrder"]["state"], "RUNNING");
    let case = &line["openCases"][0];
    assert_eq!(
        (&case["state"], &case["owner"], &case["order"]["number"]),
        (&json!("ASSIGNED"), &json!({ "role": "MAINTENANCE_LEAD", "name": null }), &json!("P-1"))
    );

    let taken = acknowledge(&twin, "ann", "k1", case).await;
    assert_eq!((&taken["outcome"]["__typename"], &taken["clientMutationId"]), (&json!("Done"), &json!("c-1")));
    assert_eq!(taken["outcome"]["object"]["id"], case["id"]);
    assert_eq!(acknowledge(&twin, "ann", "k1", case).await["outcome"], taken["outcome"], "the first result again");
    let late = acknowledge(&twin, "bob", "k2", case).await;
    assert_eq!(late["outcome"]["winner"], json!({ "name": "Ann", "did": "ACKNOWLEDGED" }));
    assert_eq!(late["outcome"]["revision"], taken["case"]["revision"]);

    let case = open_case(&twin, "ann").await;
    let triage = &case["tasks"][0];
    let refused = complete(&twin, "ann", "k3", triage).await;
    assert_eq!(refused["outcome"]["code"], "EVIDENCE_MISSING");
    assert!(refused["outcome"]["docs"].as_str().unwrap().starts_with("# EVIDENCE_MISSING"));
    let evidence = add_evidence(&twin, "olga", "k4", &case, triage).await;
    assert_eq!(
        evidence["evidence"],
        json!({ "text": "a belt tore", "addedBy": "Olga", "task": { "id": triage["id"] } })
    );
    let done = complete(&twin, "ann", "k3", triage).await;
    assert_eq!((&done["task"]["doneBy"], &done["case"]["state"]), (&json!("Ann"), &json!("CONTAINED")));

    let case = open_case(&twin, "olga").await;
    let choice = case["choices"].as_array().unwrap().iter().find(|choice| choice["option"] == "RESTART").unwrap();
    assert_eq!((&choice["allowed"], &choice["code"]), (&json!(false), &json!("MISSING_RIGHT")));
    let refused = decide(&twin, "olga", "k5", &case, "RESTART", None).await;
    assert_eq!(refused["outcome"]["missingRight"], "DECIDE_RESTART");
    assert_eq!(refused["outcome"]["whoCan"], json!(["Ann", "Bob"]));
    let decided = decide(&twin, "ann", "k6", &case, "RESTART", None).await;
    assert_eq!((&decided["decision"]["state"], &decided["case"]["state"]), (&json!("EFFECTIVE"), &json!("EXECUTING")));
    let overtaken = decide(&twin, "bob", "k7", &case, "RESTART", None).await;
    assert_eq!(overtaken["outcome"]["winner"], json!({ "name": "Ann", "did": "RESTART" }));

    let case = open_case(&twin, "ann").await;
    for (number, task) in case["tasks"].as_array().unwrap().iter().filter(|task| task["state"] == "OPEN").enumerate() {
        assert_eq!(task["purpose"], "RESTART_CHECK");
        if !task["evidenceRequired"].is_null() {
            add_evidence(&twin, "ann", &format!("e{number}"), &case, task).await;
        }
        assert_eq!(complete(&twin, "ann", &format!("t{number}"), task).await["outcome"]["__typename"], "Done");
    }
    assert_eq!(open_case(&twin, "ann").await["state"], "VERIFYING");
    for state in [LineState::Clearing, LineState::Stopped, LineState::Resetting, LineState::Idle, LineState::Execute] {
        twin.report("L1", state).await;
    }
    workflow::timers::fire_due(&twin.store).await.unwrap();
    let query = "query Q($id: ID!) { case(id: $id) { state closedAt verifiedAt decidedBy transitions { from to event actor } } }";
    let closed = twin.ask("pia", query, json!({ "id": case["id"] })).await["case"].clone();
    assert_eq!((&closed["state"], &closed["decidedBy"]), (&json!("CLOSED"), &json!("Ann")));
    let path: Vec<_> =
        closed["transitions"].as_array().unwrap().iter().map(|step| step["to"].as_str().unwrap()).collect();
    assert_eq!(path, ["ASSIGNED", "CONTAINED", "DECIDED", "EXECUTING", "VERIFYING", "CLOSED"]);
}

#[tokio::test]
async fn moving_an_order_takes_two_people() {
    let twin = broken_down().await;
    let target =
        twin.ask("ann", r#"{ line(plant: "HAMBURG", code: "L2") { id } }"#, json!({})).await["line"]["id"].clone();
    let case = open_case(&twin, "ann").await;
    let resequence = async |account, key| decide(&twin, account, key, &case, "RESEQUENCE_ORDER", Some(&target)).await;
    let waiting = resequence("ann", "k1").await;
    assert_eq!(waiting["outcome"]["__typename"], "NeedsApproval");
    assert_eq!((&waiting["outcome"]["approvals"], &waiting["outcome"]["needed"]), (&json!(1), &json!(2)));
    assert_eq!(waiting["outcome"]["decision"]["approvals"], json!([{ "name": "Ann" }]));
    assert_eq!(waiting["case"]["revision"], case["revision"], "the second approver's revision still holds");
    assert_eq!(resequence("ann", "k2").await["outcome"]["code"], "SAME_PERSON");
    let done = resequence("paul", "k3").await;
    assert_eq!(done["outcome"]["__typename"], "Done");
    assert_eq!(done["case"]["commands"], json!([{ "action": "RESEQUENCE", "state": "PENDING" }]));
}

#[tokio::test]
async fn an_id_of_something_else_is_an_error_and_nothing_happens() {
    let twin = broken_down().await;
    let case = open_case(&twin, "ann").await;
    let query =
        "mutation M($input: AcknowledgeCaseInput!) { acknowledgeCase(input: $input) { outcome { __typename } } }";
    for bad in [&case["tasks"][0]["id"], &json!("nonsense")] {
        let input = json!({ "idempotencyKey": "k", "case": bad, "expectedRevision": 1 });
        let response = twin.respond("ann", query, json!({ "input": input })).await;
        assert_eq!(code(&response), "INVALID_ID");
    }
    assert_eq!(open_case(&twin, "ann").await["revision"], case["revision"]);
}
