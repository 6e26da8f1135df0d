use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{Book, Confirmation, Desk, Dispatch, http::router};
use crate::{clock::wall_now, plant::LineId};

const KEY: &str = "erp-test-key";

struct Erp {
    desk: Desk,
    router: Router,
}

impl Erp {
    /// An ERP that has planned its first orders.
    fn new() -> Self {
        let desk = Desk::new(Book::new(7, wall_now()));
        desk.book().dispatch(wall_now());
        let router = router(desk.clone(), KEY.to_owned());
        Erp { desk, router }
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.send(request(Method::GET, path, None, Some(KEY))).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.send(request(Method::POST, path, Some(body), Some(KEY))).await
    }

    /// An order with this status.
    async fn order(&self, status: &str) -> Value {
        let orders = self.get("/api/orders").await;
        let items = orders["items"].as_array().unwrap();
        items.iter().find(|order| order["status"] == status).unwrap().clone()
    }
}

fn request(method: Method, path: &str, body: Option<Value>, key: Option<&str>) -> Request<Body> {
    let mut builder = Request::builder().method(method).uri(path);
    if let Some(key) = key {
        builder = builder.header(header::AUTHORIZATION, format!("Bearer {key}"));
    }
    match body {
        Some(body) => {
            builder.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())).unwrap()
        }
        None => builder.body(Body::empty()).unwrap(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn finish(erp: &Erp, number: &str, now: DateTime<Utc>) {
    erp.desk.book().confirm(&Confirmation::Finished { number: number.to_owned(), good: 216 }, now);
}

#[tokio::test]
async fn without_the_key_nothing_is_said() {
    let erp = Erp::new();
    for key in [None, Some("wrong"), Some("erp-test-ke"), Some("")] {
        for path in ["/api/orders", "/api/ledger", "/nowhere"] {
            let (status, body) = erp.send(request(Method::GET, path, None, key)).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED);
            assert_eq!(body["error"]["code"], "UNAUTHORIZED");
        }
    }
}

#[tokio::test]
async fn six_orders_are_open_and_records_have_the_agreed_shape() {
    let erp = Erp::new();
    let orders = erp.get("/api/orders").await;
    let items = orders["items"].as_array().unwrap();
    let open = items.iter().filter(|o| ["PLANNED", "RELEASED"].contains(&o["status"].as_str().unwrap()));
    assert_eq!(open.count(), 6);
    assert_eq!(orders["has_more"], false);
    text(&orders["server_time"]).parse::<DateTime<Utc>>().unwrap();

    let planned = erp.order("PLANNED").await;
    assert_eq!(planned["updated_at"], Value::Null);
    assert_eq!(planned["version"], 1);
    assert_eq!(planned["completed_quantity"], "0");
    assert!(planned["quantity"].as_str().unwrap().parse::<u32>().unwrap() >= 216);
    let released = erp.order("RELEASED").await;
    assert!(released["updated_at"].is_string());
    assert_eq!(released["version"], 2);

    let materials = erp.get("/api/materials").await;
    assert_eq!(materials["items"][0]["code"], "FG-SAUCE-340");
    assert_eq!(materials["items"][0]["unit"], "PCE");
    let lots = erp.get("/api/lots").await;
    assert_eq!(lots["items"][3]["stock_type"], "BLOCKED");
    assert_eq!(lots["items"][3]["quantity"], "75.250");
    assert_eq!(lots["items"][3]["unit"], "KG");
}

#[tokio::test]
async fn pages_by_id_show_every_record_once() {
    let erp = Erp::new();
    let (mut ids, mut after) = (Vec::new(), 0);
    loop {
        let page = erp.get(&format!("/api/lots?limit=5&after_id={after}")).await;
        let items = page["items"].as_array().unwrap();
        ids.extend(items.iter().map(|lot| lot["id"].as_i64().unwrap()));
        after = *ids.last().unwrap();
        assert!(items.len() <= 5);
        if page["has_more"] == false {
            break;
        }
    }
    assert_eq!(ids, (1..=12).collect::<Vec<_>>());
    let last = erp.get("/api/lots?limit=12").await;
    assert_eq!(last["has_more"], false, "a full last page has nothing after it");
}

#[tokio::test]
async fn changed_since_finds_updates_and_records_that_were_never_updated() {
    let erp = Erp::new();
    let later = wall_now() + TimeDelta::minutes(10);
    let since = format!("/api/orders?changed_since={}", later.to_rfc3339_opts(chrono::SecondsFormat::Micros, true));
    assert_eq!(erp.get(&since).await["items"].as_array().unwrap().len(), 0);

    let number = text(&erp.order("RELEASED").await["number"]);
    erp.desk.book().confirm(&Confirmation::Started { number: number.clone() }, later);
    erp.desk.book().confirm(&Confirmation::Started { number: number.clone() }, later);
    let changed = erp.get(&since).await;
    assert_eq!(changed["items"].as_array().unwrap().len(), 1);
    assert_eq!(changed["items"][0]["number"], number.as_str());
    assert_eq!(changed["items"][0]["version"], 3, "the second confirmation changes nothing");

    finish(&erp, &number, later + TimeDelta::seconds(1));
    erp.desk.book().dispatch(later + TimeDelta::seconds(2));
    let changed = erp.get(&since).await;
    let statuses: Vec<_> = changed["items"].as_array().unwrap().iter().map(|o| text(&o["status"])).collect();
    assert!(statuses.contains(&"FINISHED".to_owned()));
    assert!(statuses.contains(&"PLANNED".to_owned()), "a new order takes its place: {statuses:?}");
}

#[tokio::test]
async fn resequencing_has_one_effect_for_one_key() {
    let erp = Erp::new();
    let order = erp.order("RELEASED").await;
    assert_eq!(order["line"], "L1");
    let path = format!("/api/orders/{}/resequence", order["id"]);
    let body = json!({ "line": "L2", "key": "command-1" });
    let (status, first) = erp.post(&path, body.clone()).await;
    assert_eq!(status, StatusCode::OK, "{first}");
    assert_eq!((&first["record"]["line"], &first["replayed"]), (&json!("L2"), &json!(false)));
    assert_eq!(first["effect"]["changed"], true);

    let (_, again) = erp.post(&path, body).await;
    assert_eq!(again["replayed"], true);
    assert_eq!(again["effect"], first["effect"]);
    assert_eq!(again["record"]["version"], first["record"]["version"]);

    let (status, reused) = erp.post(&path, json!({ "line": "L1", "key": "command-1" })).await;
    assert_eq!((status, &reused["error"]["code"]), (StatusCode::CONFLICT, &json!("KEY_REUSED")));

    let ledger = erp.get("/api/ledger").await;
    assert_eq!(ledger["items"].as_array().unwrap().len(), 1);
    let told = erp.desk.book().dispatch(wall_now());
    let moved = Dispatch::Move { number: text(&order["number"]), to: LineId::Two };
    assert!(told.contains(&moved), "{told:?}");
    assert!(!erp.desk.book().dispatch(wall_now()).contains(&moved), "the floor is told once");
}

#[tokio::test]
async fn a_closed_order_cannot_be_moved() {
    let erp = Erp::new();
    for status in ["FINISHED", "CANCELLED"] {
        let order = erp.order(status).await;
        let path = format!("/api/orders/{}/resequence", order["id"]);
        let (code, body) = erp.post(&path, json!({ "line": "L2", "key": status })).await;
        assert_eq!((code, &body["error"]["code"]), (StatusCode::CONFLICT, &json!("ORDER_CLOSED")));
    }
    // The key of a request that took effect stays good after the order has been closed.
    let order = erp.order("RELEASED").await;
    let path = format!("/api/orders/{}/resequence", order["id"]);
    let body = json!({ "line": "L2", "key": "before the end" });
    erp.post(&path, body.clone()).await;
    finish(&erp, order["number"].as_str().unwrap(), wall_now());
    let (code, again) = erp.post(&path, body).await;
    assert_eq!((code, &again["replayed"]), (StatusCode::OK, &json!(true)));
}

#[tokio::test]
async fn a_lot_is_blocked_and_returns_to_what_it_was() {
    let erp = Erp::new();
    for (id, was) in [(1, "UNRESTRICTED"), (2, "QUALITY")] {
        let (block, unblock) = (format!("/api/lots/{id}/block"), format!("/api/lots/{id}/unblock"));
        let (_, blocked) = erp.post(&block, json!({ "key": format!("b{id}") })).await;
        assert_eq!(blocked["record"]["stock_type"], "BLOCKED");
        let (_, twice) = erp.post(&block, json!({ "key": format!("b{id}-again") })).await;
        assert_eq!(twice["effect"]["changed"], false);
        let (_, free) = erp.post(&unblock, json!({ "key": format!("u{id}") })).await;
        assert_eq!(free["record"]["stock_type"], was);
        assert_eq!(free["record"]["version"], 3);
        let (_, replay) = erp.post(&block, json!({ "key": format!("b{id}") })).await;
        assert_eq!(replay["replayed"], true);
        assert_eq!(replay["record"]["stock_type"], was, "a replay blocks nothing");
    }
}

#[tokio::test]
async fn bad_input_is_refused_and_changes_nothing() {
    let erp = Erp::new();
    let cases = [
        (Method::GET, "/api/orders?limit=0", None, StatusCode::BAD_REQUEST),
        (Method::GET, "/api/orders?limit=501", None, StatusCode::BAD_REQUEST),
        (Method::GET, "/api/orders?since=yesterday", None, StatusCode::BAD_REQUEST),
        (Method::GET, "/api/orders?changed_since=2026-01-31T08:00:00+00:00", None, StatusCode::BAD_REQUEST),
        (Method::GET, "/api/nothing", None, StatusCode::NOT_FOUND),
        (Method::DELETE, "/api/orders", None, StatusCode::METHOD_NOT_ALLOWED),
        (Method::POST, "/api/lots/999/block", Some(json!({ "key": "k" })), StatusCode::NOT_FOUND),
        (Method::POST, "/api/lots/one/block", Some(json!({ "key": "k" })), StatusCode::BAD_REQUEST),
        (Method::POST, "/api/lots/1/block", Some(json!({ "key": "" })), StatusCode::BAD_REQUEST),
        (Method::POST, "/api/lots/1/block", Some(json!({ "key": "k".repeat(129) })), StatusCode::BAD_REQUEST),
        (Method::POST, "/api/lots/1/block", Some(json!({ "key": "k", "force": true })), StatusCode::BAD_REQUEST),
        (Method::POST, "/api/lots/1/block", None, StatusCode::BAD_REQUEST),
        (Method::POST, "/api/orders/5/resequence", Some(json!({ "line": "L9", "key": "k" })), StatusCode::BAD_REQUEST),
    ];
    for (method, path, body, expected) in cases {
        let (status, answer) = erp.send(request(method, path, body, Some(KEY))).await;
        assert_eq!(status, expected, "{path}: {answer}");
        assert!(answer["error"]["message"].is_string());
    }
    assert_eq!(erp.get("/api/ledger").await["items"], json!([]));
}

#[test]
fn the_floor_is_never_without_work_and_memory_is_bounded() {
    let mut now = wall_now();
    let mut book = Book::new(7, now);
    let mut waiting: Vec<Vec<String>> = vec![Vec::new(); 2];
    for round in 0..3000 {
        for dispatch in book.dispatch(now) {
            if let Dispatch::Release { line, job } = dispatch {
                waiting[line.index()].push(job.number);
            }
        }
        let line = round % 2;
        assert!(!waiting[line].is_empty(), "round {round}");
        let number = waiting[line].remove(0);
        now += TimeDelta::seconds(1);
        book.confirm(&Confirmation::Started { number: number.clone() }, now);
        now += TimeDelta::seconds(60);
        book.confirm(&Confirmation::Finished { number, good: 240 }, now);
    }
    assert!(book.orders.len() <= 1010, "{}", book.orders.len());
    assert!(book.lots.len() <= 1000, "{}", book.lots.len());
}
