//! A fresh, migrated database for each test.

use std::{sync::Arc, time::Duration};

use model::{Store, StoreOptions, clock::SystemClock, entity::journal_head};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DatabaseConnection, EntityTrait};
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::{postgres::Postgres, scratch::Scratch};

/// The database from which those of PostgreSQL are cloned.
const TEMPLATE: &str = "plantgraph_template";
/// Connections of one store: enough that sixteen writers meet in the database and not in the pool.
const CONNECTIONS: u32 = 20;

static SQLITE_TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();
static POSTGRES_TEMPLATE: OnceCell<()> = OnceCell::const_new();

/// Kind of a database under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    Sqlite,
    /// A database of the shared server.
    Postgres,
}

/// A fresh, migrated database. A file goes when the last clone is dropped; the server's go with the server.
#[derive(Clone, Debug)]
pub struct Database {
    /// The kind.
    pub kind: Kind,
    url: String,
    _files: Option<Arc<Scratch>>,
}

impl Database {
    /// A fresh one. Copying what was migrated once takes a tenth of the time of migrating.
    pub async fn create(kind: Kind) -> Self {
        let database = match kind {
            Kind::Sqlite => sqlite().await,
            Kind::Postgres => postgres().await,
        };
        database.become_another_journal().await;
        database
    }

    /// One without a single table.
    pub async fn empty(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => {
                let files = Scratch::new("empty");
                let url = format!("sqlite://{}", files.path().join("twin.db").display());
                Self { kind, url, _files: Some(Arc::new(files)) }
            }
            Kind::Postgres => {
                let server = Postgres::shared();
                let name = format!("empty_{}", Uuid::new_v4().simple());
                execute(&server.url("postgres"), &format!("CREATE DATABASE {name}")).await;
                Self { kind, url: server.url(&name), _files: None }
            }
        }
    }

    /// Opens it as a process of its own would. Several stores on one database are several replicas.
    pub async fn open(&self) -> Store {
        let options = StoreOptions { connections_max: CONNECTIONS, ..StoreOptions::new(self.url.clone()) };
        Store::open(&options, Arc::new(SystemClock)).await.unwrap()
    }

    /// Its address, for a process of its own.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A connection below the store, for looking at everything and for breaking things.
    pub async fn connect(&self) -> DatabaseConnection {
        connect(&self.url).await
    }

    /// A copy has the identity of its original; a database that was migrated by itself has its own.
    async fn become_another_journal(&self) {
        let connection = self.connect().await;
        let head = journal_head::ActiveModel {
            id: Set(1),
            journal_id: Set(Uuid::new_v4()),
            cursor_key: Set([Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat()),
            ..Default::default()
        };
        journal_head::Entity::update(head).exec(&connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

async fn sqlite() -> Database {
    let template = SQLITE_TEMPLATE
        .get_or_init(async || {
            let files = Scratch::new("template");
            let file = files.path().join("twin.db");
            migrate(&format!("sqlite://{}", file.display())).await;
            std::fs::read(file).unwrap()
        })
        .await;
    let files = Scratch::new("test");
    let file = files.path().join("twin.db");
    std::fs::write(&file, template).unwrap();
    Database { kind: Kind::Sqlite, url: format!("sqlite://{}", file.display()), _files: Some(Arc::new(files)) }
}

async fn postgres() -> Database {
    let server = Postgres::shared();
    POSTGRES_TEMPLATE
        .get_or_init(async || {
            execute(&server.url("postgres"), &format!("CREATE DATABASE {TEMPLATE}")).await;
            migrate(&server.url(TEMPLATE)).await;
        })
        .await;
    let name = format!("test_{}", Uuid::new_v4().simple());
    execute(&server.url("postgres"), &format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}")).await;
    Database { kind: Kind::Postgres, url: server.url(&name), _files: None }
}

/// Migrates and closes: the template is copied, so nobody may be connected to it.
async fn migrate(url: &str) {
    let store = Store::open(&StoreOptions::new(url), Arc::new(SystemClock)).await.unwrap();
    migrations::up(store.migration_connection()).await.unwrap();
    store.close().await.unwrap();
}

async fn execute(url: &str, statement: &str) {
    let connection = connect(url).await;
    connection.execute_unprepared(statement).await.unwrap();
    connection.close().await.unwrap();
}

async fn connect(url: &str) -> DatabaseConnection {
    let mut options = sea_orm::ConnectOptions::new(url);
    // As in the store: the pool's task that closes old connections can run wild.
    options.max_connections(1).idle_timeout(None::<Duration>).max_lifetime(None::<Duration>).sqlx_logging(false);
    sea_orm::Database::connect(options).await.unwrap()
}
