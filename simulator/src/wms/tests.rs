use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::{
    BusinessSystem, Deletion, Webhook,
    business::tests::{Client, Rig},
};

fn body(key: &str) -> String {
    json!({ "reason": "damaged", "key": key }).to_string()
}

#[tokio::test]
async fn nobody_gets_in_without_a_token() {
    let rig = Rig::start("wms-auth").await;
    let nobody = Client { url: rig.business.wms_url.clone(), headers: Vec::new() };
    assert_eq!(nobody.send("GET", "/api/lots", "").await.status, 401);
    assert_eq!(nobody.with("Authorization", "Bearer wms-toke").send("GET", "/api/lots", "").await.status, 401);
}

#[tokio::test]
async fn pages_show_every_record_once_and_only_what_changed() {
    let rig = Rig::start("wms-pages").await;
    let client = rig.wms();
    let (mut ids, mut after) = (Vec::new(), Value::from(0));
    let mut server_time = Value::Null;
    while !after.is_null() {
        let page = client.get(&format!("/api/lots?limit=7&after={after}")).await;
        ids.extend(page["data"].as_array().unwrap().iter().map(|lot| lot["id"].as_i64().unwrap()));
        (after, server_time) = (page["next_after"].clone(), page["server_time"].clone());
    }
    assert_eq!(ids.len(), 20);
    assert!(ids.is_sorted());
    let server_time = server_time.as_str().unwrap();
    assert!(server_time.ends_with("+01:00"));
    let skew = DateTime::parse_from_rfc3339(server_time).unwrap().to_utc() - crate::clock::wall_now();
    assert!((skew - TimeDelta::seconds(2)).abs() < TimeDelta::milliseconds(1_500), "{skew}");

    let since = server_time.replace('+', "%2B");
    tokio::time::sleep(Duration::from_millis(5)).await;
    let path = format!("/api/lots?updated_since={since}");
    assert_eq!(client.get(&path).await["data"], json!([]));
    let id = rig.business.wms_lot_id("L-4711").unwrap();
    client.send("POST", &format!("/api/lots/{id}/block"), &body("k")).await;
    let changed = client.get(&path).await;
    assert_eq!(changed["data"].as_array().unwrap().len(), 1);
    assert_eq!(changed["data"][0]["status"], "BLOCKED");
    assert_eq!(changed["data"][0]["reason"], "damaged");
    for bad in ["/api/lots?limit=0", "/api/lots?limit=1001", "/api/lots?after=x", "/api/lots?updated_since=now"] {
        assert_eq!(client.send("GET", bad, "").await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn a_key_has_one_effect_and_a_refusal_comes_with_status_200() {
    let rig = Rig::start("wms-keys").await;
    let client = rig.wms();
    let id = rig.business.wms_lot_id("L-4711").unwrap();
    assert_eq!(client.send("GET", "/api/operations/k-1", "").await.status, 404);
    for replayed in [false, true] {
        let answer = client.send("POST", &format!("/api/lots/{id}/block"), &body("k-1")).await;
        assert_eq!(answer.json()["replayed"], replayed);
        assert_eq!(answer.json()["record"]["status"], "BLOCKED");
    }
    assert_eq!(client.get("/api/operations/k-1").await["target"], id);
    assert_eq!(client.send("POST", &format!("/api/lots/{id}/unblock"), &body("k-1")).await.status, 409);
    let free = client.send("POST", &format!("/api/lots/{id}/unblock"), &body("k-2")).await.json();
    assert_eq!((&free["record"]["status"], &free["record"]["reason"]), (&json!("AVAILABLE"), &Value::Null));
    assert_eq!(client.get(&format!("/api/stock/{}", 50_000_000 + id)).await["status"], "AVAILABLE");

    assert!(rig.business.set_lot(BusinessSystem::Wms, "L-4711", Some("SHIPPED"), None));
    let refused = client.send("POST", &format!("/api/lots/{id}/block"), &body("k-3")).await;
    assert_eq!((refused.status, &refused.json()["result"]), (200, &json!("ERROR")));
    assert_eq!(refused.json()["code"], "LOT_SHIPPED");
    assert_eq!(client.send("POST", "/api/lots/1/block", &body("k-4")).await.status, 404);
    assert_eq!(client.send("POST", &format!("/api/lots/{id}/block"), "{\"key\":\"k\"}").await.status, 400);
    let keys: Vec<_> = rig.business.ledger(BusinessSystem::Wms).into_iter().map(|effect| effect.key).collect();
    assert_eq!(keys, ["k-1", "k-2"]);
}

#[tokio::test]
async fn deletes_leave_tombstones_or_marks() {
    let rig = Rig::start("wms-deletes").await;
    let client = rig.wms();
    let (hard, soft) = (rig.business.wms_lot_id("L-4711").unwrap(), rig.business.wms_lot_id("L-4712").unwrap());
    assert!(rig.business.delete_lot(BusinessSystem::Wms, "L-4711", Deletion::Hard));
    assert!(rig.business.delete_lot(BusinessSystem::Wms, "L-4712", Deletion::Soft));
    assert!(!rig.business.delete_lot(BusinessSystem::Wms, "L-0000", Deletion::Hard));
    assert_eq!(client.send("GET", &format!("/api/lots/{hard}"), "").await.status, 404);
    assert_eq!(client.get(&format!("/api/lots/{soft}")).await["deleted"], true);
    let tombstones = client.get("/api/deletions").await;
    assert_eq!(tombstones["data"][0]["collection"], "lots");
    assert_eq!(tombstones["data"][0]["id"], hard);
    assert_eq!(client.get("/api/deletions?after=1").await["data"][0]["collection"], "stock");
}

#[tokio::test]
async fn events_are_announced_and_signed() {
    let rig = Rig::start("wms-webhook").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hooks/wms", listener.local_addr().unwrap());
    rig.business.set_webhook(Some(Webhook { url, secret: "hook-secret".to_owned() }));
    let id = rig.business.wms_lot_id("L-4711").unwrap();
    rig.wms().send("POST", &format!("/api/lots/{id}/block"), &body("k")).await;
    // The first try is refused, the second one taken.
    for status in [503, 200] {
        let (mut stream, _) = tokio::time::timeout(Duration::from_secs(30), listener.accept()).await.unwrap().unwrap();
        let mut request = vec![0; 4096];
        let length = stream.read(&mut request).await.unwrap();
        let request = String::from_utf8(request[..length].to_vec()).unwrap();
        stream.write_all(format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n").as_bytes()).await.unwrap();
        assert!(request.starts_with("POST /hooks/wms HTTP/1.1\r\n"));
        let (head, event) = request.split_once("\r\n\r\n").unwrap();
        let signature = head.lines().find_map(|line| line.strip_prefix("X-Signature: ")).unwrap();
        assert_eq!(signature, crate::business::hook::signature("hook-secret", event));
        let event: Value = serde_json::from_str(event).unwrap();
        assert_eq!((&event["event"], &event["id"]), (&json!("lot.updated"), &json!(id)));
    }
}

#[test]
fn the_signature_is_the_one_that_everybody_computes() {
    let expected = "sha256=f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";
    let body = "The quick brown fox jumps over the lazy dog";
    assert_eq!(crate::business::hook::signature("key", body), expected);
}
