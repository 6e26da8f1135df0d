//! Rows as records of the twin.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use model::SubjectType;
use serde_json::Value;
use workflow::sync::{Assertion, Body, Record, Statement};

use super::{row::Row, stock::Whereabouts};
use crate::mapping::Crosswalk;

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
    let body = Body::Says(Statement::new(
        SubjectType::Material,
        [
            ("code", Assertion::plain(row.text("code")?)),
            ("name", Assertion::plain(row.text("name")?)),
            ("unit", Assertion::plain(row.text("default_uom.symbol")?)),
        ],
    ));
    Ok(Said { body, changed: row.changed()?.max(row.changed_through("template.")?), version: None })
}

/// A lot, as usable as the place where it is.
pub(super) fn lot(row: Row<'_>, whereabouts: &Whereabouts, crosswalk: &Crosswalk) -> Result<Said, String> {
    let material = row.reference("product")?.ok_or("product: it is empty")?;
    let body = Body::Says(Statement::new(
        SubjectType::MaterialLot,
        [
            ("number", Assertion::plain(row.text("number")?)),
            ("material", Assertion::reference(Some(material))),
            ("quantity", Assertion::plain(whereabouts.quantity().normalize().to_string())),
            ("unit", Assertion::plain(row.text("default_uom.symbol")?)),
            ("disposition", crosswalk.assertion(whereabouts.raw(), &whereabouts.kinds())),
            ("status", Assertion::optional(whereabouts.raw().first().cloned())),
            ("location", Assertion::optional(whereabouts.location())),
        ],
    ));
    Ok(Said { body, changed: row.changed()?.max(whereabouts.moved_at()), version: None })
}

/// A production order. Its line is the one that the plant file gives to its location.
pub(super) fn order(
    row: Row<'_>,
    crosswalk: &Crosswalk,
    line_by_location: &BTreeMap<String, String>,
) -> Result<Said, String> {
    let state = row.text("state")?;
    let location = row.optional_text("location.code")?;
    let line = location.and_then(|code| line_by_location.get(code)).cloned();
    let time = |time: Option<DateTime<Utc>>| Assertion::optional(time.map(|time| time.to_rfc3339()));
    let body = Body::Says(Statement::new(
        SubjectType::ProductionOrder,
        [
            ("number", Assertion::plain(row.text("number")?)),
            ("material", Assertion::reference(row.reference("product")?)),
            ("quantity", Assertion::plain(row.decimal("quantity")?.normalize().to_string())),
            ("unit", Assertion::plain(row.text("unit.symbol")?)),
            ("state", crosswalk.assertion(vec![state.to_owned()], &[state])),
            ("line", Assertion::optional(line)),
            ("plannedStart", time(row.date("planned_start_date")?)),
            ("plannedEnd", time(row.date("planned_date")?)),
        ],
    ));
    let version = row.optional_text("_timestamp")?.map(str::to_owned);
    Ok(Said { body, changed: row.changed()?, version })
}
