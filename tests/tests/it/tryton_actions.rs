//! Writing back to a running Tryton: what was decided happens there, once, and counts when it was read back.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use connectors::{
    actions::{Answer, Did, Failure, Intent, Limit, Options, Sender, Transport, Verdict},
    erp::tryton::TrytonTransport,
    plant_file::{PlantFile, SystemSection},
};
use model::{
    CommandId,
    entity::{
        command::{self, CommandState},
        source_system,
    },
    journal::ChangeKind,
    store::Actor,
};
use serde_json::{Value, json};
use tests::{
    Kind, World,
    plant::ERP,
    plant_file,
    proxy::{Network, Proxy},
    run,
    scratch::Scratch,
    tryton::Tryton,
};
use uuid::Uuid;
use workflow::commands::{Action, Outbox};

/// Takes no time: the tests count effects, not requests.
const UNLIMITED: Limit = Limit { per_second: 1_000.0, burst: 1_000.0 };

/// Tryton with a sender for its commands.
struct Stage {
    world: World,
    tryton: Tryton,
    outbox: Outbox,
    section: SystemSection,
    _files: Scratch,
}

/// What happens to the requests that act, one after the other; then nothing happens any more.
#[derive(Clone, Debug)]
enum Fate {
    Fine,
    /// It is done, and nobody hears of it.
    Lost,
    /// It never gets there, and nobody knows.
    Swallowed,
    /// Somebody changes the order just before.
    Overtaken(Vec<String>),
    /// Our session has ended meanwhile.
    SessionEnds,
    /// The sender dies right after.
    Dies,
}

/// The way to Tryton, on which things happen. What it sends is real, and so is what Tryton answers.
struct Road<'a> {
    way: TrytonTransport,
    tryton: &'a Tryton,
    fates: VecDeque<Fate>,
    acts: Arc<AtomicUsize>,
}

impl Transport for Road<'_> {
    async fn send(&mut self, request: &Value, intent: Intent) -> Result<Answer, Failure> {
        if intent == Intent::Read {
            return self.way.send(request, intent).await;
        }
        self.acts.fetch_add(1, Ordering::Relaxed);
        let silence = || Err(Failure::Lost("it did not answer in time".to_owned()));
        match self.fates.pop_front().unwrap_or(Fate::Fine) {
            Fate::Fine => self.way.send(request, intent).await,
            Fate::Lost => {
                self.way.send(request, intent).await.unwrap();
                silence()
            }
            Fate::Swallowed => silence(),
            Fate::Overtaken(clerk) => {
                self.tryton.clerk(&clerk.iter().map(String::as_str).collect::<Vec<_>>()).await;
                self.way.send(request, intent).await
            }
            Fate::SessionEnds => {
                self.tryton.end_sessions().await;
                self.way.send(request, intent).await
            }
            Fate::Dies => {
                self.way.send(request, intent).await.unwrap();
                std::future::pending().await
            }
        }
    }

    fn judge(&self, answer: &Answer) -> Verdict {
        self.way.judge(answer)
    }
}

impl Stage {
    async fn new(world: World) -> Self {
        let tryton = Tryton::start().await;
        let (files, url) = (Scratch::new("secret"), tryton.url.clone());
        let section = section(&files, &url);
        let outbox = Outbox::new(world.store.clone(), world.nord.sources[ERP], world.lease("erp").await);
        Self { world, tryton, outbox, section, _files: files }
    }

    /// Puts a command into the outbox.
    async fn command(&self, action: Action, external_id: i64) -> CommandId {
        let mut tx = self.world.store.begin(Actor::system("test", "a decision")).await.unwrap();
        let row = command::Model {
            id: CommandId::new(),
            plant_id: self.world.nord.plant,
            case_id: None,
            decision_id: None,
            hold_id: None,
            source_id: self.world.nord.sources[ERP],
            action: action.to_string(),
            subject_id: Uuid::nil(),
            payload: json!({ "externalId": external_id.to_string(), "reason": "a test" }).to_string(),
            state: CommandState::Pending,
            attempts: 0,
            leased_until: None,
            outcome: None,
            changed_at: tx.at(),
            revision: 0,
        };
        let id = tx.create::<command::Entity>(row, ChangeKind::CommandMoved).await.unwrap().id;
        tx.commit().await.unwrap();
        id
    }

    /// A sender on whose way these things happen, and the number of requests that acted.
    fn sender(&self, fates: impl IntoIterator<Item = Fate>) -> (Sender<Road<'_>>, Arc<AtomicUsize>) {
        let acts = Arc::new(AtomicUsize::new(0));
        let way = TrytonTransport::new(&self.section).unwrap();
        let road = Road { way, tryton: &self.tryton, fates: fates.into_iter().collect(), acts: acts.clone() };
        let options = Options::new(&self.section, Vec::new(), UNLIMITED);
        (Sender::new(options, road, self.outbox.clone(), None), acts)
    }

    /// Sends the next command; the command as it is then.
    async fn send(&self, id: CommandId, fates: impl IntoIterator<Item = Fate>) -> command::Model {
        let (mut sender, _) = self.sender(fates);
        sender.run_once().await.unwrap();
        self.row(id).await
    }

    async fn row(&self, id: CommandId) -> command::Model {
        self.world.find::<command::Entity>(id.0).await
    }

    /// The lease of a sender that died ends.
    async fn lease_ends(&self, id: CommandId) {
        let mut tx = self.world.store.begin(Actor::system("test", "time passes")).await.unwrap();
        let row = tx.job_lock::<command::Entity>(id.0).await.unwrap().unwrap();
        let after = command::Model { leased_until: Some(self.world.ago(1)), ..row.clone() };
        tx.update::<command::Entity>(&row, after, ChangeKind::CommandMoved).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn lot(&self, number: &str) -> i64 {
        self.tryton.clerk(&["where", number]).await["id"].as_i64().unwrap()
    }

    /// Where the lot is: in storage, in quarantine.
    async fn whereabouts(&self, number: &str) -> (f64, f64) {
        let places = self.tryton.clerk(&["where", number]).await;
        (places["STO"].as_f64().unwrap(), places["QUAR"].as_f64().unwrap())
    }

    async fn shipments(&self, id: CommandId) -> Value {
        self.tryton.clerk(&["shipments", &id.to_string()]).await
    }

    async fn order(&self, reference: &str) -> i64 {
        self.tryton.clerk(&["order", "LINE1", "100", reference]).await["id"].as_i64().unwrap()
    }
}

fn section(files: &Scratch, url: &str) -> SystemSection {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let password = files.path().join("password");
    std::fs::write(&password, "admin").unwrap();
    let text = plant_file::PlantFile::nord().tryton(url).text();
    let text = text.replace("env = \"ERP_PASSWORD\"", &format!("file = \"{}\"", password.display()));
    PlantFile::parse(&text).unwrap().systems.remove(0)
}

fn said(row: &command::Model) -> &str {
    row.outcome.as_deref().unwrap_or_default()
}

async fn on_stage<F: Future<Output = ()>>(body: impl FnOnce(Stage) -> F) {
    run(Kind::Sqlite, async |world| body(Stage::new(world).await).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_moves_the_stock_to_quarantine_and_a_release_moves_it_back() {
    on_stage(async |stage| {
        let lot = stage.lot("TOM-0002").await;
        let hold = stage.command(Action::BlockLot, lot).await;
        let row = stage.send(hold, []).await;
        assert_eq!((row.state, row.attempts), (CommandState::Verified, 1), "{}", said(&row));
        assert_eq!(stage.whereabouts("TOM-0002").await, (0.0, 400.0));
        assert_eq!(stage.shipments(hold).await, json!(["done"]));
        // There is nothing to hold any more: refused in words, and nothing is left behind.
        let again = stage.command(Action::BlockLot, lot).await;
        let row = stage.send(again, []).await;
        assert_eq!(row.state, CommandState::Rejected);
        assert!(said(&row).contains("no stock of the lot in STO"), "{}", said(&row));
        assert_eq!(stage.shipments(again).await, json!([]));
        let release = stage.command(Action::ReleaseLot, lot).await;
        let row = stage.send(release, []).await;
        assert_eq!(row.state, CommandState::Verified, "{}", said(&row));
        assert_eq!(stage.whereabouts("TOM-0002").await, (400.0, 0.0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_lost_is_looked_for_and_never_made_twice() {
    on_stage(async |stage| {
        let lot = stage.lot("TOM-0002").await;
        let hold = stage.command(Action::BlockLot, lot).await;
        // The shipment is made and nobody hears of it; then it is done, and nobody hears of that either.
        let (mut sender, acts) = stage.sender([Fate::Lost, Fate::Fine, Fate::Fine, Fate::Fine, Fate::Lost]);
        assert_eq!(sender.run_once().await.unwrap(), Did::Ended);
        let row = stage.row(hold).await;
        assert_eq!(row.state, CommandState::Verified, "{}", said(&row));
        assert_eq!(acts.load(Ordering::Relaxed), 5, "each step was sent once");
        assert_eq!(stage.shipments(hold).await, json!(["done"]));
        assert_eq!(stage.whereabouts("TOM-0002").await, (0.0, 400.0));
        // A request that never arrived is sent again once the probe has shown that.
        let release = stage.command(Action::ReleaseLot, lot).await;
        let row = stage.send(release, [Fate::Swallowed, Fate::Fine, Fate::Swallowed]).await;
        assert_eq!(row.state, CommandState::Verified, "{}", said(&row));
        assert_eq!(stage.shipments(release).await, json!(["done"]));
        assert_eq!(stage.whereabouts("TOM-0002").await, (400.0, 0.0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_dies_in_mid_command_is_followed_by_one_that_looks_first() {
    on_stage(async |stage| {
        let hold = stage.command(Action::BlockLot, stage.lot("TOM-0002").await).await;
        // It dies after the shipment was made, the next one after it was assigned, and the third after it was done.
        for (attempt, fates) in [(1, vec![Fate::Dies]), (2, vec![Fate::Fine, Fate::Dies]), (3, vec![Fate::Dies])] {
            let (mut sender, acts) = stage.sender(fates.clone());
            let dies = tokio::time::timeout(Duration::from_secs(8), sender.run_once()).await;
            assert!(dies.is_err(), "attempt {attempt}: {dies:?}");
            assert_eq!(acts.load(Ordering::Relaxed), fates.len());
            assert_eq!(stage.row(hold).await.state, CommandState::Sent);
            stage.lease_ends(hold).await;
        }
        let row = stage.send(hold, []).await;
        assert_eq!((row.state, row.attempts), (CommandState::Verified, 4), "{}", said(&row));
        assert_eq!(stage.shipments(hold).await, json!(["done"]));
        assert_eq!(stage.whereabouts("TOM-0002").await, (0.0, 400.0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_started_under_its_lock_and_another_one_cancelled() {
    on_stage(async |stage| {
        let started = stage.order("SO-9001").await;
        let start = stage.command(Action::StartOrder, started).await;
        // Somebody changes the order between reading it and asking: Tryton refuses, and it is read again.
        let overtaken = |text: &str| Fate::Overtaken(vec!["note".into(), text.into(), format!("{text}x")]);
        let row = stage.send(start, [overtaken("SO-9001")]).await;
        assert_eq!(row.state, CommandState::Verified, "{}", said(&row));
        let cancelled = stage.order("SO-9002").await;
        let cancel = stage.command(Action::CancelOrder, cancelled).await;
        let row = stage.send(cancel, []).await;
        assert_eq!(row.state, CommandState::Verified, "{}", said(&row));
        // What runs is not cancelled from here.
        let refused = stage.command(Action::CancelOrder, started).await;
        let row = stage.send(refused, []).await;
        assert_eq!(row.state, CommandState::Rejected);
        assert!(said(&row).contains("the order is running"), "{}", said(&row));
        // Somebody who is faster every time wins.
        let busy = stage.order("SO-9003").await;
        let lost = stage.command(Action::CancelOrder, busy).await;
        let faster = [overtaken("SO-9003"), overtaken("SO-9003x"), overtaken("SO-9003xx")];
        let row = stage.send(lost, faster).await;
        assert_eq!(row.state, CommandState::Rejected);
        assert!(said(&row).contains("somebody else changes the record"), "{}", said(&row));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_tryton_refuses_ends_with_its_own_words_and_leaves_nothing_behind() {
    on_stage(async |stage| {
        // All of the lot is promised to an order: nothing of it can be assigned to the shipment.
        let order = stage.order("SO-9100").await;
        stage.tryton.clerk(&["quantity", "SO-9100", "100"]).await;
        let start = stage.command(Action::StartOrder, order).await;
        let row = stage.send(start, []).await;
        assert_eq!(row.state, CommandState::Verified, "{}", said(&row));
        let again = stage.command(Action::StartOrder, order).await;
        let row = stage.send(again, []).await;
        // It runs: the probe finds that before anything is sent.
        assert_eq!(row.state, CommandState::Verified, "{}", said(&row));
        let nowhere = stage.command(Action::StartOrder, 999_999).await;
        let row = stage.send(nowhere, []).await;
        assert_eq!(row.state, CommandState::Rejected, "{}", said(&row));
        let unknown = stage.command(Action::ReleaseOrder, order).await;
        let row = stage.send(unknown, []).await;
        assert_eq!(row.state, CommandState::Rejected);
        assert!(said(&row).contains("declares no action RELEASE_ORDER"), "{}", said(&row));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_is_renewed_within_the_command() {
    on_stage(async |stage| {
        let hold = stage.command(Action::BlockLot, stage.lot("TOM-0003").await).await;
        let fates = [Fate::Fine, Fate::SessionEnds, Fate::Fine, Fate::Fine, Fate::SessionEnds];
        let row = stage.send(hold, fates).await;
        assert_eq!(row.state, CommandState::Verified, "{}", said(&row));
        assert_eq!(stage.shipments(hold).await, json!(["done"]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tryton_that_is_down_and_a_stopped_source_keep_commands_waiting() {
    on_stage(async |mut stage| {
        let port = stage.tryton.url.rsplit(':').next().unwrap().parse().unwrap();
        let proxy = Proxy::to(port).await;
        stage.section = section(&stage._files, &format!("http://127.0.0.1:{}", proxy.port));
        let hold = stage.command(Action::BlockLot, stage.lot("TOM-0001").await).await;
        stop(&stage, true).await;
        let row = stage.send(hold, []).await;
        assert_eq!((row.state, row.attempts), (CommandState::Pending, 0));
        assert!(said(&row).contains("stopped"), "{}", said(&row));
        stop(&stage, false).await;
        proxy.set(Network::Down);
        let (mut sender, acts) = stage.sender([]);
        assert_eq!(sender.run_once().await.unwrap(), Did::Waits);
        let row = stage.row(hold).await;
        assert_eq!((row.state, row.attempts), (CommandState::Pending, 0), "{}", said(&row));
        assert!(said(&row).contains("not sent yet"), "{}", said(&row));
        assert_eq!(acts.load(Ordering::Relaxed), 0);
        // After so many failures it is left alone for a while, and the command says so.
        assert_eq!(sender.run_once().await.unwrap(), Did::Nothing);
        assert!(said(&stage.row(hold).await).contains("left alone"));
        proxy.set(Network::Up);
        let row = stage.send(hold, []).await;
        assert_eq!((row.state, row.attempts), (CommandState::Verified, 1), "{}", said(&row));
    })
    .await;
}

/// Stops the commands of the ERP, or lets them go on.
async fn stop(stage: &Stage, stopped: bool) {
    let mut tx = stage.world.store.begin(Actor::system("test", "an administrator")).await.unwrap();
    let source = stage.world.nord.sources[ERP];
    let row = tx.job_lock::<source_system::Entity>(source.0).await.unwrap().unwrap();
    let after = source_system::Model { commands_stopped: stopped, ..row.clone() };
    tx.update::<source_system::Entity>(&row, after, ChangeKind::SourceStale).await.unwrap();
    tx.commit().await.unwrap();
}
