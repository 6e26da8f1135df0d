//! Rolling counters up into lines and job orders.

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

/// A run of readings of one counter: its first value, and what was counted from there to its last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    first: Option<i64>,
    last: Option<i64>,
    counted: i64,
}

impl Run {
    pub(super) fn push(&mut self, value: i64) {
        self.counted += bridge_reset(self.last, value);
        self.first = self.first.or(Some(value));
        self.last = Some(value);
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
        good_raw: readings.good.last.or(row.good_raw),
        scrap_raw: readings.scrap.last.or(row.scrap_raw),
        ..row.clone()
    };
    if after == row {
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

/// The line with another active order. An order that is not known yet is linked when it arrives.
pub(super) async fn change_order(tx: &mut Tx, row: line::Model, number: Option<String>) -> Result<line::Model, Error> {
    let number = number.filter(|number| !number.trim().is_empty());
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
    let after = line::Model { active_order_number: number, active_job_order_id: job.map(|job| job.id), ..row.clone() };
    if after == row {
        return Ok(row);
    }
    Ok(tx.advance::<line::Entity>(&row, after, ChangeKind::ActiveOrderChanged)?)
}
