//! A database of the release before comes to the present with what is in it.

mod first_release;

use first_release::{Old, first_release};
use model::{
    Error, Scope, Store,
    entity::{
        command, dead_letter, exception_case, external_reference, job_order, material, material_lot, production_order,
        source_system, stream_cursor, subject::Subject, timer,
    },
    journal::AsOf,
    store::Tx,
};
use sea_orm::{DatabaseConnection, EntityTrait};
use tests::{Database, World, on_both};
use uuid::Uuid;

use crate::writing::begin;

/// The rows of one kind: one of each was there before.
async fn only<E: EntityTrait>(connection: &DatabaseConnection) -> E::Model {
    let mut rows = E::find().all(connection).await.unwrap();
    assert_eq!(rows.len(), 1);
    rows.remove(0)
}

async fn upgraded(world: &World) -> (Database, Store, Old) {
    let database = Database::empty(world.database.kind).await;
    let store = database.open().await;
    migrations::up_by(store.migration_connection(), 1).await.unwrap();
    let connection = database.connect().await;
    let old = first_release(&connection, world.ago(60)).await;
    connection.close().await.unwrap();
    assert_eq!(migrations::up(store.migration_connection()).await.unwrap()[0], "m0002_shared_truth");
    assert!(migrations::pending(store.migration_connection()).await.unwrap().is_empty());
    (database, store, old)
}

/// A case of the old kind, about nothing but a line unless the test says more.
async fn open(tx: &mut Tx, case: exception_case::Model) -> Result<(), Error> {
    let fresh = exception_case::Model { id: model::CaseId::new(), revision: 0, ..case };
    tx.create::<exception_case::Entity>(fresh, model::journal::ChangeKind::CaseOpened).await.map(drop)
}

on_both! {
    async fn rows_of_the_first_release_read_as_they_were(world: World) {
        let (database, store, old) = upgraded(&world).await;
        let connection = database.connect().await;
        let lot = only::<material_lot::Entity>(&connection).await;
        assert_eq!((lot.id.0, lot.parent_lot_id, lot.expires_at), (old.lot, None, None));
        assert_eq!(only::<material::Entity>(&connection).await.class_id, None);
        assert_eq!(only::<production_order::Entity>(&connection).await.other_state, None);
        assert_eq!(only::<job_order::Entity>(&connection).await.readiness, None);
        let source = only::<source_system::Entity>(&connection).await;
        assert_eq!((source.actions.as_str(), source.commands_stopped, source.manifest), ("[]", false, None));
        let reference = only::<external_reference::Entity>(&connection).await;
        assert_eq!((reference.claims.as_str(), reference.mapping_version.as_str()), ("{}", ""));
        assert_eq!((reference.missed_sweeps, reference.absent_since), (0, None));
        assert_eq!(only::<dead_letter::Entity>(&connection).await.attempts, 0);
        assert_eq!(only::<timer::Entity>(&connection).await.subject_id, None);
        assert_eq!(only::<command::Entity>(&connection).await.hold_id, None);
        // What systems claim is read again, to where it stands now; signals of the floor go on where they were.
        let stream = only::<stream_cursor::Entity>(&connection).await;
        assert_eq!((stream.stream.as_str(), stream.cursor.as_str()), ("signals", "9"));
        assert_eq!((stream.rows_read, stream.paused_reason), (0, None));
        connection.close().await.unwrap();
        // A row of the journal has the columns that there were when it was written.
        let view = store.view(Scope::of([model::PlantId(old.plant)]));
        let then = view.as_of::<material_lot::Entity>(old.lot, AsOf::Time(old.at)).await.unwrap().unwrap();
        assert_eq!((then.disposition, then.parent_lot_id), (model::Disposition::Restricted, None));
        store.close().await.unwrap();
    }

    async fn one_signal_makes_one_case_also_of_any_other_subject(world: World) {
        let (database, store, old) = upgraded(&world).await;
        let connection = database.connect().await;
        let downtime = only::<exception_case::Entity>(&connection).await;
        connection.close().await.unwrap();
        let about = |subject: Uuid, attribute: Option<&str>| exception_case::Model {
            subject_type: Some(material_lot::Entity::TYPE),
            subject_id: Some(subject),
            attribute: attribute.map(str::to_owned),
            line_id: Some(model::LineId(old.line)),
            ..downtime.clone()
        };
        let mut tx = begin(&store).await;
        for free in [about(old.lot, None), about(old.lot, Some("quantity")), about(Uuid::now_v7(), None)] {
            open(&mut tx, free).await.unwrap();
        }
        tx.commit().await.unwrap();
        for taken in [downtime.clone(), about(old.lot, None), about(old.lot, Some("quantity"))] {
            let mut tx = begin(&store).await;
            let refused = open(&mut tx, taken).await.unwrap_err();
            assert!(refused.is_transient(), "{refused}");
        }
        store.close().await.unwrap();
    }
}
