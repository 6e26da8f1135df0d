//! The ERP as the tests play it: records, handed to the sync of a source as a connector does.

use chrono::{DateTime, Utc};
use model::{Disposition, RequestState, SubjectType};
use serde_json::json;
use workflow::sync::{Applied, Assertion, Body, Page, Record, Statement, Syncer};

use crate::{plant::ERP, world::World};

/// The crosswalk's version, unless a test is about it.
pub const MAPPING: &str = "test/1";

/// A business system of NORD, most often its ERP.
#[derive(Clone, Debug)]
pub struct Erp {
    /// The sync of its source.
    pub syncer: Syncer,
}

impl World {
    /// Starts the sync of NORD's ERP.
    pub async fn erp(&self) -> Erp {
        self.system(ERP).await
    }

    /// Starts the sync of one of NORD's systems.
    pub async fn system(&self, code: &str) -> Erp {
        let lease = self.lease(&code.to_lowercase()).await;
        Erp { syncer: Syncer::new(self.store.clone(), self.nord.sources[code], lease).await.unwrap() }
    }
}

impl Erp {
    /// Applies records as a whole pass of one page.
    pub async fn apply(&self, records: impl IntoIterator<Item = Record>) -> Applied {
        self.syncer.apply(page(records)).await.unwrap()
    }
}

/// A whole pass of one page.
pub fn page(records: impl IntoIterator<Item = Record>) -> Page {
    Page {
        stream: "records".to_owned(),
        records: records.into_iter().collect(),
        cursor: None,
        mapping_version: MAPPING.to_owned(),
        complete: true,
        sweep: None,
    }
}

/// A material record. Its code is `M` and its id.
pub fn material(id: &str, at: DateTime<Utc>) -> Record {
    let body = Statement::new(
        SubjectType::Material,
        [
            ("code", Assertion::plain(format!("M{id}"))),
            ("name", Assertion::plain(format!("Material {id}"))),
            ("unit", Assertion::plain("kg")),
        ],
    );
    record("product", id, at, body)
}

/// A lot record in few words.
#[derive(Clone, Copy, Debug)]
pub struct Lot<'a> {
    /// The ERP's id.
    pub id: &'a str,
    /// Number.
    pub number: &'a str,
    /// The ERP's id of the material.
    pub material: &'a str,
    /// Kilograms.
    pub quantity: i64,
    /// What it may be used for, or what the ERP says that the crosswalk does not know.
    pub disposition: Result<Disposition, &'a str>,
    /// Where it lies.
    pub location: Option<&'a str>,
}

impl Lot<'_> {
    /// The record.
    pub fn at(self, at: DateTime<Utc>) -> Record {
        let raw = self.disposition.map_or_else(str::to_owned, |disposition| disposition.to_string().to_lowercase());
        let body = Statement::new(
            SubjectType::MaterialLot,
            [
                ("number", Assertion::plain(self.number)),
                ("material", Assertion::reference(Some(self.material))),
                ("quantity", Assertion::plain(self.quantity.to_string())),
                ("unit", Assertion::plain("kg")),
                ("disposition", Assertion::crossed(vec![raw.clone()], self.disposition.map_err(str::to_owned))),
                ("status", Assertion::plain(raw)),
                ("location", Assertion::optional(self.location)),
            ],
        );
        record("stock.lot", self.id, at, body)
    }
}

/// An unrestricted lot of 100 kg.
pub fn lot<'a>(id: &'a str, number: &'a str, material: &'a str) -> Lot<'a> {
    Lot { id, number, material, quantity: 100, disposition: Ok(Disposition::Unrestricted), location: Some("A-01") }
}

/// An order record in few words.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// The ERP's id.
    pub id: &'a str,
    /// Number.
    pub number: &'a str,
    /// The ERP's id of the material.
    pub material: Option<&'a str>,
    /// Pieces.
    pub quantity: i64,
    /// The state, or what the ERP says that the crosswalk does not know.
    pub state: Result<RequestState, &'a str>,
    /// Code of the planned line.
    pub line: Option<&'a str>,
}

impl Order<'_> {
    /// The record.
    pub fn at(self, at: DateTime<Utc>) -> Record {
        let raw = self.state.map_or_else(str::to_owned, |state| state.to_string().to_lowercase());
        let body = Statement::new(
            SubjectType::ProductionOrder,
            [
                ("number", Assertion::plain(self.number)),
                ("material", Assertion::reference(self.material)),
                ("quantity", Assertion::plain(self.quantity.to_string())),
                ("unit", Assertion::plain("pcs")),
                ("state", Assertion::crossed(vec![raw], self.state.map_err(str::to_owned))),
                ("line", Assertion::optional(self.line)),
            ],
        );
        record("production", self.id, at, body)
    }
}

/// A released order of 1,000 pieces on no line.
pub fn order<'a>(id: &'a str, number: &'a str) -> Order<'a> {
    Order { id, number, material: None, quantity: 1_000, state: Ok(RequestState::Released), line: None }
}

fn record(model: &str, id: &str, at: DateTime<Utc>, says: Statement) -> Record {
    Record {
        external_model: model.to_owned(),
        external_id: id.to_owned(),
        version: Some(at.timestamp_micros().to_string()),
        source_time: Some(at),
        body: Body::Says(says),
        raw: json!({ "id": id }),
    }
}
