use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use chrono::DateTime;
use model::{Disposition, RequestState, SubjectType, clock::SystemClock};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_util::task::TaskTracker;
use workflow::sync::{Body, Record, Unmapped};

use super::{
    emit::{self, Envelope},
    message::Confirm,
    send::outcome,
    *,
};
use crate::{
    actions::{Failure, Intent, Transport, Verdict},
    file::xml,
    manifest::{Manifest, System as AnySystem},
    plant_file::{Secret, SecretSource, SystemKind, SystemSection},
};

fn text(root: &str, verb: &str, objects: &str) -> String {
    format!(
        "<b:{root} xmlns:b='http://www.mesa.org/xml/B2MML-V0600' releaseID='x'><b:ApplicationArea><b:Sender><b:LogicalID>MES</b:LogicalID>\
         <b:ConfirmationCode>Always</b:ConfirmationCode></b:Sender><b:CreationDateTime>2026-11-22T10:00:00+01:00</b:CreationDateTime>\
         <b:BODID>B-1</b:BODID></b:ApplicationArea><b:DataArea>{verb}{objects}</b:DataArea></b:{root}>"
    )
}

fn records(text: &str) -> Vec<Record> {
    let reading = Reading { line_by_location: [("WC-7".to_owned(), "L1".to_owned())].into() };
    read(text, &reading).unwrap().records.into_iter().map(|(_, record)| record).collect()
}

fn said(record: &Record, name: &str) -> Option<Result<Option<String>, Unmapped>> {
    let Body::Says(statement) = &record.body else { panic!("{record:?}") };
    statement.attributes.get(name).map(|assertion| assertion.canonical.clone())
}

fn word(text: &str) -> Option<Result<Option<String>, Unmapped>> {
    Some(Ok(Some(text.to_owned())))
}

#[test]
fn lots_are_read_whatever_the_version_and_the_order_of_elements() {
    let lots = "<MaterialLot><Quantity><UnitOfMeasure>PCE</UnitOfMeasure><QuantityString>2160.0</QuantityString></Quantity>\
        <Disposition>In-Process</Disposition><ID>L-1</ID><MaterialDefinitionID>FG</MaterialDefinitionID><Status>QA_HOLD</Status>\
        <StorageLocation><Location>A-01</Location></StorageLocation><MaterialSubLot><ID>L-1a</ID></MaterialSubLot></MaterialLot>\
        <MaterialLot><ID>L-2</ID><Disposition>Frozen</Disposition><Quantity><QuantityString>twelve</QuantityString></Quantity></MaterialLot>\
        <MaterialLot><MaterialDefinitionID>FG</MaterialDefinitionID></MaterialLot>";
    let found = records(&text("SyncMaterialLot", "", lots));
    let ids: Vec<_> = found.iter().map(|record| record.external_id.as_str()).collect();
    assert_eq!(ids[..3], ["L-1", "L-1a", "L-2"]);
    assert_eq!(said(&found[0], "disposition"), word("IN_PROCESS"));
    assert_eq!((said(&found[0], "quantity"), said(&found[0], "unit")), (word("2160"), word("PCE")));
    assert_eq!((said(&found[0], "material"), said(&found[0], "location")), (word("key:FG"), word("A-01")));
    assert_eq!((said(&found[1], "parent"), said(&found[1], "material")), (word("key:L-1"), word("key:FG")));
    assert_eq!(said(&found[2], "disposition"), Some(Err(Unmapped::Value("Frozen".into()))));
    assert!(matches!(said(&found[2], "quantity"), Some(Err(Unmapped::Type(_)))));
    assert!(matches!(found[3].body, Body::Unreadable { .. }), "without an ID");
    assert_eq!(said(&found[2], "status"), None, "what is not said is not claimed");
    assert_eq!(found[0].source_time.unwrap().to_rfc3339(), "2026-11-22T09:00:00+00:00");
}

#[test]
fn verbs_and_actions_say_whether_something_is_gone() {
    let sync = |codes: &str| {
        let expressions: String =
            codes.split(' ').map(|code| format!("<ActionExpression actionCode='{code}'/>")).collect();
        text(
            "SyncMaterialLot",
            &format!("<Sync><ActionCriteria>{expressions}</ActionCriteria></Sync>"),
            "<MaterialLot><ID>L</ID></MaterialLot>",
        )
    };
    assert_eq!(records(&sync("Delete"))[0].body, Body::Deleted);
    assert!(matches!(records(&sync("Add"))[0].body, Body::Says(_)));
    for bad in ["Add Delete", "Explode"] {
        assert!(read(&sync(bad), &Reading::default()).is_err(), "{bad}");
    }
    let cancelled = text(
        "CancelOperationsSchedule",
        "<Cancel/>",
        "<OperationsSchedule><OperationsRequest><ID>O</ID></OperationsRequest></OperationsSchedule>",
    );
    assert_eq!(records(&cancelled)[0].body, Body::Deleted);
}

#[test]
fn performance_becomes_responses_and_genealogy() {
    let actual = |material_use: &str, lot: &str, quantity: &str, id: &str| {
        format!(
            "<MaterialActual><ID>{id}</ID><MaterialLotID>{lot}</MaterialLotID><MaterialUse>{material_use}</MaterialUse>\
            <Quantity><QuantityString>{quantity}</QuantityString><UnitOfMeasure>KG</UnitOfMeasure></Quantity></MaterialActual>"
        )
    };
    let segment = [
        actual("Consumed", "RM-1", "4.5", "1"),
        actual("Material Consumed", "RM-2", "1", "2"),
        actual("Produced", "FG-1", "5", "good"),
        actual("Material Produced", "", "0.25", "scrap"),
    ]
    .concat();
    let response = format!(
        "<OperationsPerformance><ID>P</ID><OperationsResponse><ID>R</ID><OperationsRequestID>MO-1</OperationsRequestID>\
        <StartTime>2026-11-22T10:00:00Z</StartTime><Endtime>tomorrow</Endtime><ResponseState>Completed</ResponseState>\
        <SegmentResponse><ID>S</ID>{segment}</SegmentResponse></OperationsResponse></OperationsPerformance>"
    );
    let found = records(&text("SyncOperationsPerformance", "", &response));
    assert_eq!((said(&found[0], "good"), said(&found[0], "scrap")), (word("5"), word("0.25")));
    assert_eq!((said(&found[0], "state"), said(&found[0], "order")), (word("COMPLETED"), word("key:MO-1")));
    assert!(matches!(said(&found[0], "endedAt"), Some(Err(Unmapped::Type(_)))));
    let links: Vec<_> = found[1..].iter().map(|record| record.external_id.as_str()).collect();
    assert_eq!(links, ["R/RM-1/FG-1", "R/RM-2/FG-1"]);
    assert_eq!((said(&found[1], "quantity"), said(&found[1], "parent")), (word("4.5"), word("key:RM-1")));
}

#[test]
fn hostile_messages_are_refused() {
    let bomb = format!(
        "<!DOCTYPE a [<!ENTITY e '{}'>]>{}",
        "x".repeat(100),
        text("SyncMaterialLot", "", "<MaterialLot><ID>&e;</ID></MaterialLot>")
    );
    let cut = text("SyncMaterialLot", "", "<MaterialLot>");
    for bad in ["", "<a/>", "{}", "<SyncMaterialLot/>", "<SyncNothing/>", "<GetMaterialLot/>", &bomb, &cut] {
        assert!(read(bad, &Reading::default()).is_err(), "{bad:.40}");
    }
}

#[test]
fn what_is_sent_is_in_the_order_of_the_schemas_and_reads_back() {
    let envelope = Envelope { bod_id: "C-1 <&>", created: DateTime::UNIX_EPOCH };
    let lot = emit::Lot {
        number: "L-\u{1}<1>",
        material: Some("FG"),
        disposition: Disposition::Restricted,
        status: Some("HOLD"),
    };
    let xml = emit::sync_material_lot(envelope, lot);
    let message = read(&xml, &Reading::default()).unwrap();
    assert_eq!((message.bod_id.as_str(), message.confirm), ("C-1 <&>", Confirm::Always));
    assert_eq!(
        (message.records[0].1.external_id.as_str(), said(&message.records[0].1, "disposition")),
        ("L-<1>", word("RESTRICTED"))
    );
    let names = |path: &[&str], xml: &str| {
        let root = xml::parse(xml).unwrap();
        let at = path.iter().try_fold(&root, |element, name| element.child(name)).unwrap();
        at.children.iter().map(|child| child.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&["ApplicationArea"], &xml), ["Sender", "CreationDateTime", "BODID"]);
    assert_eq!(names(&["DataArea", "MaterialLot"], &xml), ["ID", "MaterialDefinitionID", "Status", "Disposition"]);
    let order = emit::Order { number: "MO-1", state: Some(RequestState::Released), line: Some("L2") };
    let xml = emit::process_operations_schedule(envelope, order);
    let request = ["DataArea", "OperationsSchedule", "OperationsRequest"];
    assert_eq!(names(&request, &xml), ["ID", "HierarchyScope", "OperationsType", "RequestState", "SegmentRequirement"]);
    let segment = ["ID", "ProcessSegmentID", "Duration", "OperationsDefinitionID", "OperationsSegmentID"];
    assert_eq!(names(&[&request[..], &["SegmentRequirement"]].concat(), &xml), segment);
    let record = &read(&xml, &Reading::default()).unwrap().records[0].1;
    assert_eq!((said(record, "state"), said(record, "line")), (word("RELEASED"), word("L2")));
    let Body::Says(statement) = &record.body else { panic!() };
    assert_eq!(statement.kind, SubjectType::ProductionOrder);
}

#[test]
fn a_confirmation_says_done_refused_or_neither() {
    let message = read(&text("SyncMaterialLot", "", ""), &Reading::default()).unwrap();
    let envelope = Envelope { bod_id: "C", created: DateTime::UNIX_EPOCH };
    assert_eq!(outcome(&emit::confirm(envelope, &message, Ok(()))), Outcome::Done);
    let refused = emit::confirm(envelope, &message, Err(("STATE", "it is <running>")));
    assert_eq!(outcome(&refused), Outcome::Refused("STATE".into(), "it is <running>".into()));
    for unclear in ["", "OK", "<html/>", "<ConfirmBOD><DataArea/></ConfirmBOD>"] {
        assert_eq!(outcome(unclear), Outcome::Unclear);
    }
}

/// A system that answers each request with the next of these, and hands over what it was asked.
async fn system(answers: Vec<&'static str>) -> (String, tokio::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/b2mml", listener.local_addr().unwrap());
    let (asked, requests) = tokio::sync::mpsc::channel(10);
    TaskTracker::new().spawn(async move {
        for answer in answers {
            let (mut socket, _) = listener.accept().await.unwrap();
            let (mut request, mut chunk) = (String::new(), [0; 4096]);
            while !request.contains("</SyncMaterialLot>") && !request.starts_with("GET") {
                let read = socket.read(&mut chunk).await.unwrap();
                request.push_str(std::str::from_utf8(&chunk[..read]).unwrap());
            }
            asked.send(request).await.unwrap();
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length";
            if !answer.is_empty() {
                socket.write_all(format!("{head}: {}\r\n\r\n{answer}", answer.len()).as_bytes()).await.unwrap();
            }
        }
    });
    (url, requests)
}

#[tokio::test]
async fn a_message_is_done_only_when_the_system_says_so() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let done = "<ConfirmBOD><DataArea><BOD><BODSuccessMessage/></BOD></DataArea></ConfirmBOD>";
    let refused = "<ConfirmBOD><DataArea><BOD><BODFailureMessage><ErrorProcessMessage><Description>gone</Description>\
        <ReasonCode>LOT_UNKNOWN</ReasonCode></ErrorProcessMessage></BODFailureMessage></BOD></DataArea></ConfirmBOD>";
    let (url, mut requests) = system(vec![done, refused, "<html>welcome</html>", "", done]).await;
    let manifest = "version: t/1\nsystem: { kind: b2mml, send: { http: { url: '${option.url}', authenticate: { bearer: key } } } }\n\
        options: { url: {} }\nsecrets: { key: k }\n";
    let manifest = Manifest::parse(manifest, "test", Path::new("")).unwrap();
    let section = SystemSection {
        code: "mes".into(),
        name: "MES".into(),
        kind: SystemKind::Mes,
        manifest: Arc::new(manifest),
        url: "/nowhere".into(),
        secrets: BTreeMap::from([("key".to_owned(), SecretSource::Given(Secret::new("hunter2")))]),
        options: BTreeMap::from([("url".to_owned(), url)]),
        poll_interval: Duration::from_secs(1),
        overlap: Duration::from_secs(60),
        line_by_location: BTreeMap::new(),
        commands: true,
    };
    let AnySystem::B2mml(system) = &section.manifest.system else { panic!() };
    let mut way = B2mmlTransport::new(system.send.as_ref().unwrap(), &section, Arc::new(SystemClock)).unwrap();
    let block = json!({ "sync_material_lot": { "bod_id": "C-1", "number": "L-1", "disposition": "RESTRICTED" } });
    let answer = way.send(&block, Intent::Act).await.unwrap();
    assert_eq!(way.judge(&answer), Verdict::Success);
    let asked = requests.recv().await.unwrap();
    assert!(asked.starts_with("POST /b2mml ") && asked.contains("authorization: Bearer hunter2"), "{asked}");
    assert!(asked.contains("<BODID>C-1</BODID>") && asked.contains("<Disposition>Restricted</Disposition>"));
    let answer = way.send(&block, Intent::Act).await.unwrap();
    assert_eq!(way.judge(&answer), Verdict::Refused("LOT_UNKNOWN: gone".into()));
    let answer = way.send(&block, Intent::Act).await.unwrap();
    assert!(matches!(way.judge(&answer), Verdict::Unknown(_)), "HTTP 200 is not success");
    assert!(matches!(way.send(&block, Intent::Act).await, Err(Failure::Lost(_))), "nobody knows");
    let probe = json!({ "confirmation": { "bod_id": "C/1" } });
    assert_eq!(way.send(&probe, Intent::Read).await.unwrap().body, json!({ "confirmed": true }));
    for _ in 0..3 {
        requests.recv().await.unwrap();
    }
    assert!(requests.recv().await.unwrap().starts_with("GET /b2mml/confirmations/C%2F1 "));
    for bad in [
        json!({}),
        json!({ "sync_material_lot": { "bod_id": "C" } }),
        json!({ "confirmation": {} }),
        json!({ "sync_material_lot": { "bod_id": "C", "number": "L", "disposition": "FROZEN" } }),
    ] {
        assert!(matches!(way.send(&bad, Intent::Act).await, Err(Failure::Unusable(_))), "{bad}");
    }
}

#[tokio::test]
async fn nobody_sees_half_of_a_message_in_a_folder() {
    let folder = crate::file::scratch();
    let name = drop_file(&folder, "C/../1", "<x/>").await.unwrap();
    assert_eq!(name, drop_file(&folder, "C/../1", "<x/>").await.unwrap(), "the same id is the same file");
    let files: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(files, ["C____1.xml"]);
}

#[tokio::test]
async fn a_door_that_nobody_owns_asks_to_come_again() {
    let door = Door::new(Reading::default());
    let message = text("SyncMaterialLot", "", "<MaterialLot><ID>L</ID></MaterialLot>");
    assert_eq!(door.take(message.as_bytes(), DateTime::UNIX_EPOCH).await, Reply::Busy);
    for bad in [&b"\xff"[..], b"<x/>", b"", message.replace("B-1", "").as_bytes()] {
        assert!(matches!(door.take(bad, DateTime::UNIX_EPOCH).await, Reply::Unreadable(_)));
    }
}
