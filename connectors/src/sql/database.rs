//! Connections to databases of others, which can not write.

use std::{str::FromStr, time::Duration};

use sqlx::{
    AssertSqlSafe, Column as _, Executor, PgPool, Postgres, Row, SqlSafeStr, Sqlite, SqlitePool, Statement,
    Transaction, TypeInfo, ValueRef,
    postgres::{PgConnectOptions, PgPoolOptions, PgRow},
    sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteRow},
};

use super::{
    query::{Bound, Dialect, Query},
    value::Raw,
};
use crate::{Error, http::foreign, plant_file::SecretSource};

/// A database that does not even accept a connection in this time is down.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// One statement. A page is below a second; a view that takes longer than this hurts its own system.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long SQLite waits for another process that holds the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// One stream is read at a time.
const CONNECTIONS: u32 = 1;
/// Every time in UTC and in one form, whatever the server's own taste is.
const POSTGRES_SESSION: &str = "SET default_transaction_read_only = on; SET timezone = 'UTC'; \
    SET datestyle = 'ISO, YMD'; SET intervalstyle = 'iso_8601'; SET bytea_output = 'hex'; SET extra_float_digits = 1";
/// One picture for the whole page.
const POSTGRES_BEGIN: &str = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";
const SQLITE_BEGIN: &str = "BEGIN DEFERRED";

/// Where a database is.
#[derive(Clone, Debug)]
pub struct Login {
    /// `postgres://user@host/database?sslmode=verify-full`, or `sqlite:path/of/the/file`. Without a password.
    pub url: String,
    /// The password, when there is one.
    pub password: Option<SecretSource>,
}

/// The way to one database.
pub(super) struct Database {
    login: Login,
    pool: Option<Pool>,
}

#[derive(Clone)]
enum Pool {
    Postgres(PgPool),
    Sqlite(SqlitePool),
}

/// One transaction that only reads.
pub(super) struct Session<'a> {
    transaction: Open,
    database: &'a Database,
}

enum Open {
    Postgres(Transaction<'static, Postgres>),
    Sqlite(Transaction<'static, Sqlite>),
}

impl Database {
    /// Nothing is opened yet.
    pub(super) fn new(login: Login) -> Result<Self, Error> {
        let database = Self { login, pool: None };
        database.dialect()?;
        if password_in(&database.login.url) {
            return Err(database.refused("the URL", "it holds a password: name a secret instead"));
        }
        Ok(database)
    }

    pub(super) fn dialect(&self) -> Result<Dialect, Error> {
        match self.login.url.split(':').next() {
            Some("postgres" | "postgresql") => Ok(Dialect::Postgres),
            Some("sqlite") => Ok(Dialect::Sqlite),
            _ => Err(self.refused("the URL", "write postgres://… or sqlite:…")),
        }
    }

    /// Begins to read.
    pub(super) async fn begin(&mut self) -> Result<Session<'_>, Error> {
        if self.pool.is_none() {
            self.pool = Some(self.open()?);
        }
        let pool = self.pool.clone().expect("it was just opened");
        let begun = match pool {
            Pool::Postgres(pool) => pool.begin_with(POSTGRES_BEGIN).await.map(Open::Postgres),
            Pool::Sqlite(pool) => pool.begin_with(SQLITE_BEGIN).await.map(Open::Sqlite),
        };
        match begun {
            Ok(transaction) => Ok(Session { transaction, database: self }),
            Err(error) => {
                // The secret may have been rotated, or the file replaced: the next attempt opens it anew.
                self.pool = None;
                Err(self.failed("the connection", &error))
            }
        }
    }

    fn open(&self) -> Result<Pool, Error> {
        let url = &self.login.url;
        let unusable = |error: sqlx::Error| self.refused("the URL", &error.to_string());
        Ok(match self.dialect()? {
            Dialect::Postgres => {
                let mut options = PgConnectOptions::from_str(url).map_err(unusable)?.application_name("plantgraph");
                // A view that was replaced has other columns: no statement outlives its page.
                options = options.statement_cache_capacity(0);
                if let Some(secret) = &self.login.password {
                    options = options.password(secret.read()?.expose());
                }
                let timeout = format!("SET statement_timeout = {}", STATEMENT_TIMEOUT.as_millis());
                let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(CONNECT_TIMEOUT);
                let pool = pool.after_connect(move |connection, _| {
                    let timeout = timeout.clone();
                    Box::pin(async move {
                        connection.execute(sqlx::raw_sql(POSTGRES_SESSION)).await?;
                        connection.execute(sqlx::raw_sql(AssertSqlSafe(timeout))).await?;
                        Ok(())
                    })
                });
                Pool::Postgres(pool.connect_lazy_with(options))
            }
            Dialect::Sqlite => {
                let options = SqliteConnectOptions::from_str(url).map_err(unusable)?;
                let options = options.read_only(true).create_if_missing(false).pragma("query_only", "on");
                let options = options.busy_timeout(BUSY_TIMEOUT);
                let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(CONNECT_TIMEOUT);
                Pool::Sqlite(pool.connect_lazy_with(options))
            }
        })
    }

    pub(super) fn refused(&self, operation: &str, problem: &str) -> Error {
        let url = without_password(&self.login.url);
        Error::ErpRefused { url, operation: operation.to_owned(), problem: foreign(problem) }
    }

    pub(super) fn unreadable(&self, operation: &str, problem: &str) -> Error {
        let url = without_password(&self.login.url);
        Error::ErpAnswer { url, operation: operation.to_owned(), problem: foreign(problem) }
    }

    /// What an error of the database means to whoever reads it.
    fn failed(&self, operation: &str, error: &sqlx::Error) -> Error {
        let url = without_password(&self.login.url);
        let problem = foreign(&error.to_string());
        let sqlx::Error::Database(told) = error else {
            let silent = matches!(error, sqlx::Error::PoolTimedOut);
            let problem =
                if silent { "it does not take connections, or does not answer in time".to_owned() } else { problem };
            return Error::ErpUnreachable { url, problem };
        };
        let code = told.code().unwrap_or_default().into_owned();
        match code.as_str() {
            // SQLite: busy or locked, with their extended forms.
            "5" | "6" | "261" | "262" | "517" => Error::ErpBusy { url, retry_after: None },
            // SQLite: a plain error, which is a missing view or column.
            "1" => self.unreadable(operation, &problem),
            // PostgreSQL: a wrong password, a missing right, a read-only transaction.
            code if code.starts_with("28") || matches!(code, "42501" | "25006") => self.refused(operation, &problem),
            // PostgreSQL: something that the manifest names is not there, or not of that type.
            code if code.starts_with("42") || code.starts_with("22") => self.unreadable(operation, &problem),
            _ => Error::ErpUnreachable { url, problem },
        }
    }
}

impl Session<'_> {
    /// The names and types of the columns of a statement, or of a table where only that says them.
    pub(super) async fn shape(
        &mut self,
        operation: &str,
        sql: String,
        table: (Option<&str>, &str),
    ) -> Result<Vec<(String, String)>, Error> {
        let found = match &mut self.transaction {
            Open::Postgres(tx) => tx.prepare(AssertSqlSafe(sql).into_sql_str()).await.map(|statement| {
                let column = |column: &sqlx::postgres::PgColumn| {
                    (column.name().to_owned(), column.type_info().name().to_owned())
                };
                statement.columns().iter().map(column).collect::<Vec<_>>()
            }),
            Open::Sqlite(tx) => {
                let query = sqlx::query("SELECT name, type FROM pragma_table_info(?, ?)");
                let rows = query.bind(table.1).bind(table.0.unwrap_or("main")).fetch_all(&mut **tx).await;
                rows.and_then(|rows| rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect())
            }
        };
        let columns = found.map_err(|error| self.database.failed(operation, &error))?;
        match columns.is_empty() {
            true => Err(self.database.unreadable(operation, "there is no such table or view")),
            false => Ok(columns),
        }
    }

    /// The rows of a statement.
    pub(super) async fn rows(&mut self, operation: &str, query: Query) -> Result<Vec<Vec<Raw>>, Error> {
        let sql = AssertSqlSafe(query.sql);
        let rows = match &mut self.transaction {
            Open::Postgres(tx) => {
                let statement = query.values.into_iter().fold(sqlx::query(sql), |statement, value| match value {
                    Bound::Integer(number) => statement.bind(number),
                    Bound::Text(text) => statement.bind(text),
                });
                let rows = tokio::time::timeout(STATEMENT_TIMEOUT, statement.fetch_all(&mut **tx)).await;
                rows.map(|rows| rows.and_then(|rows| rows.iter().map(postgres_row).collect()))
            }
            Open::Sqlite(tx) => {
                let statement = query.values.into_iter().fold(sqlx::query(sql), |statement, value| match value {
                    Bound::Integer(number) => statement.bind(number),
                    Bound::Text(text) => statement.bind(text),
                });
                let rows = tokio::time::timeout(STATEMENT_TIMEOUT, statement.fetch_all(&mut **tx)).await;
                rows.map(|rows| rows.and_then(|rows| rows.iter().map(sqlite_row).collect()))
            }
        };
        match rows {
            Ok(rows) => rows.map_err(|error| self.database.failed(operation, &error)),
            Err(_) => Err(self.database.failed(operation, &sqlx::Error::PoolTimedOut)),
        }
    }

    /// The clock of the database.
    pub(super) async fn now(&mut self) -> Result<String, Error> {
        let sql = match &self.transaction {
            Open::Postgres(_) => "SELECT CAST(now() AS text)",
            Open::Sqlite(_) => "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
        };
        let rows = self.rows("the time", Query { sql: sql.to_owned(), values: Vec::new() }).await?;
        match rows.into_iter().flatten().next() {
            Some(Raw::Text(now)) => Ok(now),
            _ => Err(self.database.unreadable("the time", "it tells none")),
        }
    }

    pub(super) fn unreadable(&self, operation: &str, problem: &str) -> Error {
        self.database.unreadable(operation, problem)
    }
}

fn postgres_row(row: &PgRow) -> Result<Vec<Raw>, sqlx::Error> {
    let text = |i| row.try_get::<Option<String>, _>(i).map(|text| text.map_or(Raw::Null, Raw::Text));
    (0..row.columns().len()).map(text).collect()
}

fn sqlite_row(row: &SqliteRow) -> Result<Vec<Raw>, sqlx::Error> {
    let value = |i: usize| {
        let raw = row.try_get_raw(i)?;
        if raw.is_null() {
            return Ok(Raw::Null);
        }
        let kind = raw.type_info().name().to_owned();
        Ok(match kind.as_str() {
            "INTEGER" => Raw::Integer(row.try_get_unchecked(i)?),
            "REAL" => Raw::Real(row.try_get_unchecked(i)?),
            "BLOB" => Raw::Blob(row.try_get_unchecked(i)?),
            _ => {
                // SQLite stores whatever bytes it is given: a text that is none is shown as bytes.
                let bytes: Vec<u8> = row.try_get_unchecked(i)?;
                String::from_utf8(bytes).map_or_else(|error| Raw::Blob(error.into_bytes()), Raw::Text)
            }
        })
    };
    (0..row.columns().len()).map(value).collect()
}

/// Whether a URL holds a password: in its authority, or as a parameter.
fn password_in(url: &str) -> bool {
    let authority = url.split_once("://").map_or("", |(_, rest)| rest.split('/').next().unwrap_or_default());
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    user.contains(':') || url.to_ascii_lowercase().contains("password=")
}

/// The URL for messages. One with a password is refused, and still must not be shown.
fn without_password(url: &str) -> String {
    match password_in(url) {
        true => format!("{}://…", url.split(':').next().unwrap_or_default()),
        false => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_url_is_refused_and_not_repeated() {
        for url in
            ["postgres://u:hunter2@h/d", "postgres://u@h/d?password=hunter2", "postgres://h/d?user=u&PASSWORD=hunter2"]
        {
            let Err(error) = Database::new(Login { url: url.into(), password: None }) else { panic!("{url}") };
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
        assert!(Database::new(Login { url: "postgres://u@h:5432/d?sslmode=require".into(), password: None }).is_ok());
        assert!(Database::new(Login { url: "mysql://u@h/d".into(), password: None }).is_err());
    }
}
