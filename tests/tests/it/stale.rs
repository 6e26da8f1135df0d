//! Stale is not idle, and a bad status is not a value.

use model::{Freshness, LineState, Quality, entity::source_system, journal::ChangeKind};
use tests::{
    floor::{BAD, active_order, good_count, stamp, state, temperature, unreadable},
    on_both,
    plant::TEMPERATURE,
};
use workflow::ingest::{Signal, Stamp};

fn silent() -> Signal {
    Signal::SourceStale { reason: "the server does not answer".into() }
}

on_both! {
    async fn a_silent_source_makes_its_lines_stale_with_the_reason_and_keeps_the_last_state(world: World) {
        let (floor, line) = (world.floor().await, world.line("L1"));
        floor
            .send([
                Signal::SourceLive,
                state(line, LineState::Execute, world.ago(600)),
                temperature(line, 85.0, world.ago(600)),
            ])
            .await;
        floor.send([silent()]).await;
        let row = world.line_row(line).await;
        assert_eq!((row.state, row.freshness), (Some(LineState::Execute), Freshness::Stale));
        assert_eq!(row.stale_reason.as_deref(), Some("the server does not answer"));
        assert_eq!(row.executing_since, None, "nobody can say that it still runs");
        assert_eq!(world.line_row(world.line("L2")).await.freshness, Freshness::Stale, "a line that never told, too");
        assert_eq!(world.live.get(line, TEMPERATURE), None);
        let source = world.find::<source_system::Entity>(floor.source.0).await;
        assert_eq!(
            (source.freshness, source.reason.as_deref()),
            (Freshness::Stale, Some("the server does not answer"))
        );
        let other = world.store.view(model::Scope::of([world.sued.plant])).lines_of(&[world.sued.plant]).await.unwrap();
        assert!(
            other.iter().all(|line| line.freshness == Freshness::Unknown),
            "another source's lines are not concerned"
        );
        let head = world.head().await;
        floor.send([silent()]).await;
        assert_eq!(world.head().await, head, "silent again says nothing new");
    }

    async fn the_same_state_again_makes_a_stale_line_live(world: World) {
        let (floor, line) = (world.floor().await, world.line("L1"));
        let executing = state(line, LineState::Execute, world.ago(600));
        floor.send([executing.clone()]).await;
        floor.send([silent()]).await;
        let head = world.head().await;
        let now = world.now();
        let Signal::LineState { stamp: told, .. } = executing else { unreachable!() };
        let again = Stamp { received_time: now, ..told };
        floor
            .send([
                Signal::SourceLive,
                Signal::LineState { line, state: Some(LineState::Execute), raw: 6, stamp: again },
            ])
            .await;
        let kinds: Vec<_> = world.store.journal_after(head, 9).await.unwrap().iter().map(|row| row.kind).collect();
        assert_eq!(kinds, [ChangeKind::SourceLive, ChangeKind::LineLive]);
        let row = world.line_row(line).await;
        assert_eq!((row.freshness, row.stale_reason), (Freshness::Live, None));
        assert_eq!(row.executing_since, Some(now), "what it did in between is not known");
        assert_eq!(row.state_since, told.source_time, "the state itself is as old as it was");
    }

    async fn a_bad_status_keeps_the_last_state_and_marks_it(world: World) {
        let (floor, line) = (world.floor().await, world.line("L1"));
        floor.send([state(line, LineState::Execute, world.ago(60))]).await;
        floor.send([unreadable(line, world.ago(50))]).await;
        let row = world.line_row(line).await;
        assert_eq!((row.state, row.state_quality, row.executing_since), (Some(LineState::Execute), Quality::Bad, None));
        assert_eq!(row.state_status, i64::from(BAD));
        floor.send([state(line, LineState::Execute, world.ago(40))]).await;
        let row = world.line_row(line).await;
        assert_eq!((row.state_quality, row.state_since.is_some()), (Quality::Good, true));
    }

    async fn a_state_that_comes_with_a_bad_status_is_not_taken(world: World) {
        let (floor, line) = (world.floor().await, world.line("L1"));
        floor.send([state(line, LineState::Execute, world.ago(60))]).await;
        let doubtful = Stamp { status: BAD, ..stamp(world.ago(50)) };
        floor.send([Signal::LineState { line, state: Some(LineState::Aborted), raw: 9, stamp: doubtful }]).await;
        let row = world.line_row(line).await;
        assert_eq!((row.state, row.state_quality, row.down_since), (Some(LineState::Execute), Quality::Bad, None));
    }

    async fn a_number_that_packml_does_not_have_is_no_state(world: World) {
        let (floor, line) = (world.floor().await, world.line("L1"));
        floor.send([state(line, LineState::Execute, world.ago(60))]).await;
        let unknown =
            Signal::LineState { line, state: LineState::from_number(99), raw: 99, stamp: stamp(world.ago(50)) };
        floor.send([unknown]).await;
        let row = world.line_row(line).await;
        assert_eq!((row.state, row.state_quality), (Some(LineState::Execute), Quality::Bad));
    }

    async fn a_bad_reading_shows_no_value_and_counts_nothing(world: World) {
        let (floor, line) = (world.floor().await, world.line("L1"));
        floor
            .send([
                temperature(line, 85.0, world.ago(60)),
                good_count(line, 100, world.ago(60)),
                active_order(line, "O-1", world.ago(60)),
            ])
            .await;
        let bad = Stamp { status: BAD, ..stamp(world.ago(50)) };
        let role = workflow::ingest::CounterRole::Good;
        floor
            .send([
                Signal::Parameter { line, name: TEMPERATURE.into(), value: Some(99.0), stamp: bad },
                Signal::Counter { line, name: "good".into(), role, value: Some(7), stamp: bad },
                Signal::ActiveOrder { line, number: None, stamp: bad },
            ])
            .await;
        let live = world.live.get(line, TEMPERATURE).unwrap();
        assert_eq!((live.value, live.quality, live.status), (None, Quality::Bad, BAD));
        assert_eq!(world.live.get(line, "good").unwrap().value, None);
        let row = world.line_row(line).await;
        assert_eq!((row.good_raw, row.good_count), (Some(100), 0), "the counter was not reset");
        assert_eq!(row.active_order_number.as_deref(), Some("O-1"), "nobody can say that the order ended");
        let parameter = world.view().parameters_of(&[line]).await.unwrap().remove(0);
        assert_eq!((parameter.quality, parameter.value), (Quality::Bad, None));
        assert_eq!(parameter.limit_state, Some(model::LimitState::Within), "where it stood at the last good reading");
    }

    /// A node was gone and is there again; its value has not changed since before.
    async fn what_comes_back_may_be_older_than_the_moment_when_it_could_not_be_read(world: World) {
        let (floor, line) = (world.floor().await, world.line("L1"));
        let (before, lost) = (world.ago(600), world.ago(300));
        floor.send([state(line, LineState::Execute, before), temperature(line, 95.0, before)]).await;
        let ours = Stamp { source_time: None, server_time: None, status: BAD, ..stamp(lost) };
        floor
            .send([
                Signal::LineState { line, state: None, raw: 0, stamp: ours },
                Signal::Parameter { line, name: TEMPERATURE.into(), value: None, stamp: ours },
            ])
            .await;
        assert_eq!(world.line_row(line).await.state_quality, Quality::Bad);
        let again = Stamp { received_time: world.now(), ..stamp(before) };
        floor
            .send([
                Signal::LineState { line, state: Some(LineState::Execute), raw: 6, stamp: again },
                Signal::Parameter { line, name: TEMPERATURE.into(), value: Some(95.0), stamp: again },
            ])
            .await;
        let row = world.line_row(line).await;
        assert_eq!((row.state, row.state_quality), (Some(LineState::Execute), Quality::Good));
        assert_eq!(row.executing_since, Some(again.received_time), "whether it ran in between is not known");
        assert_eq!(world.live.get(line, TEMPERATURE).unwrap().value, Some(95.0));
        let parameter = world.view().parameters_of(&[line]).await.unwrap().remove(0);
        assert_eq!((parameter.quality, parameter.limit_state), (Quality::Good, Some(model::LimitState::High)));
    }
}
