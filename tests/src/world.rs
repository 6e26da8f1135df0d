//! A database with a living service around it: two plants, their people, the journal's tail, and somebody who writes
//! down what happened.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};
use model::{
    LineId, Principal, Scope, Store,
    entity::external_reference::Said,
    journal::{Journal, JournalOptions},
    store::Lease,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;
use workflow::{
    live::LiveValues,
    plant::{Installed, PlantDefinition, install},
    rights::Table,
    service::{Operation, Outcome, Service},
    timers,
};

use crate::{
    database::{Database, Kind},
    history::{self, asked::Asked, stream::Stream},
    people, plant,
};

/// How long the tests' own leases last: longer than any test.
const LEASE_TTL: std::time::Duration = std::time::Duration::from_secs(600);

/// What a test acts on. Cheap to clone; all clones are the same world.
#[derive(Clone, Debug)]
pub struct World {
    /// The database.
    pub database: Database,
    /// The store of the one replica that every test has.
    pub store: Store,
    /// What people ask.
    pub service: Service,
    /// The journal as this replica follows it.
    pub journal: Journal,
    /// The running values.
    pub live: LiveValues,
    /// The plant of the tests: lines L1 and L2.
    pub nord: Installed,
    /// The other plant: line S1. What happens at NORD must not be seen from here.
    pub sued: Installed,
    pub(crate) asked: Arc<Mutex<Vec<Asked>>>,
    pub(crate) stream: Arc<Stream>,
    tracker: TaskTracker,
    cancel: CancellationToken,
    keys: Arc<AtomicU64>,
}

impl World {
    /// What every record says of a subject: attribute, what is said, version of the mapping.
    pub async fn claims(&self, subject: Uuid) -> Vec<(String, Said, String)> {
        let mut claims = Vec::new();
        for record in self.view().references_of(&[subject]).await.unwrap() {
            let version = record.mapping_version.clone();
            claims.extend(record.says().unwrap().into_iter().map(|(name, said)| (name, said, version.clone())));
        }
        claims
    }

    /// A fresh world.
    pub async fn new(kind: Kind) -> Self {
        let database = Database::create(kind).await;
        let store = database.open().await;
        let nord = install(&store, &plant::definition("NORD", &["L1", "L2"])).await.unwrap();
        let sued = install(&store, &plant::definition("SUED", &["S1"])).await.unwrap();
        people::settle(&store, nord.plant, sued.plant).await;
        let (tracker, cancel) = (TaskTracker::new(), CancellationToken::new());
        let journal = Journal::spawn(store.clone(), JournalOptions::default(), &tracker, cancel.clone()).await.unwrap();
        let stream = Stream::follow(&journal, Scope::of([nord.plant]), &tracker).await;
        Self {
            service: Service::new(store.clone(), Arc::new(Table::standard())),
            database,
            store,
            journal,
            live: LiveValues::default(),
            nord,
            sued,
            asked: Arc::default(),
            stream,
            tracker,
            cancel,
            keys: Arc::default(),
        }
    }

    /// Another replica on the same database: a store, a service and a tail of its own.
    pub async fn replica(&self) -> Self {
        let store = self.database.open().await;
        let journal = self.follow(&store, JournalOptions::default()).await;
        Self { service: Service::new(store.clone(), Arc::new(Table::standard())), store, journal, ..self.clone() }
    }

    /// One more tail, with its own options.
    pub async fn follow(&self, store: &Store, options: JournalOptions) -> Journal {
        Journal::spawn(store.clone(), options, &self.tracker, self.cancel.clone()).await.unwrap()
    }

    /// The tracker of everything that runs in the background of this world, and the token that ends it.
    pub fn background(&self) -> (&TaskTracker, CancellationToken) {
        (&self.tracker, self.cancel.clone())
    }

    /// Ends the background and proves the history that the test leaves behind.
    pub async fn finish(self) {
        history::check(&self).await;
        self.cancel.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// Now.
    pub fn now(&self) -> DateTime<Utc> {
        self.store.clock().now()
    }

    /// So many seconds ago: tests report the past instead of waiting for the future.
    pub fn ago(&self, seconds: i64) -> DateTime<Utc> {
        self.now() - TimeDelta::seconds(seconds)
    }

    /// Position of the journal's last row.
    pub async fn head(&self) -> i64 {
        self.store.journal_head().await.unwrap().pos
    }

    /// A line of NORD.
    pub fn line(&self, code: &str) -> LineId {
        self.nord.lines[code]
    }

    /// The same world after a change to the definition of NORD; what it does not name stays.
    #[must_use]
    pub async fn redefine(&self, change: impl FnOnce(&mut PlantDefinition)) -> Self {
        let mut definition = plant::definition("NORD", &["L1", "L2"]);
        change(&mut definition);
        Self { nord: install(&self.store, &definition).await.unwrap(), ..self.clone() }
    }

    /// Takes a lease that lasts for the test.
    pub async fn lease(&self, name: &str) -> Lease {
        self.store.take_lease(name, "test", LEASE_TTL).await.unwrap().expect("no other process runs in a test")
    }

    /// An account as the database knows it.
    pub async fn principal(&self, account: &str) -> Principal {
        self.store.principal(account).await.unwrap().unwrap()
    }

    /// Asks for something under a key that nobody used.
    pub async fn ask<O: Operation>(&self, account: &str, operation: O) -> Outcome {
        let key = format!("key-{}", self.keys.fetch_add(1, Ordering::Relaxed));
        self.ask_with(&key, account, operation).await
    }

    /// Asks for something under a key. The answer is written down: what was acknowledged must be found in the end.
    pub async fn ask_with<O: Operation>(&self, key: &str, account: &str, operation: O) -> Outcome {
        let principal = self.principal(account).await;
        let outcome = self.service.execute(&principal, key, operation).await.unwrap();
        let asked = Asked { principal, key: key.to_owned(), operation: O::NAME, outcome: outcome.clone() };
        self.asked.lock().unwrap().push(asked);
        outcome
    }

    /// Fires the timers that are due; returns how many.
    pub async fn fire_due(&self) -> usize {
        timers::fire_due(&self.store).await.unwrap()
    }
}
