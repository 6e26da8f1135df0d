//! The database of the MES. Only this connection writes it; others may read the views.

use std::{path::Path, time::Duration};

use sqlx::{
    AssertSqlSafe, Connection, SqliteConnection, query,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use super::rows::{Change, Table};
use crate::business::fault::FaultKind;

/// How long a reader may keep the writer waiting, and with it the whole story; the writer tries again later.
const BUSY_TIME_MAX: Duration = Duration::from_millis(500);

/// The MES's own connection.
pub(crate) struct Database {
    connection: SqliteConnection,
    /// What the views suffer from.
    broken: Option<FaultKind>,
}

impl Database {
    /// Makes an empty database; one of an earlier run is removed.
    pub(crate) async fn create(path: &Path) -> Result<Self, sqlx::Error> {
        for suffix in ["", "-journal"] {
            match std::fs::remove_file(format!("{}{suffix}", path.display())) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            // A reader without the right to write can open the file, and an exclusive lock keeps it out.
            .journal_mode(SqliteJournalMode::Delete)
            .synchronous(SqliteSynchronous::Off)
            .busy_timeout(BUSY_TIME_MAX);
        let mut database = Database { connection: SqliteConnection::connect_with(&options).await?, broken: None };
        for table in Table::ALL {
            let columns = table.columns();
            let rest: Vec<_> = columns[1..].iter().map(|name| format!("{name} TEXT")).collect();
            database
                .run(&format!(
                    "CREATE TABLE t_{} ({} TEXT PRIMARY KEY, {}, {} TEXT NOT NULL, changed_seq INTEGER NOT NULL)",
                    table.name(),
                    columns[0],
                    rest.join(", "),
                    table.time_column(),
                ))
                .await?;
            database.run(&format!("CREATE INDEX i_{0} ON t_{0} (changed_seq)", table.name())).await?;
        }
        database.show_views(None).await?;
        Ok(database)
    }

    /// Writes what has changed, all of it or nothing.
    pub(crate) async fn write(&mut self, changes: &[Change]) -> Result<(), sqlx::Error> {
        if changes.is_empty() {
            return Ok(());
        }
        let mut transaction = self.connection.begin().await?;
        for change in changes {
            match change {
                Change::Write { table, values, at, seq } => {
                    let marks = vec!["?"; values.len() + 2].join(", ");
                    let sql = format!("INSERT OR REPLACE INTO t_{} VALUES ({marks})", table.name());
                    let mut statement = query(AssertSqlSafe(sql));
                    for value in values {
                        statement = statement.bind(value.as_deref());
                    }
                    statement.bind(at.as_str()).bind(*seq).execute(&mut *transaction).await?;
                }
                Change::Delete { table, key } => {
                    let sql = format!("DELETE FROM t_{} WHERE {} = ?", table.name(), table.columns()[0]);
                    query(AssertSqlSafe(sql)).bind(key.as_str()).execute(&mut *transaction).await?;
                }
            }
        }
        transaction.commit().await
    }

    /// Lets the readers suffer from a fault, or from none. Nothing is done when it is the same as before.
    pub(crate) async fn suffer(&mut self, fault: Option<FaultKind>) -> Result<(), sqlx::Error> {
        if self.broken == fault {
            return Ok(());
        }
        if self.broken.take() == Some(FaultKind::Slow) {
            self.run("ROLLBACK").await?;
        }
        self.show_views(fault).await?;
        if fault == Some(FaultKind::Slow) {
            self.run("BEGIN EXCLUSIVE").await?;
        }
        self.broken = fault;
        Ok(())
    }

    /// Whether nothing can be written now.
    pub(crate) fn is_locked(&self) -> bool {
        matches!(self.broken, Some(FaultKind::Slow | FaultKind::StaleReadBack))
    }

    pub(crate) async fn close(self) -> Result<(), sqlx::Error> {
        self.connection.close().await
    }

    async fn show_views(&mut self, fault: Option<FaultKind>) -> Result<(), sqlx::Error> {
        let mut transaction = self.connection.begin().await?;
        for table in Table::ALL {
            let name = table.name();
            query(AssertSqlSafe(format!("DROP VIEW IF EXISTS v_{name}"))).execute(&mut *transaction).await?;
            let columns = table.columns().iter().filter(|column| **column != "entry").copied();
            let columns: Vec<_> = columns.chain([table.time_column(), "changed_seq"]).collect();
            let condition = if fault == Some(FaultKind::Half) { " WHERE rowid % 2 = 0" } else { "" };
            if fault != Some(FaultKind::Error) {
                let sql = format!("CREATE VIEW v_{name} AS SELECT {} FROM t_{name}{condition}", columns.join(", "));
                query(AssertSqlSafe(sql)).execute(&mut *transaction).await?;
            }
        }
        transaction.commit().await
    }

    async fn run(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        query(AssertSqlSafe(sql.to_owned())).execute(&mut self.connection).await.map(|_| ())
    }
}
