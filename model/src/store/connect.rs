//! Opening the database.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, SubsecRound, Utc};
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, EntityTrait, SqliteTransactionMode, Statement,
    TransactionOptions,
};
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use tokio::sync::watch;

use crate::{
    clock::SharedClock,
    entity::journal_head,
    error::{Doing, Error},
};

/// The oldest SQLite without the corruption of its write-ahead log (3.7.0 to 3.51.2).
const SQLITE_VERSION_MIN: (u32, u32, u32) = (3, 51, 3);
/// The oldest PostgreSQL that the tests run on.
const POSTGRES_VERSION_MIN: i64 = 150_000;
/// How long a writer of SQLite waits for another process's writer.
const SQLITE_BUSY: Duration = Duration::from_secs(10);

/// Kind of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// Embedded; one process.
    Sqlite,
    /// PostgreSQL; several processes.
    Postgres,
}

/// How to open the database.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// `sqlite://FILE` or `postgres://USER:PASSWORD@HOST/NAME`.
    pub url: String,
    /// Connections that read (and, on PostgreSQL, write).
    pub connections_max: u32,
    /// How long to wait for a connection.
    pub acquire_timeout: Duration,
}

impl StoreOptions {
    /// The defaults for a URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), connections_max: 16, acquire_timeout: Duration::from_secs(5) }
    }
}

/// The open database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
    database: Database,
    clock: SharedClock,
    wake: Arc<watch::Sender<u64>>,
}

impl Store {
    /// Opens the database and makes sure that it can keep our promises.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it does not answer, [`Error::Unsuitable`] for a wrong kind, version or setting.
    pub async fn open(options: &StoreOptions, clock: SharedClock) -> Result<Self, Error> {
        let (wake, _) = watch::channel(0);
        let (database, writer, reader) = if options.url.starts_with("sqlite:") {
            let writer = sqlite(options, 1).await?;
            check_sqlite(&writer).await?;
            (Database::Sqlite, writer, sqlite(options, options.connections_max.max(1)).await?)
        } else if options.url.starts_with("postgres:") || options.url.starts_with("postgresql:") {
            let pool = postgres(options).await?;
            check_postgres(&pool).await?;
            (Database::Postgres, pool.clone(), pool)
        } else {
            return Err(Error::Unsuitable("the URL must begin with sqlite:// or postgres://".into()));
        };
        Ok(Self { writer, reader, database, clock, wake: Arc::new(wake) })
    }

    /// The kind of the database.
    pub fn database(&self) -> Database {
        self.database
    }

    /// The clock.
    pub fn clock(&self) -> &SharedClock {
        &self.clock
    }

    /// The connection for migrations. Nothing else may use it.
    pub fn migration_connection(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// The database's time, on which leases and timers run. An embedded database has the clock of its process.
    pub async fn database_now(&self) -> Result<DateTime<Utc>, Error> {
        database_now(&self.reader, self.database, &self.clock).await
    }

    /// Answers if the database does.
    pub async fn ping(&self) -> Result<(), Error> {
        self.reader.ping().await.map_err(Error::Unavailable)
    }

    /// Closes all connections, after which a SQLite file is a single file again.
    pub async fn close(self) -> Result<(), Error> {
        let Self { writer, reader, .. } = self;
        reader.close().await.doing("close the database")?;
        writer.close().await.doing("close the database")
    }

    /// The head of the journal.
    pub async fn journal_head(&self) -> Result<journal_head::Model, Error> {
        journal_head::Entity::find_by_id(1)
            .one(&self.reader)
            .await
            .doing("read the journal's head")?
            .ok_or_else(|| Error::Unsuitable("the journal has no head; run `plantgraph migrate`".into()))
    }

    /// Changes whenever something was committed here. Carries no data: the database is the truth.
    pub fn wake(&self) -> watch::Receiver<u64> {
        self.wake.subscribe()
    }

    pub(crate) fn wake_up(&self) {
        self.wake.send_modify(|count| *count = count.wrapping_add(1));
    }

    pub(crate) fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    pub(crate) fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// A deferred SQLite transaction that turns from reading to writing fails at once; an immediate one waits its turn.
    pub(crate) fn transaction_options(&self) -> TransactionOptions {
        TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() }
    }
}

pub(crate) async fn database_now(
    connection: &impl ConnectionTrait,
    database: Database,
    clock: &SharedClock,
) -> Result<DateTime<Utc>, Error> {
    const DOING: &str = "read the database's time";
    match database {
        Database::Sqlite => Ok(clock.now()),
        Database::Postgres => {
            let statement =
                Statement::from_string(connection.get_database_backend(), "SELECT clock_timestamp() AS now");
            let row = connection.query_one_raw(statement).await.doing(DOING)?;
            let now: DateTime<Utc> = row
                .ok_or_else(|| Error::Unsuitable("the database tells no time".into()))?
                .try_get("", "now")
                .doing(DOING)?;
            Ok(now.trunc_subsecs(6))
        }
    }
}

fn connect_options(options: &StoreOptions, connections_max: u32) -> ConnectOptions {
    let mut connect = ConnectOptions::new(options.url.clone());
    connect
        .max_connections(connections_max)
        .min_connections(1)
        .acquire_timeout(options.acquire_timeout)
        .connect_timeout(options.acquire_timeout)
        // Connections do not age: the task that would close old ones can count below zero and then keeps a thread busy for
        // ever (sqlx 0.9.0, its issue 3645). A connection that broke is found when it is taken from the pool.
        .idle_timeout(None::<Duration>)
        .max_lifetime(None::<Duration>)
        .sqlx_logging(false);
    connect
}

async fn sqlite(options: &StoreOptions, connections_max: u32) -> Result<DatabaseConnection, Error> {
    let mut connect = connect_options(options, connections_max);
    connect.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(SQLITE_BUSY)
    });
    sea_orm::Database::connect(connect).await.map_err(Error::Unavailable)
}

async fn postgres(options: &StoreOptions) -> Result<DatabaseConnection, Error> {
    let mut connect = connect_options(options, options.connections_max.max(2));
    connect.set_schema_search_path("public");
    sea_orm::Database::connect(connect).await.map_err(Error::Unavailable)
}

async fn check_sqlite(connection: &DatabaseConnection) -> Result<(), Error> {
    let version: String = scalar(connection, "SELECT sqlite_version() AS value").await?;
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if found < SQLITE_VERSION_MIN {
        return Err(Error::Unsuitable(format!(
            "SQLite {version} can corrupt its write-ahead log; 3.51.3 or later is needed"
        )));
    }
    let mode: String = scalar(connection, "PRAGMA journal_mode").await?;
    let synchronous: i32 = scalar(connection, "PRAGMA synchronous").await?;
    if mode != "wal" || synchronous != 2 {
        return Err(Error::Unsuitable(format!(
            "SQLite runs with journal_mode={mode}, synchronous={synchronous}; WAL and FULL (2) are needed"
        )));
    }
    Ok(())
}

async fn check_postgres(connection: &DatabaseConnection) -> Result<(), Error> {
    let version: String = scalar(connection, "SHOW server_version_num").await?;
    if version.parse::<i64>().unwrap_or(0) < POSTGRES_VERSION_MIN {
        return Err(Error::Unsuitable(format!("PostgreSQL {version} is too old; 15 or later is needed")));
    }
    let durable: String = scalar(connection, "SHOW synchronous_commit").await?;
    if durable == "off" {
        return Err(Error::Unsuitable(
            "PostgreSQL runs with synchronous_commit=off: what it acknowledges may be lost".into(),
        ));
    }
    Ok(())
}

async fn scalar<T: sea_orm::TryGetable>(connection: &DatabaseConnection, sql: &str) -> Result<T, Error> {
    const DOING: &str = "look at the database's version and settings";
    let row =
        connection.query_one_raw(Statement::from_string(connection.get_database_backend(), sql)).await.doing(DOING)?;
    row.ok_or_else(|| Error::Unsuitable(format!("'{sql}' answered nothing")))?.try_get_by_index(0).doing(DOING)
}
