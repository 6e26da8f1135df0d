//! Rows as records of the twin.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use model::{Disposition, RequestState};
use serde_json::Value;
use workflow::sync::{Body, Record};

use super::{row::Row, stock::Whereabouts};
use crate::erp::crosswalk::Crosswalk;

/// What a row says, and since when.
pub(super) struct Said {
    body: Body,
    changed: Option<DateTime<Utc>>,
    version: Option<String>,
}

/// A row as a record. One that can not be read is handed on as such: it must not stop the others.
pub(super) fn record(model: &str, row: Value, read: impl FnOnce(Row<'_>) -> Result<Said, String>) -> Record {
    let external_id = Row(&row).id().map(|id| id.to_string()).unwrap_or_default();
    let said = read(Row(&row)).unwrap_or_else(|problem| Said {
        body: Body::Unreadable { problem },
        changed: Row(&row).changed().unwrap_or_default(),
        version: None,
    });
    Record {
        external_model: model.to_owned(),
        external_id,
        version: said.version,
        source_time: said.changed,
        body: said.body,
        raw: row,
    }
}

/// A product: its name and unit are those of its template.
pub(super) fn material(row: Row<'_>) -> Result<Said, String> {
    let body = Body::Material {
        code: row.text("code")?.to_owned(),
        name: row.text("name")?.to_owned(),
        unit: row.text("default_uom.symbol")?.to_owned(),
    };
    Ok(Said { body, changed: row.changed()?.max(row.changed_through("template.")?), version: None })
}

/// A lot, as usable as the place where it is.
pub(super) fn lot(row: Row<'_>, whereabouts: &Whereabouts, crosswalk: &Crosswalk<Disposition>) -> Result<Said, String> {
    let body = Body::Lot {
        number: row.text("number")?.to_owned(),
        material: row.reference("product")?.ok_or("product: it is empty")?.to_string(),
        quantity: whereabouts.quantity(),
        unit: row.text("default_uom.symbol")?.to_owned(),
        disposition: crosswalk.map(&whereabouts.kinds()),
        raw_disposition: whereabouts.raw(),
        location: whereabouts.location(),
    };
    Ok(Said { body, changed: row.changed()?.max(whereabouts.moved_at()), version: None })
}

/// A production order. Its line is the one that the plant file gives to its location.
pub(super) fn order(
    row: Row<'_>,
    crosswalk: &Crosswalk<RequestState>,
    line_by_location: &BTreeMap<String, String>,
) -> Result<Said, String> {
    let state = row.text("state")?;
    let location = row.optional_text("location.code")?;
    let body = Body::Order {
        number: row.text("number")?.to_owned(),
        material: row.reference("product")?.map(|id| id.to_string()),
        quantity: row.decimal("quantity")?,
        unit: row.text("unit.symbol")?.to_owned(),
        state: crosswalk.map(&[state]),
        raw_state: vec![state.to_owned()],
        line: location.and_then(|code| line_by_location.get(code)).cloned(),
        planned_start: row.date("planned_start_date")?,
        planned_end: row.date("planned_date")?,
    };
    let version = row.optional_text("_timestamp")?.map(str::to_owned);
    Ok(Said { body, changed: row.changed()?, version })
}
