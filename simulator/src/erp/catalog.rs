//! What the plant makes, what it makes it from, and what is in stock on the first day.

use super::record::StockType::{self, Blocked, Quality, Unrestricted};
use crate::plant::LineId;

/// A material: code, name, base unit.
pub(super) type MaterialRow = (&'static str, &'static str, &'static str);

/// All materials; the position plus one is the internal id.
pub(super) const MATERIALS: [MaterialRow; 12] = [
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
pub(super) fn products(line: LineId) -> [&'static str; 3] {
    match line {
        LineId::One => ["FG-SAUCE-340", "FG-SAUCE-500", "FG-BBQ-350"],
        LineId::Two => ["FG-LEMON-330", "FG-ICETEA-500", "FG-COLA-330"],
    }
}

/// A lot of the first day: material, quantity, stock type, location.
pub(super) type LotRow = (&'static str, &'static str, StockType, &'static str);

/// What is in stock on the first day.
pub(super) const LOTS: [LotRow; 12] = [
    ("RM-TOMATO-PASTE", "1840.500", Unrestricted, "WH1-A-01"),
    ("RM-TOMATO-PASTE", "920.000", Quality, "WH1-Q-01"),
    ("RM-SUGAR", "2500.000", Unrestricted, "WH1-A-02"),
    ("RM-SUGAR", "75.250", Blocked, "WH1-B-01"),
    ("RM-VINEGAR", "1000.000", Unrestricted, "WH1-T-01"),
    ("RM-LEMON-CONC", "380.750", Unrestricted, "WH1-T-02"),
    ("RM-LEMON-CONC", "400.000", Quality, "WH1-Q-02"),
    ("PK-BOTTLE-340", "14400", Unrestricted, "WH2-C-11"),
    ("PK-CAP-38", "52000", Unrestricted, "WH2-C-12"),
    ("FG-SAUCE-340", "2160", Unrestricted, "WH3-F-01"),
    ("FG-SAUCE-500", "1080", Quality, "WH3-Q-01"),
    ("FG-LEMON-330", "3240", Unrestricted, "WH3-F-02"),
];

/// Where finished goods wait for the laboratory.
pub(super) const QUARANTINE: &str = "WH3-Q-01";
/// Where finished goods go from there.
pub(super) const FINISHED_GOODS: &str = "WH3-F-03";
