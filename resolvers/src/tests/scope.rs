//! The wall: what is outside a caller's plants does not exist, whichever way they ask.

use async_graphql::Value as GraphqlValue;
use model::LineState;
use serde_json::{Value, json};

use super::harness::{BAD, Twin, code, state_of};

const ENTITIES: &str = "query E($representations: [_Any!]!) { _entities(representations: $representations) {
    __typename ... on Plant { code } ... on Line { code plantCode } ... on MaterialLot { number } ... on ProductionOrder { number }
    ... on Case { title } } }";

/// Global ids of everything in Hamburg that a query reaches.
async fn ids_of_hamburg(twin: &Twin) -> Vec<Value> {
    let query = r#"{ plant(code: "HAMBURG") { id areas { id }
        lines { id workUnits { id } parameters { id } openCases { id tasks { id } transitions { id } } }
        sources { id } lots { nodes { id material { id } claims { attribute } } } orders { nodes { id jobOrders { id } } } } }"#;
    fn collect(value: &Value, ids: &mut Vec<Value>) {
        match value {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| match name.as_str() {
                "id" => ids.push(value.clone()),
                _ => collect(value, ids),
            }),
            Value::Array(items) => items.iter().for_each(|item| collect(item, ids)),
            _ => {}
        }
    }
    let mut ids = Vec::new();
    collect(&twin.ask("pia", query, json!({})).await, &mut ids);
    ids
}

async fn with_a_case() -> Twin {
    let twin = Twin::start().await;
    twin.sync_orders_and_lots().await;
    twin.report("L1", LineState::Execute).await;
    twin.report("L1", LineState::Held).await;
    twin
}

#[tokio::test]
async fn node_shows_nothing_outside_the_scope_and_everything_inside() {
    let twin = with_a_case().await;
    let ids = ids_of_hamburg(&twin).await;
    assert!(ids.len() > 15, "{}", ids.len());
    let query = "query N($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";
    let inside = twin.ask("ann", query, json!({ "ids": ids })).await;
    for (node, id) in inside["nodes"].as_array().unwrap().iter().zip(&ids) {
        assert_eq!(&node["id"], id);
    }
    let outside = twin.ask("lea", query, json!({ "ids": ids })).await;
    assert!(outside["nodes"].as_array().unwrap().iter().all(Value::is_null), "{outside}");
    for id in &ids {
        let node = twin.ask("lea", "query N($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await;
        assert_eq!(node["node"], Value::Null);
    }
    let own = twin.ask("lea", "{ viewer { id name roles { plant { code } role } plants { code } } }", json!({})).await;
    assert_eq!(own["viewer"]["plants"], json!([{ "code": "LYON" }]));
    assert_eq!(own["viewer"]["roles"], json!([{ "plant": { "code": "LYON" }, "role": "MAINTENANCE_LEAD" }]));
    let both = json!({ "ids": [own["viewer"]["id"]] });
    assert_eq!(twin.ask("lea", query, both.clone()).await["nodes"][0]["__typename"], "Viewer");
    assert_eq!(twin.ask("ann", query, both).await["nodes"][0], Value::Null, "nobody looks another viewer up");
}

#[tokio::test]
async fn a_malformed_id_costs_only_its_own_place() {
    let twin = Twin::start().await;
    let plant = twin.ask("ann", r#"{ plant(code: "HAMBURG") { id } }"#, json!({})).await["plant"]["id"].clone();
    let query = "query N($ids: [ID!]!) { nodes(ids: $ids) { __typename } }";
    let response = twin.respond("ann", query, json!({ "ids": ["nonsense", plant] })).await;
    assert_eq!(code(&response), "INVALID_ID");
    assert_eq!(response.data.into_json().unwrap()["nodes"], json!([null, { "__typename": "Plant" }]));
    let many = json!({ "ids": vec![plant; 101] });
    assert_eq!(code(&twin.respond("ann", query, many).await), "INVALID_INPUT");
}

#[tokio::test]
async fn entities_stand_behind_the_same_wall_and_fail_one_by_one() {
    let twin = with_a_case().await;
    let ids = ids_of_hamburg(&twin).await;
    let representations = json!([
        { "__typename": "Plant", "id": ids[0] },
        { "__typename": "Plant", "code": "HAMBURG" },
        { "__typename": "Line", "plantCode": "HAMBURG", "code": "L2" },
        { "__typename": "MaterialLot", "plantCode": "HAMBURG", "materialCode": "M-1", "number": "K-2" },
        { "__typename": "ProductionOrder", "plantCode": "HAMBURG", "number": "P-1" },
    ]);
    let seen = twin.ask("ann", ENTITIES, json!({ "representations": representations })).await;
    assert_eq!(
        seen["_entities"],
        json!([
            { "__typename": "Plant", "code": "HAMBURG" },
            { "__typename": "Plant", "code": "HAMBURG" },
            { "__typename": "Line", "code": "L2", "plantCode": "HAMBURG" },
            { "__typename": "MaterialLot", "number": "K-2" },
            { "__typename": "ProductionOrder", "number": "P-1" },
        ])
    );
    let unseen = twin.ask("lea", ENTITIES, json!({ "representations": representations })).await;
    assert_eq!(unseen["_entities"], json!([null, null, null, null, null]));

    let bad = json!([
        { "__typename": "Plant", "code": "HAMBURG" },
        { "__typename": "Ghost", "id": ids[0] },
        { "__typename": "Line", "number": "x" },
        { "__typename": "Case", "id": ids[0] },
        { "id": ids[0] },
        { "__typename": "Plant", "code": "HAMBURG" },
    ]);
    let response = twin.respond("ann", ENTITIES, json!({ "representations": bad })).await;
    let codes: Vec<_> =
        response.errors.iter().map(|error| error.extensions.as_ref().unwrap().get("code").unwrap().clone()).collect();
    assert_eq!(codes.len(), 4);
    assert!(codes.contains(&GraphqlValue::from("INVALID_INPUT")) && codes.contains(&GraphqlValue::from("INVALID_ID")));
    let plant = json!({ "__typename": "Plant", "code": "HAMBURG" });
    assert_eq!(response.data.into_json().unwrap()["_entities"], json!([plant, null, null, null, null, plant]));
}

#[tokio::test]
async fn lists_and_counts_end_at_the_wall() {
    let twin = with_a_case().await;
    let query = r#"{ plants { totalCount nodes { code } } cases { totalCount nodes { id } } enterprises { code plants { code } }
        plant(code: "HAMBURG") { id } line(plant: "HAMBURG", code: "L1") { id } lot(plant: "HAMBURG", number: "K-1") { id }
        order(plant: "HAMBURG", number: "P-1") { id } }"#;
    let seen = twin.ask("lea", query, json!({})).await;
    assert_eq!(
        seen,
        json!({
            "plants": { "totalCount": 1, "nodes": [{ "code": "LYON" }] },
            "cases": { "totalCount": 0, "nodes": [] },
            "enterprises": [{ "code": "ACME", "plants": [{ "code": "LYON" }] }],
            "plant": null, "line": null, "lot": null, "order": null,
        })
    );
    let wide = twin.ask("pia", query, json!({})).await;
    assert_eq!((&wide["plants"]["totalCount"], &wide["cases"]["totalCount"]), (&json!(2), &json!(1)));
}

#[tokio::test]
async fn a_bad_status_is_never_shown_as_a_value() {
    let twin = Twin::start().await;
    let query = r#"{ line(plant: "HAMBURG", code: "L1") { state { state lastKnownState quality statusCode freshness staleReason }
        downtimeThreshold acknowledgeWithin parameters { name unit value quality low high limitState } } }"#;
    let line = async || twin.ask("ann", query, json!({})).await["line"].clone();
    let blank = line().await;
    assert_eq!((&blank["state"]["state"], &blank["state"]["freshness"]), (&Value::Null, &json!("UNKNOWN")));
    assert_eq!((&blank["downtimeThreshold"], &blank["acknowledgeWithin"]), (&json!("PT0S"), &json!("PT1H")));
    twin.report("L1", LineState::Execute).await;
    let id = twin.hamburg.lines["L1"];
    let parameter =
        |value, stamp| workflow::ingest::Signal::Parameter { line: id, name: "temperature".into(), value, stamp };
    twin.floor(vec![parameter(Some(9.5), twin.stamp(0))]).await;
    let running = line().await;
    assert_eq!(running["state"]["state"], "EXECUTE");
    assert_eq!(
        running["parameters"],
        json!([{ "name": "temperature", "unit": "Cel", "value": 9.5, "quality": "GOOD", "low": 2.0, "high": 8.5, "limitState": "HIGH" }])
    );
    twin.floor(vec![state_of(id, None, twin.stamp(BAD)), parameter(None, twin.stamp(BAD))]).await;
    let bad = line().await;
    assert_eq!(
        bad["state"],
        json!({ "state": null, "lastKnownState": "EXECUTE", "quality": "BAD", "statusCode": "0x808A0000", "freshness": "LIVE", "staleReason": null })
    );
    assert_eq!((&bad["parameters"][0]["value"], &bad["parameters"][0]["quality"]), (&Value::Null, &json!("BAD")));
    twin.report("L1", LineState::Execute).await;
    twin.floor(vec![workflow::ingest::Signal::SourceStale { reason: "the link is down".into() }]).await;
    let stale = line().await;
    assert_eq!((&stale["state"]["state"], &stale["state"]["lastKnownState"]), (&Value::Null, &json!("EXECUTE")));
    assert_eq!(stale["state"]["staleReason"], "the link is down");
}
