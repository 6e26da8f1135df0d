//! Lots, holds, claims, connections.

use serde_json::{Value, json};

use super::harness::{Twin, code, lot};

const LOT: &str = r#"query Lot($number: String!) { lot(plant: "HAMBURG", number: $number) {
    id number revision usable disposition status location openHolds quantity { value unit }
    material { code name } materialCode plantCode
    holds { id revision state placedBy releasedBy reason }
    claims { attribute canonical source { code } sourceVersion mappingVersion }
} }"#;

const LOTS: &str = r#"query Lots($first: Int, $after: String, $last: Int, $before: String, $disposition: Disposition) {
    plant(code: "HAMBURG") { lots(first: $first, after: $after, last: $last, before: $before, disposition: $disposition) {
        totalCount edges { cursor node { number } } nodes { number }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"#;

async fn lot_of(twin: &Twin, number: &str) -> Value {
    twin.ask("quinn", LOT, json!({ "number": number })).await["lot"].clone()
}

#[tokio::test]
async fn a_held_lot_is_unusable_until_another_quality_manager_releases_it() {
    let twin = Twin::start().await;
    twin.sync_orders_and_lots().await;
    let mut alerts = twin
        .watch(
            "bob",
            "subscription { alerts(kinds: [HOLD]) { cursor kind event title lot { number usable } hold { placedBy } } }",
            json!({}),
        )
        .await;
    alerts.begin().await;
    assert_eq!(lot_of(&twin, "K-2").await["usable"], false, "it is restricted");
    let free = lot_of(&twin, "K-1").await;
    assert_eq!((&free["usable"], &free["materialCode"]), (&json!(true), &json!("M-1")));
    assert!(free["claims"].as_array().unwrap().iter().all(|claim| claim["source"]["code"] == "ERP"));

    let place = "mutation P($input: PlaceHoldInput!) { placeHold(input: $input) {
        outcome { __typename } hold { id revision state } lot { usable openHolds } } }";
    let input = json!({ "idempotencyKey": "k1", "lot": free["id"], "expectedRevision": free["revision"], "reason": "metal found" });
    let placed = twin.ask("quinn", place, json!({ "input": input })).await["placeHold"].clone();
    assert_eq!(placed["lot"], json!({ "usable": false, "openHolds": 1 }));

    let release = "mutation R($input: ReleaseHoldInput!) { releaseHold(input: $input) {
        outcome { __typename ... on Refused { code } } hold { state releasedBy } lot { usable } } }";
    let input = json!({ "idempotencyKey": "k2", "hold": placed["hold"]["id"], "expectedRevision": placed["hold"]["revision"], "reason": "sieved" });
    let own = twin.ask("quinn", release, json!({ "input": input })).await["releaseHold"].clone();
    assert_eq!(own["outcome"]["code"], "SAME_PERSON");
    let released = twin.ask("rita", release, json!({ "input": input })).await["releaseHold"].clone();
    assert_eq!(released["hold"], json!({ "state": "RELEASED", "releasedBy": "Rita" }));
    assert_eq!(released["lot"]["usable"], true);
    let strange = twin.ask("lea", release, json!({ "input": input })).await["releaseHold"].clone();
    assert_eq!((&strange["outcome"]["code"], &strange["hold"]), (&json!("NOT_FOUND"), &Value::Null));

    let first = alerts.next().await;
    assert_eq!(
        (&first["kind"], &first["event"], &first["title"]),
        (&json!("HOLD"), &json!("HOLD_PLACED"), &json!("metal found"))
    );
    let second = alerts.next().await;
    assert_eq!((&second["event"], &second["title"]), (&json!("HOLD_RELEASED"), &json!("sieved")));
    assert_eq!(second["lot"], json!({ "number": "K-1", "usable": true }));
}

#[tokio::test]
async fn a_connection_is_paged_in_both_directions_over_one_order() {
    let twin = Twin::start().await;
    twin.sync_orders_and_lots().await;
    let more =
        (3..=7).map(|number| lot(&format!("2{number}"), &format!("K-{number}"), model::Disposition::Unrestricted));
    twin.sync(more.collect()).await;
    let page = async |variables: Value| twin.ask("ann", LOTS, variables).await["plant"]["lots"].clone();
    let numbers = |page: &Value| -> Vec<String> {
        page["nodes"].as_array().unwrap().iter().map(|node| node["number"].as_str().unwrap().to_owned()).collect()
    };
    let mut forward = Vec::new();
    let mut after = Value::Null;
    loop {
        let page = page(json!({ "first": 3, "after": after })).await;
        assert_eq!((&page["totalCount"], &page["pageInfo"]["hasPreviousPage"]), (&json!(7), &json!(!after.is_null())));
        forward.extend(numbers(&page));
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(forward, ["K-1", "K-2", "K-3", "K-4", "K-5", "K-6", "K-7"]);
    let last = page(json!({ "last": 3 })).await;
    assert_eq!(numbers(&last), ["K-5", "K-6", "K-7"]);
    let before = page(json!({ "last": 3, "before": last["pageInfo"]["startCursor"] })).await;
    assert_eq!(numbers(&before), ["K-2", "K-3", "K-4"]);
    assert_eq!(
        (&before["pageInfo"]["hasNextPage"], &before["pageInfo"]["hasPreviousPage"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(page(json!({ "disposition": "RESTRICTED" })).await["totalCount"], 1);
    for (variables, expected) in [
        (json!({ "first": -1 }), "INVALID_INPUT"),
        (json!({ "first": 1, "last": 1 }), "INVALID_INPUT"),
        (json!({ "after": "nonsense" }), "CURSOR_INVALID"),
    ] {
        assert_eq!(code(&twin.respond("ann", LOTS, variables).await), expected);
    }
}
