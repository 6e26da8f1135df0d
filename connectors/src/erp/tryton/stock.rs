//! Where a lot is. Tryton keeps no quality state of lots: stock in a quarantine location is on hold, stock elsewhere is
//! free. The quantity of a lot is computed by Tryton for the locations that the context names.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    row::Row,
    rpc::{Client, Query},
};
use crate::Error;

/// Storage locations that are looked into, with one call each for a page of lots. Who has more names a warehouse.
const PLACES_MAX: usize = 200;
/// Moves that one request for the latest ones returns.
const MOVES_MAX: usize = 1_000;

/// Which part of Tryton's stock is this plant's.
#[derive(Clone, Debug)]
pub(super) struct Premises {
    /// Code of the warehouse; `None`: all of them.
    pub(super) warehouse: Option<String>,
    /// Codes of the locations whose stock may not be used.
    pub(super) quarantine: BTreeSet<String>,
}

/// A storage location.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    id: i64,
    code: String,
    quarantine: bool,
}

/// Where a lot is, and how that was found out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Whereabouts {
    /// Stock by location, those without left out.
    stock: Vec<(Place, Decimal)>,
    /// When its stock last moved; `None`: never.
    moved: Option<Moved>,
}

/// That stock moved, and when, if Tryton tells.
type Moved = Option<DateTime<Utc>>;

impl Whereabouts {
    /// The values that the crosswalk maps.
    pub(super) fn kinds(&self) -> Vec<&'static str> {
        if self.stock.is_empty() {
            return vec![if self.moved.is_some() { "gone" } else { "unreceived" }];
        }
        self.stock.iter().map(|(place, _)| kind(place)).collect()
    }

    /// The same with the location, as they are kept in the claim.
    pub(super) fn raw(&self) -> Vec<String> {
        if self.stock.is_empty() {
            return self.kinds().into_iter().map(str::to_owned).collect();
        }
        self.stock.iter().map(|(place, _)| format!("{}:{}", kind(place), place.code)).collect()
    }

    /// Stock in all locations together.
    pub(super) fn quantity(&self) -> Decimal {
        self.stock.iter().map(|(_, quantity)| quantity).sum()
    }

    /// The codes of the locations.
    pub(super) fn location(&self) -> Option<String> {
        let codes: Vec<&str> = self.stock.iter().map(|(place, _)| place.code.as_str()).collect();
        (!codes.is_empty()).then(|| codes.join(", "))
    }

    /// When its stock last moved.
    pub(super) fn moved_at(&self) -> Option<DateTime<Utc>> {
        self.moved.flatten()
    }

    /// Whether the lot has nothing to do with these premises.
    pub(super) fn is_foreign(&self, premises: &Premises) -> bool {
        premises.warehouse.is_some() && self.stock.is_empty() && self.moved.is_none()
    }

    /// For the raw record.
    pub(super) fn to_json(&self) -> Value {
        let stock = self.stock.iter().map(|(place, quantity)| json!({ "location": place.code, "quantity": quantity }));
        Value::Array(stock.collect())
    }
}

fn kind(place: &Place) -> &'static str {
    if place.quarantine { "quarantine" } else { "storage" }
}

/// Where each of the lots is.
///
/// # Errors
/// As [`Client::call`]; [`Error::ErpRefused`] when the premises name what Tryton does not have.
pub(super) async fn find(
    client: &mut Client,
    premises: &Premises,
    lots: &[i64],
) -> Result<HashMap<i64, Whereabouts>, Error> {
    let places = places(client, premises).await?;
    // Asked for the server's own "today", Tryton counts what is done; for a later day it adds what is only planned.
    let today = client.call("model.ir.date.today", vec![Value::Null], json!({})).await?;
    let mut found: HashMap<i64, Whereabouts> = lots.iter().map(|lot| (*lot, Whereabouts::default())).collect();
    for place in &places {
        let context = json!({ "locations": [place.id], "with_childs": false, "stock_date_end": today });
        for (lot, quantity) in quantities(client, lots, context).await? {
            if let Some(whereabouts) = found.get_mut(&lot).filter(|_| !quantity.is_zero()) {
                whereabouts.stock.push((place.clone(), quantity));
            }
        }
    }
    for (lot, moved) in latest_moves(client, premises, &places, lots).await? {
        if let Some(whereabouts) = found.get_mut(&lot) {
            whereabouts.moved = Some(moved);
        }
    }
    Ok(found)
}

async fn quantities(client: &mut Client, lots: &[i64], context: Value) -> Result<Vec<(i64, Decimal)>, Error> {
    const METHOD: &str = "model.stock.lot.read";
    let rows = client.call(METHOD, vec![json!(lots), json!(["quantity"])], context).await?;
    let read = |row: &Value| Ok((Row(row).id()?, Row(row).decimal("quantity")?));
    let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
    rows.iter().map(read).collect::<Result<_, String>>().map_err(|problem| client.unreadable(METHOD, problem))
}

/// The storage locations of the premises.
async fn places(client: &mut Client, premises: &Premises) -> Result<Vec<Place>, Error> {
    const MODEL: &str = "stock.location";
    let mut domain = vec![json!(["type", "=", "storage"])];
    if let Some(code) = &premises.warehouse {
        let warehouses = vec![json!([["code", "=", code], ["type", "=", "warehouse"]])];
        let ids = client.call("model.stock.location.search", warehouses, json!({})).await?;
        if ids.as_array().is_none_or(Vec::is_empty) {
            return Err(client.refused(MODEL, format!("there is no warehouse {code:?}: correct the option warehouse")));
        }
        domain.push(json!(["parent", "child_of", ids]));
    }
    let fields = &["code", "name"];
    let query = Query { domain: json!(domain), limit: PLACES_MAX + 1, order: "id", fields, context: json!({}) };
    let rows = client.search_read(MODEL, query).await?;
    if rows.len() > PLACES_MAX {
        let problem =
            format!("there are more than {PLACES_MAX} storage locations: name this plant's in the option warehouse");
        return Err(client.refused(MODEL, problem));
    }
    let read = |row: &Value| place(Row(row), &premises.quarantine);
    let places: Vec<Place> =
        rows.iter().map(read).collect::<Result<_, _>>().map_err(|problem| client.unreadable(MODEL, problem))?;
    // A misspelt quarantine would show stock on hold as free: rather none than wrong.
    match premises.quarantine.iter().find(|code| !places.iter().any(|place| place.code == **code)) {
        Some(code) => {
            let problem = format!("there is no storage location {code:?}: correct erp.quarantine_locations");
            Err(client.refused(MODEL, problem))
        }
        None => Ok(places),
    }
}

fn place(row: Row<'_>, quarantine: &BTreeSet<String>) -> Result<Place, String> {
    let code = match row.optional_text("code")? {
        Some(code) => code,
        None => row.text("name")?,
    };
    Ok(Place { id: row.id()?, code: code.to_owned(), quarantine: quarantine.contains(code) })
}

/// When the stock of each lot last moved into or out of the places. Lots that never moved are left out.
async fn latest_moves(
    client: &mut Client,
    premises: &Premises,
    places: &[Place],
    lots: &[i64],
) -> Result<BTreeMap<i64, Moved>, Error> {
    const MODEL: &str = "stock.move";
    let mut latest = BTreeMap::new();
    let mut open: BTreeSet<i64> = lots.iter().copied().collect();
    // Every round settles at least one lot, so that there are at most as many rounds as lots.
    while !open.is_empty() {
        let mut domain = vec![json!(["lot", "in", open]), json!(["state", "=", "done"])];
        if premises.warehouse.is_some() {
            let ids: Vec<i64> = places.iter().map(|place| place.id).collect();
            domain.push(json!(["OR", [["from_location", "in", ids]], [["to_location", "in", ids]]]));
        }
        let params = vec![
            Value::Array(domain),
            json!(0),
            json!(MOVES_MAX),
            json!([["write_date", "DESC"], ["id", "DESC"]]),
            json!(["lot", "write_date", "create_date"]),
        ];
        let rows = client.call("model.stock.move.search_read", params, json!({})).await?;
        let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
        for row in rows {
            let read = |row: Row<'_>| Ok((row.reference("lot")?, row.changed()?));
            let (lot, moved) = read(Row(row)).map_err(|problem: String| client.unreadable(MODEL, problem))?;
            if let Some(lot) = lot.filter(|lot| open.remove(lot)) {
                latest.insert(lot, moved);
            }
        }
        if rows.len() < MOVES_MAX {
            break;
        }
    }
    Ok(latest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(code: &str, quarantine: bool) -> Place {
        Place { id: 1, code: code.to_owned(), quarantine }
    }

    #[test]
    fn a_lot_in_two_places_has_both_as_claims() {
        let stock = vec![(place("STO", false), Decimal::new(3005, 1)), (place("QUAR", true), Decimal::new(995, 1))];
        let lot = Whereabouts { stock, moved: Some(None) };
        assert_eq!(lot.kinds(), ["storage", "quarantine"]);
        assert_eq!(lot.raw(), ["storage:STO", "quarantine:QUAR"]);
        assert_eq!(lot.quantity().to_string(), "400.0");
        assert_eq!(lot.location().as_deref(), Some("STO, QUAR"));
    }

    #[test]
    fn a_lot_without_stock_is_gone_when_it_ever_moved() {
        let premises =
            |warehouse: Option<&str>| Premises { warehouse: warehouse.map(str::to_owned), quarantine: BTreeSet::new() };
        let gone = Whereabouts { stock: Vec::new(), moved: Some(None) };
        assert_eq!((gone.kinds(), gone.raw()), (vec!["gone"], vec!["gone".to_owned()]));
        assert!(!gone.is_foreign(&premises(Some("WH"))));
        let never = Whereabouts::default();
        assert_eq!(never.kinds(), ["unreceived"]);
        assert!(never.is_foreign(&premises(Some("WH"))));
        assert!(!never.is_foreign(&premises(None)));
    }
}
