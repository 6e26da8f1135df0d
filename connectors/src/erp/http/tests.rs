use serde_json::json;

use super::*;

fn source() -> HttpSource {
    HttpSource {
        client: Client::new(&section()).unwrap(),
        overlap: Duration::ZERO,
        line_by_location: BTreeMap::from([("FILLER".to_owned(), "L1".to_owned())]),
        orders: Crosswalk::http_order().unwrap(),
        lots: Crosswalk::http_lot().unwrap(),
    }
}

fn section() -> ErpSection {
    let text = r#"
        code = "erp"
        name = "ERP"
        kind = "http"
        url = "http://127.0.0.1:9"
        secret = { env = "NOT_READ" }
    "#;
    let _ = rustls::crypto::ring::default_provider().install_default();
    toml::from_str(text).unwrap()
}

fn order(line: &str, status: &str) -> Value {
    json!({
        "id": 7, "number": "PO-7", "version": 3, "created_at": "2026-11-22T10:00:00.000001Z", "updated_at": null,
        "status": status, "line": line, "material_id": 2, "quantity": "1200.50", "unit": "PCE",
        "planned_start": "2026-11-22T12:00:00Z", "planned_end": null, "completed_quantity": "0",
    })
}

#[test]
fn an_order_becomes_a_record_with_its_line_and_time() {
    let record = source().record("orders", order("FILLER", "STARTED"));
    assert_eq!((record.external_id.as_str(), record.version.as_deref()), ("7", Some("3")));
    assert_eq!(record.source_time, Some("2026-11-22T10:00:00.000001Z".parse().unwrap()));
    let Body::Says(says) = record.body else { panic!() };
    let said = |name: &str| says.attributes[name].canonical.clone().unwrap();
    assert_eq!((said("number").as_deref(), said("quantity").as_deref()), (Some("PO-7"), Some("1200.5")));
    assert_eq!((said("state").as_deref(), said("line").as_deref()), (Some("RUNNING"), Some("L1")));
    assert_eq!((said("material").as_deref(), said("plannedEnd")), (Some("id:2"), None));
}

#[test]
fn an_unknown_status_is_handed_on_unmapped() {
    let record = source().record("orders", order("L9", "PAUSED"));
    let Body::Says(says) = record.body else { panic!() };
    let state = &says.attributes["state"];
    assert_eq!(state.values, ["PAUSED"]);
    assert_eq!(state.canonical, Err(workflow::sync::Unmapped::Value("PAUSED".to_owned())));
    let line = says.attributes["line"].canonical.clone().unwrap();
    assert_eq!(line.as_deref(), Some("L9"), "a line that the plant file does not rename keeps its name");
}

#[test]
fn a_malformed_row_is_handed_on_as_unreadable() {
    let mut row = order("L1", "STARTED");
    row["quantity"] = json!("a lot");
    let record = source().record("orders", row);
    assert_eq!(record.external_id, "7");
    assert!(matches!(record.body, Body::Unreadable { .. }));
}
