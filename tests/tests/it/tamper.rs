//! `verify` names the first position that somebody changed below the service.

use model::{
    Error, PlantId, SubjectType,
    entity::{journal, journal_head},
    journal::{ChangeKind, row_hash},
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseConnection, EntityTrait, IntoActiveModel, QueryFilter,
};
use tests::{World, on_both};
use uuid::Uuid;

use crate::writing::write_areas;

/// The row that is tampered with.
const POS: i64 = 5;

/// A journal of its own, because it does not survive: the world of the test is checked in the end.
async fn victim(world: &World) -> (World, DatabaseConnection) {
    let victim = World::new(world.database.kind).await;
    write_areas(&victim.store, victim.nord.plant, "A", 10).await;
    assert!(victim.store.verify_journal().await.is_ok());
    let connection = victim.database.connect().await;
    (victim, connection)
}

async fn first_bad(world: &World) -> i64 {
    match world.store.verify_journal().await {
        Err(Error::JournalBroken { pos, .. }) => pos,
        other => panic!("expected a broken journal, got {other:?}"),
    }
}

async fn row(connection: &DatabaseConnection, pos: i64) -> journal::Model {
    journal::Entity::find_by_id(pos).one(connection).await.unwrap().unwrap()
}

async fn put(connection: &DatabaseConnection, row: &journal::Model) {
    let row = row.clone().into_active_model().reset_all();
    let pos = *row.pos.as_ref();
    let updated = journal::Entity::update_many().set(row).filter(journal::Column::Pos.eq(pos)).exec(connection);
    assert_eq!(updated.await.unwrap().rows_affected, 1);
}

async fn set_head(connection: &DatabaseConnection, head: journal_head::ActiveModel) {
    journal_head::Entity::update_many().set(head).exec(connection).await.unwrap();
}

/// The same row with one field changed, each in turn.
fn forgeries(row: &journal::Model) -> Vec<journal::Model> {
    let same = || row.clone();
    vec![
        journal::Model { at: row.at + chrono::TimeDelta::microseconds(1), ..same() },
        journal::Model { plant_id: Some(PlantId::new()), ..same() },
        journal::Model { subject_type: SubjectType::Hold, ..same() },
        journal::Model { subject_id: Uuid::new_v4(), ..same() },
        journal::Model { revision: row.revision + 1, ..same() },
        journal::Model { kind: ChangeKind::HoldReleased, ..same() },
        journal::Model { before: Some("{}".into()), ..same() },
        journal::Model { after: format!("{} ", row.after), ..same() },
        journal::Model { actor: "mallory".into(), ..same() },
        journal::Model { cause: "nothing".into(), ..same() },
        journal::Model { correlation: Uuid::new_v4(), ..same() },
        journal::Model { hash: vec![7; 32], ..same() },
    ]
}

on_both! {
    async fn a_changed_row_is_found_whatever_was_changed(world: World) {
        let (victim, connection) = victim(&world).await;
        let original = row(&connection, POS).await;
        for forged in forgeries(&original) {
            put(&connection, &forged).await;
            assert_eq!(first_bad(&victim).await, POS, "{forged:?}");
        }
        put(&connection, &original).await;
        assert!(victim.store.verify_journal().await.is_ok());
    }

    async fn a_changed_row_with_a_fitting_hash_is_found_at_the_next(world: World) {
        let (victim, connection) = victim(&world).await;
        let before = row(&connection, POS - 1).await;
        let mut forged = journal::Model { actor: "mallory".into(), ..row(&connection, POS).await };
        forged.hash = row_hash(&before.hash, &forged);
        put(&connection, &forged).await;
        assert_eq!(first_bad(&victim).await, POS + 1);
    }

    async fn two_rows_that_changed_places_are_found(world: World) {
        let (victim, connection) = victim(&world).await;
        let (one, two) = (row(&connection, POS).await, row(&connection, POS + 1).await);
        put(&connection, &journal::Model { pos: one.pos, ..two.clone() }).await;
        put(&connection, &journal::Model { pos: two.pos, ..one.clone() }).await;
        assert_eq!(first_bad(&victim).await, POS);
    }

    async fn a_removed_row_is_found_the_last_one_too(world: World) {
        let (victim, connection) = victim(&world).await;
        let last = victim.head().await;
        let removed = row(&connection, last).await;
        journal::Entity::delete_by_id(last).exec(&connection).await.unwrap();
        assert_eq!(first_bad(&victim).await, last);
        journal::Entity::insert(removed.into_active_model().reset_all()).exec(&connection).await.unwrap();
        assert!(victim.store.verify_journal().await.is_ok());
        journal::Entity::delete_by_id(POS).exec(&connection).await.unwrap();
        assert_eq!(first_bad(&victim).await, POS);
    }

    /// In between there is no room: positions are dense. Behind the head there is.
    async fn an_inserted_row_is_found(world: World) {
        let (victim, connection) = victim(&world).await;
        let last = row(&connection, victim.head().await).await;
        let mut inserted = journal::Model { pos: last.pos + 1, actor: "mallory".into(), ..last.clone() };
        inserted.hash = row_hash(&last.hash, &inserted);
        journal::Entity::insert(inserted.into_active_model().reset_all()).exec(&connection).await.unwrap();
        assert_eq!(first_bad(&victim).await, last.pos + 1);
    }

    async fn a_changed_head_is_found(world: World) {
        let (victim, connection) = victim(&world).await;
        let head = victim.store.journal_head().await.unwrap();
        set_head(&connection, journal_head::ActiveModel { hash: Set(vec![7; 32]), ..Default::default() }).await;
        assert_eq!(first_bad(&victim).await, head.pos);
        let further =
            journal_head::ActiveModel { hash: Set(head.hash.clone()), pos: Set(head.pos + 1), ..Default::default() };
        set_head(&connection, further).await;
        assert_eq!(first_bad(&victim).await, head.pos + 1);
        set_head(&connection, journal_head::ActiveModel { pos: Set(head.pos - 1), ..Default::default() }).await;
        assert_eq!(first_bad(&victim).await, head.pos, "the row that the head denies is there");
        let back = row(&connection, head.pos - 1).await.hash;
        set_head(&connection, journal_head::ActiveModel { hash: Set(back), ..Default::default() }).await;
        assert_eq!(first_bad(&victim).await, head.pos);
    }

    async fn a_changed_floor_is_found(world: World) {
        let (victim, connection) = victim(&world).await;
        victim.store.prune_journal(victim.now() + chrono::TimeDelta::days(1)).await.unwrap();
        let head = victim.store.journal_head().await.unwrap();
        set_head(&connection, journal_head::ActiveModel { floor_hash: Set(vec![7; 32]), ..Default::default() }).await;
        assert_eq!(first_bad(&victim).await, head.pos);
    }
}
