use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use super::{Business, BusinessOptions, BusinessSystem, Effect, Fault, FaultKind};

/// The systems on their sockets, for one test.
pub(crate) struct Rig {
    pub(crate) business: Business,
    dir: PathBuf,
    _stop: DropGuard,
}

impl Drop for Rig {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

impl Rig {
    /// The systems, without a story, and with short cycles.
    pub(crate) async fn start(name: &str) -> Rig {
        Rig::with(name, |options| options.story = false).await
    }

    pub(crate) async fn with(name: &str, adjust: impl FnOnce(&mut BusinessOptions)) -> Rig {
        let dir = std::env::temp_dir().join(format!("plantgraph-simulator-{name}-{}", std::process::id()));
        let mut options = BusinessOptions::new(&dir);
        options.mes.as_mut().unwrap().cycle = Duration::from_millis(100);
        options.wms.as_mut().unwrap().cycle = Duration::from_millis(100);
        adjust(&mut options);
        let cancel = CancellationToken::new();
        let business = Business::start(options, cancel.clone(), &TaskTracker::new()).await.unwrap();
        Rig { business, dir, _stop: cancel.drop_guard() }
    }

    /// Waits until a system accepts connections again.
    pub(crate) async fn is_back(&self, client: &Client) {
        let path = "/_sim/ledger";
        eventually("the system is back", async || client.try_send("GET", path, "").await.is_some()).await;
    }

    /// The WMS, as somebody who has its token.
    pub(crate) fn wms(&self) -> Client {
        Client { url: self.business.wms_url.clone(), headers: vec![("Authorization", "Bearer wms-token".to_owned())] }
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    }
}

/// A client that sends what it is told, without any help.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) url: String,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Client {
    pub(crate) fn with(&self, name: &'static str, value: impl Into<String>) -> Client {
        let mut client = self.clone();
        client.headers.push((name, value.into()));
        client
    }

    /// The answer, or nothing when the connection closes without one, or in the middle of it.
    pub(crate) async fn try_send(&self, method: &str, path: &str, body: &str) -> Option<Answer> {
        let host = self.url.strip_prefix("http://").unwrap();
        let path = path.strip_prefix(&self.url).unwrap_or(path).replace(' ', "%20");
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
        for (name, value) in &self.headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        let mut stream = TcpStream::connect(host).await.ok()?;
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer).await;
        let text = String::from_utf8(answer).unwrap();
        let (head, body) = text.split_once("\r\n\r\n")?;
        let answer = Answer { status: head[9..12].parse().unwrap(), head: head.to_owned(), body: body.to_owned() };
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        (read.is_ok() && (method == "HEAD" || answer.body.len() == length)).then_some(answer)
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        self.try_send(method, path, body).await.expect("an answer")
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.send("GET", path, "").await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }
}

/// How long a machine with much else to do may take until something is so.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until something is so.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    eventually(what, async || is_so()).await;
}

/// Waits until something that has to be asked for is so.
pub(crate) async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !is_so().await {
        assert!(start.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn block(key: &str) -> String {
    json!({ "reason": "test", "key": key }).to_string()
}

fn keys(effects: &[Effect]) -> Vec<&str> {
    effects.iter().map(|effect| effect.key.as_str()).collect()
}

/// Blocks a lot in the WMS while a fault strikes; says whether it took effect, and what came back.
async fn blocked_under(rig: &Rig, fault: Fault, lot: &str) -> (bool, Option<u16>) {
    rig.business.inject(BusinessSystem::Wms, fault);
    let id = rig.business.wms_lot_id(lot).unwrap();
    let before = rig.business.ledger(BusinessSystem::Wms).len();
    let answer = rig.wms().try_send("POST", &format!("/api/lots/{id}/block"), &block(lot)).await;
    let effects = rig.business.ledger(BusinessSystem::Wms);
    let status = rig.business.lot(BusinessSystem::Wms, lot).unwrap().status;
    assert_eq!(effects.len() > before, status == "BLOCKED", "the ledger knows every effect");
    (status == "BLOCKED", answer.map(|answer| answer.status))
}

#[tokio::test]
async fn a_fault_shows_the_client_one_thing_and_does_another() {
    let rig = Rig::start("faults").await;
    let cases = [
        (FaultKind::Error, "L-4701", false, Some(500)),
        (FaultKind::ErrorAfterEffect, "L-4703", true, Some(500)),
        (FaultKind::LostUpdate, "L-4705", false, Some(200)),
        (FaultKind::Slow, "L-4706", true, Some(200)),
        (FaultKind::Reset, "L-4708", false, None),
        (FaultKind::ResetAfterEffect, "L-4709", true, None),
        (FaultKind::RateLimited, "L-4711", false, Some(429)),
        (FaultKind::Truncated, "L-4712", true, None),
        (FaultKind::TimeoutAfterEffect, "L-4713", true, None),
    ];
    for (kind, lot, effect, status) in cases {
        let fault = Fault::new(kind).on("block-lot").ms(100);
        assert_eq!(blocked_under(&rig, fault, lot).await, (effect, status), "{kind:?}");
    }
    // A read is not struck by what waits for an action, and a fault strikes once.
    rig.business.inject(BusinessSystem::Wms, Fault::new(FaultKind::Error).on("write"));
    rig.wms().get("/api/lots").await;
    assert_eq!(blocked_under(&rig, Fault::new(FaultKind::Error).on("read"), "L-4714").await, (false, Some(500)));
    rig.business.heal(BusinessSystem::Wms);
    let id = rig.business.wms_lot_id("L-4714").unwrap();
    let answer = rig.wms().send("POST", &format!("/api/lots/{id}/block"), &block("L-4714")).await;
    assert_eq!(answer.json()["result"], "OK");
}

#[tokio::test]
async fn after_a_stale_read_back_the_truth_comes_out() {
    let rig = Rig::start("stale").await;
    let fault = Fault::new(FaultKind::StaleReadBack).on("write").ms(3_000);
    assert_eq!(blocked_under(&rig, fault, "L-4711").await, (true, Some(200)));
    let id = rig.business.wms_lot_id("L-4711").unwrap();
    let read = async || rig.wms().get(&format!("/api/lots/{id}")).await["status"].clone();
    assert_eq!(read().await, "AVAILABLE");
    eventually("the truth comes out", async || read().await == "BLOCKED").await;
}

#[tokio::test]
async fn an_extract_loses_rows_or_holds_nonsense() {
    let rig = Rig::start("extract").await;
    let all = rig.wms().get("/api/lots").await["data"].as_array().unwrap().len();
    rig.business.inject(BusinessSystem::Wms, Fault::new(FaultKind::Half).on("read"));
    let half = rig.wms().get("/api/lots").await["data"].as_array().unwrap().len();
    assert_eq!(half, all.div_ceil(2));
    // The same, told over the socket.
    let body = json!({ "fault": "malformed-record", "on": "read" }).to_string();
    assert_eq!(rig.wms().send("POST", "/_sim/faults", &body).await.status, 204);
    let page = rig.wms().get("/api/lots").await;
    let wrong = page["data"].as_array().unwrap().iter().filter(|lot| lot["quantity"] == "twelve").count();
    assert_eq!(wrong, 1);
    assert_eq!(rig.wms().send("POST", "/_sim/faults", "{\"fault\":\"unheard-of\"}").await.status, 400);
}

#[tokio::test]
async fn a_restart_refuses_connections_for_a_while() {
    let rig = Rig::start("restart").await;
    rig.business.inject(BusinessSystem::Wms, Fault::new(FaultKind::Restart).on("read").ms(3_000));
    assert!(rig.wms().try_send("GET", "/api/lots", "").await.is_none());
    assert!(rig.wms().try_send("GET", "/api/lots", "").await.is_none());
    rig.is_back(&rig.wms()).await;
    rig.wms().get("/api/lots").await;
}

#[tokio::test]
async fn the_three_tell_one_story_and_then_disagree() {
    let rig = Rig::with("story", |options| options.speed = 20.0).await;
    let business = &rig.business;
    let seen = |system, number: &str| business.lot(system, number).unwrap();
    for number in ["L-4701", "L-4711", "L-4715"] {
        let quantities = [BusinessSystem::Erp, BusinessSystem::Mes, BusinessSystem::Wms]
            .map(|system| seen(system, number).quantity.normalize());
        assert!(quantities.iter().all(|quantity| *quantity == quantities[0]), "{number}: {quantities:?}");
    }
    until("the WMS blocks the damaged lot", || seen(BusinessSystem::Wms, "L-4711").status == "BLOCKED").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(seen(BusinessSystem::Erp, "L-4711").status, "01");
    assert_eq!(seen(BusinessSystem::Mes, "L-4711").status, "UnRestricted");
    for system in [BusinessSystem::Erp, BusinessSystem::Mes, BusinessSystem::Wms] {
        assert_eq!(keys(&business.ledger(system)), Vec::<&str>::new(), "the story is nobody's command");
    }

    let tasks = rig.wms().get("/api/staging-tasks?limit=1000").await;
    let state = |order: &str, material: &str| {
        let mut tasks = tasks["data"].as_array().unwrap().iter();
        let found = tasks.find(|task| task["order_no"] == order && task["material_code"] == material);
        found.unwrap()["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state("MO-009001", "RM-COLA-BASE"), "SHORT");
    assert_eq!(state("MO-009002", "RM-SUGAR"), "OPEN");
    assert_eq!(state("MO-009002", "PK-CAP-38"), "STAGED");
    assert_eq!(business.mes_job_state("MO-009001"), Some("QUEUED"));

    let shipment = async || rig.wms().get("/api/shipments").await["data"][1]["state"].clone();
    eventually("the shipment is ready", async || shipment().await == "READY").await;
}

#[tokio::test]
async fn what_a_test_creates_reaches_every_system() {
    let rig = Rig::start("hands").await;
    let business = &rig.business;
    let number = business.create_order("FG-SAUCE-340", crate::plant::LineId::One, 120, false, TimeDelta::hours(1));
    until("the MES hears of the order", || business.mes_job_state(&number) == Some("QUEUED")).await;
    business.add_lots(3);
    business.add_lots(1);
    for system in [BusinessSystem::Erp, BusinessSystem::Mes, BusinessSystem::Wms] {
        assert!(business.lot(system, "T-0000003").is_some(), "{system:?}");
        assert!(business.lot(system, "T-0000004").is_none(), "{system:?}");
    }
    assert!(business.set_lot(BusinessSystem::Erp, "L-4711", Some("07"), None));
    assert!(!business.set_lot(BusinessSystem::Erp, "L-4711", Some("AVAILABLE"), None));
    assert_eq!(business.lot(BusinessSystem::Erp, "L-4711").unwrap().status, "07");
    assert_eq!(business.lot(BusinessSystem::Wms, "L-4711").unwrap().status, "AVAILABLE");
}

/// A whole plant, fast: what the lines do reaches all three, and what the ERP decides reaches the lines.
#[tokio::test]
async fn the_systems_follow_a_living_plant() {
    let dir = std::env::temp_dir().join(format!("plantgraph-simulator-living-{}", std::process::id()));
    let options = crate::SimulatorOptions {
        speed: 20.0,
        first_fault_after: Duration::from_secs(3600),
        business: Some(BusinessOptions::new(&dir)),
        ..crate::SimulatorOptions::new(dir.join("pki"), "key")
    };
    let (cancel, tracker) = (CancellationToken::new(), TaskTracker::new());
    let running = crate::Simulator::start(options, cancel.clone(), &tracker).await.unwrap();
    let business = running.business.clone().unwrap();
    let sqlite = sqlx::sqlite::SqliteConnectOptions::new().filename(&business.mes_database).read_only(true);
    let mut reader = <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&sqlite).await.unwrap();
    let sql = "SELECT g.child_lot, r.state, j.state FROM v_genealogy g JOIN v_job_response r USING (order_no) JOIN v_job j \
               USING (order_no)";
    let mut link: Option<(String, String, String)> = None;
    eventually("the MES knows what went into what", async || {
        link = sqlx::query_as(sql).fetch_optional(&mut reader).await.unwrap();
        link.is_some()
    })
    .await;
    let (child, response, job) = link.unwrap();
    assert_eq!((response.as_str(), job.as_str()), ("Completed", "DONE"));
    until("every system knows the new lot", || {
        let seen = [BusinessSystem::Erp, BusinessSystem::Mes, BusinessSystem::Wms].map(|it| business.lot(it, &child));
        seen[0].is_some()
            && seen.iter().all(|lot| lot.as_ref().map(|lot| lot.quantity) == seen[0].as_ref().map(|lot| lot.quantity))
    })
    .await;
    cancel.cancel();
    running.stopped().await.unwrap();
    let _ = std::fs::remove_dir_all(dir);
}

/// The floor at its fastest for days: nothing that the systems keep grows for ever.
#[tokio::test]
async fn what_the_book_archives_leaves_every_system() {
    use crate::erp::{Confirmation, Dispatch};
    let rig = Rig::start("archive").await;
    let mut now = crate::clock::wall_now();
    // The clockwork plans too; whatever it hands out first is not made here.
    for _ in 0..1500 {
        now += TimeDelta::seconds(60);
        let mut book = rig.business.desk.book();
        let open: Vec<String> = book
            .orders
            .values()
            .filter(|order| order.status.is_open())
            .map(|order| order.header.number.clone())
            .collect();
        for number in open {
            book.confirm(&Confirmation::Started { number: number.clone() }, now);
            book.confirm(&Confirmation::Finished { number, good: 240 }, now);
        }
        let _: Vec<Dispatch> = book.dispatch(now);
        assert!(book.lots.len() <= 1000 && book.links.len() <= 5000);
    }
    let gone = |system| rig.business.lot(system, "L-4711").is_none();
    for system in [BusinessSystem::Erp, BusinessSystem::Mes, BusinessSystem::Wms] {
        until("the oldest lots are archived", || gone(system)).await;
    }
    let tombstones = rig.wms().get("/api/deletions?limit=1000").await;
    assert!(tombstones["data"].as_array().unwrap().iter().any(|entry| entry["id"] == 90_011));
}
