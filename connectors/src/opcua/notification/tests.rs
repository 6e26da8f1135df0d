use chrono::{TimeDelta, TimeZone};
use model::LineState;
use opcua::types::{UAString, Variant};
use std::time::Duration;
use workflow::ingest::CounterRole;

use super::*;
use crate::opcua::path::{Aliases, NodePath};

fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 7, 1, 12, 0, 0).single().expect("a date")
}

fn item(name: &str, target: Target) -> Item {
    let aliases = Aliases::new(&Default::default()).expect("none");
    let path = NodePath::parse(name, Some("urn:plant"), &aliases).expect("a path");
    Item { paths: vec![path], target, sampling: Duration::ZERO, rate: 10.0, queue: 10 }
}

/// A value of the item at `index`, `after` milliseconds past noon.
fn value(index: usize, variant: impl Into<Variant>, after: i64, status: StatusCode) -> MonitoredItemNotification {
    MonitoredItemNotification {
        client_handle: handle_of(index),
        value: DataValue {
            value: Some(variant.into()),
            status: Some(status),
            source_timestamp: Some((noon() + TimeDelta::milliseconds(after)).into()),
            ..Default::default()
        },
    }
}

fn good(index: usize, variant: impl Into<Variant>, after: i64) -> MonitoredItemNotification {
    value(index, variant, after, StatusCode::Good)
}

fn states(signals: &[Signal]) -> Vec<Option<LineState>> {
    let state = |signal: &Signal| match signal {
        Signal::LineState { state, .. } => Some(*state),
        _ => None,
    };
    signals.iter().filter_map(state).collect()
}

#[test]
fn every_target_gets_its_signal() {
    let line = LineId::new();
    let items = [
        item("State", Target::State(line)),
        item("Good", Target::Counter(line, "good".to_owned(), CounterRole::Good)),
        item("Temperature", Target::Parameter(line, "Temperature".to_owned())),
        item("Order", Target::Order(line)),
    ];
    let mut decoder = Decoder::new(items.len(), None);
    let values = vec![good(0, 6i32, 0), good(1, 7u32, 1), good(2, 71.5f64, 2), good(3, UAString::from("A-1"), 3)];
    let decoded = decoder.decode(&items, values, noon());
    assert_eq!(states(&decoded.signals), [Some(LineState::Execute)]);
    assert!(matches!(&decoded.signals[1], Signal::Counter { value: Some(7), name, .. } if name == "good"));
    assert!(matches!(&decoded.signals[2], Signal::Parameter { value: Some(v), .. } if *v == 71.5));
    assert!(matches!(&decoded.signals[3], Signal::ActiveOrder { number: Some(n), .. } if n == "A-1"));
    assert_eq!(decoded.heard, [0, 1, 2, 3]);
    assert_eq!(decoder.newest(), Some(noon() + TimeDelta::milliseconds(3)));
}

#[test]
fn every_value_of_a_message_is_kept_in_order() {
    let items = [item("State", Target::State(LineId::new()))];
    let values = vec![good(0, 6i32, 0), good(0, 7i32, 1), good(0, 2i32, 2), good(0, 99i32, 3)];
    let decoded = Decoder::new(1, None).decode(&items, values, noon());
    assert_eq!(
        states(&decoded.signals),
        [Some(LineState::Execute), Some(LineState::Stopping), Some(LineState::Stopped), None]
    );
}

#[test]
fn a_bad_value_is_none_and_keeps_its_status() {
    let items = [item("State", Target::State(LineId::new()))];
    let values = vec![value(0, 6i32, 0, StatusCode::BadSensorFailure)];
    let decoded = Decoder::new(1, None).decode(&items, values, noon());
    let Signal::LineState { state: None, stamp, .. } = &decoded.signals[0] else { panic!("{decoded:?}") };
    assert_eq!(stamp.status, StatusCode::BadSensorFailure.bits());
}

#[test]
fn a_run_of_overflows_is_one_gap_before_the_first_value() {
    let items = [item("State", Target::State(LineId::new()))];
    let mut decoder = Decoder::new(1, None);
    decoder.decode(&items, vec![good(0, 6i32, 0)], noon());
    let overflow = StatusCode::Good.set_info_type(opcua::types::StatusCodeInfoType::DataValue).set_overflow(true);
    let values = vec![value(0, 7i32, 10, overflow), value(0, 2i32, 11, overflow), good(0, 4i32, 12)];
    let decoded = decoder.decode(&items, values, noon());
    let gaps: Vec<_> = decoded.signals.iter().enumerate().filter(|(_, s)| matches!(s, Signal::Gap { .. })).collect();
    assert_eq!((gaps.len(), decoded.overflows), (1, 1));
    let (0, Signal::Gap { from, to, cause }) = gaps[0] else { panic!("{gaps:?}") };
    assert_eq!((*from, *to), (Some(noon()), noon() + TimeDelta::milliseconds(10)));
    assert!(cause.contains("State"), "{cause}");
    // The next overflow is another gap.
    assert_eq!(decoder.decode(&items, vec![value(0, 6i32, 20, overflow)], noon()).overflows, 1);
}

#[test]
fn handles_that_nobody_gave_out_are_passed_over() {
    let items = [item("State", Target::State(LineId::new()))];
    let mut stray = good(0, 6i32, 0);
    let values = [0, 2, u32::MAX].map(|handle| {
        stray.client_handle = handle;
        stray.clone()
    });
    let decoded = Decoder::new(1, None).decode(&items, values.to_vec(), noon());
    assert!(decoded.signals.is_empty() && decoded.heard.is_empty());
}

fn packml() -> (LineId, Vec<Item>) {
    let line = LineId::new();
    let items = Level::ALL.into_iter().map(|level| item("PackML", Target::PackMl(line, level))).collect();
    (line, items)
}

#[test]
fn packml_values_of_one_time_are_one_state() {
    let (_, items) = packml();
    let mut decoder = Decoder::new(items.len(), None);
    let values = vec![good(0, 19u32, 0), good(1, 18u32, 0), good(2, 6u32, 0)];
    assert_eq!(states(&decoder.decode(&items, values, noon()).signals), [Some(LineState::Execute)]);
    // Aborting: the outer machine decides; the inner ones falling silent afterwards is no news.
    let off = StatusCode::BadStateNotActive;
    let values = vec![value(2, 0u32, 12, off), value(1, 0u32, 11, off), good(0, 8u32, 10)];
    assert_eq!(states(&decoder.decode(&items, values, noon()).signals), [Some(LineState::Aborting)]);
    // Back through a super-state whose inside comes a moment later: no flicker.
    let values = vec![good(0, 19u32, 20), good(1, 2u32, 21)];
    assert_eq!(states(&decoder.decode(&items, values, noon()).signals), [Some(LineState::Stopped)]);
    // Half told at the end of a message: nothing is known.
    let values = vec![good(1, 18u32, 30)];
    assert_eq!(states(&decoder.decode(&items, values, noon()).signals), [None]);
}

#[test]
fn packml_states_are_numbered_by_their_nodes() {
    let (_, items) = packml();
    let mut decoder = Decoder::new(items.len(), None);
    let (cleared, stopped) = (NodeId::new(3, 71u32), NodeId::new(3, 53u32));
    let values = vec![
        good(0, Variant::from(cleared.clone()), 0),
        good(1, Variant::from(stopped.clone()), 0),
        good(2, Variant::from(NodeId::null()), 0),
    ];
    assert_eq!(decoder.unknown_states(&items, &values), [cleared.clone(), stopped.clone()]);
    decoder.learn(cleared, Some(19));
    decoder.learn(stopped, Some(2));
    assert!(decoder.unknown_states(&items, &values).is_empty());
    assert_eq!(states(&decoder.decode(&items, values, noon()).signals), [Some(LineState::Stopped)]);
}

#[test]
fn a_lost_item_says_so() {
    let (line, mut items) = packml();
    items.push(item("Good", Target::Counter(line, "good".to_owned(), CounterRole::Good)));
    let mut decoder = Decoder::new(items.len(), None);
    let lost = decoder.lost(&items[3], StatusCode::BadNoMatch, noon()).expect("a signal");
    assert!(
        matches!(lost, Signal::Counter { value: None, stamp, .. } if stamp.status == StatusCode::BadNoMatch.bits())
    );
    // A machine that the server never had is passed over; one that it had is missed.
    assert_eq!(decoder.lost(&items[0], StatusCode::BadNoMatch, noon()), None);
    decoder.decode(&items, vec![good(0, 9u32, 0)], noon());
    let lost = decoder.lost(&items[0], StatusCode::BadNoMatch, noon()).expect("a signal");
    assert!(matches!(lost, Signal::LineState { state: None, .. }));
}

#[test]
fn what_was_not_stored_is_said_again() {
    let (line, mut items) = packml();
    items.push(item("Good", Target::Counter(line, "good".to_owned(), CounterRole::Good)));
    let mut decoder = Decoder::new(items.len(), None);
    let overflow = StatusCode::Good.set_info_type(opcua::types::StatusCodeInfoType::DataValue).set_overflow(true);
    let message = || vec![good(0, 9u32, 0), value(3, 7u32, 0, overflow)];
    let first = decoder.decode(&items, message(), noon()).signals.len();
    assert!(decoder.decode(&items, message(), noon()).signals.len() < first, "repetitions are no news");
    decoder.rewind();
    let again = decoder.decode(&items, message(), noon()).signals;
    assert_eq!(states(&again), [Some(LineState::Aborted)]);
    assert!(again.iter().any(|signal| matches!(signal, Signal::Gap { .. })));
}
