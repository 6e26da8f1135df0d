//! One owner per source.

use std::time::Duration;

use model::Error;
use tests::{
    erp::{order, page},
    floor::state,
    on_both,
    plant::ERP,
    together,
};
use workflow::{
    commands::Outbox,
    ingest::{Batch, IngestOptions},
    sync::Syncer,
};

const LONG: Duration = Duration::from_secs(60);
/// A lease that has run out when it is given.
const SPENT: Duration = Duration::ZERO;

on_both! {
    async fn a_lease_has_one_owner_and_its_epoch_counts_them(world: World) {
        let store = &world.store;
        let first = store.take_lease("source", "a", LONG).await.unwrap().unwrap();
        assert_eq!((first.owner.as_str(), first.epoch), ("a", 1));
        assert_eq!(store.take_lease("source", "b", LONG).await.unwrap(), None);
        assert_eq!(store.take_lease("source", "a", LONG).await.unwrap().as_ref(), Some(&first), "a renewal");
        store.release_lease(&first).await.unwrap();
        let second = store.take_lease("source", "b", LONG).await.unwrap().expect("it was given back");
        assert_eq!(second.epoch, 2, "a former owner's epoch never comes again");
        store.release_lease(&first).await.unwrap();
        assert_eq!(store.take_lease("source", "a", LONG).await.unwrap(), None, "nobody gives back what is not theirs");
    }

    async fn of_eight_who_ask_at_once_one_gets_the_lease(world: World) {
        for round in 0..5 {
            let name = format!("source {round}");
            let given = together((0..8).map(|number| {
                let (store, name) = (world.store.clone(), name.clone());
                async move { store.take_lease(&name, &format!("owner {number}"), LONG).await.unwrap() }
            }))
            .await;
            assert_eq!(given.iter().flatten().count(), 1, "{given:?}");
        }
    }

    async fn an_owner_that_was_paused_can_not_commit_any_more(world: World) {
        let paused = world.store.take_lease("floor", "paused", SPENT).await.unwrap().unwrap();
        let floor = world.floor_under(paused, IngestOptions::default());
        let signal = |seconds| state(world.line("L1"), model::LineState::Execute, world.ago(seconds));
        let batch = |seconds| Batch { signals: vec![signal(seconds)], cursor: Some(format!("{seconds}")) };
        floor.submit(batch(60)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
        let new = world.store.take_lease("floor", "new", LONG).await.unwrap().expect("the first owner fell silent");
        assert_eq!(new.epoch, 2);
        let head = world.head().await;
        floor.submit(batch(50)).await.unwrap_err();
        assert_eq!(world.head().await, head);
        let cursor = world.store.job_cursor(floor.source, workflow::ingest::SIGNAL_STREAM).await.unwrap();
        assert_eq!(cursor.as_deref(), Some("60"), "the cursor is as old as what is applied");
        let successor = world.floor_under(new, IngestOptions::default());
        successor.send([state(world.line("L1"), model::LineState::Held, world.ago(40))]).await;
    }

    async fn a_paused_sync_and_a_paused_sender_of_commands_can_not_commit_either(world: World) {
        let source = world.nord.sources[ERP];
        let paused = world.store.take_lease("erp", "paused", SPENT).await.unwrap().unwrap();
        let syncer = Syncer::new(world.store.clone(), source, paused.clone()).await.unwrap();
        syncer.apply(page([order("1", "O-1").at(world.ago(60))])).await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
        world.store.take_lease("erp", "new", LONG).await.unwrap().unwrap();
        let head = world.head().await;
        let lost = |error: workflow::Error| matches!(error, workflow::Error::Store(Error::LeaseLost { .. }));
        assert!(lost(syncer.apply(page([order("2", "O-2").at(world.ago(50))])).await.unwrap_err()));
        assert!(lost(syncer.source_stale("it does not answer").await.unwrap_err()));
        assert!(lost(Outbox::new(world.store.clone(), source, paused).lease_next().await.unwrap_err()));
        assert_eq!(world.head().await, head);
    }
}
