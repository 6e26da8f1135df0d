//! Positions, tails, cursors, retention.

use std::time::Duration;

use chrono::TimeDelta;
use model::{
    Error, Scope,
    journal::{JournalOptions, Reader},
};
use tests::{World, on_both, together};

use crate::writing::write_areas;

/// Everything up to a position.
async fn read_up_to(reader: &mut Reader, last: i64) -> Vec<i64> {
    let mut positions = Vec::new();
    while positions.last() != Some(&last) {
        let next = tokio::time::timeout(Duration::from_secs(10), reader.next()).await.expect("the reader hangs");
        positions.extend(next.unwrap().iter().map(|entry| entry.row.pos));
    }
    positions
}

fn nord(world: &World) -> Scope {
    Scope::of([world.nord.plant])
}

on_both! {
    /// Half of the writers are another replica's, which wakes nobody here: the poll repairs that.
    async fn sixteen_writers_get_dense_positions_and_every_reader_sees_all_once_in_order(world: World) {
        const WRITERS: usize = 16;
        const COMMITS: usize = 12;
        let replica = world.replica().await;
        let before = world.head().await;
        let mut readers = Vec::new();
        for journal in [&world.journal, &replica.journal] {
            readers.push(journal.read(None, nord(&world)).await.unwrap());
        }
        let plant = world.nord.plant;
        let written = together((0..WRITERS).map(|writer| {
            let store = if writer % 2 == 0 { world.store.clone() } else { replica.store.clone() };
            async move {
                let mut positions = Vec::new();
                for commit in 0..COMMITS {
                    let rows = 1 + (writer + commit) % 3;
                    let last = write_areas(&store, plant, &format!("{writer}-{commit}"), rows).await;
                    positions.extend(last - rows as i64 + 1..=last);
                }
                assert!(positions.is_sorted(), "a writer's later commit has later positions");
                positions
            }
        }))
        .await;
        let mut written = written.concat();
        written.sort_unstable();
        let last = world.head().await;
        assert_eq!(written, Vec::from_iter(before + 1..=last), "no position twice, none left out");
        for reader in &mut readers {
            assert_eq!(read_up_to(reader, last).await, written);
        }
    }

    async fn a_reader_resumes_from_any_cursor_with_exactly_what_follows(world: World) {
        let rows = write_areas(&world.store, world.nord.plant, "A", 40).await;
        write_areas(&world.store, world.sued.plant, "S", 3).await;
        let last = write_areas(&world.store, world.nord.plant, "B", 5).await;
        let all =
            read_up_to(&mut world.journal.read(Some(&world.journal.cursor(0)), nord(&world)).await.unwrap(), last)
                .await;
        assert!(!all.contains(&(rows + 1)) && !all.contains(&(rows + 3)), "the rows of the other plant are not there");
        // A ring that holds nearly nothing sends readers to the database; one that began before them serves them.
        let short = world.follow(&world.store, JournalOptions { ring_rows: 4, ..Default::default() }).await;
        for journal in [&world.journal, &short] {
            for pos in 0..last {
                let mut reader = journal.read(Some(&journal.cursor(pos)), nord(&world)).await.unwrap();
                let follows: Vec<_> = all.iter().copied().filter(|seen| *seen > pos).collect();
                assert_eq!(read_up_to(&mut reader, last).await, follows, "after {pos}");
            }
        }
        let mut reader = world.journal.read(Some(&world.journal.cursor(last)), nord(&world)).await.unwrap();
        let next = write_areas(&world.store, world.nord.plant, "C", 1).await;
        assert_eq!(read_up_to(&mut reader, next).await, [next], "a reader at the head waits for what comes");
    }

    async fn a_cursor_that_a_reader_hands_out_resumes_there_on_another_replica(world: World) {
        let mut reader = world.journal.read(None, nord(&world)).await.unwrap();
        let first = write_areas(&world.store, world.nord.plant, "A", 3).await;
        read_up_to(&mut reader, first).await;
        let cursor = reader.cursor();
        let second = write_areas(&world.store, world.nord.plant, "B", 3).await;
        let replica = world.replica().await;
        let mut resumed = replica.journal.read(Some(&cursor), nord(&world)).await.unwrap();
        assert_eq!(read_up_to(&mut resumed, second).await, [first + 1, first + 2, first + 3]);
    }

    async fn a_cursor_of_another_database_is_refused(world: World) {
        let other = World::new(world.database.kind).await;
        let foreign = other.journal.cursor(1);
        for cursor in [foreign.as_str(), "", "1", "bm90IGEgY3Vyc29y"] {
            let refused = world.journal.read(Some(cursor), nord(&world)).await.unwrap_err();
            assert!(matches!(refused, Error::CursorInvalid), "{cursor}: {refused}");
        }
        assert!(other.journal.read(Some(&foreign), nord(&other)).await.is_ok());
    }

    async fn retention_expires_cursors_before_it_and_keeps_those_after(world: World) {
        let head = write_areas(&world.store, world.nord.plant, "A", 20).await;
        assert_eq!(world.store.prune_journal(world.ago(3600)).await.unwrap(), 0, "nothing is that old");
        let kept_from = world.now() + TimeDelta::seconds(1);
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        let last = write_areas(&world.store, world.nord.plant, "B", 5).await;
        assert_eq!(world.store.prune_journal(kept_from).await.unwrap(), head);
        for pos in 0..head {
            let expired = world.journal.read(Some(&world.journal.cursor(pos)), nord(&world)).await.unwrap_err();
            assert!(matches!(expired, Error::CursorExpired), "{pos}: {expired}");
        }
        let mut reader = world.journal.read(Some(&world.journal.cursor(head)), nord(&world)).await.unwrap();
        assert_eq!(read_up_to(&mut reader, last).await, Vec::from_iter(head + 1..=last));
        let verified = world.store.verify_journal().await.unwrap();
        assert_eq!((verified.from, verified.to), (head + 1, last));
    }

    async fn the_last_row_is_never_pruned(world: World) {
        let head = world.head().await;
        let tomorrow = world.now() + TimeDelta::days(1);
        assert_eq!(world.store.prune_journal(tomorrow).await.unwrap(), head - 1);
        assert_eq!(world.store.prune_journal(tomorrow).await.unwrap(), 0);
    }

    async fn a_reader_that_retention_overtakes_is_told_so(world: World) {
        let journal = world.follow(&world.store, JournalOptions { ring_rows: 2, ..Default::default() }).await;
        let mut reader = journal.read(Some(&journal.cursor(0)), nord(&world)).await.unwrap();
        let last = write_areas(&world.store, world.nord.plant, "A", 10).await;
        read_up_to(&mut journal.read(Some(&journal.cursor(last - 1)), nord(&world)).await.unwrap(), last).await;
        world.store.prune_journal(world.now() + TimeDelta::days(1)).await.unwrap();
        assert!(matches!(reader.next().await, Err(Error::CursorExpired)));
    }

    async fn a_cursor_beyond_the_head_has_expired(world: World) {
        let restored_from_a_backup = world.journal.cursor(world.head().await + 1);
        let expired = world.journal.read(Some(&restored_from_a_backup), nord(&world)).await.unwrap_err();
        assert!(matches!(expired, Error::CursorExpired), "{expired}");
    }
}
