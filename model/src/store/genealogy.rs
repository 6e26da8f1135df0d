//! What lots are made from, and what became of them.

use std::collections::HashSet;

use sea_orm::Condition;

use crate::{
    entity::{lot_link, material_lot},
    error::Error,
    ids::LotId,
    store::{Tx, View, batch::halves},
};

impl View {
    /// What these lots were made from.
    pub async fn links_to(&self, children: &[LotId]) -> Result<Vec<lot_link::Model>, Error> {
        self.having::<lot_link::Entity, _>(lot_link::Column::ChildLotId, children).await
    }

    /// What these lots went into.
    pub async fn links_from(&self, parents: &[LotId]) -> Result<Vec<lot_link::Model>, Error> {
        self.having::<lot_link::Entity, _>(lot_link::Column::ParentLotId, parents).await
    }

    /// The parts of these lots.
    pub async fn sublots_of(&self, lots: &[LotId]) -> Result<Vec<material_lot::Model>, Error> {
        self.having::<material_lot::Entity, _>(material_lot::Column::ParentLotId, lots).await
    }
}

impl Tx {
    /// The steps of genealogy with these pairs of parent and child.
    pub async fn job_lot_links(&self, pairs: &[(LotId, LotId)]) -> Result<Vec<lot_link::Model>, Error> {
        let wanted: HashSet<_> = pairs.iter().copied().collect();
        // A lot is made from few others, but may go into many.
        let children = halves(pairs, |(_, child)| child);
        let mut found =
            self.job_in::<lot_link::Entity, _>(Condition::all(), lot_link::Column::ChildLotId, &children).await?;
        found.retain(|row| wanted.contains(&(row.parent_lot_id, row.child_lot_id)));
        Ok(found)
    }
}
