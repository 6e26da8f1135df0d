//! What the plant makes, what it makes it from, and what is in stock on the first day.

use rust_decimal::Decimal;

use super::record::StockType::{self, Blocked, Quality, Unrestricted};
use crate::plant::LineId;

/// A material: code, name, base unit.
pub(crate) type MaterialRow = (&'static str, &'static str, &'static str);

/// All materials; the position plus one is the internal id.
pub(crate) const MATERIALS: [MaterialRow; 12] = [
    ("FG-SAUCE-340", "Tomato sauce basil, bottle 340 g", "PCE"),
    ("FG-SAUCE-500", "Tomato sauce classic, bottle 500 g", "PCE"),
    ("FG-BBQ-350", "Barbecue sauce smoky, bottle 350 g", "PCE"),
    ("FG-LEMON-330", "Lemonade cloudy, bottle 330 ml", "PCE"),
    ("FG-ICETEA-500", "Iced tea peach, bottle 500 ml", "PCE"),
    ("FG-COLA-330", "Cola, bottle 330 ml", "PCE"),
    ("RM-TOMATO-PASTE", "Tomato paste 28/30 Brix", "KG"),
    ("RM-SUGAR", "Sugar, fine", "KG"),
    ("RM-VINEGAR", "Spirit vinegar 10 %", "L"),
    ("RM-LEMON-CONC", "Lemon juice concentrate", "L"),
    ("PK-BOTTLE-340", "Glass bottle 340 ml", "PCE"),
    ("PK-CAP-38", "Twist cap 38 mm", "PCE"),
];

/// The codes of what a line makes.
pub(crate) fn products(line: LineId) -> [&'static str; 3] {
    match line {
        LineId::One => ["FG-SAUCE-340", "FG-SAUCE-500", "FG-BBQ-350"],
        LineId::Two => ["FG-LEMON-330", "FG-ICETEA-500", "FG-COLA-330"],
    }
}

/// A lot of the first day: material, quantity, stock type, location.
pub(crate) type LotRow = (&'static str, &'static str, StockType, &'static str);

/// What is in stock on the first day.
pub(crate) const LOTS: [LotRow; 12] = [
    ("RM-TOMATO-PASTE", "1840.500", Unrestricted, "WH1-A-01"),
    ("RM-TOMATO-PASTE", "920.000", Quality, "WH1-Q-01"),
    ("RM-SUGAR", "2500.000", Unrestricted, "WH1-A-02"),
    ("RM-SUGAR", "75.250", Blocked, "WH1-B-01"),
    ("RM-VINEGAR", "1000.000", Unrestricted, "WH1-T-01"),
    ("RM-LEMON-CONC", "380.750", Unrestricted, "WH1-T-02"),
    ("RM-LEMON-CONC", "400.000", Quality, "WH1-Q-02"),
    ("PK-BOTTLE-340", "14400", Unrestricted, "WH2-C-11"),
    ("PK-CAP-38", "52000", Unrestricted, "WH2-C-12"),
    ("FG-SAUCE-500", "1080", Quality, "WH3-Q-01"),
    ("FG-SAUCE-340", "2160", Unrestricted, "WH3-F-01"),
    ("FG-LEMON-330", "3240", Unrestricted, "WH3-F-02"),
];

/// Where finished goods wait for the laboratory.
pub(crate) const QUARANTINE: &str = "WH3-Q-01";
/// Where finished goods go from there.
pub(crate) const FINISHED_GOODS: &str = "WH3-F-03";

/// What a plant with three systems has beside [`MATERIALS`]; the internal ids go on.
pub(crate) const MORE_MATERIALS: [MaterialRow; 6] = [
    ("RM-TEA-EXTRACT", "Black tea extract", "L"),
    ("RM-COLA-BASE", "Cola base", "L"),
    ("PK-BOTTLE-500", "Glass bottle 500 ml", "PCE"),
    ("PK-BOTTLE-330", "Glass bottle 330 ml", "PCE"),
    ("PK-CAP-28", "Crown cap 28 mm", "PCE"),
    ("PK-BOTTLE-350", "Glass bottle 350 ml", "PCE"),
];

/// What such a plant has in stock beside [`LOTS`].
pub(crate) const MORE_LOTS: [LotRow; 8] = [
    ("RM-TEA-EXTRACT", "300.000", Unrestricted, "WH1-T-03"),
    ("RM-COLA-BASE", "40.000", Unrestricted, "WH1-T-04"),
    ("RM-COLA-BASE", "60.000", Quality, "WH1-Q-03"),
    ("PK-BOTTLE-500", "12000", Unrestricted, "WH2-C-13"),
    ("PK-BOTTLE-330", "18000", Unrestricted, "WH2-C-14"),
    ("PK-CAP-28", "60000", Unrestricted, "WH2-C-15"),
    ("PK-BOTTLE-350", "9600", Unrestricted, "WH2-C-16"),
    ("RM-VINEGAR", "500.000", Unrestricted, "WH1-T-05"),
];

/// The bills of material: product, component, quantity for one piece in the component's base unit.
pub(crate) const BILLS: [(&str, &str, &str); 26] = [
    ("FG-SAUCE-340", "RM-TOMATO-PASTE", "0.180"),
    ("FG-SAUCE-340", "RM-SUGAR", "0.012"),
    ("FG-SAUCE-340", "RM-VINEGAR", "0.010"),
    ("FG-SAUCE-340", "PK-BOTTLE-340", "1"),
    ("FG-SAUCE-340", "PK-CAP-38", "1"),
    ("FG-SAUCE-500", "RM-TOMATO-PASTE", "0.260"),
    ("FG-SAUCE-500", "RM-SUGAR", "0.020"),
    ("FG-SAUCE-500", "RM-VINEGAR", "0.015"),
    ("FG-SAUCE-500", "PK-BOTTLE-500", "1"),
    ("FG-SAUCE-500", "PK-CAP-38", "1"),
    ("FG-BBQ-350", "RM-TOMATO-PASTE", "0.150"),
    ("FG-BBQ-350", "RM-SUGAR", "0.060"),
    ("FG-BBQ-350", "PK-BOTTLE-350", "1"),
    ("FG-BBQ-350", "PK-CAP-38", "1"),
    ("FG-LEMON-330", "RM-LEMON-CONC", "0.030"),
    ("FG-LEMON-330", "RM-SUGAR", "0.030"),
    ("FG-LEMON-330", "PK-BOTTLE-330", "1"),
    ("FG-LEMON-330", "PK-CAP-28", "1"),
    ("FG-ICETEA-500", "RM-TEA-EXTRACT", "0.020"),
    ("FG-ICETEA-500", "RM-SUGAR", "0.035"),
    ("FG-ICETEA-500", "PK-BOTTLE-500", "1"),
    ("FG-ICETEA-500", "PK-CAP-28", "1"),
    ("FG-COLA-330", "RM-COLA-BASE", "0.035"),
    ("FG-COLA-330", "RM-SUGAR", "0.033"),
    ("FG-COLA-330", "PK-BOTTLE-330", "1"),
    ("FG-COLA-330", "PK-CAP-28", "1"),
];

/// What one piece of a product takes: component and quantity.
pub(crate) fn bill(product: &str) -> impl Iterator<Item = (&'static str, Decimal)> {
    let rows = BILLS.into_iter().filter(move |row| row.0 == product);
    rows.map(|row| (row.1, row.2.parse().expect("the bills hold numbers")))
}

/// Every material there is.
pub(crate) fn materials() -> impl Iterator<Item = MaterialRow> {
    MATERIALS.into_iter().chain(MORE_MATERIALS)
}
