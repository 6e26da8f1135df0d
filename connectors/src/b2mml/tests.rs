use chrono::DateTime;
use model::{Disposition, RequestState, SubjectType};
use workflow::sync::{Body, Record, Unmapped};

use super::{
    emit::{self, Envelope},
    message::Confirm,
    send::outcome,
    *,
};
use crate::file::xml;

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
