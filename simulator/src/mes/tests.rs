use std::time::Duration;

use sqlx::{Connection, SqliteConnection, query_as, sqlite::SqliteConnectOptions};

use crate::{
    BusinessSystem, Deletion, Fault, FaultKind,
    business::tests::{Client, Rig, eventually, until},
    plant::{LineId, State},
};

fn client(rig: &Rig) -> Client {
    let token = "Bearer mes-token".to_owned();
    let headers = vec![("Authorization", token), ("Content-Type", "application/xml".to_owned())];
    Client { url: rig.business.mes_url.clone(), headers }
}

async fn open(rig: &Rig) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(&rig.business.mes_database).read_only(true);
    SqliteConnection::connect_with(&options.busy_timeout(Duration::from_millis(50))).await.unwrap()
}

/// A lot's disposition and version in the view.
async fn lot(reader: &mut SqliteConnection, number: &str) -> (String, i64) {
    let sql = "SELECT disposition, changed_seq FROM v_lot WHERE lot = ?";
    query_as(sql).bind(number.to_owned()).fetch_one(reader).await.unwrap()
}

async fn count(reader: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    query_as("SELECT count(*) FROM v_lot").fetch_one(reader).await.map(|(count,): (i64,)| count)
}

fn lot_message(id: &str, lot: &str, disposition: &str) -> String {
    format!(
        "<b:SyncMaterialLot xmlns:b=\"http://www.mesa.org/xml/B2MML\" releaseID=\"7.0.1\"><b:ApplicationArea><b:Sender>\
         <b:LogicalID>plantgraph</b:LogicalID></b:Sender><b:CreationDateTime>2026-11-22T10:00:00Z</b:CreationDateTime>\
         <b:BODID>{id}</b:BODID></b:ApplicationArea><b:DataArea><b:Sync/><b:MaterialLot><b:ID>{lot}</b:ID>\
         <b:Disposition>{disposition}</b:Disposition></b:MaterialLot></b:DataArea></b:SyncMaterialLot>"
    )
}

fn order_message(id: &str, order: &str, inner: &str) -> String {
    format!(
        "<ProcessOperationsSchedule releaseID=\"7.0.1\"><ApplicationArea><BODID>{id}</BODID></ApplicationArea><DataArea>\
         <Process/><OperationsSchedule><OperationsRequest><ID>{order}</ID>{inner}</OperationsRequest></OperationsSchedule>\
         </DataArea></ProcessOperationsSchedule>"
    )
}

#[tokio::test]
async fn the_views_follow_in_cycles_with_growing_versions() {
    let rig = Rig::start("mes-views").await;
    let mut reader = open(&rig).await;
    let (before, version) = lot(&mut reader, "L-4711").await;
    assert_eq!(before, "UnRestricted");
    let (seqs, distinct, newest): (i64, i64, i64) = query_as(
        "SELECT count(*), count(DISTINCT changed_seq), max(changed_seq) FROM (SELECT changed_seq FROM v_lot UNION ALL \
         SELECT changed_seq FROM v_job UNION ALL SELECT changed_seq FROM v_material UNION ALL SELECT changed_seq FROM \
         v_line_state)",
    )
    .fetch_one(&mut reader)
    .await
    .unwrap();
    assert_eq!(seqs, distinct);
    assert!(rig.business.set_lot(BusinessSystem::Mes, "L-4711", Some("Restricted"), None));
    rig.business.set_line(LineId::One, State::Held, None);
    eventually("the view follows", async || lot(&mut reader, "L-4711").await.0 == "Restricted").await;
    let (_, changed) = lot(&mut reader, "L-4711").await;
    assert!(changed > version && changed > newest);
    let sql = "SELECT state FROM v_line_state WHERE line = 'L1' AND order_no IS NULL";
    eventually("the line is held", async || {
        query_as::<_, (String,)>(sql).fetch_one(&mut reader).await.unwrap().0 == "Held"
    })
    .await;

    assert!(rig.business.delete_lot(BusinessSystem::Mes, "L-4711", Deletion::Hard));
    eventually("the lot is gone", async || count(&mut reader).await.unwrap() == 19).await;
    let gone: (String, String) = query_as("SELECT kind, id FROM v_deletion").fetch_one(&mut reader).await.unwrap();
    assert_eq!(gone, ("lot".to_owned(), "LOT/FG-SAUCE-340/L-4711".to_owned()));
}

#[tokio::test]
async fn a_message_is_confirmed_and_has_one_effect() {
    let rig = Rig::start("mes-b2mml").await;
    let client = client(&rig);
    let nobody = Client { url: client.url.clone(), headers: Vec::new() };
    assert_eq!(nobody.send("POST", "/b2mml", &lot_message("1", "L-4711", "Restricted")).await.status, 401);
    assert_eq!(client.send("GET", "/b2mml/confirmations/bod-1", "").await.status, 404);
    let first = client.send("POST", "/b2mml", &lot_message("bod-1", "L-4711", "Restricted")).await;
    assert_eq!(first.status, 200);
    assert!(
        first.body.contains("<BODSuccessMessage/>") && first.body.contains("<BODID>bod-1</BODID>"),
        "{}",
        first.body
    );
    let again = client.send("POST", "/b2mml", &lot_message("bod-1", "L-4711", "Restricted")).await;
    assert_eq!(again.body, first.body);
    assert_eq!(client.send("GET", "/b2mml/confirmations/bod-1", "").await.body, first.body);
    // A new message that changes nothing is confirmed, and leaves no trace.
    client.send("POST", "/b2mml", &lot_message("bod-2", "L-4711", "Restricted")).await;
    let ledger = rig.business.ledger(BusinessSystem::Mes);
    assert_eq!(ledger.len(), 1);
    assert_eq!((ledger[0].key.as_str(), ledger[0].action.as_str()), ("bod-1", "block-lot"));

    for (message, code) in [
        (lot_message("bad-1", "L-0000", "Restricted"), "LOT_UNKNOWN"),
        (lot_message("bad-2", "L-4711", "Planned"), "CONTENT"),
        (order_message("bad-3", "MO-000000", "<RequestState>Released</RequestState>"), "ORDER_UNKNOWN"),
        ("<GetPerson><ApplicationArea><BODID>b</BODID></ApplicationArea><DataArea/></GetPerson>".to_owned(), "NOUN"),
    ] {
        let answer = client.send("POST", "/b2mml", &message).await;
        assert_eq!(answer.status, 200, "status 200 is not success");
        assert!(answer.body.contains(&format!("<ReasonCode>{code}</ReasonCode>")), "{}", answer.body);
    }
    for broken in ["<SyncMaterialLot>", "not xml", "<!DOCTYPE a><a/>", "<a/>"] {
        assert_eq!(client.send("POST", "/b2mml", broken).await.status, 400, "{broken}");
    }
}

#[tokio::test]
async fn an_order_is_released_and_started_by_message_but_not_the_other_way_round() {
    let rig = Rig::start("mes-orders").await;
    let client = client(&rig);
    let order = rig.business.create_order("FG-BBQ-350", LineId::One, 60, false, chrono::TimeDelta::hours(2));
    until("the MES hears of the order", || rig.business.mes_job_state(&order) == Some("QUEUED")).await;
    let state = |word: &str| format!("<RequestState>{word}</RequestState>");
    let running = client.send("POST", "/b2mml", &order_message("o-1", &order, &state("Running"))).await;
    assert!(running.body.contains("<ReasonCode>STATE</ReasonCode>"));
    for (id, word, becomes) in [("o-2", "Released", "READY"), ("o-3", "Running", "RUNNING")] {
        client.send("POST", "/b2mml", &order_message(id, &order, &state(word))).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(rig.business.mes_job_state(&order), Some(becomes), "it stays so over the cycles");
    }
    // All or nothing: the line would change, the state may not.
    let both = format!("<HierarchyScope><EquipmentID>L2</EquipmentID></HierarchyScope>{}", state("Cancelled"));
    assert!(client.send("POST", "/b2mml", &order_message("o-4", &order, &both)).await.body.contains("STATE"));
    let actions: Vec<_> = rig.business.ledger(BusinessSystem::Mes).into_iter().map(|effect| effect.action).collect();
    assert_eq!(actions, ["release-order", "start-order"]);
}

#[tokio::test]
async fn messages_are_left_whole_in_the_outbox() {
    let rig = Rig::start("mes-outbox").await;
    rig.business.set_lot(BusinessSystem::Mes, "L-4711", Some("Restricted"), None);
    let names = || {
        let files = std::fs::read_dir(&rig.business.mes_outbox).unwrap().map(|file| file.unwrap().path());
        let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|kind| kind == "xml")).collect();
        files.sort();
        files
    };
    until("the change is told", || {
        let last = names().pop().map(|path| std::fs::read_to_string(path).unwrap_or_default()).unwrap_or_default();
        last.contains("<ID>L-4711</ID>") && last.contains("<Disposition>Restricted</Disposition>")
    })
    .await;
    for path in names() {
        let document = super::xml::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
        assert!(document.text_at(&["ApplicationArea", "BODID"]).is_some());
    }
}

#[tokio::test]
async fn a_reader_that_takes_its_time_keeps_the_views_waiting_and_loses_nothing() {
    let rig = Rig::start("mes-slow-reader").await;
    let (mut slow, mut reader) = (open(&rig).await, open(&rig).await);
    let mut transaction = slow.begin().await.unwrap();
    query_as::<_, (i64,)>("SELECT count(*) FROM v_lot").fetch_one(&mut *transaction).await.unwrap();
    assert!(rig.business.set_lot(BusinessSystem::Mes, "L-4711", Some("Restricted"), None));
    tokio::time::sleep(Duration::from_millis(900)).await;
    assert!(rig.business.set_lot(BusinessSystem::Mes, "L-4712", Some("Restricted"), None));
    let sql = "SELECT disposition FROM v_lot WHERE lot = 'L-4711'";
    let seen: (String,) = query_as(sql).fetch_one(&mut *transaction).await.unwrap();
    assert_eq!(seen.0, "UnRestricted");
    transaction.rollback().await.unwrap();
    for number in ["L-4711", "L-4712"] {
        eventually(number, async || lot(&mut reader, number).await.0 == "Restricted").await;
    }
}

#[tokio::test]
async fn readers_of_the_database_suffer_for_a_while() {
    let rig = Rig::start("mes-faults").await;
    let mut reader = open(&rig).await;
    let inject = |kind| rig.business.inject(BusinessSystem::Mes, Fault::new(kind).on("read").ms(600_000));
    for kind in [FaultKind::Half, FaultKind::Error, FaultKind::Slow] {
        inject(kind);
        eventually("the fault is felt", async || match (kind, count(&mut reader).await) {
            (FaultKind::Half, Ok(count)) => count == 10,
            (_, outcome) => outcome.is_err(),
        })
        .await;
        rig.business.heal(BusinessSystem::Mes);
        eventually("all is well again", async || matches!(count(&mut reader).await, Ok(20))).await;
    }
    let sql = "SELECT count(*) FROM v_job WHERE planned_qty = 'twelve'";
    inject(FaultKind::MalformedRecord);
    let mut malformed = async || query_as::<_, (i64,)>(sql).fetch_one(&mut reader).await.unwrap().0;
    eventually("one job makes no sense", async || malformed().await == 1).await;
    rig.business.heal(BusinessSystem::Mes);
    eventually("it makes sense again", async || malformed().await == 0).await;
}
