//! Rolling counters up into lines and job orders.

use chrono::{DateTime, Utc};
use model::{
    JobOrderId, JobState, Quantity,
    entity::{job_order, line},
    journal::ChangeKind,
    store::Tx,
};
use rust_decimal::Decimal;

use crate::{error::Error, ingest::bridge_reset};

/// Readings since the last roll-up, reduced to what a sum over resets needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Readings {
    pub good: Run,
    pub scrap: Run,
}

/// A reading of a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub value: i64,
    pub at: DateTime<Utc>,
}

impl Reading {
    /// Whether it tells nothing after `known`. A repeated older reading would look like a reset, and count everything again.
    /// Clocks may tick slower than a counter: at the same time, the higher reading is the later one.
    fn is_old(self, known: Self) -> bool {
        self.at < known.at || (self.at == known.at && self.value <= known.value)
    }
}

/// A run of readings of one counter: its first value, and what was counted from there to its last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    first: Option<i64>,
    last: Option<Reading>,
    counted: i64,
}

impl Run {
    /// Adds a reading; `before` is the last one before the run.
    pub(super) fn push(&mut self, before: Option<Reading>, reading: Reading) {
        if self.last.or(before).is_some_and(|known| reading.is_old(known)) {
            return;
        }
        self.counted += bridge_reset(self.last.map(|last| last.value), reading.value);
        self.first = self.first.or(Some(reading.value));
        self.last = Some(reading);
    }

    /// What was counted since the reading before the run.
    fn since(&self, before: Option<i64>) -> i64 {
        self.first.map_or(0, |first| bridge_reset(before, first) + self.counted)
    }
}

/// The line with its readings summed; the job order that it runs gets the same pieces. Nothing is written when nothing was counted.
pub(super) async fn roll_up(tx: &mut Tx, row: line::Model, readings: Readings) -> Result<line::Model, Error> {
    let (good, scrap) = (readings.good.since(row.good_raw), readings.scrap.since(row.scrap_raw));
    let after = line::Model {
        good_count: row.good_count + good,
        scrap_count: row.scrap_count + scrap,
        good_raw: readings.good.last.map(|last| last.value).or(row.good_raw),
        good_read_at: readings.good.last.map(|last| last.at).or(row.good_read_at),
        scrap_raw: readings.scrap.last.map(|last| last.value).or(row.scrap_raw),
        scrap_read_at: readings.scrap.last.map(|last| last.at).or(row.scrap_read_at),
        ..row.clone()
    };
    // The same reading at a later time is no news.
    if (good, scrap, after.good_raw, after.scrap_raw) == (0, 0, row.good_raw, row.scrap_raw) {
        return Ok(row);
    }
    if let Some(job) = row.active_job_order_id.filter(|_| good + scrap > 0) {
        add(tx, job, good, scrap).await?;
    }
    Ok(tx.advance::<line::Entity>(&row, after, ChangeKind::LineCounted)?)
}

async fn add(tx: &mut Tx, job: JobOrderId, good: i64, scrap: i64) -> Result<(), Error> {
    let before =
        tx.job_lock::<job_order::Entity>(job.0).await?.ok_or(Error::Missing { what: "job order", id: job.0 })?;
    let after = job_order::Model {
        good_quantity: Quantity(before.good_quantity.0 + Decimal::from(good)),
        scrap_quantity: Quantity(before.scrap_quantity.0 + Decimal::from(scrap)),
        ..before.clone()
    };
    tx.update::<job_order::Entity>(&before, after, ChangeKind::LineCounted).await?;
    Ok(())
}

/// The last readings of a line that are stored: of good pieces, of scrap.
pub(super) fn stored(row: &line::Model) -> (Option<Reading>, Option<Reading>) {
    let reading =
        |value: Option<i64>, at: Option<DateTime<Utc>>| value.zip(at).map(|(value, at)| Reading { value, at });
    (reading(row.good_raw, row.good_read_at), reading(row.scrap_raw, row.scrap_read_at))
}

/// The line with another active order, since `at`. An order that is not known yet is linked when it arrives.
pub(super) async fn change_order(
    tx: &mut Tx,
    row: line::Model,
    number: Option<String>,
    at: DateTime<Utc>,
) -> Result<line::Model, Error> {
    let order = match &number {
        Some(number) => tx.job_order_by_number(row.plant_id, number).await?,
        None => None,
    };
    let job = match order {
        Some(order) => tx.job_job_order_of(order.id).await?,
        None => None,
    };
    if let Some(job) = &job
        && !matches!(job.state, JobState::Running | JobState::Ended | JobState::Aborted)
    {
        let after = job_order::Model { state: JobState::Running, line_id: Some(row.id), ..job.clone() };
        tx.update::<job_order::Entity>(job, after, ChangeKind::Updated).await?;
    }
    let after = line::Model {
        active_order_number: number,
        active_order_at: Some(at),
        active_job_order_id: job.map(|job| job.id),
        ..row.clone()
    };
    Ok(tx.advance::<line::Entity>(&row, after, ChangeKind::ActiveOrderChanged)?)
}
