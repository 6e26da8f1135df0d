//! Whether the material of job orders is ready, kept current while things change and while time passes.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use model::{
    Readiness, SubjectType,
    entity::{job_order, production_order},
    journal::ChangeKind,
    state::MissingMaterial,
};
use serde_json::json;
use tests::{
    World,
    asks::{done, place_hold, release_hold},
    erp::{Erp, Lot, lot, material},
    on_both,
    people::{MIA, OLGA},
    until::{PATIENCE, until},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use workflow::{
    readiness::{ReadinessOptions, spawn},
    sync::{Assertion, Body, Record, Statement},
};

const HORIZON: TimeDelta = TimeDelta::hours(1);
const LEAD: TimeDelta = TimeDelta::minutes(30);

/// The job on one replica.
struct Keeping(TaskTracker, CancellationToken);

impl Keeping {
    fn on(replica: &World) -> Self {
        let keeping = Self(TaskTracker::new(), CancellationToken::new());
        let options = ReadinessOptions {
            horizon: HORIZON.to_std().unwrap(),
            lead: LEAD.to_std().unwrap(),
            tick: Duration::from_millis(300),
            lease_ttl: Duration::from_secs(2),
        };
        spawn(replica.store.clone(), replica.journal.clone(), options, &keeping.0, keeping.1.clone());
        keeping
    }

    async fn end(self) {
        self.1.cancel();
        self.0.close();
        self.0.wait().await;
    }
}

fn record(model: &str, id: &str, at: DateTime<Utc>, kind: SubjectType, says: Vec<(&str, Assertion)>) -> Record {
    Record {
        external_model: model.to_owned(),
        external_id: id.to_owned(),
        version: Some(at.timestamp_micros().to_string()),
        source_time: Some(at),
        body: Body::Says(Statement::new(kind, says)),
        raw: json!({ "id": id }),
    }
}

fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// 100 kg of material 1.
fn order(at: DateTime<Utc>, start: DateTime<Utc>) -> Record {
    let says = vec![
        ("number", Assertion::plain("P-1")),
        ("material", Assertion::reference(Some("1"))),
        ("quantity", Assertion::plain("100")),
        ("unit", Assertion::plain("kg")),
        ("state", Assertion::mapped(vec!["released".into()], "RELEASED")),
        ("plannedStart", Assertion::plain(text(start))),
    ];
    record("production", "7", at, SubjectType::ProductionOrder, says)
}

/// One kg of material 1 takes two of material 2.
fn bill(at: DateTime<Utc>) -> Record {
    let says = vec![
        ("material", Assertion::reference(Some("1"))),
        ("component", Assertion::reference(Some("2"))),
        ("quantity", Assertion::plain("2")),
        ("unit", Assertion::plain("kg")),
    ];
    record("bom.line", "1-2", at, SubjectType::BillItem, says)
}

fn staging(at: DateTime<Utc>, state: &str, due: DateTime<Utc>) -> Record {
    let says = vec![
        ("number", Assertion::plain("S-1")),
        ("order", Assertion::reference(Some("7"))),
        ("material", Assertion::reference(Some("2"))),
        ("quantity", Assertion::plain("200")),
        ("unit", Assertion::plain("kg")),
        ("state", Assertion::mapped(vec![state.into()], state)),
        ("dueAt", Assertion::plain(text(due))),
    ];
    record("move", "70", at, SubjectType::StagingTask, says)
}

fn stock(quantity: i64) -> Lot<'static> {
    Lot { quantity, ..lot("21", "LOT-2", "2") }
}

/// The order, what it is made of, and 300 kg of that.
async fn stocked(world: &World, start: DateTime<Utc>) -> Erp {
    let erp = world.erp().await;
    let at = world.ago(600);
    erp.apply([material("1", at), material("2", at)]).await;
    erp.apply([bill(at), stock(300).at(at), order(at, start)]).await;
    erp
}

async fn job(world: &World) -> job_order::Model {
    let order: production_order::Model = world.order("P-1").await.unwrap();
    world.view().job_orders_of(&[order.id]).await.unwrap().remove(0)
}

/// Waits until the job is so; what is missing, as quantity and reason.
async fn becomes(world: &World, wanted: Option<Readiness>) -> Vec<(String, String)> {
    let found = until(&format!("readiness is {wanted:?}"), PATIENCE, async || {
        let job = job(world).await;
        if job.readiness == wanted { Ok(job) } else { Err(job) }
    })
    .await;
    assert_eq!(found.readiness_at.is_some(), wanted.is_some());
    let missing: Vec<MissingMaterial> =
        found.readiness_detail.map(|text| serde_json::from_str(&text).unwrap()).unwrap_or_default();
    missing.into_iter().map(|lack| (format!("{} {}", lack.quantity, lack.unit), lack.reason)).collect()
}

/// How often the readiness of something was written.
async fn writes(world: &World) -> usize {
    world.journal_rows(0).await.iter().filter(|row| row.kind == ChangeKind::ReadinessChanged).count()
}

on_both! {
    async fn readiness_follows_holds_stock_and_staging_and_is_written_only_when_it_changes(world: World) {
        let erp = stocked(&world, world.now() + TimeDelta::minutes(50)).await;
        // Two replicas, of which one does it.
        let replica = world.replica().await;
        let keeping = [Keeping::on(&world), Keeping::on(&replica)];
        assert_eq!(becomes(&world, Some(Readiness::Ready)).await, []);

        let held = world.lot("LOT-2").await.unwrap();
        let hold = world.hold(done(&world.ask(OLGA, place_hold(&held)).await)).await;
        let blocked = becomes(&world, Some(Readiness::Blocked)).await;
        assert_eq!(blocked, [("200 kg".to_owned(), "a hold on the lot is open".to_owned())]);
        done(&world.ask(MIA, release_hold(&hold)).await);
        becomes(&world, Some(Readiness::Ready)).await;

        erp.apply([stock(150).at(world.ago(300))]).await;
        let short = becomes(&world, Some(Readiness::Short)).await;
        assert_eq!(short.iter().map(|(quantity, _)| quantity.as_str()).collect::<Vec<_>>(), ["50 kg"]);
        erp.apply([lot("22", "LOT-3", "2").at(world.ago(299))]).await;
        becomes(&world, Some(Readiness::Ready)).await;

        erp.apply([staging(world.ago(200), "PLANNED", world.now() + TimeDelta::minutes(40))]).await;
        let late = becomes(&world, Some(Readiness::Late)).await;
        assert!(late[0].1.starts_with("S-1 is PLANNED and due at "), "{late:?}");
        erp.apply([staging(world.ago(199), "STAGED", world.now() + TimeDelta::minutes(40))]).await;
        becomes(&world, Some(Readiness::Ready)).await;

        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(writes(&world).await, 7, "one for each change, and none while only time passes");
        for kept in keeping {
            kept.end().await;
        }
    }

    async fn time_that_passes_brings_an_order_into_the_horizon_and_makes_its_staging_late(world: World) {
        let erp = stocked(&world, world.now() + HORIZON + TimeDelta::hours(1)).await;
        let keeping = Keeping::on(&world);
        erp.apply([staging(world.ago(500), "PLANNED", world.ago(60))]).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        becomes(&world, None).await;
        let start = world.now() + HORIZON + TimeDelta::seconds(3);
        erp.apply([order(world.ago(400), start)]).await;
        becomes(&world, Some(Readiness::Ready)).await;
        assert!(job(&world).await.readiness_at.unwrap() >= start - HORIZON, "not before it was in sight");

        let start = world.now() + LEAD + TimeDelta::seconds(3);
        erp.apply([order(world.ago(300), start)]).await;
        becomes(&world, Some(Readiness::Late)).await;
        assert!(job(&world).await.readiness_at.unwrap() > start - LEAD, "not before it was late");

        erp.apply([order(world.ago(200), world.now() + HORIZON + TimeDelta::hours(1))]).await;
        becomes(&world, None).await;
        assert_eq!(writes(&world).await, 3);
        keeping.end().await;
    }

    async fn stock_that_no_system_has_any_more_does_not_count(world: World) {
        let erp = stocked(&world, world.now() + TimeDelta::minutes(50)).await;
        let keeping = Keeping::on(&world);
        becomes(&world, Some(Readiness::Ready)).await;
        let gone = Record { body: Body::Deleted, ..stock(300).at(world.ago(100)) };
        erp.apply([gone]).await;
        becomes(&world, Some(Readiness::Short)).await;
        erp.apply([stock(300).at(world.ago(50))]).await;
        becomes(&world, Some(Readiness::Ready)).await;
        keeping.end().await;
    }
}
