//! What surrounds lines, lots and orders: connected both ways, behind the wall.

mod rows;

use serde_json::{Value, json};

use super::harness::code;
use rows::with_shelves;

#[tokio::test]
async fn everything_is_connected_both_ways() {
    let twin = with_shelves().await;
    let query = r#"{ plant(code: "HAMBURG") {
        materials { totalCount nodes { code class { code materials { code } } billOfMaterial { component { code } quantity { value } }
            whereUsed { materialCode } lots { totalCount } } }
        storageLocations { nodes { code kind plantCode } } shifts { code weekdays startsAt endsAt }
        stagingTasks(states: [RELEASED]) { nodes { number order { number } lot { number } from { name } to { name } toLocation } }
        shipments(states: [SHIPPED]) { totalCount }
        line(code: "L1") { alarms { name severity acknowledged source { code } } }
        sources { code actions commandsStopped streams { name } } }
        stagingTasks { totalCount } shipments { totalCount } }"#;
    let seen = twin.ask("ann", query, json!({})).await;
    let plant = &seen["plant"];
    assert_eq!(
        plant["materials"]["nodes"][0],
        json!({
            "code": "P", "class": { "code": "DAIRY", "materials": [{ "code": "P" }, { "code": "C" }] },
            "billOfMaterial": [{ "component": { "code": "C" }, "quantity": { "value": "2" } }],
            "whereUsed": [], "lots": { "totalCount": 3 },
        })
    );
    assert_eq!(plant["materials"]["nodes"][1]["whereUsed"], json!([{ "materialCode": "P" }]));
    assert_eq!(
        plant["storageLocations"]["nodes"],
        json!([{ "code": "S-1", "kind": "QUARANTINE", "plantCode": "HAMBURG" }])
    );
    assert_eq!(
        plant["shifts"],
        json!([{ "code": "EARLY", "weekdays": ["MON", "SUN"], "startsAt": "06:00", "endsAt": "14:00" }])
    );
    let (order, lot) = (json!({ "number": "N-1" }), json!({ "number": "C-1" }));
    let task = json!({ "number": "T-1", "order": order, "lot": lot, "from": { "name": "Shelf" }, "to": null, "toLocation": "L1" });
    assert_eq!(plant["stagingTasks"]["nodes"], json!([task]));
    assert_eq!((&plant["shipments"]["totalCount"], &seen["shipments"]["totalCount"]), (&json!(0), &json!(1)));
    let alarm = json!({ "name": "Door", "severity": 700, "acknowledged": false, "source": { "code": "FLOOR" } });
    assert_eq!(plant["line"]["alarms"], json!([alarm]));
    assert!(plant["sources"].as_array().unwrap().iter().all(|source| source["commandsStopped"] == false));

    let order = r#"{ order(plant: "HAMBURG", number: "N-1") { state otherState stagingTasks { number } documents { number }
        jobOrders { state stateNumber subState responses { number state goodQuantity { value unit } jobOrder { state } }
            readiness { state missing { material { code } lot { number } quantity { value } reason } } } } }"#;
    let order = twin.ask("ann", order, json!({})).await["order"].clone();
    assert_eq!((&order["state"], &order["otherState"]), (&json!("OTHER"), &json!("PARKED")));
    let job = &order["jobOrders"][0];
    assert_eq!((&job["stateNumber"], &job["subState"]), (&json!(2), &json!("WAITING")));
    assert_eq!(job["responses"][0]["state"], "PAUSED");
    let missing = json!({ "material": { "code": "C" }, "lot": { "number": "C-1" }, "quantity": { "value": "10" }, "reason": "the lot is held" });
    assert_eq!(job["readiness"], json!({ "state": "BLOCKED", "missing": [missing] }));

    let shipment = r#"{ shipment(plant: "HAMBURG", number: "D-1") { state items { lot { number storageLocation { kind } shipments { number } } quantity { value } }
        documents { number required state subject { __typename ... on Shipment { number } } } } }"#;
    let shipment = twin.ask("ann", shipment, json!({})).await["shipment"].clone();
    assert_eq!(shipment["items"].as_array().unwrap().len(), 2);
    assert_eq!(
        shipment["items"][0]["lot"],
        json!({ "number": "P-1", "storageLocation": { "kind": "QUARANTINE" }, "shipments": [{ "number": "D-1" }] })
    );
    assert_eq!(shipment["documents"][0]["subject"], json!({ "__typename": "Shipment", "number": "D-1" }));
}

const GENEALOGY: &str = r#"query G($number: String!, $direction: GenealogyDirection!, $depth: Int! = 10) {
    lot(plant: "HAMBURG", number: $number) { genealogy(direction: $direction, depth: $depth) { distance lot { number } } } }"#;

#[tokio::test]
async fn genealogy_is_walked_both_ways_and_ends() {
    let twin = with_shelves().await;
    let walk = async |number: &str, direction: &str, depth: i32| {
        let variables = json!({ "number": number, "direction": direction, "depth": depth });
        let found = twin.ask("ann", GENEALOGY, variables).await["lot"]["genealogy"].clone();
        let steps = found.as_array().unwrap().iter();
        steps
            .map(|step| format!("{}:{}", step["distance"], step["lot"]["number"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(walk("C-1", "WENT_INTO", 10).await, ["1:P-1", "2:P-2", "2:P-1/1"]);
    assert_eq!(walk("C-1", "WENT_INTO", 1).await, ["1:P-1"]);
    assert_eq!(walk("C-1", "MADE_FROM", 10).await, Vec::<String>::new());
    assert_eq!(walk("P-1/1", "MADE_FROM", 10).await, ["1:P-1", "2:C-1", "2:P-2"]);
    for depth in [0, 11, -1] {
        let variables = json!({ "number": "C-1", "direction": "WENT_INTO", "depth": depth });
        assert_eq!(code(&twin.respond("ann", GENEALOGY, variables).await), "INVALID_INPUT");
    }
    let steps = r#"{ lot(plant: "HAMBURG", number: "P-1") { otherDisposition sublots { number parent { number } }
        madeFrom { parent { number } quantity { value } } wentInto { child { number } } stagingTasks { number } } }"#;
    assert_eq!(
        twin.ask("ann", steps, json!({})).await["lot"],
        json!({
            "otherDisposition": "SAMPLING",
            "sublots": [{ "number": "P-1/1", "parent": { "number": "P-1" } }],
            "madeFrom": [{ "parent": { "number": "C-1" }, "quantity": { "value": "5" } }, { "parent": { "number": "P-2" }, "quantity": { "value": "5" } }],
            "wentInto": [{ "child": { "number": "P-2" } }],
            "stagingTasks": [],
        })
    );
}

/// Natural keys of everything that has one.
fn representations() -> Value {
    let plant = "HAMBURG";
    json!([
        { "__typename": "Material", "plantCode": plant, "code": "P" },
        { "__typename": "MaterialClass", "plantCode": plant, "code": "DAIRY" },
        { "__typename": "BillItem", "plantCode": plant, "materialCode": "P", "componentCode": "C" },
        { "__typename": "StorageLocation", "plantCode": plant, "code": "S-1" },
        { "__typename": "Shift", "plantCode": plant, "code": "EARLY" },
        { "__typename": "StagingTask", "plantCode": plant, "number": "T-1" },
        { "__typename": "Shipment", "plantCode": plant, "number": "D-1" },
        { "__typename": "Document", "plantCode": plant, "number": "A-1" },
        { "__typename": "JobResponse", "plantCode": plant, "number": "R-1" },
    ])
}

#[tokio::test]
async fn entities_and_nodes_stand_behind_the_wall() {
    let twin = with_shelves().await;
    let entities = "query E($representations: [_Any!]!) { _entities(representations: $representations) { __typename
        ... on Node { id } } }";
    let variables = json!({ "representations": representations() });
    let inside = twin.ask("ann", entities, variables.clone()).await["_entities"].clone();
    for (found, wanted) in inside.as_array().unwrap().iter().zip(variables["representations"].as_array().unwrap()) {
        assert_eq!(found["__typename"], wanted["__typename"]);
    }
    let outside = twin.ask("lea", entities, variables).await["_entities"].clone();
    assert!(outside.as_array().unwrap().iter().all(Value::is_null), "{outside}");

    let more = r#"{ line(plant: "HAMBURG", code: "L1") { alarms { id } } lot(plant: "HAMBURG", number: "P-1") { madeFrom { id } }
        shipment(plant: "HAMBURG", number: "D-1") { items { id } } }"#;
    let more = twin.ask("ann", more, json!({})).await;
    let mut ids: Vec<Value> = inside.as_array().unwrap().iter().map(|entity| entity["id"].clone()).collect();
    ids.extend(
        [&more["line"]["alarms"], &more["lot"]["madeFrom"], &more["shipment"]["items"]]
            .map(|list| list[0]["id"].clone()),
    );
    let nodes = "query N($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let seen = twin.ask("pia", nodes, json!({ "ids": ids })).await["nodes"].clone();
    for (node, id) in seen.as_array().unwrap().iter().zip(&ids) {
        assert_eq!(&node["id"], id);
    }
    let unseen = twin.ask("lea", nodes, json!({ "ids": ids })).await["nodes"].clone();
    assert!(unseen.as_array().unwrap().iter().all(Value::is_null), "{unseen}");
    let lists = r#"{ plant(code: "LYON") { materials { totalCount } storageLocations { totalCount } shifts { code }
        stagingTasks { totalCount } shipments { totalCount } } stagingTasks { totalCount } shipments { nodes { id } }
        material(plant: "HAMBURG", code: "P") { id } storageLocation(plant: "HAMBURG", code: "S-1") { id }
        document(plant: "HAMBURG", number: "A-1") { id } }"#;
    let none = json!({ "totalCount": 0 });
    assert_eq!(
        twin.ask("lea", lists, json!({})).await,
        json!({
            "plant": { "materials": none, "storageLocations": none, "shifts": [], "stagingTasks": none, "shipments": none },
            "stagingTasks": none, "shipments": { "nodes": [] }, "material": null, "storageLocation": null, "document": null,
        })
    );
}
