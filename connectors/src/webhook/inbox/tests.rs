use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;

use super::*;
use crate::{
    manifest::Manifest,
    plant_file::{Secret, SecretSource, SystemKind},
    webhook::{Arrived, Doors, Entry, way_in},
};

const MANIFEST: &str = r#"
version: test/1
system: { kind: file }
secrets: { hook: what the WMS signs with }
webhook:
  signature: { header: X-Signature, prefix: "sha256=", secret: hook }
  event_id: X-Delivery
  stream: "r.event.startsWith('lot.') ? 'lots' : null"
"#;
const TIMED: &str = "  timestamp: { header: X-Time, tolerance: 5m }\n";

fn section(manifest: &str) -> SystemSection {
    SystemSection {
        code: "wms".into(),
        name: "WMS".into(),
        kind: SystemKind::Wms,
        manifest: Arc::new(Manifest::parse(manifest, "test", Path::new("")).unwrap()),
        url: "/nowhere".into(),
        secrets: BTreeMap::from([("hook".to_owned(), SecretSource::Given(Secret::new("s3cret")))]),
        options: BTreeMap::new(),
        poll_interval: Duration::from_secs(1),
        overlap: Duration::from_secs(60),
        line_by_location: BTreeMap::new(),
        commands: true,
    }
}

fn signed(parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(b"s3cret").unwrap();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn headers(of: &[(&'static str, String)]) -> HeaderMap {
    of.iter()
        .map(|(name, value)| (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap()))
        .collect()
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

#[test]
fn only_the_signed_body_is_believed_and_each_event_once() {
    let section = section(MANIFEST);
    let inbox = Inbox::new(section.manifest.webhook.as_ref().unwrap(), &section).unwrap();
    let body = br#"{"event":"lot.updated","id":90011}"#;
    let signature = format!("sha256={}", hex(&signed(&[body])));
    let good = |id: &str| headers(&[("X-Signature", signature.clone()), ("X-Delivery", id.to_owned())]);
    let hint = inbox.receive(&good("1"), body, now()).unwrap();
    assert_eq!(hint, Some(Hint { stream: Some("lots".into()) }));
    assert_eq!(inbox.receive(&good("1"), body, now()), Ok(None), "the same event");
    assert!(inbox.receive(&good("2"), body, now()).unwrap().is_some());

    let nothing = Err(Refusal::nothing_here());
    let with = |signature: &str| headers(&[("X-Signature", signature.to_owned()), ("X-Delivery", "3".to_owned())]);
    let other = hex(&signed(&[b"another body"]));
    for bad in [
        format!("sha256={other}"),
        hex(&signed(&[body])),
        signature[..20].to_owned(),
        "sha256=zz".to_owned(),
        "sha256=é".to_owned(),
        String::new(),
    ] {
        let headers = HeaderValue::from_bytes(bad.as_bytes())
            .map(|value| HeaderMap::from_iter([(HeaderName::from_static("x-signature"), value)]));
        assert_eq!(inbox.receive(&headers.unwrap(), body, now()), nothing, "{bad}");
    }
    let mut twice = with(&signature);
    twice.append("X-Signature", HeaderValue::from_static("sha256=00"));
    assert_eq!(inbox.receive(&twice, body, now()), nothing);
    assert_eq!(inbox.receive(&HeaderMap::new(), body, now()), nothing);
    assert_eq!(inbox.receive(&good("4"), &vec![b' '; BODY_BYTES_MAX + 1], now()).unwrap_err().code, Code::BodyTooLarge);
    for hostile in [&b"{\"a\":1,\"a\":2}"[..], b"{", b"\xff", b""] {
        let signature = format!("sha256={}", hex(&signed(&[hostile])));
        assert_eq!(inbox.receive(&with(&signature), hostile, now()).unwrap_err().code, Code::RequestMalformed);
    }
}

#[test]
fn a_recorded_request_is_refused_after_a_while() {
    let manifest = format!("{MANIFEST}{TIMED}").replace("prefix: \"sha256=\"", "encoding: base64");
    let section = section(&manifest);
    let inbox = Inbox::new(section.manifest.webhook.as_ref().unwrap(), &section).unwrap();
    let body = br#"{"event":"shipment.updated"}"#;
    let at = |time: &str, delivery: &str| {
        let signature = BASE64_STANDARD.encode(signed(&[time.as_bytes(), b".", body]));
        headers(&[("X-Signature", signature), ("X-Time", time.to_owned()), ("X-Delivery", delivery.to_owned())])
    };
    assert_eq!(inbox.receive(&at("1700000100", "1"), body, now()), Ok(Some(Hint { stream: None })));
    for time in ["1699999000", "1700001000", "-1", "99999999999999999999", "now"] {
        assert_eq!(inbox.receive(&at(time, "2"), body, now()), Err(Refusal::nothing_here()), "{time}");
    }
    let mut moved = at("1699999000", "3");
    moved.insert("X-Time", HeaderValue::from_static("1700000000"));
    assert_eq!(inbox.receive(&moved, body, now()), Err(Refusal::nothing_here()), "the time is signed");
}

#[tokio::test]
async fn who_is_unknown_and_who_is_not_let_in_hear_the_same() {
    let section = section(MANIFEST);
    let doors = Doors::default();
    let entry = doors.open("HAM", "wms", way_in(&section).unwrap().unwrap());
    let (sender, mut hints) = mpsc::channel(1);
    entry.leads_to(sender);
    let body = br#"{"event":"lot.updated"}"#;
    let signature = format!("sha256={}", hex(&signed(&[body])));
    let good = headers(&[("X-Signature", signature), ("X-Delivery", "1".to_owned())]);
    let forbidden = doors.receive("HAM", "wms", &HeaderMap::new(), body, now()).await;
    assert_eq!(forbidden, doors.receive("HAM", "erp", &good, body, now()).await);
    assert_eq!(forbidden, doors.receive("nowhere", "wms", &good, body, now()).await);
    assert_eq!(doors.receive("HAM", "wms", &good, body, now()).await, Ok(Arrived::Taken));
    assert_eq!(hints.try_recv().unwrap().stream.as_deref(), Some("lots"));
    assert!(matches!(&*entry, Entry::Webhook(_)));
}
