//! The entities.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, Timelike, Utc};
use rust_decimal::Decimal;

use super::edm::{Edm, Row};
use crate::erp::record::OrderStatus;

/// The one plant.
pub(super) const PLANT: &str = "1010";

/// A type of stock, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stock {
    Unrestricted,
    Quality,
    Blocked,
    RestrictedUse,
}

impl Stock {
    /// From the least to the most restrictive.
    pub(super) const ALL: [Stock; 4] = [Stock::Unrestricted, Stock::Quality, Stock::RestrictedUse, Stock::Blocked];

    pub(super) fn code(self) -> &'static str {
        match self {
            Stock::Unrestricted => "01",
            Stock::Quality => "02",
            Stock::Blocked => "07",
            Stock::RestrictedUse => "08",
        }
    }

    pub(super) fn from_code(code: &str) -> Option<Self> {
        Stock::ALL.into_iter().find(|stock| stock.code() == code)
    }
}

/// A production order.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) key: String,
    pub(super) number: String,
    pub(super) material: String,
    pub(super) line: String,
    pub(super) quantity: Decimal,
    pub(super) made: Decimal,
    pub(super) status: OrderStatus,
    pub(super) technically_completed: bool,
    pub(super) start: DateTime<Utc>,
    pub(super) end: DateTime<Utc>,
    pub(super) released_on: Option<NaiveDate>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) changed_at: DateTime<Utc>,
}

impl Row for Order {
    fn get(&self, field: &str) -> Edm<'_> {
        use OrderStatus::{Cancelled, Finished, Planned, Released, Started};
        match field {
            "ManufacturingOrder" => Edm::text(&self.key),
            "ManufacturingOrderType" => Edm::text("PP01"),
            "Material" => Edm::text(&self.material),
            "ProductionPlant" => Edm::text(PLANT),
            "WorkCenter" => Edm::text(&self.line),
            "TotalQuantity" => Edm::Number(self.quantity),
            "ProductionUnit" => Edm::text("PC"),
            "MfgOrderConfirmedYieldQty" => Edm::Number(self.made),
            "MfgOrderPlannedStartDate" => Edm::Day(self.start.date_naive()),
            "MfgOrderPlannedStartTime" => Edm::Clock(seconds(self.start)),
            "MfgOrderPlannedEndDate" => Edm::Day(self.end.date_naive()),
            "MfgOrderPlannedEndTime" => Edm::Clock(seconds(self.end)),
            "MfgOrderActualReleaseDate" => self.released_on.map_or(Edm::Null, Edm::Day),
            "OrderIsCreated" => Edm::flag(self.status == Planned),
            "OrderIsReleased" => Edm::flag(matches!(self.status, Released | Started | Finished)),
            "OrderIsPartiallyConfirmed" => Edm::flag(self.status == Started),
            "OrderIsConfirmed" | "OrderIsDelivered" => Edm::flag(self.status == Finished),
            "OrderIsTechnicallyCompleted" => Edm::flag(self.technically_completed),
            "OrderIsClosed" => Edm::flag(false),
            "OrderIsMarkedForDeletion" => Edm::flag(self.status == Cancelled && !self.technically_completed),
            "YY1_ShopOrder_ORD" => Edm::text(&self.number),
            "CreationDate" => Edm::Day(self.created_at.date_naive()),
            "LastChangeDateTime" => Edm::text(self.changed_at.format("%Y%m%d%H%M%S").to_string()),
            _ => Edm::Null,
        }
    }
}

/// A batch, with its stock by storage location and type.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    pub(super) material: String,
    pub(super) batch: String,
    pub(super) restricted: bool,
    pub(super) deleted: bool,
    pub(super) expires: Option<NaiveDate>,
    pub(super) unit: &'static str,
    pub(super) stock: BTreeMap<(String, Stock), Decimal>,
    pub(super) version: u64,
    pub(super) created_at: DateTime<Utc>,
    pub(super) changed_at: Option<DateTime<Utc>>,
}

impl Batch {
    pub(super) fn touch(&mut self, now: DateTime<Utc>) {
        self.version += 1;
        self.changed_at = Some(now);
    }

    /// The most restrictive type that has quantity.
    pub(super) fn kind(&self) -> Option<Stock> {
        let has = |kind: &Stock| self.stock.iter().any(|((_, of), quantity)| of == kind && !quantity.is_zero());
        Stock::ALL.into_iter().rev().find(has)
    }

    pub(super) fn quantity(&self) -> Decimal {
        self.stock.values().sum()
    }

    /// Everything of one type becomes another.
    pub(super) fn convert(&mut self, from: Stock, to: Stock) {
        let moved: Vec<_> = self.stock.extract_if(.., |(_, kind), _| *kind == from).collect();
        for ((location, _), quantity) in moved {
            *self.stock.entry((location, to)).or_default() += quantity;
        }
    }
}

impl Row for Batch {
    fn get(&self, field: &str) -> Edm<'_> {
        match field {
            "Material" => Edm::text(&self.material),
            "BatchIdentifyingPlant" => Edm::text(""),
            "Batch" => Edm::text(&self.batch),
            "MatlBatchIsInRstrcdUseStock" => Edm::Bool(self.restricted),
            "BatchIsMarkedForDeletion" => Edm::Bool(self.deleted),
            "ManufactureDate" => Edm::Day(self.created_at.date_naive()),
            "ShelfLifeExpirationDate" => self.expires.map_or(Edm::Null, Edm::Day),
            "CreationDateTime" => Edm::Moment(self.created_at),
            "LastChangeDateTime" => Edm::moment(self.changed_at),
            "YY1_StockType_BAT" => Edm::text(self.kind().map_or("", Stock::code)),
            "YY1_StockQuantity_BAT" => Edm::Number(self.quantity()),
            "YY1_BaseUnit_BAT" => Edm::text(self.unit),
            _ => Edm::Null,
        }
    }

    fn etag(&self) -> Option<String> {
        Some(format!("W/\"'{}'\"", self.version))
    }
}

/// Stock of a batch at one place and of one type.
pub(super) struct StockRow<'a> {
    pub(super) batch: &'a Batch,
    pub(super) location: &'a str,
    pub(super) kind: Stock,
    pub(super) quantity: Decimal,
}

impl Row for StockRow<'_> {
    fn get(&self, field: &str) -> Edm<'_> {
        match field {
            "Material" => Edm::text(&self.batch.material),
            "Plant" => Edm::text(PLANT),
            "StorageLocation" => Edm::text(self.location),
            "Batch" => Edm::text(&self.batch.batch),
            "InventoryStockType" => Edm::text(self.kind.code()),
            "MaterialBaseUnit" => Edm::text(self.batch.unit),
            "MatlWrhsStkQtyInMatlBaseUnit" => Edm::Number(self.quantity),
            _ => Edm::text(""),
        }
    }
}

/// A product.
#[derive(Clone, Debug)]
pub(super) struct Product {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) unit: &'static str,
    pub(super) created_at: DateTime<Utc>,
    pub(super) changed_at: Option<DateTime<Utc>>,
}

impl Row for Product {
    fn get(&self, field: &str) -> Edm<'_> {
        let (kind, group) = match &self.code[..2.min(self.code.len())] {
            "FG" => ("FERT", "FINISHED"),
            "PK" => ("VERP", "PACKAGING"),
            _ => ("ROH", "RAW"),
        };
        match field {
            "Product" => Edm::text(&self.code),
            "ProductType" => Edm::text(kind),
            "ProductGroup" => Edm::text(group),
            "BaseUnit" => Edm::text(self.unit),
            "ProductDescription" => Edm::text(&self.name),
            "CreationDate" => Edm::Day(self.created_at.date_naive()),
            "LastChangeDateTime" => Edm::moment(self.changed_at),
            _ => Edm::Null,
        }
    }
}

/// A line of a bill of material.
#[derive(Clone, Debug)]
pub(super) struct BomItem {
    pub(super) bill: String,
    pub(super) node: String,
    pub(super) material: &'static str,
    pub(super) component: &'static str,
    pub(super) quantity: Decimal,
    pub(super) unit: &'static str,
}

impl Row for BomItem {
    fn get(&self, field: &str) -> Edm<'_> {
        match field {
            "BillOfMaterial" => Edm::text(&self.bill),
            "BillOfMaterialItemNodeNumber" => Edm::text(&self.node),
            "Material" => Edm::text(self.material),
            "Plant" => Edm::text(PLANT),
            "BillOfMaterialComponent" => Edm::text(self.component),
            "BillOfMaterialItemQuantity" => Edm::Number(self.quantity),
            "BillOfMaterialItemUnit" => Edm::text(self.unit),
            _ => Edm::Null,
        }
    }
}

pub(super) fn seconds(at: DateTime<Utc>) -> NaiveTime {
    at.time().with_nanosecond(0).unwrap_or_default()
}
