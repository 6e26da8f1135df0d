//! Decision rights: who may do what, asked through one interface.
//!
//! [`Rights`] is that interface; [`Table`] answers it from typed rows. Rules that no table can change stand in [`forbidden`].

mod capability;
mod forbid;
mod table;

pub use capability::Capability;
pub use forbid::forbidden;
pub use table::{Row, Table};

use std::collections::BTreeSet;

use model::{Code, PlantId, Role};

/// A question: may this person do this here?
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// What is asked for.
    pub capability: Capability,
    /// Where.
    pub plant: PlantId,
    /// The person who asks.
    pub person: &'a str,
    /// The roles that the person holds in the plant.
    pub roles: &'a BTreeSet<Role>,
    /// Whether a service account asks.
    pub service: bool,
    /// The people who began what is asked for; where the row says so, they may not end it.
    pub initiators: &'a [String],
}

/// The answer, with the row that gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// Yes.
    Allowed(Grant),
    /// No, and who could.
    Refused(Refusal),
}

/// A yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The row that allowed it.
    pub row: String,
    /// The version of the table.
    pub version: String,
    /// How many distinct people have to agree, the first included.
    pub approvals: i64,
}

/// A no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Stable code.
    pub code: Code,
    /// Why, in words.
    pub message: String,
    /// The right that is missing.
    pub missing: Capability,
    /// The roles that have it.
    pub roles: Vec<Role>,
}

/// Judges questions. An implementation that can not judge refuses.
pub trait Rights: std::fmt::Debug + Send + Sync {
    /// The answer to a question.
    fn judge(&self, question: &Question<'_>) -> Ruling;

    /// The roles that have a capability.
    fn holders(&self, capability: Capability) -> Vec<Role>;

    /// How many distinct people have to agree to a capability; `None` when nobody has it.
    fn approvals(&self, capability: Capability) -> Option<i64>;
}
