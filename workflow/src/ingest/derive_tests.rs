use chrono::{DateTime, TimeDelta, Utc};
use model::{AreaId, LineId, LineState::*, PlantId};
use proptest::prelude::*;

use super::*;

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

fn line() -> line::Model {
    line::Model {
        id: LineId::new(),
        plant_id: PlantId::new(),
        area_id: AreaId::new(),
        code: "L1".into(),
        name: "Filler".into(),
        state: None,
        state_since: None,
        state_source_time: None,
        state_server_time: None,
        state_received_time: None,
        state_status: 0x8032_0000,
        state_quality: Quality::Bad,
        freshness: Freshness::Unknown,
        stale_reason: None,
        executing_since: None,
        left_execute_at: None,
        down_since: None,
        active_order_number: None,
        active_order_at: None,
        active_job_order_id: None,
        good_count: 0,
        scrap_count: 0,
        good_raw: None,
        good_read_at: None,
        scrap_raw: None,
        scrap_read_at: None,
        downtime_threshold_ms: 0,
        acknowledge_within_ms: 0,
        verify_for_ms: 0,
        revision: 1,
    }
}

fn stamp(seconds: i64, status: u32) -> Stamp {
    let at = start() + TimeDelta::seconds(seconds);
    Stamp { source_time: Some(at), server_time: Some(at), received_time: at, status, overflow: false }
}

fn run(reports: &[(i64, LineState)]) -> (line::Model, Vec<LineEvent>) {
    let (mut row, mut all) = (line(), Vec::new());
    for (seconds, state) in reports {
        if let Some((after, _, events)) = derive_line(&row, Some(*state), &stamp(*seconds, 0)) {
            row = after;
            all.extend(events);
        }
    }
    (row, all)
}

#[test]
fn an_abort_out_of_execute_is_down_until_the_line_is_reset() {
    let (row, events) = run(&[(0, Execute), (10, Aborting), (11, Aborted), (20, Clearing), (21, Stopped)]);
    assert_eq!(
        row.down_since,
        Some(start() + TimeDelta::seconds(11)),
        "the whole stretch counts, not only its last state"
    );
    assert_eq!(events, [LineEvent::BeganExecuting, LineEvent::StoppedExecuting, LineEvent::WentDown]);
    let (row, events) = run(&[(0, Execute), (10, Aborted), (20, Resetting)]);
    assert_eq!(row.down_since, None);
    assert_eq!(events.last(), Some(&LineEvent::CameUp));
}

#[test]
fn a_stop_at_the_end_of_an_order_or_of_a_shift_is_no_downtime() {
    for path in
        [&[(0, Execute), (1, Completing), (2, Complete), (3, Stopped)][..], &[(0, Idle), (1, Stopped)], &[(0, Stopped)]]
    {
        let (row, events) = run(path);
        assert_eq!(row.down_since, None, "{path:?}");
        assert!(!events.contains(&LineEvent::WentDown));
    }
}

#[test]
fn a_starved_line_is_not_down() {
    let (row, _) = run(&[(0, Execute), (1, Suspending), (2, Suspended)]);
    assert_eq!(row.down_since, None);
    assert_eq!(row.executing_since, None);
}

#[test]
fn a_bad_status_keeps_the_last_state_but_nobody_may_rely_on_it() {
    let (row, _) = run(&[(0, Execute)]);
    let (after, kind, events) = derive_line(&row, None, &stamp(5, 0x808A_0000)).unwrap();
    assert_eq!((after.state, after.state_quality, after.executing_since), (Some(Execute), Quality::Bad, None));
    assert_eq!((kind, events), (ChangeKind::LineQualityChanged, vec![LineEvent::StoppedExecuting]));
    assert!(derive_line(&after, None, &stamp(6, 0x808A_0000)).is_none(), "bad again says nothing new");
}

#[test]
fn older_reports_and_repetitions_change_nothing() {
    let (row, _) = run(&[(0, Execute), (10, Held)]);
    assert!(derive_line(&row, Some(Execute), &stamp(9, 0)).is_none());
    assert!(derive_line(&row, Some(Held), &stamp(10, 0)).is_none());
    assert!(derive_line(&row, Some(Held), &stamp(11, 0)).is_none());
}

#[test]
fn a_clock_in_the_future_does_not_freeze_the_line() {
    let mut ahead = stamp(0, 0);
    ahead.source_time = Some(start() + TimeDelta::days(300));
    let (row, ..) = derive_line(&line(), Some(Execute), &ahead).unwrap();
    assert_eq!(row.state_since, Some(start()));
    assert!(derive_line(&row, Some(Held), &stamp(1, 0)).is_some());
}

#[test]
fn after_silence_the_time_in_execute_begins_anew() {
    let (row, _) = run(&[(0, Execute)]);
    let (stale, events) = stale_line(&row, "the link is down").unwrap();
    assert_eq!(
        (stale.state, stale.freshness, events),
        (Some(Execute), Freshness::Stale, vec![LineEvent::StoppedExecuting])
    );
    assert!(stale_line(&stale, "the link is down").is_none());
    let mut same_value = stamp(0, 0);
    same_value.received_time = start() + TimeDelta::seconds(60);
    let (live, kind, _) = derive_line(&stale, Some(Execute), &same_value).unwrap();
    assert_eq!(kind, ChangeKind::LineLive);
    assert_eq!(live.executing_since, Some(start() + TimeDelta::seconds(60)), "what happened in between is not known");
}

proptest! {
    /// P1: the twin equals the fold of the reports in source order, whatever repetitions arrive.
    #[test]
    fn repetitions_do_not_change_the_outcome(states in prop::collection::vec(0_usize..17, 1..40), repeats in prop::collection::vec(0_usize..40, 0..40)) {
        let reports: Vec<_> = states.iter().enumerate().map(|(second, state)| (second as i64, LineState::ALL[*state])).collect();
        let (expected, _) = run(&reports);
        let mut replayed = reports.clone();
        for repeat in repeats {
            let from = repeat % reports.len();
            let upto = replayed.len();
            replayed.splice(upto..upto, reports[from..].iter().copied());
        }
        let (row, _) = run(&replayed);
        prop_assert_eq!((row.state, row.state_since, row.down_since, row.executing_since), (expected.state, expected.state_since, expected.down_since, expected.executing_since));
    }

    #[test]
    fn a_line_that_runs_is_not_down(states in prop::collection::vec(0_usize..17, 1..60)) {
        let reports: Vec<_> = states.iter().enumerate().map(|(second, state)| (second as i64, LineState::ALL[*state])).collect();
        let (row, _) = run(&reports);
        prop_assert!(!(row.executing_since.is_some() && row.down_since.is_some()));
        prop_assert_eq!(row.executing_since.is_some(), row.state == Some(Execute));
        prop_assert!(row.down_since.is_none() || row.left_execute_at.is_some());
    }
}
