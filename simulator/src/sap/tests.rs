use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use super::{edm::Edm, filter::Filter, sets::BATCHES};
use crate::{
    BusinessSystem, Fault, FaultKind,
    business::tests::{Answer, Client, Rig, until},
    clock::wall_now,
};

const BATCH_SRV: &str = "/sap/opu/odata/sap/API_BATCH_SRV/";
const ORDER_SRV: &str = "/sap/opu/odata/sap/API_PRODUCTION_ORDER_2_SRV/";
const STOCK: &str = "/sap/opu/odata/sap/API_MATERIAL_STOCK_SRV/A_MatlStkInAcctMod";
const DOCUMENTS: &str = "/sap/opu/odata/sap/API_MATERIAL_DOCUMENT_SRV/A_MaterialDocumentHeader";
const LOT: &str =
    "/sap/opu/odata/sap/API_BATCH_SRV/Batch(Material='FG-SAUCE-340',BatchIdentifyingPlant='',Batch='L-4711')";

fn client(rig: &Rig) -> Client {
    let credentials = format!("Basic {}", BASE64_STANDARD.encode("PLANTGRAPH:erp-pass"));
    Client { url: rig.business.erp_url.clone(), headers: vec![("Authorization", credentials)] }
}

/// A client with a token and the cookie that belongs to it.
async fn session(rig: &Rig) -> Client {
    let answer = client(rig).with("X-CSRF-Token", "Fetch").send("HEAD", BATCH_SRV, "").await;
    let (token, cookie) = pair(&answer);
    client(rig).with("X-CSRF-Token", token).with("Cookie", cookie)
}

fn pair(answer: &Answer) -> (String, String) {
    let cookie = answer.header("set-cookie").unwrap();
    (answer.header("x-csrf-token").unwrap(), cookie.split(';').next().unwrap().to_owned())
}

fn results(body: &Value) -> Vec<Value> {
    body["d"]["results"].as_array().unwrap().clone()
}

#[tokio::test]
async fn nobody_gets_in_without_a_password() {
    let rig = Rig::start("sap-auth").await;
    let nobody = Client { url: rig.business.erp_url.clone(), headers: Vec::new() };
    let answer = nobody.send("GET", BATCH_SRV, "").await;
    assert_eq!(answer.status, 401);
    assert!(answer.header("www-authenticate").is_some());
    assert!(answer.body.starts_with("<html>"), "not everything speaks JSON");
}

#[tokio::test]
async fn a_change_needs_the_token_and_its_own_cookie() {
    let rig = Rig::start("sap-csrf").await;
    let one = client(&rig).with("X-CSRF-Token", "Fetch").send("GET", BATCH_SRV, "").await;
    let other = client(&rig).with("X-CSRF-Token", "Fetch").send("GET", BATCH_SRV, "").await;
    let ((token, cookie), (_, other)) = (pair(&one), pair(&other));
    let attempts = [
        (client(&rig), 403),
        (client(&rig).with("X-CSRF-Token", token.clone()), 403),
        (client(&rig).with("X-CSRF-Token", token.clone()).with("Cookie", other), 403),
        (client(&rig).with("X-CSRF-Token", token.clone()).with("Cookie", cookie.clone()), 428),
    ];
    for (client, status) in attempts {
        let answer = client.send("PATCH", LOT, "{\"MatlBatchIsInRstrcdUseStock\":true}").await;
        assert_eq!(answer.status, status, "{}", answer.body);
        assert_eq!(answer.header("x-csrf-token").as_deref(), (status == 403).then_some("Required"));
    }
    // The session is kept when the same client asks again, and lost with the server.
    let known = client(&rig).with("X-CSRF-Token", "Fetch").with("Cookie", cookie.clone());
    assert_eq!(known.send("GET", BATCH_SRV, "").await.header("x-csrf-token"), Some(token.clone()));
    rig.business.inject(BusinessSystem::Erp, Fault::new(FaultKind::Restart).ms(1));
    rig.is_back(&client(&rig)).await;
    let client = client(&rig).with("X-CSRF-Token", token).with("Cookie", cookie);
    assert_eq!(client.send("PATCH", LOT, "{}").await.status, 403);
}

#[tokio::test]
async fn a_batch_is_restricted_once_by_whoever_read_it_last() {
    let rig = Rig::start("sap-etag").await;
    let client = session(&rig).await;
    let entity = client.get(LOT).await;
    assert_eq!(entity["d"]["MatlBatchIsInRstrcdUseStock"], false);
    assert_eq!(entity["d"]["LastChangeDateTime"], Value::Null, "never changed, as in real systems");
    let etag = entity["d"]["__metadata"]["etag"].as_str().unwrap().to_owned();
    let body = "{\"MatlBatchIsInRstrcdUseStock\":true}";
    let patch = client.with("If-Match", etag).with("X-Request-ID", "hold-1");
    assert_eq!(patch.send("PATCH", LOT, body).await.status, 204);
    let stale = patch.with("X-HTTP-Method", "MERGE").send("POST", LOT, body).await;
    assert_eq!(stale.status, 412);
    assert!(stale.json()["error"]["message"]["value"].as_str().unwrap().contains("changed by another user"));

    let after = client.get(LOT).await;
    assert_eq!(after["d"]["MatlBatchIsInRstrcdUseStock"], true);
    assert_eq!(after["d"]["YY1_StockType_BAT"], "08");
    assert!(after["d"]["LastChangeDateTime"].as_str().unwrap().ends_with("+0000)/"));
    let stock = results(&client.get(&format!("{STOCK}?$filter=Batch eq 'L-4711'")).await);
    assert_eq!(stock.len(), 1);
    assert_eq!(stock[0]["InventoryStockType"], "08");
    assert_eq!(stock[0]["MatlWrhsStkQtyInMatlBaseUnit"], "2160.000");
    // A second sender that reads the new version has its effect; there is none, as nothing is to be changed.
    let etag = after["d"]["__metadata"]["etag"].as_str().unwrap().to_owned();
    let second = session(&rig).await.with("If-Match", etag).with("X-Request-ID", "hold-2");
    assert_eq!(second.send("PATCH", LOT, body).await.status, 204);
    let ledger = rig.business.ledger(BusinessSystem::Erp);
    assert_eq!(ledger.len(), 1);
    assert_eq!((ledger[0].key.as_str(), ledger[0].target.as_str()), ("hold-1", "L-4711"));
    assert_eq!(second.send("PATCH", LOT, "{\"Supplier\":\"1\"}").await.status, 400);
}

#[tokio::test]
async fn a_mes_that_hears_of_holds_follows_the_erp() {
    let rig = Rig::with("sap-holds", |options| {
        options.story = false;
        options.mes.as_mut().unwrap().hears_of_holds = true;
    })
    .await;
    let client = session(&rig).await.with("If-Match", "*");
    for (restricted, disposition) in [(true, "Restricted"), (false, "UnRestricted")] {
        let body = json!({ "MatlBatchIsInRstrcdUseStock": restricted }).to_string();
        assert_eq!(client.send("PATCH", LOT, &body).await.status, 204);
        let seen = || rig.business.lot(BusinessSystem::Mes, "L-4711").unwrap().status;
        until("the MES hears of it", || seen() == disposition).await;
    }
    assert_eq!(rig.business.ledger(BusinessSystem::Mes), [], "no client did it");
}

#[tokio::test]
async fn pages_of_the_servers_own_size_show_everything_once() {
    let rig = Rig::with("sap-pages", |options| {
        options.story = false;
        options.erp.as_mut().unwrap().page_size = 3;
    })
    .await;
    let client = client(&rig);
    let mut next = format!("{BATCH_SRV}Batch?$format=json&$inlinecount=allpages&$orderby=Batch desc&$select=Batch");
    let (mut seen, mut count) = (Vec::new(), Value::Null);
    loop {
        let page = client.get(&next).await;
        let batches = results(&page);
        assert!(batches.len() <= 3);
        assert!(batches.iter().all(|batch| batch.as_object().unwrap().len() == 2), "only what was selected");
        seen.extend(batches.iter().map(|batch| batch["Batch"].as_str().unwrap().to_owned()));
        count = if count.is_null() { page["d"]["__count"].clone() } else { count };
        match page["d"]["__next"].as_str() {
            Some(url) => next = url.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen.len(), 20);
    assert_eq!(count, "20");
    assert!(seen.is_sorted_by(|left, right| left > right), "{seen:?}");
    let skipped = client.get(&format!("{BATCH_SRV}Batch?$orderby=Batch&$skip=2&$top=4")).await;
    assert_eq!(results(&skipped)[0]["Batch"], "L-4703");
    assert!(skipped["d"]["__next"].is_string(), "the fourth is on the next page");
    assert_eq!(client.send("GET", &format!("{BATCH_SRV}Batch/$count"), "").await.body, "20");

    // In the middle of it all, the server restarts: the token means nothing any more.
    let page = client.get(&format!("{BATCH_SRV}Batch")).await;
    rig.business.inject(BusinessSystem::Erp, Fault::new(FaultKind::Restart).ms(1));
    rig.is_back(&client).await;
    let answer = client.send("GET", page["d"]["__next"].as_str().unwrap(), "").await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn orders_are_read_by_the_string_that_is_their_time_and_released_once() {
    let rig = Rig::start("sap-orders").await;
    let client = session(&rig).await;
    let since = (wall_now() - TimeDelta::minutes(5)).format("%Y%m%d%H%M%S");
    let filter = format!("LastChangeDateTime ge '{since}' and OrderIsCreated eq 'X'");
    let planned = results(&client.get(&format!("{ORDER_SRV}A_ProductionOrder_2?$filter={filter}")).await);
    assert!(!planned.is_empty());
    let order = &planned[0];
    let key = order["ManufacturingOrder"].as_str().unwrap();
    assert_eq!(key.len(), 12);
    assert_eq!(order["YY1_ShopOrder_ORD"], format!("MO-{}", &key[6..]));
    assert_eq!(order["LastChangeDateTime"].as_str().unwrap().len(), 14);
    assert!(order["MfgOrderPlannedStartTime"].as_str().unwrap().starts_with("PT"));

    let release = format!("{ORDER_SRV}ReleaseOrder?ManufacturingOrder='{key}'");
    let answer = client.with("X-Request-ID", "r-1").send("POST", &release, "").await;
    assert_eq!((answer.status, &answer.json()["d"]["OrderIsReleased"]), (200, &json!("X")));
    let answer = client.send("POST", &release, "").await;
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (400, &json!("CO/469")));
    let number = order["YY1_ShopOrder_ORD"].as_str().unwrap();
    until("the MES hears of the release", || rig.business.mes_job_state(number) == Some("READY")).await;

    let line = if order["WorkCenter"] == "L1" { "L2" } else { "L1" };
    let moved = format!("{ORDER_SRV}ChangeWorkCenter?ManufacturingOrder='{key}'&WorkCenter='{line}'");
    assert_eq!(client.send("POST", &moved, "").await.json()["d"]["WorkCenter"], line);
    let cancel = format!("{ORDER_SRV}DeletionFlagOrder?ManufacturingOrder='{key}'");
    assert_eq!(client.send("POST", &cancel, "").await.json()["d"]["OrderIsMarkedForDeletion"], "X");
    assert_eq!(client.send("POST", &moved, "").await.status, 400);
    until("the MES hears of the end", || rig.business.mes_job_state(number) == Some("CANCELLED")).await;
    let without_zeros = client.send("GET", &format!("{ORDER_SRV}A_ProductionOrder_2('{}')", &key[8..]), "").await;
    assert_eq!(without_zeros.status, 404, "leading zeros matter");
    let actions: Vec<_> = rig.business.ledger(BusinessSystem::Erp).into_iter().map(|effect| effect.action).collect();
    assert_eq!(actions, ["ReleaseOrder", "ChangeWorkCenter", "DeletionFlagOrder"]);
}

#[tokio::test]
async fn a_material_document_moves_stock_and_is_found_by_its_reference() {
    let rig = Rig::start("sap-documents").await;
    let client = session(&rig).await;
    let document = |quantity: &str| {
        let item = json!({
            "GoodsMovementType": "344", "Material": "FG-SAUCE-340", "Plant": "1010", "StorageLocation": "0WH3",
            "Batch": "L-4711", "QuantityInEntryUnit": quantity, "EntryUnit": "PC",
        });
        let items = json!({ "results": [item] });
        json!({ "GoodsMovementCode": "04", "ReferenceDocument": "hold-7", "to_MaterialDocumentItem": items })
            .to_string()
    };
    let probe = format!("{DOCUMENTS}?$filter=ReferenceDocument eq 'hold-7'");
    assert_eq!(results(&client.get(&probe).await).len(), 0);
    let answer = client.send("POST", DOCUMENTS, &document("200")).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.json()["d"]["to_MaterialDocumentItem"]["results"][0]["InventoryStockType"], "07");
    assert_eq!(results(&client.get(&probe).await).len(), 1);
    let stock = async || {
        let rows =
            results(&client.get(&format!("{STOCK}?$filter=Batch eq 'L-4711'&$orderby=InventoryStockType")).await);
        rows.iter().map(|row| row["MatlWrhsStkQtyInMatlBaseUnit"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(stock().await, ["1960.000", "200.000"]);
    // Nothing is deduplicated: whoever sends twice posts twice.
    assert_eq!(client.send("POST", DOCUMENTS, &document("200")).await.status, 201);
    assert_eq!(stock().await, ["1760.000", "400.000"]);
    let answer = client.send("POST", DOCUMENTS, &document("1761")).await;
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (400, &json!("M7/021")));
    assert_eq!(stock().await, ["1760.000", "400.000"]);
    let ledger = rig.business.ledger(BusinessSystem::Erp);
    assert_eq!(ledger.iter().filter(|effect| effect.key == "hold-7").count(), 2);
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_words_of_sap() {
    let rig = Rig::start("sap-errors").await;
    let client = client(&rig);
    for (path, status) in [
        ("/sap/opu/odata/sap/API_NOTHING_SRV/", 403),
        ("/sap/opu/odata/sap/API_BATCH_SRV/Batches", 404),
        ("/sap/opu/odata/sap/API_BATCH_SRV/Batch?$filter=Colour eq 'red'", 400),
        ("/sap/opu/odata/sap/API_BATCH_SRV/Batch?$filter=Batch eq", 400),
        ("/sap/opu/odata/sap/API_BATCH_SRV/Batch?$expand=to_BatchPlant", 400),
        ("/sap/opu/odata/sap/API_BATCH_SRV/Batch('L-4711')", 400),
        ("/elsewhere", 404),
    ] {
        let answer = client.send("GET", path, "").await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert_eq!(answer.json()["error"]["message"]["lang"], "en");
    }
    let metadata = client.send("GET", &format!("{ORDER_SRV}$metadata"), "").await.body;
    assert!(metadata.contains("<Property Name=\"LastChangeDateTime\" Type=\"Edm.String\"/>"));
}

#[test]
fn filters_say_what_they_say() {
    struct Batch;
    impl super::Row for Batch {
        fn get(&self, field: &str) -> Edm<'_> {
            match field {
                "Batch" => Edm::text("L'4711"),
                "MatlBatchIsInRstrcdUseStock" => Edm::Bool(true),
                "YY1_StockQuantity_BAT" => Edm::Number("12.5".parse().unwrap()),
                "LastChangeDateTime" => Edm::Moment("2026-11-22T10:00:00Z".parse::<chrono::DateTime<Utc>>().unwrap()),
                "ManufactureDate" => Edm::Day("2026-11-22".parse().unwrap()),
                _ => Edm::Null,
            }
        }
    }
    for (text, holds) in [
        ("Batch eq 'L''4711'", true),
        ("Batch ne 'L''4711'", false),
        ("Batch gt 'L' and MatlBatchIsInRstrcdUseStock eq true", true),
        ("not (Batch eq 'x' or YY1_StockQuantity_BAT ge 12.5M)", false),
        ("YY1_StockQuantity_BAT lt 12.51", true),
        ("LastChangeDateTime ge datetimeoffset'2026-11-22T11:00:00+01:00'", true),
        ("LastChangeDateTime gt datetimeoffset'2026-11-22T10:00:00Z'", false),
        ("ManufactureDate eq datetime'2026-11-22T00:00:00'", true),
        ("ShelfLifeExpirationDate eq null", true),
        ("ShelfLifeExpirationDate ge datetime'2020-01-01T00:00:00'", false),
        ("substringof('47',Batch) and startswith(Batch,'L') eq true", true),
        ("Batch eq 'x' and Batch eq 'y' or MatlBatchIsInRstrcdUseStock eq true", true),
    ] {
        let filter = Filter::parse(text, &BATCHES).unwrap_or_else(|refusal| panic!("{text}: {refusal:?}"));
        assert_eq!(filter.holds(&Batch), holds, "{text}");
    }
    for text in ["Batch", "Batch eq 'a", "Batch eq 'a' 'b'", "datetime'x' eq Batch", "(((Batch eq 'a')", "and and"] {
        assert!(Filter::parse(text, &BATCHES).is_err(), "{text}");
    }
}
