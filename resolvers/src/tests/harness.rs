//! A whole twin in a temporary folder: two plants, their floor and ERP fed by hand, and people.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_graphql::{Request, Response, Variables};
use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt, stream::BoxStream};
use model::{
    Disposition, LineId, LineState, PlantId, Principal, RequestState, Role, SourceId, SourceKind, Store, StoreOptions,
    SubjectType,
    clock::{Clock, SystemClock},
    journal::{Journal, JournalOptions},
};
use serde_json::{Value, json};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;
use workflow::{
    commands::Action,
    directory::{self, Account},
    ingest::{Batch, CounterRole, Handle, Ingest, IngestOptions, Signal, Stamp},
    live::LiveValues,
    plant::{self, Installed, LineDefinition, ParameterDefinition, PlantDefinition, SourceDefinition},
    rights::Table,
    service::Service,
    sync::{Assertion, Body, Page, Record, Statement, Syncer},
};

use crate::{Deps, Schema, prepare, schema};

/// Longer than anything here takes; a test that waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// Good, and a bad one (BadNotConnected).
pub const GOOD: u32 = 0;
pub const BAD: u32 = 0x808A_0000;

pub struct Twin {
    pub store: Store,
    pub hamburg: Installed,
    pub lyon: Installed,
    schema: Schema,
    hamburg_floor: Handle,
    lyon_floor: Handle,
    seconds: AtomicI64,
    begun: DateTime<Utc>,
    cancel: CancellationToken,
    folder: PathBuf,
}

impl Drop for Twin {
    fn drop(&mut self) {
        self.cancel.cancel();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Twin {
    pub async fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("plantgraph-{}", Uuid::now_v7()));
        std::fs::create_dir_all(&folder).unwrap();
        let url = format!("sqlite://{}/twin.db?mode=rwc", folder.display());
        let store = Store::open(&StoreOptions::new(url), Arc::new(SystemClock)).await.unwrap();
        migrations::up(store.migration_connection()).await.unwrap();
        let (tracker, cancel) = (TaskTracker::new(), CancellationToken::new());
        let journal = Journal::spawn(store.clone(), JournalOptions::default(), &tracker, cancel.clone()).await.unwrap();
        let hamburg = plant::install(&store, &definition("HAMBURG", &["L1", "L2"])).await.unwrap();
        let lyon = plant::install(&store, &definition("LYON", &["L1"])).await.unwrap();
        people(&store, &hamburg, &lyon).await;
        let live = LiveValues::default();
        let floor = |source| floor(&store, &live, source, &tracker, &cancel);
        let (hamburg_floor, lyon_floor) = (floor(hamburg.sources["FLOOR"]).await, floor(lyon.sources["FLOOR"]).await);
        let service = Service::new(store.clone(), Arc::new(Table::standard()));
        let deps = Deps { store: store.clone(), journal, service, live, tracker };
        Self {
            store,
            hamburg,
            lyon,
            schema: schema(Some(deps)),
            hamburg_floor,
            lyon_floor,
            seconds: AtomicI64::new(0),
            begun: SystemClock.now() - TimeDelta::hours(1),
            cancel,
            folder,
        }
    }

    pub async fn principal(&self, account: &str) -> Principal {
        self.store.principal(account).await.unwrap().unwrap()
    }

    /// What a person is answered, errors included.
    pub async fn respond(&self, account: &str, query: &str, variables: Value) -> Response {
        let mut request = Request::new(query).variables(Variables::from_json(variables));
        prepare(&self.principal(account).await, &mut request);
        self.schema.execute(request).await
    }

    /// What a person sees; there must be no error.
    pub async fn ask(&self, account: &str, query: &str, variables: Value) -> Value {
        let response = self.respond(account, query, variables).await;
        assert!(response.errors.is_empty(), "{query}: {:?}", response.errors);
        response.data.into_json().unwrap()
    }

    /// The events that a person is sent.
    pub async fn watch(&self, account: &str, query: &str, variables: Value) -> Events {
        self.watch_as(self.principal(account).await, query, variables)
    }

    pub fn watch_as(&self, principal: Principal, query: &str, variables: Value) -> Events {
        let mut request = Request::new(query).variables(Variables::from_json(variables));
        prepare(&principal, &mut request);
        Events(self.schema.execute_stream(request).boxed())
    }

    /// A line of Hamburg reports its state, one second after the last report.
    pub async fn report(&self, line: &str, state: LineState) {
        let stamp = self.stamp(GOOD);
        self.floor(vec![state_of(self.hamburg.lines[line], Some(state), stamp)]).await;
    }

    /// Signals of the floor of Hamburg; durable when this returns.
    pub async fn floor(&self, signals: Vec<Signal>) {
        submit(&self.hamburg_floor, signals).await;
    }

    pub async fn floor_of_lyon(&self, signals: Vec<Signal>) {
        submit(&self.lyon_floor, signals).await;
    }

    pub fn stamp(&self, status: u32) -> Stamp {
        let at = self.begun + TimeDelta::seconds(self.seconds.fetch_add(1, Ordering::SeqCst));
        Stamp { source_time: Some(at), server_time: Some(at), received_time: at, status, overflow: false }
    }

    /// Order P-1 on line L1 and lots K-1, K-2 of material M-1, from the ERP of Hamburg.
    pub async fn sync_orders_and_lots(&self) {
        self.sync(vec![material("1", "M-1"), order("7", "P-1"), lot("21", "K-1", Disposition::Unrestricted)]).await;
        self.sync(vec![lot("22", "K-2", Disposition::Restricted)]).await;
    }

    pub async fn sync(&self, records: Vec<Record>) {
        let source = self.hamburg.sources["ERP"];
        let lease = self.store.take_lease("erp", "test", PATIENCE).await.unwrap().unwrap();
        let syncer = Syncer::new(self.store.clone(), source, lease).await.unwrap();
        let page = Page {
            stream: "all".into(),
            records,
            cursor: None,
            mapping_version: "test/1".into(),
            complete: true,
            sweep: None,
        };
        syncer.apply(page).await.unwrap();
        syncer.source_live().await.unwrap();
    }

    pub async fn grant(&self, plant: PlantId, account: &str, roles: &[Role]) {
        grant(&self.store, plant, account, roles).await;
    }
}

/// What a subscriber is sent.
pub struct Events(BoxStream<'static, Response>);

impl Events {
    /// The next event's root object.
    pub async fn next(&mut self) -> Value {
        let response = self.next_response().await.expect("the subscription goes on");
        assert!(response.errors.is_empty(), "{:?}", response.errors);
        let data = response.data.into_json().unwrap();
        data.as_object().unwrap().values().next().unwrap().clone()
    }

    pub async fn next_response(&mut self) -> Option<Response> {
        tokio::time::timeout(PATIENCE, self.0.next()).await.expect("an event in time")
    }

    pub async fn take(&mut self, count: usize) -> Vec<Value> {
        let mut events = Vec::new();
        for _ in 0..count {
            events.push(self.next().await);
        }
        events
    }

    /// Polls, so that the subscription begins before anything else happens. Nothing may be there yet.
    pub async fn begin(&mut self) {
        let nothing = tokio::time::timeout(Duration::from_millis(150), self.0.next()).await;
        assert!(nothing.is_err(), "an event before anything happened: {nothing:?}");
    }
}

/// The code of an error.
pub fn code(response: &Response) -> String {
    let [error] = response.errors.as_slice() else { panic!("not one error: {:?}", response.errors) };
    match error.extensions.as_ref().and_then(|extensions| extensions.get("code")) {
        Some(async_graphql::Value::String(code)) => code.clone(),
        _ => panic!("an error without a code: {error:?}"),
    }
}

pub fn state_of(line: LineId, state: Option<LineState>, stamp: Stamp) -> Signal {
    Signal::LineState { line, state, raw: state.map_or(0, LineState::number), stamp }
}

pub fn counter(line: LineId, value: u64, stamp: Stamp) -> Signal {
    Signal::Counter { line, name: "good".into(), role: CounterRole::Good, value: Some(value), stamp }
}

async fn submit(floor: &Handle, signals: Vec<Signal>) {
    floor.submit(Batch { signals, cursor: None }).await.unwrap().await.unwrap().unwrap();
}

async fn floor(
    store: &Store,
    live: &LiveValues,
    source: SourceId,
    tracker: &TaskTracker,
    cancel: &CancellationToken,
) -> Handle {
    let lease = store.take_lease(&format!("source:{source}"), "test", PATIENCE).await.unwrap().unwrap();
    let options =
        IngestOptions { flush_interval: Duration::ZERO, roll_up_interval: Duration::ZERO, ..IngestOptions::default() };
    Ingest::spawn(store.clone(), live.clone(), source, lease, options, tracker, cancel.clone())
}

/// A line opens its case at once and proves its run in a moment.
fn definition(code: &str, lines: &[&str]) -> PlantDefinition {
    let line = |code: &&str| LineDefinition {
        code: (*code).to_owned(),
        name: format!("Filler {code}"),
        area_code: "A1".into(),
        area_name: "Filling".into(),
        work_units: vec![("CAP".into(), "Capper".into())],
        downtime_threshold: Duration::ZERO,
        acknowledge_within: Duration::from_secs(3_600),
        verify_for: Duration::from_millis(1),
        parameters: vec![ParameterDefinition {
            name: "temperature".into(),
            unit: "Cel".into(),
            low: Some(2.0),
            high: Some(8.5),
        }],
        sources: vec!["FLOOR".into()],
    };
    let source = |code: &str, kind| SourceDefinition {
        code: code.into(),
        name: format!("{code} system"),
        kind,
        manifest: None,
        actions: if kind == SourceKind::Erp { vec![Action::Resequence] } else { Vec::new() },
    };
    PlantDefinition {
        tolerances: Vec::new(),
        enterprise_code: "ACME".into(),
        enterprise_name: "Acme".into(),
        code: code.into(),
        name: format!("Plant {code}"),
        time_zone: "Europe/Berlin".into(),
        lines: lines.iter().map(line).collect(),
        sources: vec![source("FLOOR", SourceKind::OpcUa), source("ERP", SourceKind::Erp)],
    }
}

async fn people(store: &Store, hamburg: &Installed, lyon: &Installed) {
    for (account, role) in [
        ("olga", Role::Operator),
        ("ann", Role::MaintenanceLead),
        ("paul", Role::Planner),
        ("bob", Role::PlantManager),
        ("quinn", Role::QualityManager),
        ("rita", Role::QualityManager),
    ] {
        grant(store, hamburg.plant, account, &[role]).await;
    }
    grant(store, lyon.plant, "lea", &[Role::MaintenanceLead]).await;
    for plant in [hamburg.plant, lyon.plant] {
        grant(store, plant, "pia", &[Role::PortfolioAnalyst]).await;
    }
}

async fn grant(store: &Store, plant: PlantId, account: &str, roles: &[Role]) {
    let account = Account {
        subject: account.into(),
        person: None,
        name: format!("{}{}", account[..1].to_uppercase(), &account[1..]),
        roles: roles.to_vec(),
        service: false,
    };
    directory::grant(store, plant, &[account]).await.unwrap();
}

fn record(model: &str, id: &str, body: Body) -> Record {
    Record {
        external_model: model.into(),
        external_id: id.into(),
        version: Some("3".into()),
        source_time: None,
        body,
        raw: json!({}),
    }
}

pub fn material(id: &str, code: &str) -> Record {
    let says = Statement::new(
        SubjectType::Material,
        [
            ("code", Assertion::plain(code)),
            ("name", Assertion::plain(format!("Material {code}"))),
            ("unit", Assertion::plain("kg")),
        ],
    );
    record("product", id, Body::Says(says))
}

pub fn order(id: &str, number: &str) -> Record {
    let says = Statement::new(
        SubjectType::ProductionOrder,
        [
            ("number", Assertion::plain(number)),
            ("material", Assertion::reference(Some("1"))),
            ("quantity", Assertion::plain("1205")),
            ("unit", Assertion::plain("kg")),
            ("state", Assertion::mapped(vec!["REL".into(), "PRT".into()], RequestState::Released)),
            ("line", Assertion::plain("L1")),
        ],
    );
    record("production", id, Body::Says(says))
}

pub fn lot(id: &str, number: &str, disposition: Disposition) -> Record {
    let says = Statement::new(
        SubjectType::MaterialLot,
        [
            ("number", Assertion::plain(number)),
            ("material", Assertion::reference(Some("1"))),
            ("quantity", Assertion::plain("2.5")),
            ("unit", Assertion::plain("kg")),
            ("disposition", Assertion::mapped(vec!["S1".into()], disposition)),
            ("status", Assertion::plain("S1")),
            ("location", Assertion::plain("W1")),
        ],
    );
    record("lot", id, Body::Says(says))
}

pub fn only(plant: PlantId) -> BTreeSet<PlantId> {
    BTreeSet::from([plant])
}
