//! Rows as they were.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use model::{
    Error, Scope,
    entity::{area, enterprise, material_lot},
    journal::{AsOf, ChangeKind},
    store::View,
};
use tests::{World, on_both, shelves};

use crate::writing::{begin, write_areas};

/// Changes where a lot lies; returns the lot, the position and the time of the change.
async fn move_to(world: &World, lot: &material_lot::Model, place: &str) -> (material_lot::Model, i64, DateTime<Utc>) {
    let mut tx = begin(&world.store).await;
    let at = tx.at();
    let after = material_lot::Model { location: Some(place.to_owned()), ..lot.clone() };
    let after = tx.update::<material_lot::Entity>(lot, after, ChangeKind::Updated).await.unwrap();
    let position = tx.commit().await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    (after, position, at)
}

async fn was(view: &View, lot: &material_lot::Model, moment: AsOf) -> Option<String> {
    let row = view.as_of::<material_lot::Entity>(lot.id.0, moment).await.unwrap();
    row.map(|row| row.location.expect("a lot of this test lies somewhere"))
}

/// A lot of NORD, the position before it, and the time before it.
async fn new_lot(world: &World) -> (material_lot::Model, i64, DateTime<Utc>) {
    let (before, early) = (world.head().await, world.now());
    tokio::time::sleep(Duration::from_millis(5)).await;
    let mut tx = begin(&world.store).await;
    let material = shelves::material(world.nord.plant, "M", None);
    let material = tx.create::<model::entity::material::Entity>(material, ChangeKind::Created).await.unwrap();
    let lot = tx.create::<material_lot::Entity>(shelves::lot(&material, "1", None), ChangeKind::Created).await.unwrap();
    tx.commit().await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    (lot, before, early)
}

on_both! {
    async fn a_row_is_read_as_it_was_at_each_position_and_time(world: World) {
        let (lot, before, early) = new_lot(&world).await;
        let created = world.head().await;
        let (lot, first, first_at) = move_to(&world, &lot, "A").await;
        let other = write_areas(&world.store, world.nord.plant, "X", 3).await;
        let (lot, second, second_at) = move_to(&world, &lot, "B").await;
        let view = world.view();
        for (position, expected) in [
            (before, None),
            (created, Some("S-1")),
            (first, Some("A")),
            (other, Some("A")),
            (second, Some("B")),
        ] {
            assert_eq!(was(&view, &lot, AsOf::Position(position)).await.as_deref(), expected, "at {position}");
        }
        for (time, expected) in [
            (early, None),
            (first_at - TimeDelta::milliseconds(1), Some("S-1")),
            (first_at, Some("A")),
            (second_at - TimeDelta::milliseconds(1), Some("A")),
            (second_at, Some("B")),
            (world.now() + TimeDelta::days(1), Some("B")),
        ] {
            assert_eq!(was(&view, &lot, AsOf::Time(time)).await.as_deref(), expected, "at {time}");
        }
        assert_eq!(view.as_of::<material_lot::Entity>(lot.id.0, AsOf::Position(second)).await.unwrap(), Some(lot.clone()));
        assert_eq!(view.as_of::<area::Entity>(lot.id.0, AsOf::Position(second)).await.unwrap(), None, "no area");
        let beyond = view.as_of::<material_lot::Entity>(lot.id.0, AsOf::Position(second + 1)).await.unwrap_err();
        assert!(matches!(beyond, Error::CursorExpired), "{beyond}");
    }

    async fn the_past_of_another_plant_is_not_there(world: World) {
        let (lot, ..) = new_lot(&world).await;
        let (lot, first, at) = move_to(&world, &lot, "A").await;
        let owner = world.table::<enterprise::Entity>().await.remove(0);
        for (scope, enterprises) in [(Scope::of([world.sued.plant]), 1), (Scope::default(), 0)] {
            let view = world.store.view(scope);
            for moment in [AsOf::Position(first), AsOf::Time(at), AsOf::Time(world.now())] {
                assert_eq!(was(&view, &lot, moment).await, None);
                let seen = view.as_of::<enterprise::Entity>(owner.id.0, moment).await.unwrap();
                assert_eq!(seen.iter().count(), enterprises, "the owner is visible by its plants");
            }
        }
    }

    async fn before_the_floor_nobody_can_tell_and_after_it_everybody_can(world: World) {
        let (lot, before, early) = new_lot(&world).await;
        let (lot, first, first_at) = move_to(&world, &lot, "A").await;
        let quiet = world.table::<area::Entity>().await.remove(0);
        let kept_from = world.now() + TimeDelta::seconds(1);
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        let floor = world.head().await;
        let (lot, second, second_at) = move_to(&world, &lot, "B").await;
        assert!(world.store.prune_journal(kept_from).await.unwrap() > 0);
        let view = world.view();
        for expired in [AsOf::Position(before), AsOf::Position(first - 1), AsOf::Time(early), AsOf::Time(first_at)] {
            let refused = view.as_of::<material_lot::Entity>(lot.id.0, expired).await.unwrap_err();
            assert_eq!(refused.code().as_str(), "AS_OF_EXPIRED", "{expired:?}: {refused}");
        }
        for (moment, expected) in [
            (AsOf::Position(floor), "A"),
            (AsOf::Position(second), "B"),
            (AsOf::Time(second_at), "B"),
        ] {
            assert_eq!(was(&view, &lot, moment).await.as_deref(), Some(expected), "{moment:?}");
            let same = view.as_of::<area::Entity>(quiet.id.0, moment).await.unwrap();
            assert_eq!(same.as_ref(), Some(&quiet), "what did not change since is as it is");
        }
    }
}
