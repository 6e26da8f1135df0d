//! P1 on the floor: what was heard already changes nothing, and what is older neither.

use model::{LineState, entity::line};
use tests::{
    World,
    erp::order,
    floor::{active_order, good_count, state, temperature, unreadable},
    on_both,
};
use workflow::ingest::{Batch, Signal};

/// A day on two lines, minute by minute: orders, states, pieces, temperatures, a broken sensor.
fn day(world: &World) -> Vec<Vec<Signal>> {
    let path = [
        LineState::Idle,
        LineState::Starting,
        LineState::Execute,
        LineState::Holding,
        LineState::Held,
        LineState::Unholding,
        LineState::Execute,
        LineState::Aborting,
        LineState::Aborted,
        LineState::Clearing,
        LineState::Stopped,
        LineState::Resetting,
    ];
    let mut batches = Vec::new();
    for (minute, told) in path.iter().cycle().take(60).enumerate() {
        let at = world.ago(86_400 - 60 * minute as i64);
        for line in [world.line("L1"), world.line("L2")] {
            let number = if minute < 30 { "O-1" } else { "O-2" };
            // The counter starts again with every order.
            let pieces = 10 * (minute as u64 % 30);
            let heat = if minute % 7 == 0 { 95.0 } else { 85.0 };
            batches.push(vec![
                active_order(line, number, at),
                state(line, *told, at),
                good_count(line, pieces, at),
                temperature(line, heat, at),
            ]);
            if minute == 20 {
                batches.push(vec![unreadable(line, at + chrono::TimeDelta::seconds(30))]);
            }
        }
    }
    batches
}

on_both! {
    async fn a_day_that_comes_again_changes_nothing(world: World) {
        let (erp, floor) = (world.erp().await, world.floor().await);
        erp.apply([order("1", "O-1").at(world.ago(90_000)), order("2", "O-2").at(world.ago(90_000))]).await;
        let day = day(&world);
        for batch in &day {
            floor.send(batch.clone()).await;
        }
        world.fire_due().await;
        let (head, twin) = (world.head().await, world.table::<line::Entity>().await);
        assert_eq!(twin.iter().map(|line| line.good_count).collect::<Vec<_>>(), [580, 580, 0]);
        // As it was sent, all at once, and by a process that was started anew and remembers nothing.
        for batch in &day {
            floor.send(batch.clone()).await;
        }
        floor.send(day.concat()).await;
        world.floor().await.send(day.concat()).await;
        for half in [&day[..60], &day[60..]] {
            world.floor().await.send(half.concat()).await;
        }
        assert_eq!(world.head().await, head, "{:#?}", world.store.journal_after(head, 5).await.unwrap());
        assert_eq!(world.table::<line::Entity>().await, twin);
    }

    async fn what_is_older_than_what_is_known_changes_nothing(world: World) {
        let (floor, line) = (world.floor().await, world.line("L1"));
        floor
            .send([
                state(line, LineState::Held, world.ago(60)),
                active_order(line, "O-2", world.ago(60)),
                good_count(line, 500, world.ago(60)),
                temperature(line, 95.0, world.ago(60)),
            ])
            .await;
        let head = world.head().await;
        for seconds in [61, 600, 86_400] {
            floor
                .send([
                    state(line, LineState::Execute, world.ago(seconds)),
                    active_order(line, "O-1", world.ago(seconds)),
                    good_count(line, 100, world.ago(seconds)),
                    temperature(line, 85.0, world.ago(seconds)),
                    unreadable(line, world.ago(seconds)),
                ])
                .await;
        }
        assert_eq!(world.head().await, head, "{:#?}", world.store.journal_after(head, 5).await.unwrap());
        assert_eq!(world.live.get(line, "temperature").unwrap().value, Some(95.0), "nor is it shown");
    }

    /// A connection that was cut is taken up where it broke off: the source repeats what was not acknowledged.
    async fn overlapping_stretches_give_the_same_twin_as_the_day_itself(world: World) {
        let whole = World::new(world.database.kind).await;
        for (world, overlap) in [(&whole, 0), (&world, 13)] {
            let (day, floor) = (day(world), world.floor().await);
            let mut next = 0_usize;
            while next < day.len() {
                let until = (next + 25).min(day.len());
                let signals = day[next.saturating_sub(overlap)..until].concat();
                floor.submit(Batch { signals, cursor: Some(until.to_string()) }).await.unwrap();
                next = until;
            }
        }
        let summary = |world: &World, row: line::Model| {
            let since = row.state_since.map(|at| (world.now() - at).num_minutes());
            (row.code, row.state, since, row.good_count, row.active_order_number, row.state_quality, row.revision)
        };
        let mut twins = Vec::new();
        for world in [&whole, &world] {
            let rows = world.table::<line::Entity>().await;
            twins.push(rows.into_iter().map(|row| summary(world, row)).collect::<Vec<_>>());
        }
        assert_eq!(twins[0], twins[1]);
        whole.finish().await;
    }
}
