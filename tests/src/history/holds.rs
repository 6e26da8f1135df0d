//! Holds: a lot counts its open ones, and nobody released their own.

use model::{
    HoldState,
    entity::{hold, material_lot},
};
use sea_orm::{DatabaseConnection, EntityTrait};

pub(super) async fn check(connection: &DatabaseConnection) {
    let holds = hold::Entity::find().all(connection).await.unwrap();
    for lot in material_lot::Entity::find().all(connection).await.unwrap() {
        let open = holds.iter().filter(|hold| hold.lot_id == lot.id && hold.state == HoldState::Open).count();
        assert_eq!(lot.open_holds, open as i64, "the lot counts its open holds: {lot:?}");
    }
    for hold in &holds {
        assert_ne!(hold.released_by_person.as_ref(), Some(&hold.placed_by_person), "released by who placed it");
        assert_eq!(hold.released_at.is_some(), hold.state == HoldState::Released);
    }
}
