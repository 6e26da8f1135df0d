//! The front door of the real service, from outside.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode, header};
use serde_json::{Value, json};
use tests::{
    Kind, World,
    asyncua::MachineRoom,
    erp::{lot, material},
    graph::{Caller, answer, code},
    people::{BOB, MAX, OLGA},
    plant_file::{Access, PlantFile},
    run,
    service::{Installation, Service},
    socket::{End, Socket},
    until::PATIENCE,
};

/// A service with NORD and SUED and nothing that reports them: what happens, happens by requests.
async fn quiet(world: &World) -> (Installation, Service) {
    let installation =
        Installation::new(&world.database, &[PlantFile::nord().text(), PlantFile::new("SUED", &["S1"]).text()]);
    let service = installation.start().await;
    (installation, service)
}

/// A query of 1 kB that selects 2^27 fields: each fragment spreads the next one twice.
fn fan_out() -> String {
    let fragments: String =
        (0..26).map(|level| format!("fragment F{level} on Plant {{ ...F{0} ...F{0} }} ", level + 1)).collect();
    format!("{{ plants {{ nodes {{ ...F0 }} }} }} {fragments} fragment F26 on Plant {{ name }}")
}

/// What one request may cost before it is refused.
const REFUSAL_CPU_MAX: Duration = Duration::from_millis(15);

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_expands_without_end_costs_next_to_nothing() {
    run(Kind::Sqlite, async |world| {
        let (installation, service) = quiet(&world).await;
        let olga = installation.caller(OLGA).await;
        let (_, warm) = olga.post(&fan_out(), json!({})).await;
        assert_eq!(code(&warm), "QUERY_TOO_WIDE");
        let (requests, before) = (100, service.cpu());
        for _ in 0..requests {
            let (_, refused) = olga.post(&fan_out(), json!({})).await;
            assert!(refused.get("data").is_none() && code(&refused) == "QUERY_TOO_WIDE", "{refused}");
        }
        let each = (service.cpu() - before) / requests;
        println!("refusing costs {each:?} of processor time");
        assert!(each < REFUSAL_CPU_MAX, "{each:?}, the service's own work in the background included");
    })
    .await;
}

/// `placeHold` on the lot of the test: what would change something, if it were executed.
async fn place_hold(olga: &Caller) -> Value {
    let lot = olga.ask("{ lot(plant: \"NORD\", number: \"LOT-1\") { id revision } }", json!({})).await["lot"].take();
    let (id, revision) = (lot["id"].as_str().unwrap(), &lot["revision"]);
    let query = format!(
        "mutation {{ placeHold(input: {{ idempotencyKey: \"once\", lot: \"{id}\", expectedRevision: {revision}, reason: \"metal\" }}) \
         {{ outcome {{ __typename }} }} }}"
    );
    json!({ "query": query })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_proper_request_executes_nothing() {
    run(Kind::Sqlite, async |world| {
        let erp = world.erp().await;
        erp.apply([material("1", world.ago(60)), lot("7", "LOT-1", "1").at(world.ago(60))]).await;
        let (installation, _service) = quiet(&world).await;
        let max = installation.caller(MAX).await;
        let mutation = place_hold(&max).await;
        let (query, body) = (mutation["query"].as_str().unwrap(), mutation.to_string());
        let multipart =
            format!("--b\r\ncontent-disposition: form-data; name=\"operations\"\r\n\r\n{body}\r\n--b--\r\n");
        let post =
            |kind: &str, body: &str| max.request(Method::POST).header(header::CONTENT_TYPE, kind).body(body.to_owned());
        let attempts: [(&str, RequestBuilder, StatusCode, &str); 8] = [
            ("GET", max.query_by_get(query), StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED"),
            ("text", post("text/plain", &body), StatusCode::UNSUPPORTED_MEDIA_TYPE, "MEDIA_TYPE_UNSUPPORTED"),
            (
                "no type",
                max.request(Method::POST).body(body.clone()),
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "MEDIA_TYPE_UNSUPPORTED",
            ),
            (
                "form",
                post("application/x-www-form-urlencoded", &body),
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "MEDIA_TYPE_UNSUPPORTED",
            ),
            (
                "multipart",
                post("multipart/form-data; boundary=b", &multipart),
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "MEDIA_TYPE_UNSUPPORTED",
            ),
            ("batch", post("application/json", &format!("[{body}]")), StatusCode::BAD_REQUEST, "REQUEST_MALFORMED"),
            (
                "PUT",
                max.request(Method::PUT).header(header::CONTENT_TYPE, "application/json").body(body.clone()),
                StatusCode::METHOD_NOT_ALLOWED,
                "METHOD_NOT_ALLOWED",
            ),
            (
                "stranger",
                Caller::stranger(max.address)
                    .request(Method::POST)
                    .header(header::CONTENT_TYPE, "application/json")
                    .body(body.clone()),
                StatusCode::UNAUTHORIZED,
                "UNAUTHENTICATED",
            ),
        ];
        let head = world.head().await;
        for (how, request, status, expected) in attempts {
            let (told, refused) = answer(request).await;
            assert_eq!((told, code(&refused)), (status, expected), "{how}");
        }
        assert_eq!(world.head().await, head, "nothing was executed");
        let (status, done) = answer(post("application/json", &body)).await;
        assert_eq!((status, &done["data"]["placeHold"]["outcome"]["__typename"]), (StatusCode::OK, &json!("Done")));
        assert!(world.head().await > head, "the same, asked properly, is executed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_plant_s_user_sees_nothing_by_any_key() {
    run(Kind::Sqlite, async |world| {
        let erp = world.erp().await;
        erp.apply([material("1", world.ago(60)), lot("7", "LOT-1", "1").at(world.ago(60))]).await;
        let (installation, _service) = quiet(&world).await;
        let (olga, bob) = (installation.caller(OLGA).await, installation.caller(BOB).await);
        let ids = "{ plant(code: \"NORD\") { id sources { id } lines { id area { id } workUnits { id } parameters { id } }
            lots(first: 10) { nodes { id material { id } claims { attribute } } } enterprise { id } } }";
        let own = olga.ask(ids, json!({})).await;
        let mut known = Vec::new();
        collect_ids(&own, &mut known);
        assert!(known.len() > 10, "{known:?}");
        // The enterprise is Bob's too.
        let enterprise = own["plant"]["enterprise"]["id"].as_str().unwrap().to_owned();
        known.retain(|id| *id != enterprise);
        let asked = bob.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", json!({ "ids": known })).await;
        assert!(asked["nodes"].as_array().unwrap().iter().all(Value::is_null), "{asked}");
        for id in &known {
            assert_eq!(bob.ask("query ($id: ID!) { node(id: $id) { __typename } }", json!({ "id": id })).await, json!({ "node": null }));
        }
        let plant = own["plant"]["id"].clone();
        let line = own["plant"]["lines"][0]["id"].clone();
        let lot = own["plant"]["lots"]["nodes"][0]["id"].clone();
        let representations = json!([
            { "__typename": "Plant", "id": plant }, { "__typename": "Plant", "code": "NORD" },
            { "__typename": "Line", "id": line }, { "__typename": "Line", "plantCode": "NORD", "code": "L1" },
            { "__typename": "MaterialLot", "id": lot },
            { "__typename": "MaterialLot", "plantCode": "NORD", "materialCode": "M1", "number": "LOT-1" },
        ]);
        let entities = "query ($r: [_Any!]!) { _entities(representations: $r) { __typename
            ... on Plant { name } ... on Line { name } ... on MaterialLot { number } } }";
        let variables = json!({ "r": representations });
        let seen = olga.ask(entities, variables.clone()).await;
        assert!(seen["_entities"].as_array().unwrap().iter().all(Value::is_object), "{seen}");
        let (_, hidden) = bob.post(entities, variables).await;
        assert!(hidden["data"]["_entities"].as_array().unwrap().iter().all(Value::is_null), "{hidden}");
        let by_key = "{ plant(code: \"NORD\") { id } line(plant: \"NORD\", code: \"L1\") { id }
            lot(plant: \"NORD\", number: \"LOT-1\") { id } plants { totalCount nodes { code } }
            enterprises { plants { code } } }";
        let expected = json!({ "plant": null, "line": null, "lot": null,
            "plants": { "totalCount": 1, "nodes": [{ "code": "SUED" }] }, "enterprises": [{ "plants": [{ "code": "SUED" }] }] });
        assert_eq!(bob.ask(by_key, json!({})).await, expected);
        for operation in ["alerts(plant: \"NORD\") { cursor }", "lineState(plant: \"NORD\") { cursor }"] {
            assert_eq!(subscribed(&bob, operation).await, Err("NOT_FOUND".to_owned()), "{operation}");
        }
        assert_eq!(bob.ask("{ viewer { plants { code } } }", json!({})).await["viewer"]["plants"], json!([{ "code": "SUED" }]));
    })
    .await;
}

fn collect_ids(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| match value.as_str() {
            Some(id) if name == "id" => into.push(id.to_owned()),
            _ => collect_ids(value, into),
        }),
        Value::Array(items) => items.iter().for_each(|item| collect_ids(item, into)),
        _ => {}
    }
}

/// The first event of a subscription, or the code with which it ends.
async fn subscribed(caller: &Caller, operation: &str) -> Result<Value, String> {
    let mut socket = Socket::open(caller.address, caller.token.as_deref().unwrap()).await.unwrap();
    socket.subscribe("1", &format!("subscription {{ {operation} }}"), json!({})).await.unwrap();
    socket.event().await.map_err(|end| match end {
        End::Error(code, _) => code,
        other => panic!("{other:?}"),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_good_token_opens_the_door() {
    run(Kind::Sqlite, async |world| {
        let (installation, service) = quiet(&world).await;
        let expired = installation.token_for(OLGA, "1s").await;
        let good = installation.token(OLGA).await;
        let (nobody, elsewhere) = (installation.token("nobody").await, Installation::new(&world.database, &[]));
        let foreign = elsewhere.token(OLGA).await;
        let ask = async |token: Option<&str>| {
            let caller = token.map_or_else(|| service.stranger(), |token| Caller::new(installation.address, token));
            let (status, answer) = caller.post("{ viewer { name } }", json!({})).await;
            (status.as_u16(), answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned())
        };
        assert_eq!(ask(Some(&good)).await, (200, String::new()));
        assert_eq!(ask(None).await, (401, "UNAUTHENTICATED".to_owned()));
        for garbage in ["garbage", "a.b.c", &good[..good.len() - 4], &format!("{good}x"), &foreign] {
            assert_eq!(ask(Some(garbage)).await, (401, "TOKEN_INVALID".to_owned()), "{garbage}");
        }
        assert_eq!(ask(Some(&nobody)).await, (403, "PRINCIPAL_UNKNOWN".to_owned()));
        tests::until::until("the token of a second ends", PATIENCE, async || {
            let told = ask(Some(&expired)).await;
            if told == (401, "TOKEN_EXPIRED".to_owned()) { Ok(()) } else { Err(told) }
        })
        .await;
        match Socket::open(installation.address, &expired).await {
            Err(End::Closed(4403, _)) => {}
            other => panic!("expected to be closed with 4403, got {other:?}"),
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_tells_how_it_is_and_ends_when_asked_to() {
    run(Kind::Postgres, async |world| {
        let room = MachineRoom::new();
        let _machines = room.start().await;
        let plant = PlantFile::nord().floor(room.port, Access::Open);
        let installation = Installation::new(&world.database, &[plant.text()]);
        let service = installation.start().await;
        let stranger = service.stranger();
        assert_eq!(stranger.get("/healthz").await, (StatusCode::OK, "alive\n".to_owned()));
        let (status, ready) = stranger.get("/readyz").await;
        assert_eq!(status, StatusCode::OK);
        for check in ["database", "migrations", "journal"] {
            assert!(ready.contains(&format!(r#"{{"name":"{check}","ok":true}}"#)), "{ready}");
        }
        let olga = installation.caller(OLGA).await;
        olga.ask("{ plants { nodes { code } } }", json!({})).await;
        let (status, metrics) = stranger.get("/metrics").await;
        assert_eq!(status, StatusCode::OK);
        for name in ["plantgraph_graphql_seconds", "plantgraph_opcua_items_expected", "plantgraph_ingest_changes_total"]
        {
            assert!(metrics.contains(name), "{name} is not in\n{metrics}");
        }
        assert_eq!(stranger.get("/nothing").await.0, StatusCode::NOT_FOUND);

        let mut socket = Socket::open(olga.address, olga.token.as_deref().unwrap()).await.unwrap();
        socket.subscribe("1", "subscription { lineState(snapshot: true) { cursor } }", json!({})).await.unwrap();
        socket.event().await.unwrap();
        assert_eq!(service.stop().await, 0, "with a subscriber and a machine connected");
        let end = loop {
            if let Err(end) = socket.event().await {
                break end;
            }
        };
        assert!(matches!(end, End::Closed(1001, _) | End::Error(..) | End::Complete), "{end:?}");
    })
    .await;
}
