//! Orders and lots of a running Tryton, as the graph shows them.

use model::entity::{dead_letter, external_reference, journal};
use serde_json::{Value, json};
use tests::{
    Kind, World,
    graph::Caller,
    on_both,
    people::PAT,
    plant_file::PlantFile,
    run,
    service::Installation,
    tryton::Tryton,
    until::{PATIENCE, until},
};

const ORDERS: &str = "{ plant(code: \"NORD\") {
    sources { code freshness reason deadLetters { totalCount } }
    orders(first: 50) { nodes { number state quantity { value unit } material { code }
        jobOrders { line { code } }
        claims { attribute canonical valueSet source { code } } } }
    lots(first: 50) { nodes { number materialCode disposition usable location quantity { value unit } } } } }";

/// Looks at the plant until it is as expected.
async fn plant<T>(caller: &Caller, what: &str, find: impl Fn(&Value) -> Option<T>) -> T {
    until(what, PATIENCE, async || {
        let plant = caller.ask(ORDERS, json!({})).await["plant"].take();
        find(&plant).ok_or(plant)
    })
    .await
}

fn node<'a>(plant: &'a Value, list: &str, is: impl Fn(&Value) -> bool) -> Option<&'a Value> {
    plant[list]["nodes"].as_array().unwrap().iter().find(|node| is(node))
}

fn is_live(plant: &Value) -> bool {
    plant["sources"].as_array().unwrap().iter().any(|source| source["code"] == "ERP" && source["freshness"] == "LIVE")
}

/// Lets the sync look several times; returns what changed meanwhile.
async fn after_more_passes(world: &World) -> Vec<journal::Model> {
    let head = world.head().await;
    // It polls twice a second.
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    world.journal_rows(head).await
}

on_both! {
    async fn orders_and_lots_appear_and_what_changed_while_nobody_looked_appears_once(world: World) {
        let tryton = Tryton::start().await;
        let installation = Installation::new(&world.database, &[PlantFile::nord().tryton(&tryton.url).text()]);
        let service = installation.start().await;
        let caller = installation.caller(PAT).await;
        let seeded = plant(&caller, "the seeded orders and lots", |plant| {
            let complete = plant["orders"]["nodes"].as_array()?.len() == 4 && plant["lots"]["nodes"].as_array()?.len() >= 3;
            (complete && is_live(plant)).then(|| plant.clone())
        })
        .await;
        let order = &seeded["orders"]["nodes"][0];
        assert_eq!((&order["material"]["code"], &order["quantity"]["unit"]), (&json!("FG-SAUCE-340"), &json!("u")));
        let state = order["claims"].as_array().unwrap().iter().find(|claim| claim["attribute"] == "state").unwrap();
        assert_eq!(state["canonical"], order["state"], "the state is what the ERP claims: {state}");
        let lot = node(&seeded, "lots", |lot| lot["number"] == "TOM-0002").unwrap();
        let expected = json!({ "number": "TOM-0002", "materialCode": "RM-TOMATO", "disposition": "UNRESTRICTED", "usable": true,
            "location": "STO", "quantity": { "value": "400", "unit": "kg" } });
        assert_eq!(*lot, expected);
        let again = after_more_passes(&world).await;
        assert!(again.is_empty(), "a second pass over the same changes nothing: {again:#?}");

        assert_eq!(service.stop().await, 0);
        let added = tryton.clerk(&["order", "LINE1", "125", "SO-8000"]).await;
        let number = added["number"].as_str().unwrap().to_owned();
        tryton.clerk(&["quarantine", "TOM-0002"]).await;
        tryton.clerk(&["rename", "RM-TOMATO", "Tomato concentrate, double"]).await;
        let head = world.head().await;
        let _service = installation.start().await;
        plant(&caller, "the order of meanwhile", |plant| node(plant, "orders", |order| order["number"] == *number).map(drop)).await;
        let lot = |lot: &Value| lot["number"] == "TOM-0002" && lot["disposition"] == "RESTRICTED" && lot["usable"] == false;
        plant(&caller, "the lot in quarantine", |plant| node(plant, "lots", lot).map(drop)).await;
        let again = after_more_passes(&world).await;
        assert!(again.is_empty(), "nothing appears twice: {again:#?}");
        let rows = world.journal_rows(head).await;
        let mut touched: Vec<_> = rows.iter().map(|row| (row.subject_id, row.revision)).collect();
        touched.sort_unstable();
        touched.dedup();
        assert_eq!(touched.len(), rows.len());
        let order = world.order(&number).await.unwrap();
        let made = rows.iter().filter(|row| row.subject_id == order.id.0).count();
        assert_eq!(made, 1, "it appeared, once: {rows:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erp_that_can_not_be_read_is_stale_and_says_why() {
    run(Kind::Sqlite, async |world| {
        let tryton = Tryton::start().await;
        let text = PlantFile::nord().tryton(&tryton.url).text();
        // A misspelt quarantine would show stock on hold as free.
        let misspelt = text.replace("QUAR\"", "QUARK\"");
        let unreachable = text.replace(&tryton.url, &format!("http://127.0.0.1:{}", tests::ports::free_port()));
        let locked = text.replace("user = \"admin\"", "user = \"nobody\"");
        for (text, reason) in
            [(misspelt, "QUARK"), (unreachable, "http://127.0.0.1"), (locked, "the user or the password is wrong")]
        {
            let installation = Installation::new(&world.database, &[text]);
            let service = installation.start().await;
            let caller = installation.caller(PAT).await;
            plant(&caller, "the ERP is stale", |plant| {
                let erp = plant["sources"].as_array()?.iter().find(|source| source["code"] == "ERP")?;
                let told = erp["reason"].as_str().unwrap_or_default();
                (erp["freshness"] == "STALE" && told.contains(reason)).then_some(())
            })
            .await;
            assert_eq!(service.stop().await, 0);
        }
        assert!(world.table::<dead_letter::Entity>().await.is_empty());
        // Orders say nothing of quarantine and may be read; no lot is taken for free.
        let records = world.table::<external_reference::Entity>().await;
        assert_eq!(records.iter().filter(|row| row.external_model == "stock.lot").count(), 0);
    })
    .await;
}
