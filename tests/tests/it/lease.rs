//! One owner per source.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use model::{Error, store::Lease};
use tests::{
    erp::{order, page},
    floor::state,
    on_both,
    plant::ERP,
    together,
    until::{PATIENCE, until},
};
use tokio_util::sync::CancellationToken;
use workflow::{
    commands::Outbox,
    ingest::{Batch, IngestOptions},
    lease::own,
    sync::Syncer,
};

/// A lease that runs out while a test waits.
const SHORT: Duration = Duration::from_millis(1_500);
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

    async fn a_waiting_process_follows_an_owner_that_ends_and_one_that_dies(world: World) {
        let (tracker, all) = world.background();
        let running = Arc::new(Mutex::new(Vec::new()));
        let mut processes = Vec::new();
        for name in ["a", "b", "c"] {
            let (store, cancel) = (world.replica().await.store, all.child_token());
            let (seen, job_of) = (running.clone(), cancel.clone());
            let job = move |lease: Lease, ends: CancellationToken| {
                let seen = seen.clone();
                async move {
                    seen.lock().unwrap().push((lease.owner, lease.epoch));
                    ends.cancelled().await;
                }
            };
            let task = tracker.spawn(own(store, "source".into(), name.into(), SHORT, job_of, job));
            processes.push((name.to_owned(), cancel, task));
        }
        let mut epoch = 0;
        for ends_in_order in [true, false] {
            let owner = until("somebody owns it", PATIENCE, async || {
                let last = running.lock().unwrap().last().cloned();
                last.filter(|(_, at)| *at > epoch).ok_or("nobody")
            })
            .await;
            let place = processes.iter().position(|(name, ..)| *name == owner.0).unwrap();
            let (_, cancel, task) = processes.remove(place);
            epoch = owner.1;
            if ends_in_order { cancel.cancel() } else { task.abort() }
        }
        let last = until("the last one owns it", PATIENCE, async || {
            let last = running.lock().unwrap().last().cloned();
            last.filter(|(_, at)| *at > epoch).ok_or("nobody")
        })
        .await;
        assert_eq!(last.0, processes[0].0);
        let epochs: Vec<_> = running.lock().unwrap().iter().map(|(_, epoch)| *epoch).collect();
        assert!(epochs.is_sorted_by(|earlier, later| earlier < later), "one owner at a time: {epochs:?}");
    }
}
