//! What every run must leave behind, whatever happened in it.

pub(crate) mod asked;
mod cases;
mod fold;
mod holds;
pub(crate) mod stream;
mod timers;

use model::entity::journal;
use sea_orm::{EntityTrait, QueryOrder};

use crate::world::World;

/// Checks the history of a world: positions dense, chain unbroken, every table equal to the fold of the journal, cases
/// and approvals well-formed, every acknowledged request there once, and the subscriber's stream equal to the journal in
/// its scope.
pub async fn check(world: &World) {
    let connection = world.database.connect().await;
    let rows = journal::Entity::find().order_by_asc(journal::Column::Pos).all(&connection).await.unwrap();
    let head = world.store.journal_head().await.unwrap();
    let positions: Vec<_> = rows.iter().map(|row| row.pos).collect();
    assert_eq!(
        positions,
        Vec::from_iter(head.floor_pos + 1..=head.pos),
        "positions are dense, from the floor to the head"
    );
    let verified = world.store.verify_journal().await.expect("the chain verifies");
    assert_eq!((verified.from, verified.to), (head.floor_pos + 1, head.pos));

    fold::check(&rows, head.floor_pos, &connection).await;
    cases::check(&connection).await;
    holds::check(&connection).await;
    timers::check(&connection).await;
    let asked = world.asked.lock().unwrap().clone();
    asked::check(&asked, &rows, head.floor_pos, &connection).await;
    world.stream.check(&rows, head.floor_pos).await;
    connection.close().await.unwrap();
}
