//! Durable timers: never early, once in effect, at once after an outage.

use chrono::TimeDelta;
use model::{
    Store,
    entity::timer::{TimerKind, TimerState},
};
use tests::{
    floor::{active_order, state},
    on_both,
    plant::line,
    together,
    until::until,
};
use workflow::{
    case::set_timer,
    timers::{fire_due, spawn},
};

use crate::writing::begin;

/// What is promised with a live replica.
const PROMISED: std::time::Duration = std::time::Duration::from_secs(5);

on_both! {
    async fn a_timer_fires_when_it_is_due_and_not_before(world: World) {
        let mut tx = begin(&world.store).await;
        let (plant, line) = (world.nord.plant, Some(world.line("L1")));
        let kind = TimerKind::DowntimeThreshold;
        let (soon, late) = (tx.at() + TimeDelta::milliseconds(150), tx.at() + TimeDelta::hours(1));
        set_timer(&mut tx, plant, kind, line, None, soon).await.unwrap();
        set_timer(&mut tx, plant, kind, line, None, late).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(world.fire_due().await, 0);
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        assert_eq!(world.fire_due().await, 1);
        assert_eq!(world.fire_due().await, 0);
    }

    /// Forty lines went down while no replica was alive; then three come up at once.
    async fn after_an_outage_everything_due_fires_once_whatever_the_number_of_replicas(world: World) {
        const LINES: usize = 40;
        let codes: Vec<_> = (0..LINES).map(|number| format!("X{number}")).collect();
        let world = world.redefine(|plant| plant.lines.extend(codes.iter().map(|code| line(code)))).await;
        let floor = world.floor().await;
        let lines: Vec<_> = codes.iter().map(|code| world.line(code)).collect();
        let down = |line| {
            [
                state(line, model::LineState::Execute, world.ago(3600)),
                active_order(line, "O-1", world.ago(3600)),
                state(line, model::LineState::Held, world.ago(3000)),
            ]
        };
        floor.send(lines.iter().flat_map(|line| down(*line))).await;
        let stores: Vec<Store> = vec![world.store.clone(), world.replica().await.store, world.replica().await.store];
        let fired = together(stores.into_iter().map(|store| async move { fire_due(&store).await.unwrap() })).await;
        assert_eq!(fired.iter().sum::<usize>(), LINES, "{fired:?}");
        let thresholds: Vec<_> =
            world.timers().await.into_iter().filter(|timer| timer.kind == TimerKind::DowntimeThreshold).collect();
        assert!(thresholds.iter().all(|timer| timer.state == TimerState::Fired && timer.revision == 2));
        assert_eq!(world.view().open_cases_of(&lines).await.unwrap().len(), LINES, "one case each");
    }

    async fn a_live_replica_fires_a_timer_within_seconds(world: World) {
        let soon = std::time::Duration::from_millis(300);
        let world = world.redefine(|plant| plant.lines[0].downtime_threshold = soon).await;
        let (floor, line) = (world.floor().await, world.line("L1"));
        let (tracker, cancel) = world.background();
        for store in [world.store.clone(), world.replica().await.store] {
            spawn(store, std::time::Duration::from_millis(50), tracker, cancel.clone());
        }
        floor
            .send([
                state(line, model::LineState::Execute, world.ago(60)),
                state(line, model::LineState::Held, world.now()),
            ])
            .await;
        let opened = until("the case is open", PROMISED, async || world.open_case(line).await.ok_or("none")).await;
        assert!(opened.detected_at - opened.signal_at >= TimeDelta::milliseconds(300), "not early");
    }
}
