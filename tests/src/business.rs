//! Two business systems around a world: the simulated ERP and WMS on real sockets, read and written to by the connectors.

use std::{path::Path, sync::Arc, time::Duration};

use chrono::TimeDelta;
use connectors::{
    Error,
    actions::{Did, Limit, Options, Sender, Transport},
    erp::{Poller, Report, poller},
    http_json,
    manifest::System,
    odata,
    plant_file::{PlantFile, Secret, SecretSource, SystemSection},
    system::{self, AnySource},
};
use model::{
    CommandId, Role,
    clock::SystemClock,
    entity::command::{self, CommandState},
    journal::ChangeKind,
    store::{Actor, Lease},
};
use simulator::{Business, BusinessOptions, BusinessSystem, Effect};
use tokio_util::sync::CancellationToken;
use workflow::{
    commands::{Action, Outbox},
    directory::{Account, grant},
    sync::Syncer,
};

use crate::{
    plant::{ERP, WMS},
    scratch::Scratch,
    world::World,
};

/// Looks after the connections of NORD.
pub const IVY: &str = "ivy";
/// Both systems.
pub const BOTH: [BusinessSystem; 2] = [BusinessSystem::Erp, BusinessSystem::Wms];
/// Takes no time: the tests count effects, not requests.
const UNLIMITED: Limit = Limit { per_second: 1_000.0, burst: 1_000.0 };
/// Looks into the outbox in which a command may end. More, and it never does.
const LOOKS_MAX: usize = 12;

/// NORD with an ERP and a WMS that answer.
#[derive(Clone)]
pub struct Stage {
    /// The world.
    pub world: World,
    /// The systems, with hands for tests.
    pub business: Business,
    sections: [SystemSection; 2],
    _files: Arc<Scratch>,
}

/// The code of a system at NORD.
pub fn code(system: BusinessSystem) -> &'static str {
    if system == BusinessSystem::Erp { ERP } else { WMS }
}

impl Stage {
    /// Starts the systems; nothing is read yet.
    pub async fn new(world: World, change: impl FnOnce(&mut BusinessOptions)) -> Self {
        let _already = rustls::crypto::ring::default_provider().install_default();
        let files = Scratch::new("business");
        let mut options = BusinessOptions { mes: None, story: false, ..BusinessOptions::new(files.path()) };
        change(&mut options);
        let (tracker, cancel) = world.background();
        let business = Business::start(options, cancel, tracker).await.unwrap();
        let sections = BOTH.map(|system| section(system, &business, files.path()));
        let ivy = Account {
            subject: IVY.to_owned(),
            person: None,
            name: "Ivy".to_owned(),
            roles: vec![Role::IntegrationAdmin],
            service: false,
        };
        grant(&world.store, world.nord.plant, &[ivy]).await.unwrap();
        Self { world, business, sections, _files: Arc::new(files) }
    }

    /// What the plant file says of a system.
    pub fn section(&self, system: BusinessSystem) -> &SystemSection {
        &self.sections[usize::from(system != BusinessSystem::Erp)]
    }

    /// The lease of a system's jobs. The one who has it has it for the test.
    pub async fn lease(&self, system: BusinessSystem) -> Lease {
        self.world.lease(&code(system).to_lowercase()).await
    }

    /// A job that was just started and has read nothing yet.
    pub async fn poller(&self, system: BusinessSystem) -> Poller<AnySource> {
        let (clock, section) = (Arc::new(SystemClock), self.section(system));
        let options =
            poller::Options { name: section.code.clone(), interval: section.poll_interval, clock: clock.clone() };
        let source = self.world.nord.sources[code(system)];
        let syncer = Syncer::new(self.world.store.clone(), source, self.lease(system).await).await.unwrap();
        Poller::new(options, system::open(section, clock).unwrap(), syncer)
    }

    /// Reads a system once, as a process does that was just started.
    pub async fn read(&self, system: BusinessSystem) -> Result<Report, Error> {
        self.poller(system).await.run_once().await
    }

    /// Reads both.
    pub async fn read_both(&self) {
        for system in BOTH {
            self.read(system).await.unwrap();
        }
    }

    /// The outbox of a system, for the owner of its lease.
    pub async fn outbox(&self, system: BusinessSystem) -> Outbox {
        Outbox::new(self.world.store.clone(), self.world.nord.sources[code(system)], self.lease(system).await)
    }

    /// Takes the commands of a system to their ends; a sender that has to wait for a lease does not have to in a test.
    pub async fn carry_out(&self, system: BusinessSystem) {
        let outbox = self.outbox(system).await;
        self.carry_out_of(system, outbox).await;
    }

    /// The same with an outbox of one's own.
    pub async fn carry_out_of(&self, system: BusinessSystem, outbox: Outbox) {
        let section = self.section(system);
        match &section.manifest.system {
            System::Odata(kind) => {
                let options = Options::new(section, kind.classify.clone(), UNLIMITED);
                let transport = odata::transport(kind, section).unwrap();
                self.drive(system, Sender::new(options, transport, outbox, None)).await;
            }
            System::HttpJson(kind) => {
                let options = Options::new(section, kind.classify.clone(), UNLIMITED);
                let transport = http_json::transport(kind, section).unwrap();
                self.drive(system, Sender::new(options, transport, outbox, None)).await;
            }
            _ => panic!("the simulated ERP and WMS are of other kinds"),
        }
    }

    async fn drive<T: Transport>(&self, system: BusinessSystem, mut sender: Sender<T>) {
        for _ in 0..LOOKS_MAX {
            let did = sender.run_once().await.unwrap();
            let open = self.open_commands(system).await;
            if open.is_empty() {
                return;
            }
            for row in open.iter().filter(|row| row.state != CommandState::Pending) {
                self.lease_ends(row.id).await;
            }
            if did != Did::Ended {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
        panic!("it has no end: {:?}", self.open_commands(system).await);
    }

    async fn open_commands(&self, system: BusinessSystem) -> Vec<command::Model> {
        let mut rows = self.world.table::<command::Entity>().await;
        rows.retain(|row| row.source_id == self.world.nord.sources[code(system)] && !is_over(row.state));
        rows
    }

    /// The only command of an action for a system.
    pub async fn command(&self, system: BusinessSystem, action: Action) -> command::Model {
        let source = self.world.nord.sources[code(system)];
        let mut rows = self.world.table::<command::Entity>().await;
        rows.retain(|row| row.source_id == source && row.action == action.as_str());
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows.remove(0)
    }

    /// The states of a command, in the order in which the journal has them.
    pub async fn course(&self, id: CommandId) -> Vec<CommandState> {
        let rows = self.world.journal_rows(0).await;
        let mut states: Vec<CommandState> = rows
            .iter()
            .filter(|row| row.subject_id == id.0)
            .map(|row| serde_json::from_str::<command::Model>(&row.after).unwrap().state)
            .collect();
        states.dedup();
        states
    }

    /// The lease of a sender that is silent ends.
    pub async fn lease_ends(&self, id: CommandId) {
        let mut tx = self.world.store.begin(Actor::system("test", "time passes")).await.unwrap();
        let row = tx.job_lock::<command::Entity>(id.0).await.unwrap().unwrap();
        let after = command::Model { leased_until: Some(tx.at() - TimeDelta::seconds(1)), ..row.clone() };
        tx.update::<command::Entity>(&row, after, ChangeKind::CommandMoved).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// What commands did to a lot in a system.
    pub fn effects(&self, system: BusinessSystem, lot: &str) -> Vec<Effect> {
        let mut effects = self.business.ledger(system);
        effects.retain(|effect| effect.target == lot);
        effects
    }

    /// What a system calls a lot, in its own word.
    pub fn status(&self, system: BusinessSystem, lot: &str) -> String {
        self.business.lot(system, lot).unwrap().status
    }

    /// Everything of both systems runs by itself until cancelled, as `serve` runs it.
    pub async fn run(&self) -> CancellationToken {
        let (tracker, cancel) = self.world.background();
        let cancel = cancel.child_token();
        for system in BOTH {
            let source = self.world.nord.sources[code(system)];
            let syncer = Syncer::new(self.world.store.clone(), source, self.lease(system).await).await.unwrap();
            let (section, outbox) = (self.section(system).clone(), self.outbox(system).await);
            let run = system::run(section, syncer, outbox, None, Arc::new(SystemClock), cancel.clone());
            tracker.spawn(async move { run.await.unwrap() });
        }
        cancel
    }
}

/// Whether nothing more happens to a command.
pub fn is_over(state: CommandState) -> bool {
    matches!(state, CommandState::Verified | CommandState::Mismatch | CommandState::Rejected | CommandState::Unknown)
}

/// The section of a system, with its real manifest in which only the times are those of a test.
fn section(system: BusinessSystem, business: &Business, folder: &Path) -> SystemSection {
    let (name, kind, url, secrets) = match system {
        BusinessSystem::Erp => ("simulated-erp", "erp", &business.erp_url, &[("password", "erp-pass")][..]),
        _ => ("simulated-wms", "wms", &business.wms_url, &[("token", "wms-token"), ("webhook", "unused")][..]),
    };
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../patterns/systems/{name}.yaml"));
    let text = std::fs::read_to_string(manifest).unwrap();
    let text = ["10m", "1h"]
        .iter()
        .fold(text, |text, every| text.replace(&format!("key_sweep: {{every: {every}"), "key_sweep: {every: 1s"));
    let text = text.replace("deadline: 30s", "deadline: 4s");
    let text = text.replace("    compensate: ", "    settle: 500ms\n    compensate: ");
    std::fs::write(folder.join(format!("{name}.yaml")), text).unwrap();
    let code = code(system);
    let named: Vec<_> = secrets.iter().map(|(name, _)| format!("{name} = {{ env = \"NOBODY\" }}")).collect();
    let plant = crate::plant_file::PlantFile::nord().text();
    let path = folder.join(format!("{name}.toml"));
    let text = format!(
        "{plant}[[system]]\ncode = \"{code}\"\nname = \"{code}\"\nkind = \"{kind}\"\nmanifest = \"{name}.yaml\"\n\
         url = \"{url}\"\npoll_interval = \"300ms\"\nline_by_location = {{ L1 = \"L1\", L2 = \"L2\" }}\n\
         secrets = {{ {} }}\n",
        named.join(", ")
    );
    std::fs::write(&path, text).unwrap();
    let mut section = PlantFile::load(&path).unwrap().systems.remove(0);
    for (name, secret) in secrets {
        section.secrets.insert((*name).to_owned(), SecretSource::Given(Secret::new(*secret)));
    }
    section
}
