//! What a job order lacks.

use serde::{Deserialize, Serialize};

use crate::{
    ids::{LotId, MaterialId},
    quantity::Quantity,
};

/// Material that a job order lacks. A job order keeps a JSON list of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingMaterial {
    /// The material.
    pub material: MaterialId,
    /// The lot that would be there if it might be used, or were here in time.
    pub lot: Option<LotId>,
    /// How much is missing, late or blocked.
    pub quantity: Quantity,
    /// Unit of the quantity.
    pub unit: String,
    /// Why, in words.
    pub reason: String,
}
