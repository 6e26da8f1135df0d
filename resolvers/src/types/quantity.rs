//! Quantities.

use async_graphql::SimpleObject;

use crate::scalar::Decimal;

/// An amount with its unit.
#[derive(Clone, Debug, SimpleObject)]
pub struct Quantity {
    /// The amount, exact.
    value: Decimal,
    /// The unit, as the source writes it; UCUM where the source can.
    unit: String,
}

impl Quantity {
    /// An amount of a unit.
    pub fn new(value: model::Quantity, unit: impl Into<String>) -> Self {
        Self { value: Decimal(value), unit: unit.into() }
    }
}
