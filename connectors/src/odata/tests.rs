//! The protocol against a server behind a real socket that answers what it is told.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};
use tokio_util::task::TaskTracker;
use workflow::sync::{Body, Page};

use super::{OdataSource, client::Client};
use crate::{
    Error,
    actions::{Failure, Intent, Transport},
    erp::Source,
    manifest,
    plant_file::SystemSection,
};

/// What the server heard: the line of the request, its head in small letters, its body.
type Heard = Arc<Mutex<Vec<(String, String, String)>>>;

/// A server that gives these answers in turn: status with perhaps more headers, and body.
async fn server(answers: Vec<(&'static str, String)>) -> (String, Heard) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let heard = Heard::default();
    let (heard_there, base) = (heard.clone(), url.clone());
    TaskTracker::new().spawn(async move {
        for (status, body) in answers {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).await.unwrap() <= 2 {
                    break;
                }
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                head.push_str(&line);
            }
            let mut sent = vec![0; length];
            stream.read_exact(&mut sent).await.unwrap();
            let line = head.lines().next().unwrap().to_owned();
            let sent = String::from_utf8(sent).unwrap();
            heard_there.lock().unwrap().push((line, head.to_ascii_lowercase(), sent));
            let body = body.replace("BASE", &base);
            let date = "date: Sun, 22 Nov 2026 10:00:00 GMT";
            let head =
                format!("HTTP/1.1 {status}\r\n{date}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        }
    });
    (url, heard)
}

const LOTS: &str = "
    key: r.Lot
    time: {from: r.Changed, as: edm_v2_datetime}
    incremental: {}
    map:
      kind: MATERIAL_LOT
      attributes: {number: r.Lot, material: {from: r.Material, ref: key}}
";

fn section(url: &str, system: &str, read: &str, rest: &str) -> SystemSection {
    let manifest =
        format!("version: t/1\nsystem: {{kind: odata, {system}}}\nstreams:\n  lots:\n    read: {read}{rest}");
    SystemSection::for_test(&format!(
        "code = 'S'\nname = 'S'\nkind = 'erp'\nmanifest = 'plain-http'\nurl = '{url}'\nsecrets = {{ key = {{ env = 'PATH' }} }}"
    ))
    .with_manifest(&manifest)
}

fn source(section: &SystemSection) -> OdataSource {
    let manifest::System::Odata(system) = &section.manifest.system else { panic!("it is another kind") };
    OdataSource::new(system, &section.manifest, section).unwrap()
}

fn client(section: &SystemSection) -> Client {
    let manifest::System::Odata(system) = &section.manifest.system else { panic!("it is another kind") };
    Client::new(system, section).unwrap()
}

const READ: &str =
    "{service: /s, entity: Lots, keys: [Lot], page: 2, changed: [{field: Changed, type: datetimeoffset}]}";

fn lot(number: &str) -> Value {
    json!({ "Lot": number, "Material": "M", "Changed": "/Date(1795341600000+0000)/" })
}

fn numbers(page: &Page) -> Vec<&str> {
    page.records.iter().map(|record| record.external_id.as_str()).collect()
}

const TOKEN_1: &str = "200 OK\r\nx-csrf-token: t1\r\nset-cookie: SESSION=a; path=/; HttpOnly\r\nset-cookie: lb=x";
const TOKEN_2: &str = "200 OK\r\nx-csrf-token: t2\r\nset-cookie: SESSION=b; path=/";
const REQUIRED: &str = "403 Forbidden\r\nx-csrf-token: Required";

#[tokio::test]
async fn a_token_is_sent_with_its_cookies_and_fetched_again_once() {
    let answers = vec![
        (TOKEN_1, "{}".to_owned()),
        (REQUIRED, "CSRF token validation failed".to_owned()),
        (TOKEN_2, "{}".to_owned()),
        ("204 No Content", String::new()),
        (REQUIRED, String::new()),
        (TOKEN_1, "{}".to_owned()),
        (REQUIRED, String::new()),
    ];
    let (url, heard) = server(answers).await;
    let mut client = client(&section(&url, "protocol: v2, csrf: true", READ, LOTS));
    let request = json!({ "method": "PATCH", "service": "/s", "entity": "Lots", "key": "L'1", "if_match": "W/\"3\"", "body": { "Held": true } });
    let answer = client.send(&request, Intent::Act).await.unwrap();
    assert_eq!(answer.status, 204);
    {
        let heard = heard.lock().unwrap();
        assert_eq!(heard[0].0, "GET /s/ HTTP/1.1");
        assert!(heard[0].1.contains("x-csrf-token: fetch"));
        assert!(
            heard[1].1.contains("x-csrf-token: t1") && heard[1].1.contains("cookie: session=a; lb=x"),
            "{}",
            heard[1].1
        );
        let (line, head, body) = &heard[3];
        assert_eq!(line, "PATCH /s/Lots('L''1') HTTP/1.1");
        assert!(
            head.contains("x-csrf-token: t2") && head.contains("cookie: session=b") && !head.contains("session=a"),
            "{head}"
        );
        assert!(head.contains("if-match: w/\"3\""), "{head}");
        assert_eq!(body, r#"{"Held":true}"#);
    }
    // A server that never accepts its own tokens is asked twice, not for ever.
    let answer = client.send(&request, Intent::Act).await.unwrap();
    assert_eq!(answer.status, 403);
    assert!(!answer.headers.contains_key("x-csrf-token") && !answer.headers.contains_key("set-cookie"));
}

#[tokio::test]
async fn errors_have_the_words_of_the_system_and_a_silent_server_is_told_from_a_refusing_one() {
    let text = r#"{"error":{"code":"CO/469","message":{"lang":"en","value":"released already"}}}"#;
    let (url, _) =
        server(vec![("400 Bad Request", text.to_owned()), ("429 Slow\r\nretry-after: 7", String::new())]).await;
    let mut client = client(&section(&url, "protocol: v2", READ, LOTS));
    let request = json!({ "method": "POST", "service": "/s", "function": "Release", "parameters": { "Lot": "1" } });
    let answer = client.send(&request, Intent::Act).await.unwrap();
    assert_eq!(client.judge(&answer), crate::actions::Verdict::Refused("CO/469: released already".to_owned()));
    assert!(matches!(client.send(&request, Intent::Act).await, Err(Failure::Busy { retry_after: Some(_), .. })));
    assert!(matches!(client.send(&request, Intent::Act).await, Err(Failure::NotSent(_))), "nobody listens any more");
    assert!(matches!(client.send(&request, Intent::Read).await, Err(Failure::Unusable(_))), "a POST is no reading");
}

#[tokio::test]
async fn a_server_that_gives_less_than_it_is_asked_for_is_asked_after_the_last_key() {
    let page = |rows: Value, next: &str| json!({ "d": { "results": rows, "__next": next } }).to_string();
    let answers = vec![
        ("200 OK", page(json!([lot("L-1")]), "http://elsewhere.example/s/Lots?$skiptoken=1")),
        ("200 OK", page(json!([lot("L-2"), lot("L-3")]), "")),
        ("200 OK", page(json!([]), "")),
        ("200 OK", page(json!([lot("L-3")]), "")),
    ];
    let (url, heard) = server(answers).await;
    let section = section(&url, "protocol: v2", READ, LOTS);
    let mut source = source(&section);
    let first = source.page("lots", None).await.unwrap();
    assert_eq!((numbers(&first), first.complete), (vec!["L-1"], false));
    // Another process goes on.
    let mut source = self::source(&section);
    let second = source.page("lots", first.cursor.as_deref()).await.unwrap();
    assert_eq!((numbers(&second), second.complete), (vec!["L-2", "L-3"], false));
    let third = source.page("lots", second.cursor.as_deref()).await.unwrap();
    assert!(third.complete);
    let again = source.page("lots", third.cursor.as_deref()).await.unwrap();
    assert_eq!(numbers(&again), ["L-3"]);
    let heard = heard.lock().unwrap();
    assert_eq!(heard[0].0, "GET /s/Lots?$orderby=Lot&$top=2 HTTP/1.1");
    assert_eq!(heard[1].0, "GET /s/Lots?$filter=Lot%20gt%20%27L-1%27&$orderby=Lot&$top=2 HTTP/1.1");
    // A minute before the latest change.
    assert!(heard[3].0.contains("$filter=Changed%20ge%20datetimeoffset%272026-11-22T"), "{}", heard[3].0);
}

#[tokio::test]
async fn links_of_the_server_are_followed_at_its_own_origin_only() {
    let page = |next: &str| json!({ "value": [lot("L-1")], "@odata.nextLink": next }).to_string();
    let (url, heard) = server(vec![
        ("200 OK", page("BASE/s/Lots?$skiptoken=2")),
        ("200 OK", page("https://evil.example/s/Lots?$skiptoken=3")),
    ])
    .await;
    let read = "{service: /s, entity: Lots, paging: next, page: 2}";
    let mut source = source(&section(&url, "protocol: v4", read, LOTS));
    let first = source.page("lots", None).await.unwrap();
    let second = source.page("lots", first.cursor.as_deref()).await.unwrap();
    assert!(!second.complete);
    // The one that leads away is no page: everything is read again, from the origin.
    let third = source.page("lots", second.cursor.as_deref()).await.unwrap();
    assert_eq!((third.records.len(), third.complete), (0, false));
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), 2);
    assert_eq!(heard[1].0, "GET /s/Lots?$skiptoken=2 HTTP/1.1");
    assert!(heard[0].1.contains("prefer: odata.maxpagesize=2"));
}

#[tokio::test]
async fn changes_since_the_last_pass_come_by_a_link_and_what_is_gone_is_deleted() {
    let gone =
        json!({ "@odata.context": "x/$metadata#Lots/$deletedEntity", "id": "Lots('L''1')", "reason": "deleted" });
    let first = json!({ "value": [lot("L'1"), lot("L-2")], "@odata.deltaLink": "BASE/s/Lots?$deltatoken=1" });
    let second = json!({ "value": [gone], "@odata.deltaLink": "BASE/s/Lots?$deltatoken=2" });
    let answers = vec![
        ("200 OK", first.to_string()),
        ("200 OK", second.to_string()),
        ("410 Gone", "{}".to_owned()),
        ("200 OK", first.to_string()),
    ];
    let (url, heard) = server(answers).await;
    let mut source = source(&section(&url, "protocol: v4", "{service: /s, entity: Lots, delta: true}", LOTS));
    let page = source.page("lots", None).await.unwrap();
    assert!(page.complete);
    let page = source.page("lots", page.cursor.as_deref()).await.unwrap();
    assert_eq!((numbers(&page), &page.records[0].body), (vec!["L'1"], &Body::Deleted));
    let page = source.page("lots", page.cursor.as_deref()).await.unwrap();
    assert!(!page.complete, "the link was forgotten: everything again");
    let page = source.page("lots", page.cursor.as_deref()).await.unwrap();
    assert_eq!(page.records.len(), 2);
    let heard = heard.lock().unwrap();
    assert!(heard[0].1.contains("prefer: odata.track-changes"));
    assert_eq!(heard[2].0, "GET /s/Lots?$deltatoken=2 HTTP/1.1");
    assert_eq!(heard[3].0, "GET /s/Lots HTTP/1.1");
}

#[tokio::test]
async fn without_a_time_of_change_everything_is_read_and_its_keys_are_the_sweep() {
    let page = |rows: Value| json!({ "d": { "results": rows } }).to_string();
    let (url, _) =
        server(vec![("200 OK", page(json!([lot("L-1"), lot("L-2")]))), ("200 OK", page(json!([lot("L-3")])))]).await;
    let rest = LOTS.replace("incremental: {}", "deletes: {key_sweep: {every: 1h}}");
    let read = "{service: /s, entity: Lots, keys: [Lot], page: 2}";
    let mut source = source(&section(&url, "protocol: v2", read, &rest));
    let first = source.page("lots", None).await.unwrap();
    assert_eq!(first.sweep, None);
    let second = source.page("lots", first.cursor.as_deref()).await.unwrap();
    let keys: VecDeque<String> = second.sweep.unwrap().keys.into_iter().collect();
    assert_eq!(keys, ["L-1", "L-2", "L-3"]);
}

#[tokio::test]
async fn hostile_answers_are_errors_and_nothing_else() {
    let answers: Vec<(&'static str, String)> = vec![
        ("200 OK", "<html>".to_owned()),
        ("200 OK", r#"{"d":{"results":"#.to_owned()),
        ("200 OK", format!("{}{}", "[".repeat(5_000), "]".repeat(5_000))),
        ("302 Found\r\nlocation: http://evil.example/", String::new()),
        ("500 Oops", r#"{"error":{"message":"boom"}}"#.to_owned()),
    ];
    let count = answers.len();
    let mixed = r#"{"d":{"results":[1,{"Lot":"L-1","Lot":"L-2"},{"Lot":"L-3","Material":"M","Changed":null}]}}"#;
    let answers = answers.into_iter().chain([("200 OK", mixed.to_owned())]).collect();
    let (url, _) = server(answers).await;
    let mut source = source(&section(&url, "protocol: v2", READ, LOTS));
    for _ in 0..count {
        let error = source.page("lots", None).await.unwrap_err();
        assert!(
            matches!(error, Error::ErpAnswer { .. } | Error::ErpRefused { .. } | Error::ErpUnreachable { .. }),
            "{error}"
        );
    }
    // A bad row is a dead letter, and its neighbour is applied.
    let page = source.page("lots", None).await.unwrap();
    let bad = page.records.iter().filter(|record| matches!(record.body, Body::Unreadable { .. })).count();
    assert_eq!((bad, page.records.len()), (2, 3));
}
