//! Signals into the twin.

use model::{Freshness, LimitState, LineState, Quality, entity::source_system, journal::ChangeKind};
use tests::{
    World,
    erp::order,
    floor::{active_order, good_count, stamp, state, temperature},
    on_both,
    plant::TEMPERATURE,
};
use workflow::ingest::{Batch, SIGNAL_STREAM, Signal, Stamp};

async fn kinds_after(world: &World, pos: i64) -> Vec<ChangeKind> {
    world.store.journal_after(pos, 100).await.unwrap().iter().map(|row| row.kind).collect()
}

on_both! {
    async fn a_change_of_state_keeps_its_three_times_apart(world: World) {
        let floor = world.floor().await;
        let times = Stamp {
            source_time: Some(world.ago(30)),
            server_time: Some(world.ago(20)),
            received_time: world.ago(10),
            status: 0x0000_0480,
            overflow: false,
        };
        let signal =
            Signal::LineState { line: world.line("L1"), state: Some(LineState::Execute), raw: 6, stamp: times };
        floor.send([signal]).await;
        let row = world.line_row(world.line("L1")).await;
        assert_eq!(
            (row.state, row.state_quality, row.freshness),
            (Some(LineState::Execute), Quality::Good, Freshness::Live)
        );
        assert_eq!(row.state_source_time, times.source_time);
        assert_eq!(row.state_server_time, times.server_time);
        assert_eq!(row.state_received_time, Some(times.received_time));
        assert_eq!(row.state_status, 0x480);
    }

    async fn every_change_of_state_in_a_batch_is_journalled_and_they_commit_together(world: World) {
        let (floor, line, head) = (world.floor().await, world.line("L1"), world.head().await);
        let path =
            [LineState::Idle, LineState::Starting, LineState::Execute, LineState::Suspending, LineState::Suspended];
        floor.send(path.iter().zip(0..).map(|(told, second)| state(line, *told, world.ago(60 - second)))).await;
        let rows = world.store.journal_after(head, 100).await.unwrap();
        assert_eq!(rows.len(), path.len());
        assert!(
            rows.iter().all(|row| row.kind == ChangeKind::LineStateChanged && row.correlation == rows[0].correlation)
        );
        assert_eq!(world.line_row(line).await.state, Some(LineState::Suspended));
    }

    async fn the_cursor_of_a_source_is_as_far_as_what_is_applied(world: World) {
        let floor = world.floor().await;
        for number in 1..=3_i64 {
            let signals = vec![state(world.line("L1"), LineState::ALL[number as usize], world.ago(60 - number))];
            floor.submit(Batch { signals, cursor: Some(format!("sequence {number}")) }).await.unwrap();
            let cursor = world.store.job_cursor(floor.source, SIGNAL_STREAM).await.unwrap();
            assert_eq!(cursor, Some(format!("sequence {number}")));
        }
    }

    async fn pieces_are_summed_over_resets_and_go_to_the_order_that_runs(world: World) {
        let (floor, erp, line) = (world.floor().await, world.erp().await, world.line("L1"));
        erp.apply([order("1", "O-1").at(world.ago(900))]).await;
        floor.send([good_count(line, 1_000, world.ago(100))]).await;
        floor.send([active_order(line, "O-1", world.ago(90)), good_count(line, 1_010, world.ago(80))]).await;
        // The machine is switched off and on: it counts from zero.
        floor.send([good_count(line, 3, world.ago(70)), good_count(line, 8, world.ago(60))]).await;
        let row = world.line_row(line).await;
        assert_eq!((row.good_count, row.good_raw), (18, Some(8)), "what was made before it was watched is not summed");
        let order = world.order("O-1").await.unwrap();
        let job = world.view().job_orders_of(&[order.id]).await.unwrap().remove(0);
        assert_eq!(row.active_job_order_id, Some(job.id));
        assert_eq!(job.good_quantity.to_string(), "18");
        assert_eq!(job.state, model::JobState::Running);
    }

    async fn an_order_that_a_line_names_before_it_is_known_is_linked_when_it_arrives(world: World) {
        let (floor, erp, line) = (world.floor().await, world.erp().await, world.line("L1"));
        floor.send([active_order(line, "O-7", world.ago(90))]).await;
        let row = world.line_row(line).await;
        assert_eq!((row.active_order_number.as_deref(), row.active_job_order_id), (Some("O-7"), None));
        erp.apply([order("7", "O-7").at(world.ago(60))]).await;
        assert!(world.line_row(line).await.active_job_order_id.is_some());
    }

    async fn a_parameter_is_journalled_when_it_crosses_a_limit_and_its_trailing_value_is_kept(world: World) {
        let (floor, line) = (world.floor().await, world.line("L1"));
        floor.send([temperature(line, 85.0, world.ago(100))]).await;
        let head = world.head().await;
        floor
            .send(
                (0..50).map(|second| {
                    temperature(line, 81.0 + f64::from(second) / 10.0, world.ago(99 - i64::from(second)))
                }),
            )
            .await;
        assert_eq!(kinds_after(&world, head).await, [], "within the limits nothing is journalled");
        assert_eq!(world.live.get(line, TEMPERATURE).unwrap().value, Some(85.9));
        floor.send([temperature(line, 95.0, world.ago(40)), temperature(line, 96.5, world.ago(39))]).await;
        assert_eq!(kinds_after(&world, head).await, [ChangeKind::LimitCrossed]);
        let parameter = world.view().parameters_of(&[line]).await.unwrap().remove(0);
        assert_eq!(parameter.limit_state, Some(LimitState::High));
        assert_eq!(parameter.value.unwrap().to_string(), "96.5");
        floor.send([temperature(line, 90.0, world.ago(30))]).await;
        assert_eq!(kinds_after(&world, head).await, [ChangeKind::LimitCrossed; 2], "a limit itself is within");
    }

    async fn a_gap_is_recorded_with_its_stretch_and_its_cause(world: World) {
        let floor = world.floor().await;
        let (from, to) = (world.ago(60), world.ago(20));
        floor.send([Signal::Gap { from: Some(from), to, cause: "the server was restarted".into() }]).await;
        let source = world.find::<source_system::Entity>(floor.source.0).await;
        assert_eq!(source.gaps, 1);
        let reason = source.reason.unwrap();
        assert!(reason.contains(&from.to_rfc3339()) && reason.contains("restarted"), "{reason}");
    }

    /// A device whose clock is a year ahead reports; then somebody sets it right.
    async fn a_clock_that_was_wrong_does_not_freeze_anything(world: World) {
        let (floor, line) = (world.floor().await, world.line("L1"));
        let ahead = Stamp { source_time: Some(world.now() + chrono::TimeDelta::days(365)), ..stamp(world.ago(60)) };
        floor
            .send([
                Signal::LineState { line, state: Some(LineState::Execute), raw: 6, stamp: ahead },
                Signal::ActiveOrder { line, number: Some("O-1".into()), stamp: ahead },
                Signal::Parameter { line, name: TEMPERATURE.into(), value: Some(99.0), stamp: ahead },
            ])
            .await;
        floor
            .send([
                state(line, LineState::Held, world.ago(30)),
                active_order(line, "O-2", world.ago(30)),
                temperature(line, 85.0, world.ago(30)),
            ])
            .await;
        let row = world.line_row(line).await;
        assert_eq!((row.state, row.active_order_number.as_deref()), (Some(LineState::Held), Some("O-2")));
        let parameter = world.view().parameters_of(&[line]).await.unwrap().remove(0);
        assert_eq!(parameter.limit_state, Some(LimitState::Within));
    }

    /// Somebody took a line out of the twin, and a source still reports it.
    async fn a_signal_that_belongs_nowhere_does_not_stop_its_neighbours(world: World) {
        let (floor, line) = (world.floor().await, world.line("L1"));
        floor
            .send([
                state(model::LineId::new(), LineState::Execute, world.ago(60)),
                good_count(model::LineId::new(), 7, world.ago(60)),
                state(line, LineState::Execute, world.ago(60)),
            ])
            .await;
        assert_eq!(world.line_row(line).await.state, Some(LineState::Execute));
    }

    async fn a_value_that_is_no_number_is_no_value(world: World) {
        let (floor, line) = (world.floor().await, world.line("L1"));
        for absurd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN] {
            floor.send([temperature(line, absurd, world.ago(60))]).await;
            let live = world.live.get(line, TEMPERATURE).unwrap();
            assert!(live.value.is_none_or(f64::is_finite), "{live:?}");
        }
        floor.send([good_count(line, u64::MAX, world.ago(50)), good_count(line, 5, world.ago(40))]).await;
        floor.send([temperature(line, 85.0, world.ago(40))]).await;
        let parameter = world.view().parameters_of(&[line]).await.unwrap().remove(0);
        assert_eq!((parameter.limit_state, parameter.quality), (Some(LimitState::Within), Quality::Good));
    }
}
