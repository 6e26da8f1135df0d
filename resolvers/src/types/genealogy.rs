//! The ancestors and descendants of a lot.

use std::collections::HashSet;

use async_graphql::{Context, Enum, SimpleObject};
use futures::future::try_join_all;
use model::{Code, LotId, entity::material_lot};

use super::MaterialLot;
use crate::{
    context::ContextExt,
    error::Error,
    loaders::{LinksFrom, LinksTo, Loaders, SublotsOf},
};

/// Steps from a lot at most: a longer chain is asked for from its end.
const DEPTH_MAX: i32 = 10;
/// Lots that one walk finds at most: more are no answer that somebody reads, and would hold the database for long.
const LOTS_MAX: usize = 1_000;

/// Direction of a walk through the genealogy of lots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum GenealogyDirection {
    /// What the lot was made from, and the lot that it is a part of.
    MadeFrom,
    /// What the lot went into, and its parts.
    WentInto,
}

/// A lot on the way.
#[derive(SimpleObject)]
pub struct GenealogyStep {
    /// The lot.
    lot: MaterialLot,
    /// Number of steps to it, by the shortest way.
    distance: i32,
}

/// Every lot within some steps of a lot, the nearest first; each once, even if the links make a circle.
///
/// # Errors
/// `INVALID_INPUT` for a depth outside 1 to 10, `QUERY_TOO_COMPLEX` when there are too many lots.
pub async fn walk(
    context: &Context<'_>,
    start: &material_lot::Model,
    direction: GenealogyDirection,
    depth: i32,
) -> Result<Vec<GenealogyStep>, Error> {
    if !(1..=DEPTH_MAX).contains(&depth) {
        let message = format!("depth is {depth}; it must be 1 to {DEPTH_MAX}");
        return Err(Error::refused(Code::InvalidInput, message));
    }
    let loaders = context.loaders();
    let mut seen = HashSet::from([start.id]);
    let mut frontier = vec![start.clone()];
    let mut steps = Vec::new();
    for distance in 1..=depth {
        let found = try_join_all(frontier.iter().map(|lot| neighbours(loaders, lot, direction))).await?;
        let fresh: Vec<LotId> = found.into_iter().flatten().filter(|id| seen.insert(*id)).collect();
        if fresh.is_empty() {
            break;
        }
        if seen.len() > LOTS_MAX {
            let message = format!("there are more than {LOTS_MAX} lots on the way; ask for a smaller depth");
            return Err(Error::refused(Code::QueryTooComplex, message));
        }
        let rows = try_join_all(fresh.into_iter().map(|id| loaders.one(id))).await?;
        frontier = rows.into_iter().flatten().collect();
        steps.extend(frontier.iter().map(|lot| GenealogyStep { lot: MaterialLot(lot.clone()), distance }));
    }
    Ok(steps)
}

async fn neighbours(
    loaders: &Loaders,
    lot: &material_lot::Model,
    direction: GenealogyDirection,
) -> Result<Vec<LotId>, Error> {
    let mut found: Vec<LotId> = match direction {
        GenealogyDirection::MadeFrom => {
            loaders.many(LinksTo(lot.id)).await?.into_iter().map(|link| link.parent_lot_id).collect()
        }
        GenealogyDirection::WentInto => {
            loaders.many(LinksFrom(lot.id)).await?.into_iter().map(|link| link.child_lot_id).collect()
        }
    };
    match direction {
        GenealogyDirection::MadeFrom => found.extend(lot.parent_lot_id),
        GenealogyDirection::WentInto => {
            found.extend(loaders.many(SublotsOf(lot.id)).await?.into_iter().map(|part| part.id));
        }
    }
    Ok(found)
}
