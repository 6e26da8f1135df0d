//! Timers: none fired before it was due, and what ended says when.

use model::entity::timer::{self, TimerState};
use sea_orm::{DatabaseConnection, EntityTrait};

pub(super) async fn check(connection: &DatabaseConnection) {
    for timer in timer::Entity::find().all(connection).await.unwrap() {
        match timer.state {
            TimerState::Pending => assert_eq!(timer.ended_at, None),
            TimerState::Cancelled => assert!(timer.ended_at.is_some()),
            TimerState::Fired => assert!(timer.ended_at.unwrap() >= timer.due_at, "fired early: {timer:?}"),
        }
    }
}
