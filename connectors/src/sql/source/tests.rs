//! Against real databases: SQLite files, and a PostgreSQL server of its own.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use serde_json::json;
use sqlx::{Connection, PgConnection, SqliteConnection};
use workflow::sync::{Body, Page};

use super::*;
use crate::{
    manifest::{Manifest, System as AnySystem},
    plant_file::SystemKind,
};

const MANIFEST: &str = r#"
version: test/1
system: { kind: sql }
streams:
  lots:
    read: { table: v_lot, key: lot_id, version: changed_seq, time: [changed_at], zone: UTC, page: 2 }
    key: r.lot_id
    time: { from: [r.changed_at] }
    deletes: { tombstones: lot_deletions, key_sweep: { every: 1h, max_ratio: 0.5 } }
    map:
      kind: MATERIAL_LOT
      attributes:
        number: { from: [r.lot] }
        material: { from: [r.material], ref: key }
        quantity: { from: [r.quantity] }
        disposition: { from: [r.disposition], enum: { Restricted: RESTRICTED, UnRestricted: UNRESTRICTED } }
  lot_deletions:
    read: { table: v_deletion, key: id, version: changed_seq, where: { kind: lot } }
    key: r.id
"#;

fn section(manifest: &str, url: &str) -> SystemSection {
    let manifest = Manifest::parse(manifest, "test", std::path::Path::new("")).unwrap();
    SystemSection {
        code: "mes".into(),
        name: "MES".into(),
        kind: SystemKind::Mes,
        manifest: Arc::new(manifest),
        url: url.into(),
        secrets: BTreeMap::new(),
        options: BTreeMap::new(),
        poll_interval: Duration::from_secs(1),
        overlap: Duration::from_secs(60),
        line_by_location: BTreeMap::new(),
        commands: true,
    }
}

fn source(manifest: &str, url: &str) -> SqlSource {
    let section = section(manifest, url);
    let AnySystem::Sql(system) = &section.manifest.system else { panic!() };
    SqlSource::new(system, &section.manifest.clone(), &section).unwrap()
}

async fn sqlite() -> (SqliteConnection, String) {
    let path = std::env::temp_dir().join(format!("plantgraph-sql-{}.db", uuid::Uuid::new_v4()));
    let mut db = SqliteConnection::connect(&format!("sqlite:{}?mode=rwc", path.display())).await.unwrap();
    run(&mut db, "PRAGMA journal_mode = WAL").await;
    run(&mut db, "CREATE TABLE lot (lot_id TEXT PRIMARY KEY, lot, material, disposition, quantity, changed_at, changed_seq INTEGER)").await;
    run(&mut db, "CREATE VIEW v_lot AS SELECT * FROM lot").await;
    run(&mut db, "CREATE TABLE v_deletion (kind TEXT, id TEXT, changed_seq INTEGER)").await;
    (db, format!("sqlite:{}", path.display()))
}

async fn run(db: &mut SqliteConnection, sql: &'static str) {
    sqlx::raw_sql(sql).execute(db).await.unwrap();
}

/// Reads a stream to the end of its pass.
async fn pass(source: &mut SqlSource, stream: &str, cursor: &mut Option<String>) -> Vec<Page> {
    let mut pages = Vec::new();
    loop {
        let page = source.page(stream, cursor.as_deref()).await.unwrap();
        cursor.clone_from(&page.cursor);
        let complete = page.complete;
        pages.push(page);
        if complete {
            return pages;
        }
    }
}

fn ids(pages: &[Page]) -> Vec<String> {
    pages.iter().flat_map(|page| &page.records).map(|record| record.external_id.clone()).collect()
}

#[tokio::test]
async fn equal_versions_do_not_hide_rows_at_a_page_boundary_and_late_ones_are_seen() {
    let (mut db, url) = sqlite().await;
    run(
        &mut db,
        "INSERT INTO lot VALUES ('A','L-1','M','Restricted','12.50','2026-11-22 21:45:00.123456',7),
        ('B','L-2','M','UnRestricted','1','2026-11-22 21:45:00',7), ('C','L-3','M','Odd','twelve','yesterday',7),
        ('D','L-4','M','Restricted',3,'2026-11-22 21:45:00',8), (NULL,'L-5','M','Restricted',3,NULL,8)",
    )
    .await;
    let mut source = source(MANIFEST, &url);
    let mut cursor = None;
    let pages = pass(&mut source, "lots", &mut cursor).await;
    assert_eq!(ids(&pages), ["A", "B", "C", "D"]);
    let a = &pages[0].records[0];
    assert_eq!(a.source_time.unwrap().to_rfc3339(), "2026-11-22T21:45:00.123456+00:00");
    let Body::Says(statement) = &a.body else { panic!("{a:?}") };
    assert_eq!(statement.attributes["quantity"].canonical, Ok(Some("12.5".into())), "{statement:?}");
    let sweep = pages.last().unwrap().sweep.as_ref().unwrap();
    assert_eq!(sweep.keys.iter().map(String::as_str).collect::<Vec<_>>(), ["A", "B", "C", "D"]);
    // A transaction that drew its number before D did commits after it.
    run(&mut db, "INSERT INTO lot VALUES ('0','L-0','M','Restricted','1',NULL,6)").await;
    let pages = pass(&mut source, "lots", &mut cursor).await;
    assert!(ids(&pages).contains(&"0".to_owned()));
    assert!(pages.last().unwrap().sweep.is_none(), "it is not due");
}

#[tokio::test]
async fn a_restart_in_mid_page_goes_on_and_a_deletion_is_a_tombstone() {
    let (mut db, url) = sqlite().await;
    run(
        &mut db,
        "INSERT INTO lot SELECT 'K' || value, 'L', 'M', 'Restricted', 1, NULL, value FROM json_each('[1,2,3,4,5]')",
    )
    .await;
    run(&mut db, "INSERT INTO v_deletion VALUES ('lot','K9',9), ('job','J1',10)").await;
    let first = source(MANIFEST, &url).page("lots", None).await.unwrap();
    assert!(!first.complete);
    let mut cursor = first.cursor.clone();
    let rest = pass(&mut source(MANIFEST, &url), "lots", &mut cursor).await;
    assert_eq!(ids(&[vec![first], rest].concat()), ["K1", "K2", "K3", "K4", "K5"]);
    let gone = pass(&mut source(MANIFEST, &url), "lot_deletions", &mut None).await;
    let record = &gone[0].records[0];
    assert_eq!(
        (record.external_model.as_str(), record.external_id.as_str(), &record.body),
        ("lots", "K9", &Body::Deleted)
    );
    assert_eq!(gone[0].records.len(), 1);
}

#[tokio::test]
async fn rows_are_found_by_time_with_overlap_and_those_without_a_time_each_time() {
    let (mut db, url) = sqlite().await;
    let manifest = MANIFEST.replace("version: changed_seq, time", "time");
    run(
        &mut db,
        "INSERT INTO lot VALUES ('A','L','M','Restricted',1,strftime('%Y-%m-%dT%H:%M:%SZ','now','-2 hours'),1),
        ('B','L','M','Restricted',1,strftime('%Y-%m-%d %H:%M:%f','now'),1), ('C','L','M','Restricted',1,NULL,1)",
    )
    .await;
    let mut source = source(&manifest, &url);
    let mut cursor = None;
    assert_eq!(ids(&pass(&mut source, "lots", &mut cursor).await), ["A", "B", "C"]);
    run(
        &mut db,
        "INSERT INTO lot VALUES ('D','L','M','Restricted',1,strftime('%Y-%m-%d %H:%M:%f','now','-30 seconds'),1)",
    )
    .await;
    assert_eq!(ids(&pass(&mut source, "lots", &mut cursor).await), ["B", "C", "D"]);
}

#[tokio::test]
async fn what_a_database_does_wrong_is_told_and_nothing_is_written() {
    let (mut db, url) = sqlite().await;
    let mut there = source(MANIFEST, &url);
    run(&mut db, "BEGIN EXCLUSIVE").await;
    run(&mut db, "COMMIT").await;
    run(&mut db, "DROP VIEW v_lot").await;
    assert!(matches!(there.page("lots", None).await, Err(Error::ErpAnswer { .. })));
    run(&mut db, "CREATE VIEW v_lot AS SELECT lot_id, changed_seq, changed_at FROM lot").await;
    assert!(there.page("lots", None).await.unwrap().records.is_empty());
    assert!(matches!(there.page("orders", None).await, Err(Error::ErpRefused { .. })));
    let absent = source(MANIFEST, "sqlite:/nowhere/mes.db").page("lots", None).await;
    assert!(matches!(absent, Err(Error::ErpUnreachable { .. })), "{absent:?}");
    let mut writer = super::super::database::Database::new(Login { url, password: None }).unwrap();
    let mut session = writer.begin().await.unwrap();
    let insert = super::super::query::Query { sql: "INSERT INTO lot (lot_id) VALUES ('X')".into(), values: Vec::new() };
    assert!(session.rows("a write", insert).await.is_err());
}

#[test]
fn hostile_names_are_refused_with_their_key() {
    for (from, to) in [
        ("table: v_lot", "table: 'v_lot; DROP TABLE lot'"),
        ("key: lot_id", "key: 'a\"b'"),
        ("page: 2", "page: 0"),
        ("zone: UTC", "zone: Mars/Olympus"),
    ] {
        let error = Manifest::parse(&MANIFEST.replace(from, to), "test", std::path::Path::new("")).unwrap_err();
        assert!(error.to_string().contains("streams.lots.read"), "{error}");
    }
}

/// A PostgreSQL server that ends with the test.
struct Server {
    url: String,
    _watchdog: Child,
}

impl Server {
    fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/env/postgres.sh");
        let watchdog = r#""$0" start "$1" "$2" && cat > /dev/null; "$0" stop "$1" immediate; rm -rf "$1""#;
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let files = std::env::temp_dir().join(format!("plantgraph-postgres-{}", uuid::Uuid::new_v4()));
        let mut child = Command::new("sh")
            .args(["-c", watchdog, script])
            .arg(&files)
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let url = url.trim().to_owned();
        assert!(url.starts_with("postgres://"), "PostgreSQL did not start; tests/setup.sh installs it");
        Self { url, _watchdog: child }
    }
}

const POSTGRES: &str = r#"
version: test/1
system: { kind: sql }
streams:
  plain:
    read: { table: mes.v, key: id, version: seq, page: 2 }
    key: r.id
    deletes: { key_sweep: { every: 1h } }
    map: { kind: MATERIAL, attributes: { code: { from: ["r['Code Nr']"] } } }
  timed:
    read: { table: mes.v, key: code, time: [local_at], zone: Europe/Berlin, columns: [id] }
    key: r.id
    map: { kind: MATERIAL, attributes: { code: { from: [r.id], as: text } } }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_is_read_exactly_and_only_read() {
    let server = Server::start();
    let mut db = PgConnection::connect(&server.url).await.unwrap();
    let fixture = "CREATE SCHEMA mes; CREATE TYPE mes.mood AS ENUM ('happy', 'sad');
        CREATE TABLE mes.v (id uuid, code varchar, seq bigint, \"Code Nr\" text, amount numeric, ok boolean, mood mes.mood,
            at timestamptz, local_at timestamp, day date, extra jsonb, ratio double precision);
        INSERT INTO mes.v SELECT ('00000000-0000-0000-0000-00000000000' || n)::uuid, 'c' || n, 5, '=1+1', 123456789012345678901234567890.10,
            true, 'sad', '2026-11-22 15:00:00.123456+05:30', '2026-07-01 12:00:00', '2026-02-28', '{\"a\": [1]}', 'NaN' FROM generate_series(1, 5) n;
        ALTER DATABASE postgres SET timezone = 'Asia/Kolkata'; ALTER DATABASE postgres SET datestyle = 'German'";
    sqlx::raw_sql(fixture).execute(&mut db).await.unwrap();
    let mut source = source(POSTGRES, &server.url);
    let pages = pass(&mut source, "plain", &mut None).await;
    assert_eq!((pages.len(), ids(&pages).len()), (3, 5), "five rows of one version in pages of two");
    assert_eq!(pages[2].sweep.as_ref().unwrap().keys.len(), 5);
    let row = &pages[0].records[0].raw;
    let expected = json!({ "id": "00000000-0000-0000-0000-000000000001", "code": "c1", "seq": 5, "Code Nr": "=1+1",
        "amount": "123456789012345678901234567890.10", "ok": true, "mood": "sad", "at": "2026-11-22T09:30:00.123456Z",
        "local_at": "2026-07-01 12:00:00", "day": "2026-02-28", "extra": { "a": [1] }, "ratio": "NaN" });
    assert_eq!(row, &expected, "without a zone a local time stays as it is");
    let mut cursor = None;
    let timed = pass(&mut source, "timed", &mut cursor).await;
    assert_eq!(timed[0].records[0].raw["local_at"], "2026-07-01T10:00:00Z");
    assert!(pass(&mut source, "timed", &mut cursor).await[0].records.is_empty(), "all are older than the window");
    sqlx::raw_sql("UPDATE mes.v SET local_at = now() AT TIME ZONE 'Europe/Berlin' WHERE code = 'c3'")
        .execute(&mut db)
        .await
        .unwrap();
    pass(&mut source, "timed", &mut cursor).await;
    assert_eq!(pass(&mut source, "timed", &mut cursor).await[0].records.len(), 1);

    let mut database =
        super::super::database::Database::new(Login { url: server.url.clone(), password: None }).unwrap();
    let mut session = database.begin().await.unwrap();
    let query = |sql: &str| super::super::query::Query { sql: sql.into(), values: Vec::new() };
    assert!(matches!(
        session.rows("a write", query("DELETE FROM mes.v RETURNING code")).await,
        Err(Error::ErpRefused { .. })
    ));
    drop(session);
    sqlx::raw_sql("DROP TABLE mes.v").execute(&mut db).await.unwrap();
    assert!(matches!(source.page("plain", None).await, Err(Error::ErpAnswer { .. })));
}
