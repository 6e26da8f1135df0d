//! Writes below the workflow, for tests of the journal itself.

use model::{
    AreaId, PlantId, Store,
    entity::area,
    journal::ChangeKind,
    store::{Actor, Tx},
};

/// A row that nobody has written.
pub fn area(plant: PlantId, code: &str) -> area::Model {
    area::Model { id: AreaId::new(), plant_id: plant, code: code.to_owned(), name: code.to_owned(), revision: 0 }
}

/// Opens a write.
pub async fn begin(store: &Store) -> Tx {
    store.begin(Actor::system("test", "a test writes")).await.unwrap()
}

/// Commits `count` new areas in one transaction; returns the last position.
pub async fn write_areas(store: &Store, plant: PlantId, prefix: &str, count: usize) -> i64 {
    let mut tx = begin(store).await;
    for number in 0..count {
        tx.create::<area::Entity>(area(plant, &format!("{prefix}-{number}")), ChangeKind::Created).await.unwrap();
    }
    tx.commit().await.unwrap()
}
