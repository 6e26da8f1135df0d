//! The wall: what is outside a scope does not exist.

use std::collections::BTreeSet;

use crate::ids::PlantId;

/// The plants that a reader may see. Every finder starts from one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope(BTreeSet<PlantId>);

impl Scope {
    /// A scope of these plants. An empty one sees nothing.
    pub fn of(plants: impl IntoIterator<Item = PlantId>) -> Self {
        Self(plants.into_iter().collect())
    }

    /// Whether a plant is inside.
    pub fn contains(&self, plant: PlantId) -> bool {
        self.0.contains(&plant)
    }

    /// The plants, in the order of their ids.
    pub fn plants(&self) -> impl Iterator<Item = PlantId> + '_ {
        self.0.iter().copied()
    }

    /// Whether the scope sees nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
