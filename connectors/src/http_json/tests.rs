use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use chrono::{DateTime, TimeDelta, Utc};
use model::clock::ManualClock;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};
use tokio_util::task::TaskTracker;
use workflow::sync::{Body, Page};

use super::*;
use crate::{Error, erp::Source, manifest::System, plant_file::SystemSection};

/// What a request said.
struct Asked {
    line: String,
    path: String,
    query: Vec<(String, String)>,
    headers: String,
    body: Value,
}

impl Asked {
    fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Status line with more headers if need be, and body.
type Answer = (String, String);

/// A server that answers as a function says.
async fn serve(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> String {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/base", listener.local_addr().unwrap());
    TaskTracker::new().spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            let (mut head, mut length) = (String::new(), 0);
            while stream.read_line(&mut head).await.unwrap() > 2 {
                let last = head.lines().last().unwrap_or_default().to_ascii_lowercase();
                if let Some(value) = last.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.unwrap();
            let line = head.lines().next().unwrap_or_default().to_owned();
            let target = line.split(' ').nth(1).unwrap_or("/");
            let url = reqwest::Url::parse(&format!("http://x{target}")).unwrap();
            let asked = Asked {
                path: url.path().to_owned(),
                query: url.query_pairs().into_owned().collect(),
                headers: head.to_ascii_lowercase(),
                body: serde_json::from_slice(&body).unwrap_or_default(),
                line,
            };
            let (status, body) = answer(&asked);
            let date = if status.contains("date:") { String::new() } else { format!("\r\ndate: {}", stamp(0)) };
            let head =
                format!("HTTP/1.1 {status}{date}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        }
    });
    url
}

fn ok(body: Value) -> Answer {
    ("200 OK".to_owned(), body.to_string())
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
}

/// The header `Date` of the server's clock.
fn stamp(second: i64) -> String {
    at(second).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn row(id: i64, second: i64) -> Value {
    json!({ "id": id, "number": format!("L-{id}"), "material": "M", "qty": 5, "updated": at(second).to_rfc3339() })
}

const LOTS: &str = "
    key: r.id
    time: r.updated
    map:
      kind: MATERIAL_LOT
      attributes: {number: r.number, material: {from: r.material, ref: key}, quantity: r.qty}
";

fn manifest(system: &str, read: &str, rest: &str) -> String {
    format!(
        "version: t/1\nsystem: {{kind: http-json{system}}}\nsecrets: {{key: k}}\nstreams:\n  lots:\n    read: {read}{LOTS}{rest}"
    )
}

fn source(url: &str, manifest: &str) -> (HttpJsonSource, Arc<ManualClock>) {
    let section = SystemSection::for_test(&format!(
        "code = 'S'\nname = 'S'\nkind = 'erp'\nmanifest = 'plain-http'\nurl = '{url}'\n\
         secrets = {{ key = {{ env = 'PATH' }} }}\noverlap = '60s'"
    ))
    .with_manifest(manifest);
    let clock = Arc::new(ManualClock::new(at(0)));
    let System::HttpJson(system) = &section.manifest.system else { panic!("it is another kind") };
    (HttpJsonSource::new(system, &section.manifest, &section, clock.clone()).unwrap(), clock)
}

/// A whole pass: the ids that it read.
async fn pass(source: &mut HttpJsonSource, cursor: &mut Option<String>) -> Result<Vec<String>, Error> {
    Ok(pages(source, cursor)
        .await?
        .iter()
        .flat_map(|page| &page.records)
        .map(|record| record.external_id.clone())
        .collect())
}

async fn pages(source: &mut HttpJsonSource, cursor: &mut Option<String>) -> Result<Vec<Page>, Error> {
    let mut pages = Vec::new();
    loop {
        let page = source.page("lots", cursor.as_deref()).await?;
        cursor.clone_from(&page.cursor);
        let complete = page.complete;
        pages.push(page);
        if complete {
            return Ok(pages);
        }
        assert!(pages.len() < 50, "the pass does not end");
    }
}

#[tokio::test]
async fn a_keyset_reads_all_and_then_only_what_changed() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let asked = seen.clone();
    let url = serve(move |request| {
        assert!(request.line.starts_with("GET /base/lots?"), "{}", request.line);
        assert!(request.headers.contains("authorization: bearer "), "{}", request.headers);
        asked.lock().unwrap().push(request.query("since").map(str::to_owned));
        let after: i64 = request.query("after").unwrap().parse().unwrap();
        let since: DateTime<Utc> = request.query("since").map_or(DateTime::UNIX_EPOCH, |since| since.parse().unwrap());
        let rows: Vec<_> = [(1, -900), (2, -800), (3, -100)]
            .into_iter()
            .filter(|(id, second)| *id > after && at(*second) >= since)
            .take(2)
            .map(|(id, second)| row(id, second))
            .collect();
        ok(json!({ "items": rows }))
    })
    .await;
    let read = "{get: /lots, query: {since: \"${since}\", after: \"${after}\", limit: \"${limit}\"}, rows: body.items, limit: 2, \
                page: {id_keyset: {}}}";
    let (mut source, _) = source(&url, &manifest(", auth: {bearer: \"${secret.key}\"}", read, "    incremental: {}\n"));
    let mut cursor = None;
    assert_eq!(pass(&mut source, &mut cursor).await.unwrap(), ["1", "2", "3"]);
    assert_eq!(pass(&mut source, &mut cursor).await.unwrap(), ["3"], "only the overlap");
    let before = cursor.clone();
    assert_eq!(pass(&mut source, &mut cursor).await.unwrap(), ["3"]);
    assert_eq!(cursor, before, "nothing changed: nothing has to be written");
    assert_eq!(seen.lock().unwrap()[0], None, "the first pass asks for everything");
}

#[tokio::test]
async fn pages_come_by_offset_number_token_and_link() {
    let rows = |from: usize| (from..5).take(2).map(|id| row(id as i64, 0)).collect::<Vec<_>>();
    let url = serve(move |request| {
        let number = |name: &str| request.query(name).map_or(0, |value| value.parse::<usize>().unwrap());
        match request.path.as_str() {
            "/base/offset" => ok(json!({ "items": rows(number("offset")) })),
            "/base/number" => ok(json!({ "items": rows((number("page") - 1) * 2) })),
            "/base/token" => {
                let from = number("token");
                let next = if from < 4 { json!((from + 2).to_string()) } else { Value::Null };
                ok(json!({ "items": rows(from), "next": next }))
            }
            "/base/link" => {
                let from = number("from");
                let next = if from < 4 { json!(format!("/base/link?from={}", from + 2)) } else { json!("") };
                ok(json!({ "items": rows(from), "next": next }))
            }
            "/base/header" => {
                let from = number("from");
                let link = format!("\r\nlink: </x>; rel=\"prev\", </base/header?from={}>; rel=\"next\"", from + 2);
                (
                    format!("200 OK{}", if from < 4 { link.as_str() } else { "" }),
                    json!({ "items": rows(from) }).to_string(),
                )
            }
            "/base/away" => ok(json!({ "items": rows(0), "next": "http://evil.example/" })),
            _ => ok(json!({ "items": rows(0), "next": "/base/circle" })),
        }
    })
    .await;
    for (read, expected) in [
        ("{get: /offset, query: {offset: \"${offset}\"}, rows: body.items, limit: 2, page: {offset: {}}}", true),
        ("{get: /number, query: {page: \"${page}\"}, rows: body.items, limit: 2, page: {page: {}}}", true),
        ("{get: /token, query: {token: \"${cursor}\"}, rows: body.items, page: {cursor: body.next}}", true),
        ("{get: /link, rows: body.items, page: {link: body.next}}", true),
        ("{get: /header, rows: body.items, page: {link: header}}", true),
        ("{get: /away, rows: body.items, page: {link: body.next}}", false),
        ("{get: /circle, rows: body.items, page: {link: body.next}}", false),
    ] {
        let (mut source, _) = source(&url, &manifest("", read, ""));
        let got = pass(&mut source, &mut None).await;
        match expected {
            true => assert_eq!(got.unwrap(), ["0", "1", "2", "3", "4"], "{read}"),
            false => assert!(got.is_err(), "{read}"),
        }
    }
}

#[tokio::test]
async fn bad_rows_become_dead_letters_and_their_neighbours_are_read() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let body = format!(
        r#"{{"items":[{}, {{"id":2,"id":2}}, {{"id":3,"number":"L","material":"M","qty":"1e400","updated":null}},
        {{"id":4,"deep":{deep}}}, 7, {{"number":"no id"}}, {{"id":5,"number":{{}},"material":"M","qty":"=1+1","updated":"now"}}, {}]}}"#,
        row(1, 0),
        row(9, 0)
    );
    let url = serve(move |_| ("200 OK".to_owned(), body.clone())).await;
    let (mut source, _) = source(&url, &manifest("", "{get: /lots, rows: body.items}", ""));
    let pages = pages(&mut source, &mut None).await.unwrap();
    let unreadable = |body: &Body| match body {
        Body::Unreadable { .. } => true,
        Body::Says(statement) => statement.attributes.values().any(|assertion| assertion.canonical.is_err()),
        Body::Deleted => false,
    };
    let got: Vec<_> =
        pages[0].records.iter().map(|record| (record.external_id.as_str(), unreadable(&record.body))).collect();
    assert_eq!(
        got,
        [("1", false), ("2", true), ("3", true), ("4", true), ("", true), ("", true), ("5", true), ("9", false)]
    );
}

#[tokio::test]
async fn success_is_what_the_manifest_says() {
    let url = serve(|request| match request.path.as_str() {
        "/base/detail" => ok(json!({ "detail": "no such lot", "status_code": 500, "items": [] })),
        "/base/fault" => ("500 Oops".to_owned(), json!({ "detail": "broken" }).to_string()),
        "/base/gone" => ("403 Forbidden".to_owned(), json!({ "detail": "no right" }).to_string()),
        "/base/html" => ("200 OK".to_owned(), "<html>log in</html>".to_owned()),
        "/base/cut" => ("200 OK".to_owned(), r#"{"items":[{"id":1}"#.to_owned()),
        _ => ("429 Slow down\r\nretry-after: 7".to_owned(), String::new()),
    })
    .await;
    let system = ", success: [\"http.status == 200\", \"!has(body.status_code)\"], refusal: body.detail";
    let error = async |path: &str| {
        let (mut source, _) = source(&url, &manifest(system, &format!("{{get: {path}, rows: body.items}}"), ""));
        source.page("lots", None).await.unwrap_err()
    };
    assert!(matches!(error("/detail").await, Error::ErpRefused { problem, .. } if problem == "no such lot"));
    assert!(matches!(error("/fault").await, Error::ErpUnreachable { problem, .. } if problem.contains("broken")));
    assert!(matches!(error("/gone").await, Error::ErpRefused { problem, .. } if problem.contains("no right")));
    assert!(matches!(error("/html").await, Error::ErpAnswer { .. } | Error::ErpRefused { .. }));
    assert!(matches!(error("/cut").await, Error::ErpAnswer { .. }));
    assert!(matches!(error("/busy").await, Error::ErpBusy { retry_after: Some(pause), .. } if pause.as_secs() == 7));
}

#[tokio::test]
async fn a_session_is_begun_renewed_once_and_never_logged() {
    let logins = Arc::new(Mutex::new(0));
    let count = logins.clone();
    let url = serve(move |request| {
        if request.path == "/base/login" {
            assert!(request.body["password"].as_str().is_some_and(|password| !password.is_empty()));
            *count.lock().unwrap() += 1;
            return ok(json!({ "token": format!("t{}", count.lock().unwrap()) }));
        }
        match request.headers.contains("x-token: t2") {
            true => ok(json!({ "result": [row(1, 0)] })),
            false => ("401 Unauthorized".to_owned(), "<html>".to_owned()),
        }
    })
    .await;
    let system = ", auth: {session: {post: /login, body: {user: u, password: \"${secret.key}\"}, token: body.token, \
                  header: X-Token, value: \"${token}\"}}";
    let read = "{post: /rpc, body: {method: list, params: [[\"id\", \">\", \"${after}\"]]}, rows: body.result}";
    let (mut source, _) = source(&url, &manifest(system, read, ""));
    assert_eq!(pass(&mut source, &mut None).await.unwrap(), ["1"]);
    assert_eq!(*logins.lock().unwrap(), 2, "the first token was not accepted");
}

#[tokio::test]
async fn a_sweep_brings_all_keys_when_its_time_has_come() {
    let url = serve(|request| match request.path.as_str() {
        "/base/keys" => ok(json!({ "ids": [{ "id": 1 }, { "id": 3 }] })),
        _ => ok(json!({ "items": [row(1, 0)] })),
    })
    .await;
    let read = "{get: /lots, rows: body.items, keys: {get: /keys, rows: body.ids}}";
    let rest = "    deletes: {key_sweep: {every: 1h, max_ratio: 0.1}}\n";
    let (mut source, clock) = source(&url, &manifest("", read, rest));
    let mut cursor = None;
    assert!(pages(&mut source, &mut cursor).await.unwrap().iter().all(|page| page.sweep.is_none()));
    clock.advance(TimeDelta::hours(2));
    let pages = pages(&mut source, &mut cursor).await.unwrap();
    let sweep = pages.last().unwrap().sweep.as_ref().unwrap();
    assert_eq!(sweep.keys, BTreeSet::from(["1".to_owned(), "3".to_owned()]));
    assert_eq!((sweep.external_model.as_str(), sweep.max_ratio), ("lots", 0.1));
}

#[tokio::test]
async fn tombstones_flags_filters_and_touches() {
    let url = serve(|request| match request.path.as_str() {
        "/base/gone" => {
            ok(json!({ "items": [{ "seq": 1, "lot": 7, "kind": "lots" }, { "seq": 2, "lot": 8, "kind": "x" }] }))
        }
        "/base/moves" => {
            ok(json!({ "items": [{ "id": 1, "lot": 5 }, { "id": 2, "lot": 5 }, { "id": 3, "lot": null }] }))
        }
        "/base/lots/5" => ok(json!({ "lot": row(5, 1) })),
        _ => ok(json!({ "items": [
            { "id": 1, "dead": true, "test": false }, { "id": 2, "dead": false, "test": true },
        ] })),
    })
    .await;
    let text = format!(
        "version: t/1\nsystem: {{kind: http-json}}\nsecrets: {{key: k}}\nstreams:\n  lots:\n    \
         read: {{get: /lots, rows: body.items, one: {{get: \"/lots/${{key}}\", row: body.lot}}}}{}\
         \x20   filter: \"!has(r.test) || !r.test\"\n    deletes: {{soft_flag: has(r.dead) && r.dead, tombstones: gone}}\n  \
         gone:\n    read: {{get: /gone, rows: body.items}}\n    key: r.lot\n    filter: r.kind == 'lots'\n  \
         moves:\n    read: {{get: /moves, rows: body.items}}\n    key: r.id\n    touches: {{stream: lots, key: r.lot}}\n",
        LOTS.replace("time: r.updated", "time: \"has(r.updated) ? r.updated : null\"")
    );
    let (mut source, _) = source(&url, &text);
    let lots = source.page("lots", None).await.unwrap();
    assert_eq!(lots.records.len(), 1, "{:?}", lots.records);
    assert_eq!((lots.records[0].external_id.as_str(), &lots.records[0].body), ("1", &Body::Deleted));
    let gone = source.page("gone", None).await.unwrap();
    let gone: Vec<_> = gone.records.iter().map(|record| (&*record.external_model, &*record.external_id)).collect();
    assert_eq!(gone, [("lots", "7")]);
    let moves = source.page("moves", None).await.unwrap();
    let touched: Vec<_> = moves.records.iter().map(|record| (&*record.external_model, &*record.external_id)).collect();
    assert_eq!(touched, [("lots", "5")], "read again once");
}

#[tokio::test]
async fn a_forgotten_page_begins_the_pass_again() {
    let lost = Arc::new(Mutex::new(1));
    let url = serve(move |request| match request.query("token") {
        Some(_) if *lost.lock().unwrap() > 0 => {
            *lost.lock().unwrap() -= 1;
            ("410 Gone".to_owned(), "{}".to_owned())
        }
        Some(_) => ok(json!({ "items": [row(2, 0)], "next": null })),
        None => ok(json!({ "items": [row(1, 0)], "next": "x" })),
    })
    .await;
    let read = "{get: /lots, query: {token: \"${cursor}\"}, rows: body.items, page: {cursor: body.next}}";
    let (mut source, _) = source(&url, &manifest("", read, ""));
    assert_eq!(pass(&mut source, &mut None).await.unwrap(), ["1", "1", "2"]);
}
