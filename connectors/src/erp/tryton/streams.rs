//! What is read from Tryton, and how its rows become records.
//!
//! Some changes do not touch the record that they change: renaming a product changes its template, moving stock changes
//! no lot. Two streams therefore only *touch*: `templates` has its products read again, `moves` its lots. They begin at
//! the time at which they are first read, because the streams of what they touch read everything there is after that.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Duration,
};

use serde_json::{Value, json};
use workflow::sync::{Page, Record};

use super::{
    records::{lot, material, order, record},
    row::Row,
    rpc::{Client, Query},
    stock::{self, Premises},
    typed,
};
use crate::{
    Error,
    erp::{
        PAGE_ROWS_MAX, Source,
        scan::{Cursor, Pass, Seen},
    },
    mapping::Crosswalk,
    plant_file::SystemSection,
};

/// Templates that are read at once. Each has all its products read again: with 100 of them each, a page of 5,000 rows.
const TEMPLATE_ROWS_MAX: usize = 50;
/// The mapping of what has no crosswalk. A new number has every row read again.
const PLAIN_MAPPING: &str = "tryton-plain/1";

/// Tryton as a source of materials, lots and production orders.
pub struct TrytonSource {
    client: Client,
    overlap: Duration,
    premises: Premises,
    line_by_location: BTreeMap<String, String>,
    orders: Crosswalk,
    lots: Crosswalk,
}

/// A stream: what is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stream {
    Templates,
    Materials,
    Moves,
    Lots,
    Orders,
}

impl Stream {
    const NAMES: &'static [&'static str] = &["templates", "materials", "moves", "lots", "orders"];

    fn named(name: &str) -> Option<Self> {
        const ALL: [Stream; 5] = [Stream::Templates, Stream::Materials, Stream::Moves, Stream::Lots, Stream::Orders];
        ALL.into_iter().zip(Stream::NAMES).find(|(_, known)| **known == name).map(|(stream, _)| stream)
    }

    fn model(self) -> &'static str {
        match self {
            Self::Templates => "product.template",
            Self::Materials => "product.product",
            Self::Moves => "stock.move",
            Self::Lots => "stock.lot",
            Self::Orders => "production",
        }
    }

    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Templates => &["create_date", "write_date"],
            Self::Materials => &[
                "code",
                "name",
                "default_uom.symbol",
                "create_date",
                "write_date",
                "template.create_date",
                "template.write_date",
            ],
            Self::Moves => &["lot", "create_date", "write_date"],
            Self::Lots => &["number", "product", "default_uom.symbol", "create_date", "write_date"],
            Self::Orders => &[
                "number",
                "reference",
                "state",
                "product",
                "quantity",
                "unit.symbol",
                "location.code",
                "planned_start_date",
                "planned_date",
                "create_date",
                "write_date",
                "_timestamp",
            ],
        }
    }

    fn rows_max(self) -> usize {
        match self {
            Self::Templates => TEMPLATE_ROWS_MAX,
            Self::Materials | Self::Moves | Self::Lots | Self::Orders => PAGE_ROWS_MAX,
        }
    }

    /// Whether its rows only say that others have changed.
    fn touches(self) -> bool {
        matches!(self, Self::Templates | Self::Moves)
    }
}

impl TrytonSource {
    /// Tryton as the plant file names it. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::Crosswalk`] or [`Error::ErpUnreachable`] when a built-in file or the URL is unusable.
    pub fn new(section: &SystemSection) -> Result<Self, Error> {
        Ok(Self {
            client: Client::new(section)?,
            overlap: section.overlap,
            premises: Premises {
                warehouse: section.option("warehouse").map(str::to_owned),
                quarantine: section.list("quarantine_locations").map(str::to_owned).collect(),
            },
            line_by_location: section.line_by_location.clone(),
            orders: Crosswalk::load("tryton-production", Path::new(""))?,
            lots: Crosswalk::load("tryton-lot", Path::new(""))?,
        })
    }

    /// The version of everything that turns a row of the stream into a record: when it changes, all rows are read again.
    fn mapping(&self, stream: Stream) -> String {
        let Premises { warehouse, quarantine } = &self.premises;
        let warehouse = warehouse.as_deref().unwrap_or("*");
        match stream {
            Stream::Templates | Stream::Materials => PLAIN_MAPPING.to_owned(),
            Stream::Moves | Stream::Lots => format!("{} {warehouse} {quarantine:?}", self.lots.version()),
            Stream::Orders => format!("{} {warehouse} {:?}", self.orders.version(), self.line_by_location),
        }
    }

    /// The rows of the stream that the pass asks for next.
    async fn changed(&mut self, stream: Stream, pass: Pass) -> Result<Vec<Value>, Error> {
        let mut domain = window(pass);
        match stream {
            Stream::Moves => {
                // Only what is done, or was and is cancelled, changes stock.
                domain.push(json!(["state", "in", ["done", "cancelled"]]));
                domain.push(json!(["lot", "!=", null]));
            }
            Stream::Materials => domain.push(json!(["template.type", "=", "goods"])),
            Stream::Orders => {
                domain.extend(self.premises.warehouse.as_ref().map(|code| json!(["warehouse.code", "=", code])));
            }
            Stream::Templates | Stream::Lots => {}
        }
        self.rows(stream, domain, stream.rows_max()).await
    }

    async fn rows(&mut self, stream: Stream, domain: Vec<Value>, limit: usize) -> Result<Vec<Value>, Error> {
        // What was archived is still referred to.
        let context = json!({ "active_test": false });
        let query = Query { domain: Value::Array(domain), limit, order: "id", fields: stream.fields(), context };
        self.client.search_read(stream.model(), query).await
    }

    async fn records(&mut self, stream: Stream, rows: Vec<Value>) -> Result<Vec<Record>, Error> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        match stream {
            Stream::Templates => self.products_of(&rows).await,
            Stream::Moves => {
                let lots: BTreeSet<i64> =
                    rows.iter().filter_map(|row| Row(row).reference("lot").ok().flatten()).collect();
                let limit = lots.len();
                let rows = self.rows(Stream::Lots, vec![json!(["id", "in", lots])], limit).await?;
                self.lot_records(rows).await
            }
            Stream::Lots => self.lot_records(rows).await,
            Stream::Materials => Ok(rows.into_iter().map(|row| record("product.product", row, material)).collect()),
            Stream::Orders => {
                let order = |row: Row<'_>| order(row, &self.orders, &self.line_by_location);
                Ok(rows.into_iter().map(|row| record("production", row, order)).collect())
            }
        }
    }

    /// The products of templates, page by page.
    async fn products_of(&mut self, templates: &[Value]) -> Result<Vec<Record>, Error> {
        let ids: Vec<i64> = templates.iter().filter_map(|row| Row(row).id().ok()).collect();
        let mut records = Vec::new();
        let mut after = 0;
        loop {
            let domain =
                vec![json!(["template", "in", ids]), json!(["template.type", "=", "goods"]), json!(["id", ">", after])];
            let rows = self.rows(Stream::Materials, domain, PAGE_ROWS_MAX).await?;
            let more = rows.len() == PAGE_ROWS_MAX;
            after = rows.iter().filter_map(|row| Row(row).id().ok()).fold(after, i64::max);
            records.extend(rows.into_iter().map(|row| record("product.product", row, material)));
            if !more {
                return Ok(records);
            }
        }
    }

    async fn lot_records(&mut self, rows: Vec<Value>) -> Result<Vec<Record>, Error> {
        let ids: Vec<i64> = rows.iter().filter_map(|row| Row(row).id().ok()).collect();
        let mut found = stock::find(&mut self.client, &self.premises, &ids).await?;
        let mut records = Vec::with_capacity(rows.len());
        for mut row in rows {
            let whereabouts = Row(&row).id().ok().and_then(|id| found.remove(&id)).unwrap_or_default();
            if whereabouts.is_foreign(&self.premises) {
                continue;
            }
            row["stock"] = whereabouts.to_json();
            records.push(record("stock.lot", row, |row| lot(row, &whereabouts, &self.lots)));
        }
        Ok(records)
    }
}

impl Source for TrytonSource {
    fn streams(&self) -> Vec<String> {
        Stream::NAMES.iter().map(|&name| name.to_owned()).collect()
    }

    async fn page(&mut self, stream: &str, cursor: Option<&str>) -> Result<Page, Error> {
        let stream =
            Stream::named(stream).ok_or_else(|| self.client.refused(stream, "there is no such stream of Tryton"))?;
        let mapping = self.mapping(stream);
        let mut cursor = Cursor::restore(cursor, &mapping);
        let pass = match cursor.pass() {
            Some(pass) => pass,
            None => {
                let now = self.client.server_time().await?;
                if stream.touches() && cursor.is_new() {
                    cursor = cursor.starting_at(now);
                }
                cursor.begin(now, self.overlap)
            }
        };
        let rows = self.changed(stream, pass).await?;
        let seen: Vec<Seen> = rows
            .iter()
            .map(|row| Row(row).seen())
            .collect::<Result<_, _>>()
            .map_err(|problem| self.client.unreadable(stream.model(), problem))?;
        let more = rows.len() == stream.rows_max();
        let name = Stream::NAMES[stream as usize].to_owned();
        let records = self.records(stream, rows).await?;
        let cursor = cursor.advance(pass, &seen, more).to_text();
        Ok(Page { stream: name, records, cursor: Some(cursor), mapping_version: mapping, complete: !more, sweep: None })
    }
}

/// The rows of a pass: after its id, and stamped in its window. `write_date` is empty until the first change.
fn window(pass: Pass) -> Vec<Value> {
    let mut domain = vec![json!(["id", ">", pass.after])];
    if let Some(since) = pass.since {
        let since = typed::encode_datetime(since);
        domain.push(json!([
            "OR",
            [["write_date", ">=", since]],
            [["write_date", "=", null], ["create_date", ">=", since]],
        ]));
    }
    domain
}
