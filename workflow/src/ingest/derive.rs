//! What a report makes of a line. Pure.

use chrono::{DateTime, Utc};
use model::{Freshness, LineState, Quality, entity::line, journal::ChangeKind};

use crate::ingest::Stamp;

/// What happened to a line, for the triggers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEvent {
    /// It went down after an interruption of EXECUTE.
    WentDown,
    /// It is not down any more.
    CameUp,
    /// It began to produce.
    BeganExecuting,
    /// It stopped producing, or nobody can say that it still does.
    StoppedExecuting,
}

/// The line after a report, what to journal, and what happened; `None` when the report says nothing new.
///
/// Older and equal reports of the same source change nothing. A bad status keeps the last state, marked bad.
pub fn derive_line(
    before: &line::Model,
    state: Option<LineState>,
    stamp: &Stamp,
) -> Option<(line::Model, ChangeKind, Vec<LineEvent>)> {
    let at = stamp.event_time();
    let quality = stamp.quality_of(state);
    if is_older(before, at, quality) {
        return None;
    }
    let was_trusted = is_trusted(before);
    let mut after = line::Model {
        state_source_time: Some(at),
        state_server_time: stamp.server_time,
        state_received_time: Some(stamp.received_time),
        state_status: i64::from(stamp.status),
        state_quality: quality,
        freshness: Freshness::Live,
        stale_reason: None,
        ..before.clone()
    };
    let trusted = quality != Quality::Bad;
    let changed = state.filter(|_| trusted).filter(|state| Some(*state) != before.state);
    let kind = match changed {
        Some(state) => {
            after.state = Some(state);
            after.state_since = Some(at);
            ChangeKind::LineStateChanged
        }
        None if before.freshness != Freshness::Live => ChangeKind::LineLive,
        None if quality != before.state_quality => ChangeKind::LineQualityChanged,
        None => return None,
    };
    let since = if was_trusted { at } else { at.max(stamp.received_time) };
    track(before, &mut after, trusted, at, since);
    let events = events(before, &after);
    Some((after, kind, events))
}

/// A line whose source fell silent; `None` when it is stale already.
pub fn stale_line(before: &line::Model, reason: &str) -> Option<(line::Model, Vec<LineEvent>)> {
    if before.freshness == Freshness::Stale && before.stale_reason.as_deref() == Some(reason) {
        return None;
    }
    // Nobody knows whether it went on producing: the time it has run begins anew when it is heard again.
    let after = line::Model {
        freshness: Freshness::Stale,
        stale_reason: Some(reason.to_owned()),
        executing_since: None,
        ..before.clone()
    };
    let events = events(before, &after);
    Some((after, events))
}

/// Whether something newer is known. A bad report tells when the state could not be read, not when the state was true: the
/// state that comes back is compared with the last good one.
fn is_older(before: &line::Model, at: DateTime<Utc>, quality: Quality) -> bool {
    let comes_back = before.state_quality == Quality::Bad && quality != Quality::Bad;
    let known = if comes_back { before.state_since } else { before.state_source_time };
    known.is_some_and(|known| at < known)
}

fn is_trusted(line: &line::Model) -> bool {
    line.freshness.is_current(line.state_quality)
}

/// Keeps the three memories of a line: since when it runs, when it was interrupted, since when it is down.
fn track(before: &line::Model, after: &mut line::Model, trusted: bool, at: DateTime<Utc>, since: DateTime<Utc>) {
    let executing = trusted && after.state.is_some_and(LineState::is_executing);
    after.executing_since = executing.then(|| before.executing_since.unwrap_or(since));
    let Some(state) = after.state.filter(|_| trusted) else { return };
    let was_executing = before.state.is_some_and(LineState::is_executing);
    match state {
        LineState::Execute
        | LineState::Completing
        | LineState::Complete
        | LineState::Idle
        | LineState::Resetting
        | LineState::Starting => {
            after.left_execute_at = None;
            after.down_since = None;
        }
        _ if was_executing => after.left_execute_at = Some(at),
        _ => {}
    }
    if state.is_down() && after.left_execute_at.is_some() && after.down_since.is_none() {
        after.down_since = Some(at);
    }
}

fn events(before: &line::Model, after: &line::Model) -> Vec<LineEvent> {
    let mut events = Vec::new();
    match (before.down_since, after.down_since) {
        (None, Some(_)) => events.push(LineEvent::WentDown),
        (Some(_), None) => events.push(LineEvent::CameUp),
        _ => {}
    }
    match (before.executing_since, after.executing_since) {
        (None, Some(_)) => events.push(LineEvent::BeganExecuting),
        (Some(_), None) => events.push(LineEvent::StoppedExecuting),
        _ => {}
    }
    events
}

#[cfg(test)]
#[path = "derive_tests.rs"]
mod tests;
