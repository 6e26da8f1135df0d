//! One transaction of signals: lines, parameters, counters, gaps, and the cases that they open.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use chrono::{DateTime, Utc};
use model::{
    Freshness, LineId, LineState, ParameterId, Quality, SourceId, Store, SubjectType,
    entity::{line, parameter, source_system},
    journal::ChangeKind,
    store::{Actor, Lease, Tx},
};

use crate::{
    case::downtime::LinesInTrouble,
    error::Error,
    ingest::{
        Batch, CounterRole, Signal, Stamp, alarms,
        counting::{self, Reading, Readings},
        derive::{LineEvent, derive_line, stale_line},
        limits,
    },
    live::{LiveValue, LiveValues},
    sync::set_freshness,
};

/// The stream under which a floor source keeps its cursor.
pub const SIGNAL_STREAM: &str = "signals";

/// Applies signals of one source.
#[derive(Debug)]
pub(super) struct Applier {
    store: Store,
    live: LiveValues,
    source: SourceId,
    lease: Lease,
    roll_up_interval: Duration,
    /// Readings of counters that wait for their roll-up.
    readings: HashMap<LineId, Readings>,
    rolled_up_at: HashMap<LineId, DateTime<Utc>>,
}

/// What one transaction works on.
struct Work {
    tx: Tx,
    /// As stored, and as they are now.
    lines: HashMap<LineId, (line::Model, line::Model)>,
    in_trouble: LinesInTrouble,
    parameters: HashMap<(LineId, String), parameter::Model>,
    readings: HashMap<LineId, Readings>,
    rolled_up: HashSet<LineId>,
    trailing: HashMap<ParameterId, (Option<f64>, Stamp)>,
    /// Lines that went down according to their history, and may be up again by now.
    was_down: HashSet<LineId>,
}

impl Applier {
    pub(super) fn new(
        store: Store,
        live: LiveValues,
        source: SourceId,
        lease: Lease,
        roll_up_interval: Duration,
    ) -> Self {
        Self { store, live, source, lease, roll_up_interval, readings: HashMap::new(), rolled_up_at: HashMap::new() }
    }

    /// Applies batches in one transaction. After an error nothing was applied, and the same call may be made again.
    pub(super) async fn apply(&mut self, batches: &[Batch]) -> Result<(), Error> {
        let mut work = self.begin(batches).await?;
        for signal in batches.iter().flat_map(|batch| &batch.signals) {
            let (signal, replayed) = signal.unwrapped();
            self.signal(&mut work, signal, replayed).await?;
        }
        self.conclude_replay(&mut work).await?;
        for (id, (value, stamp)) in std::mem::take(&mut work.trailing) {
            limits::cross(&mut work.tx, &mut work.parameters, id, value, &stamp).await?;
        }
        self.roll_up_due(&mut work).await?;
        for (stored, now) in work.lines.values() {
            if now.revision != stored.revision {
                work.tx.save::<line::Entity>(stored, now).await?;
            }
        }
        if let Some(cursor) = batches.iter().rev().find_map(|batch| batch.cursor.clone()) {
            work.tx.save_cursor(self.source, SIGNAL_STREAM, cursor).await?;
        }
        let (changes, now) = (work.tx.changes(), work.tx.at());
        work.tx.commit().await?;
        metrics::counter!("plantgraph_ingest_changes_total").increment(changes as u64);
        self.readings = work.readings;
        for line in work.rolled_up {
            self.rolled_up_at.insert(line, now);
        }
        Ok(())
    }

    async fn begin(&self, batches: &[Batch]) -> Result<Work, Error> {
        let history = if batches.iter().any(Batch::is_replayed) { ", replayed from its history" } else { "" };
        let tx = self.store.begin(Actor::system("ingest", format!("source {}{history}", self.source))).await?;
        tx.fence(&self.lease).await?;
        let signals = || batches.iter().flat_map(|batch| &batch.signals).map(|signal| signal.unwrapped().0);
        let mut touched: HashSet<LineId> = signals().filter_map(line_of).collect();
        if signals().any(|signal| matches!(signal, Signal::SourceStale { .. })) {
            let bound = tx.job_references_to(self.source, SubjectType::Line).await?;
            touched.extend(bound.into_iter().map(|reference| LineId(reference.subject_id)));
        }
        let touched: Vec<_> = touched.into_iter().collect();
        let lines = tx.job_lock_lines(&touched).await?.into_iter().map(|row| (row.id, (row.clone(), row))).collect();
        let in_trouble = LinesInTrouble::among(&tx, &touched).await?;
        // Only then: a statement is a round trip, and a lone change of state has few.
        let parameters = match signals().any(|signal| matches!(signal, Signal::Parameter { .. })) {
            true => tx.job_parameters(&touched).await?,
            false => Vec::new(),
        };
        let parameters = parameters.into_iter().map(|row| ((row.line_id, row.name.clone()), row)).collect();
        Ok(Work {
            tx,
            lines,
            in_trouble,
            parameters,
            readings: self.readings.clone(),
            rolled_up: HashSet::new(),
            trailing: HashMap::new(),
            was_down: HashSet::new(),
        })
    }

    async fn signal(&self, work: &mut Work, signal: &Signal, replayed: bool) -> Result<(), Error> {
        match signal {
            Signal::LineState { line, state, stamp, .. } => {
                self.line_state(work, *line, *state, stamp, replayed).await?;
            }
            Signal::Counter { line, name, role, value, stamp } => {
                let Some((_, now)) = work.lines.get(line) else {
                    belongs_nowhere(*line);
                    return Ok(());
                };
                if !replayed {
                    self.show(*line, name, value.map(|value| value as f64), stamp);
                }
                let value = value.filter(|_| stamp.quality_of(*value) != Quality::Bad);
                if let Some(value) = value.and_then(|value| i64::try_from(value).ok()) {
                    let reading = Reading { value, at: stamp.event_time() };
                    work.readings.entry(*line).or_default().read(*role, counting::stored(now), reading);
                }
            }
            Signal::Parameter { line, name, value, stamp } => {
                // Neither is a value that anybody could compare.
                let value = value.filter(|value| value.is_finite());
                if !replayed {
                    self.show(*line, name, value, stamp);
                }
                if let Some(row) = work.parameters.get(&(*line, name.clone())) {
                    let outranked = work.trailing.get(&row.id).is_some_and(|(known, at)| {
                        at.quality_of(*known) != Quality::Bad && stamp.event_time() < at.event_time()
                    });
                    if !outranked {
                        work.trailing.insert(row.id, (value, *stamp));
                    }
                }
            }
            Signal::ActiveOrder { line, number, stamp } => {
                self.active_order(work, *line, number.as_deref(), stamp).await?;
            }
            Signal::Alarm(report) => alarms::reported(&mut work.tx, self.source, report).await?,
            Signal::AlarmsRefreshed { lines, shown } => {
                alarms::refreshed(&mut work.tx, self.source, lines, shown).await?;
            }
            Signal::Gap { from, to, cause } => self.gap(&mut work.tx, *from, *to, cause).await?,
            Signal::SourceLive => set_freshness(&mut work.tx, self.source, Freshness::Live, None).await?,
            Signal::SourceStale { reason } => self.stale(work, reason).await?,
            // One inside another says no more than one.
            Signal::Replayed(_) => {}
        }
        Ok(())
    }

    async fn line_state(
        &self,
        work: &mut Work,
        line: LineId,
        state: Option<LineState>,
        stamp: &Stamp,
        replayed: bool,
    ) -> Result<(), Error> {
        let Some((stored, now)) = work.lines.get(&line) else {
            belongs_nowhere(line);
            return Ok(());
        };
        let Some((after, kind, mut events)) = derive_line(now, state, stamp) else {
            metrics::counter!("plantgraph_ingest_duplicates_total").increment(1);
            return Ok(());
        };
        if replayed {
            if events.contains(&LineEvent::CameUp) {
                work.was_down.remove(&line);
            }
            if events.contains(&LineEvent::WentDown) {
                // Whether it still is, is known when all of its history is read.
                work.was_down.insert(line);
                events.retain(|event| *event != LineEvent::WentDown);
            }
        }
        let stored = stored.clone();
        let after = work.tx.advance::<line::Entity>(now, after, kind)?;
        work.in_trouble.on_line(&mut work.tx, &after, &events, stamp.event_time()).await?;
        work.lines.insert(line, (stored, after));
        Ok(())
    }

    /// Lines that their history leaves down are down now; those that came up again meanwhile are nobody's case.
    async fn conclude_replay(&self, work: &mut Work) -> Result<(), Error> {
        for line in std::mem::take(&mut work.was_down) {
            let Some((_, now)) = work.lines.get(&line) else { continue };
            if let Some(since) = now.down_since {
                let now = now.clone();
                work.in_trouble.on_line(&mut work.tx, &now, &[LineEvent::WentDown], since).await?;
            }
        }
        Ok(())
    }

    /// A line says which order it runs. A bad status says nothing, not that there is none.
    async fn active_order(
        &self,
        work: &mut Work,
        line: LineId,
        number: Option<&str>,
        stamp: &Stamp,
    ) -> Result<(), Error> {
        let Some((stored, now)) = work.lines.get(&line).cloned() else {
            belongs_nowhere(line);
            return Ok(());
        };
        let at = stamp.event_time();
        if Quality::of_status(stamp.status) == Quality::Bad || now.active_order_at.is_some_and(|known| at < known) {
            return Ok(());
        }
        let number = number.filter(|number| !number.trim().is_empty());
        if now.active_order_number.as_deref() != number {
            let readings = work.readings.remove(&line).unwrap_or_default();
            let now = counting::roll_up(&mut work.tx, now, readings).await?;
            let now = counting::change_order(&mut work.tx, now, number.map(str::to_owned), at).await?;
            work.lines.insert(line, (stored, now));
        }
        Ok(())
    }

    fn show(&self, line: LineId, name: &str, value: Option<f64>, stamp: &Stamp) {
        let quality = stamp.quality_of(value);
        self.live.set(
            line,
            name,
            LiveValue {
                value: value.filter(|_| quality != Quality::Bad),
                quality,
                status: stamp.status,
                source_time: stamp.source_time,
                server_time: stamp.server_time,
                received_time: stamp.received_time,
            },
        );
    }

    async fn gap(&self, tx: &mut Tx, from: Option<DateTime<Utc>>, to: DateTime<Utc>, cause: &str) -> Result<(), Error> {
        let row = tx
            .job_lock::<source_system::Entity>(self.source.0)
            .await?
            .ok_or(Error::Missing { what: "source", id: self.source.0 })?;
        let from = from.map_or_else(|| "an unknown time".to_owned(), |from| from.to_rfc3339());
        let reason = format!("values between {from} and {} may be missing: {cause}", to.to_rfc3339());
        let after = source_system::Model { gaps: row.gaps + 1, reason: Some(reason), ..row.clone() };
        tx.update::<source_system::Entity>(&row, after, ChangeKind::SourceGap).await?;
        Ok(())
    }

    async fn stale(&self, work: &mut Work, reason: &str) -> Result<(), Error> {
        set_freshness(&mut work.tx, self.source, Freshness::Stale, Some(reason.to_owned())).await?;
        let bound = work.tx.job_references_to(self.source, SubjectType::Line).await?;
        for line in bound.into_iter().map(|reference| LineId(reference.subject_id)) {
            self.live.forget(line);
            let Some((stored, now)) = work.lines.get(&line) else { continue };
            if let Some((after, events)) = stale_line(now, reason) {
                let stored = stored.clone();
                let after = work.tx.advance::<line::Entity>(now, after, ChangeKind::LineStale)?;
                let at = work.tx.at();
                work.in_trouble.on_line(&mut work.tx, &after, &events, at).await?;
                work.lines.insert(line, (stored, after));
            }
        }
        Ok(())
    }

    /// Rolls up the counters of lines whose interval has passed, or whose state changed just now.
    async fn roll_up_due(&self, work: &mut Work) -> Result<(), Error> {
        let now = work.tx.at();
        let due = |line: &LineId| {
            self.rolled_up_at
                .get(line)
                .is_none_or(|at| (now - at).to_std().is_ok_and(|past| past >= self.roll_up_interval))
        };
        let waiting: Vec<_> = work.readings.keys().copied().collect();
        for id in waiting {
            let changed = work.lines.get(&id).is_some_and(|(stored, now)| stored.revision != now.revision);
            if !changed && !due(&id) {
                continue;
            }
            let (stored, row) = match work.lines.remove(&id) {
                Some(known) => known,
                None => match work.tx.job_lock::<line::Entity>(id.0).await? {
                    Some(row) => (row.clone(), row),
                    None => continue,
                },
            };
            let readings = work.readings.remove(&id).unwrap_or_default();
            let row = counting::roll_up(&mut work.tx, row, readings).await?;
            work.lines.insert(id, (stored, row));
            work.rolled_up.insert(id);
        }
        Ok(())
    }
}

fn line_of(signal: &Signal) -> Option<LineId> {
    match signal {
        Signal::LineState { line, .. }
        | Signal::Counter { line, .. }
        | Signal::Parameter { line, .. }
        | Signal::ActiveOrder { line, .. } => Some(*line),
        // An alarm is no state of its line: the line is not locked for it.
        Signal::Alarm(_)
        | Signal::AlarmsRefreshed { .. }
        | Signal::Replayed(_)
        | Signal::Gap { .. }
        | Signal::SourceLive
        | Signal::SourceStale { .. } => None,
    }
}

/// A connector reports a line that the twin does not have. Its neighbours must not wait for it.
fn belongs_nowhere(line: LineId) {
    metrics::counter!("plantgraph_ingest_unknown_lines_total").increment(1);
    tracing::warn!(%line, "a signal names a line that is not in the twin; it is ignored");
}

impl Readings {
    fn read(&mut self, role: CounterRole, (good, scrap): (Option<Reading>, Option<Reading>), reading: Reading) {
        match role {
            CounterRole::Good => self.good.push(good, reading),
            CounterRole::Scrap => self.scrap.push(scrap, reading),
            CounterRole::Other => {}
        }
    }
}
