//! The entities that are papers: deliveries and material documents.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::{
    edm::{Edm, Row},
    rows::{PLANT, Stock, seconds},
};

/// A delivery.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub(super) number: String,
    pub(super) customer_no: &'static str,
    pub(super) customer: &'static str,
    pub(super) leaves: DateTime<Utc>,
    pub(super) picking: &'static str,
    pub(super) issued: &'static str,
    pub(super) block: String,
    pub(super) created_at: DateTime<Utc>,
    pub(super) changed_on: NaiveDate,
    pub(super) items: Vec<DeliveryItem>,
    pub(super) version: u64,
}

impl Row for Delivery {
    fn get(&self, field: &str) -> Edm<'_> {
        match field {
            "DeliveryDocument" => Edm::text(&self.number),
            "ShipToParty" => Edm::text(self.customer_no),
            "YY1_ShipToName_DLV" => Edm::text(self.customer),
            "PlannedGoodsIssueDate" => Edm::Day(self.leaves.date_naive()),
            "PlannedGoodsIssueTime" => Edm::Clock(seconds(self.leaves)),
            "OverallPickingStatus" => Edm::text(self.picking),
            "OverallGoodsMovementStatus" => Edm::text(self.issued),
            "OverallSDProcessStatus" => {
                Edm::text(if self.issued == "A" && self.picking != "A" { "B" } else { self.issued })
            }
            "DeliveryBlockReason" => Edm::text(&self.block),
            "CreationDate" => Edm::Day(self.created_at.date_naive()),
            "LastChangeDate" => Edm::Day(self.changed_on),
            _ => Edm::Null,
        }
    }

    fn etag(&self) -> Option<String> {
        Some(format!("W/\"'{}'\"", self.version))
    }
}

/// A line of a delivery.
#[derive(Clone, Debug)]
pub(super) struct DeliveryItem {
    pub(super) delivery: String,
    pub(super) item: String,
    pub(super) material: &'static str,
    pub(super) batch: &'static str,
    pub(super) quantity: Decimal,
    pub(super) picking: &'static str,
}

impl Row for DeliveryItem {
    fn get(&self, field: &str) -> Edm<'_> {
        match field {
            "DeliveryDocument" => Edm::text(&self.delivery),
            "DeliveryDocumentItem" => Edm::text(&self.item),
            "Material" => Edm::text(self.material),
            "Batch" => Edm::text(self.batch),
            "ActualDeliveryQuantity" => Edm::Number(self.quantity),
            "DeliveryQuantityUnit" => Edm::text("PC"),
            "PickingStatus" => Edm::text(self.picking),
            _ => Edm::Null,
        }
    }
}

/// A material document.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) year: String,
    pub(super) number: String,
    pub(super) code: String,
    pub(super) reference: String,
    pub(super) text: String,
    pub(super) at: DateTime<Utc>,
    pub(super) items: Vec<DocumentItem>,
}

impl Row for Document {
    fn get(&self, field: &str) -> Edm<'_> {
        match field {
            "MaterialDocumentYear" => Edm::text(&self.year),
            "MaterialDocument" => Edm::text(&self.number),
            "GoodsMovementCode" => Edm::text(&self.code),
            "PostingDate" | "CreationDate" => Edm::Day(self.at.date_naive()),
            "ReferenceDocument" => Edm::text(&self.reference),
            "MaterialDocumentHeaderText" => Edm::text(&self.text),
            "CreationTime" => Edm::Clock(seconds(self.at)),
            _ => Edm::Null,
        }
    }
}

/// A line of a material document.
#[derive(Clone, Debug)]
pub(super) struct DocumentItem {
    pub(super) year: String,
    pub(super) document: String,
    pub(super) item: String,
    pub(super) material: String,
    pub(super) location: String,
    pub(super) batch: String,
    pub(super) movement: String,
    pub(super) quantity: Decimal,
    pub(super) unit: &'static str,
    pub(super) to: Stock,
}

impl Row for DocumentItem {
    fn get(&self, field: &str) -> Edm<'_> {
        match field {
            "MaterialDocumentYear" => Edm::text(&self.year),
            "MaterialDocument" => Edm::text(&self.document),
            "MaterialDocumentItem" => Edm::text(&self.item),
            "Material" => Edm::text(&self.material),
            "Plant" => Edm::text(PLANT),
            "StorageLocation" => Edm::text(&self.location),
            "Batch" => Edm::text(&self.batch),
            "GoodsMovementType" => Edm::text(&self.movement),
            "QuantityInEntryUnit" => Edm::Number(self.quantity),
            "EntryUnit" => Edm::text(self.unit),
            "InventoryStockType" => Edm::text(self.to.code()),
            _ => Edm::Null,
        }
    }
}
