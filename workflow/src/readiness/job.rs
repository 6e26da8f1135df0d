//! Keeps the readiness of job orders current.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use futures::FutureExt;
use model::{
    JobOrderId, OrderId, Quantity, Readiness, Scope, Store,
    entity::job_order,
    journal::{ChangeKind, Journal, Reader},
    store::{Actor, Lease, ReadinessInputs},
};
use tokio::time::MissedTickBehavior;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use crate::{
    error::Error,
    lease,
    readiness::{Component, Inputs, Times, judge, touched::Touched},
};

/// What the replicas agree by on which of them does this.
const LEASE: &str = "readiness";
/// Changes are gathered for so long before they are looked at: a page of a system touches the same materials often, and a
/// person does not notice it.
const GATHER: Duration = Duration::from_millis(100);
/// When more than this was touched at once, everything is looked at: that is less work.
const TOUCHED_MAX: usize = 10_000;
/// Orders that are looked at in one go: bounds the memory for their stock.
const ORDERS_PER_READ: usize = 200;
/// Jobs that are written in one transaction: it holds their locks, and others write them too.
const JOBS_PER_WRITE: usize = 50;
/// After an error it begins anew so much later.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How readiness is kept.
#[derive(Clone, Copy, Debug)]
pub struct ReadinessOptions {
    /// Orders that start within this time are looked at.
    pub horizon: Duration,
    /// Material has to be staged so long before the planned start.
    pub lead: Duration,
    /// How often all of them are looked at, because time passes.
    pub tick: Duration,
    /// A replica that has not renewed its ownership by then loses it.
    pub lease_ttl: Duration,
}

impl Default for ReadinessOptions {
    fn default() -> Self {
        Self {
            horizon: Duration::from_secs(24 * 3_600),
            lead: Duration::from_secs(30 * 60),
            tick: Duration::from_secs(30),
            lease_ttl: Duration::from_secs(15),
        }
    }
}

/// Keeps the readiness of all job orders current until `cancel`, on one replica at a time.
pub fn spawn(
    store: Store,
    journal: Journal,
    options: ReadinessOptions,
    tracker: &TaskTracker,
    cancel: CancellationToken,
) {
    let owner = Uuid::now_v7().to_string();
    tracker.spawn(lease::own(store.clone(), LEASE.to_owned(), owner, options.lease_ttl, cancel, move |lease, ends| {
        let keeper = Keeper { store: store.clone(), journal: journal.clone(), options, lease };
        async move { keeper.run(ends).await }
    }));
}

struct Keeper {
    store: Store,
    journal: Journal,
    options: ReadinessOptions,
    lease: Lease,
}

/// A job whose readiness is to be looked at again, and what it should be.
struct Finding {
    job: JobOrderId,
    readiness: Option<Readiness>,
    detail: Option<String>,
}

impl Finding {
    fn is_news_to(&self, job: &job_order::Model) -> bool {
        (self.readiness, &self.detail) != (job.readiness, &job.readiness_detail)
    }
}

impl Keeper {
    async fn run(self, ends: CancellationToken) {
        while !ends.is_cancelled() {
            match self.follow(&ends).await {
                Ok(()) | Err(Error::Store(model::Error::Closing)) => return,
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the readiness of material could not be computed; trying again"
                ),
            }
            tokio::select! {
                () = ends.cancelled() => {}
                () = tokio::time::sleep(RETRY_AFTER) => {}
            }
        }
    }

    /// Looks at everything, then at what changes. The journal is read from before the first look, so that nothing is missed.
    async fn follow(&self, ends: &CancellationToken) -> Result<(), Error> {
        let mut reader = self.journal.read(None, self.everywhere().await?).await?;
        let mut ticks = tokio::time::interval(self.options.tick);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = ends.cancelled() => return Ok(()),
                // The first one comes at once.
                _ = ticks.tick() => {
                    reader.set_scope(self.everywhere().await?);
                    self.look_at_all(ends).await?;
                }
                rows = reader.next() => {
                    let mut touched = Touched::default();
                    rows?.iter().try_for_each(|row| touched.add(row))?;
                    tokio::time::sleep(GATHER).await;
                    gather(&mut reader, &mut touched).await?;
                    self.look_at_touched(touched, ends).await?;
                }
            }
        }
    }

    async fn everywhere(&self) -> Result<Scope, Error> {
        Ok(Scope::of(self.store.job_plants().await?))
    }

    /// Orders whose start comes within the horizon, and those that have left it.
    async fn look_at_all(&self, ends: &CancellationToken) -> Result<(), Error> {
        let times = self.times().await?;
        let limit = ORDERS_PER_READ as u64;
        let mut after = None;
        loop {
            let orders = self.store.job_orders_starting(horizon(&times), after, limit).await?;
            after = orders.last().copied();
            if after.is_none() || ends.is_cancelled() {
                break;
            }
            self.look_at(&orders, &times).await?;
        }
        let mut after = None;
        loop {
            let jobs = self.store.job_jobs_out_of_sight(horizon(&times), after, limit).await?;
            after = jobs.last().map(|(job, _)| *job);
            if after.is_none() || ends.is_cancelled() {
                return Ok(());
            }
            let orders = Vec::from_iter(jobs.into_iter().map(|(_, order)| order).collect::<BTreeSet<_>>());
            self.look_at(&orders, &times).await?;
        }
    }

    async fn look_at_touched(&self, touched: Touched, ends: &CancellationToken) -> Result<(), Error> {
        if touched.len() > TOUCHED_MAX {
            return self.look_at_all(ends).await;
        }
        let times = self.times().await?;
        let (lots, bill) = (Vec::from_iter(touched.lots), Vec::from_iter(touched.bill));
        let mut materials = touched.materials;
        materials.extend(self.store.job_materials_behind(&lots, &bill).await?);
        let mut orders = BTreeSet::from_iter(touched.orders);
        let materials = Vec::from_iter(materials);
        orders.extend(self.store.job_orders_concerned(&materials, horizon(&times)).await?);
        for chunk in Vec::from_iter(orders).chunks(ORDERS_PER_READ) {
            if ends.is_cancelled() {
                break;
            }
            self.look_at(chunk, &times).await?;
        }
        Ok(())
    }

    async fn times(&self) -> Result<Times, Error> {
        let span = |duration| TimeDelta::from_std(duration).unwrap_or(TimeDelta::zero());
        let now = self.store.database_now().await?;
        Ok(Times { now, horizon: span(self.options.horizon), lead: span(self.options.lead) })
    }

    /// Computes the readiness of these orders, and writes what is news. Nothing is locked while it is computed: what changes
    /// meanwhile comes through the journal.
    async fn look_at(&self, orders: &[OrderId], times: &Times) -> Result<(), Error> {
        let inputs = self.store.job_readiness_inputs(orders).await?;
        let news = findings(&inputs, times)?;
        for chunk in news.chunks(JOBS_PER_WRITE) {
            self.write(chunk).await?;
        }
        Ok(())
    }

    async fn write(&self, news: &[Finding]) -> Result<(), Error> {
        let mut tx = self.store.begin(Actor::system("readiness", "what a job order needs has changed")).await?;
        tx.fence(&self.lease).await?;
        let by_job: HashMap<_, _> = news.iter().map(|finding| (finding.job, finding)).collect();
        let ids = Vec::from_iter(news.iter().map(|finding| finding.job.0));
        for before in tx.job_lock_many::<job_order::Entity>(&ids).await? {
            let Some(finding) = by_job.get(&before.id).filter(|finding| finding.is_news_to(&before)) else { continue };
            let after = job_order::Model {
                readiness: finding.readiness,
                readiness_detail: finding.detail.clone(),
                readiness_at: finding.readiness.map(|_| tx.at()),
                ..before.clone()
            };
            tx.update::<job_order::Entity>(&before, after, ChangeKind::ReadinessChanged).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// What else is there already, as long as it is not too much.
async fn gather(reader: &mut Reader, touched: &mut Touched) -> Result<(), Error> {
    while touched.len() <= TOUCHED_MAX {
        let Some(rows) = reader.next().now_or_never() else { return Ok(()) };
        rows?.iter().try_for_each(|row| touched.add(row))?;
    }
    Ok(())
}

fn horizon(times: &Times) -> DateTime<Utc> {
    times.now + times.horizon
}

/// The jobs whose readiness is not what it should be.
fn findings(inputs: &ReadinessInputs, times: &Times) -> Result<Vec<Finding>, Error> {
    let materials: HashMap<_, _> = inputs.materials.iter().map(|row| (row.id, row)).collect();
    let mut lots: HashMap<_, Vec<_>> = HashMap::new();
    inputs.lots.iter().for_each(|lot| lots.entry(lot.material_id).or_default().push(lot));
    let mut bills: HashMap<_, Vec<_>> = HashMap::new();
    inputs.bill.iter().for_each(|item| bills.entry(item.material_id).or_default().push(item));
    let mut staging: HashMap<_, Vec<_>> = HashMap::new();
    inputs.staging.iter().for_each(|task| staging.entry(task.order_id).or_default().push(task));
    let mut jobs: HashMap<_, Vec<_>> = HashMap::new();
    inputs.jobs.iter().for_each(|job| jobs.entry(job.order_id).or_default().push(job));

    let mut news = Vec::new();
    for order in &inputs.orders {
        let jobs = jobs.remove(&order.id).unwrap_or_default();
        let bill = order.material_id.and_then(|made| bills.get(&made)).into_iter().flatten().map(|item| Component {
            item,
            material: materials.get(&item.component_id).copied(),
            lots: lots.get(&item.component_id).cloned().unwrap_or_default(),
        });
        let judgement = judge(
            &Inputs {
                order,
                made: order.material_id.and_then(|made| materials.get(&made).copied()),
                produced: Quantity(jobs.iter().map(|job| job.good_quantity.0).sum()),
                bill: bill.collect(),
                staging: staging.remove(&Some(order.id)).unwrap_or_default(),
            },
            times,
        );
        let readiness = judgement.as_ref().map(|judgement| judgement.readiness);
        let detail = judgement.map(|judgement| serde_json::to_string(&judgement.missing)).transpose()?;
        let finding = |job: &job_order::Model| Finding { job: job.id, readiness, detail: detail.clone() };
        news.extend(
            jobs.iter().map(|job| (finding(job), job)).filter(|(it, job)| it.is_news_to(job)).map(|(it, _)| it),
        );
    }
    Ok(news)
}
