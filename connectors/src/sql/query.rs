//! The statements. Every name in them was checked and is quoted, every value is bound.

use serde::{Deserialize, Serialize};

use super::{
    cursor::Pass,
    manifest::{Mode, Read},
    value::Layout,
};

/// What the statements are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Postgres,
    Sqlite,
}

/// A bound value, or a key as the cursor keeps it. SQLite compares by the type of the value: a number stays one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Bound {
    Integer(i64),
    Text(String),
}

/// A statement and its values.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) sql: String,
    pub(super) values: Vec<Bound>,
}

impl Query {
    fn bind(&mut self, value: Bound) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }
}

/// A page of rows: first key and version, for the cursor, then the columns of the layout.
pub(super) fn page(dialect: Dialect, read: &Read, layout: &Layout, pass: &Pass) -> Query {
    let mut query = Query { sql: String::new(), values: Vec::new() };
    let version = version(read);
    let columns = columns(dialect, read, layout);
    let mut conditions = common(dialect, read, &mut query);
    let key = format!("t.{}", read.key.quoted());
    let order = match read.mode() {
        Mode::Version => {
            conditions.push(after_version(dialect, layout, pass, &key, &version, &mut query));
            format!("{version}, {key}")
        }
        Mode::Time | Mode::Full => {
            conditions.extend(
                pass.key.clone().map(|last| format!("{key} > {}", bound_key(dialect, layout, last, &mut query))),
            );
            key
        }
    };
    if let Some(since) = pass.since.and_then(|since| layout.since(dialect, since)) {
        let time = layout.time_expression(dialect, read);
        let since = query.bind(Bound::Text(since));
        // A row without a time can not be told from a changed one: it is read each time.
        conditions.push(format!("({time} >= {} OR {time} IS NULL)", layout.time_bound(dialect, &since)));
    }
    query.sql = format!(
        "SELECT {columns} FROM {} AS t WHERE {} ORDER BY {order} LIMIT {}",
        read.table.quoted(),
        conditions.join(" AND "),
        read.page
    );
    query
}

/// The rows with these keys, with the columns of a page.
pub(super) fn by_keys(dialect: Dialect, read: &Read, layout: &Layout, keys: &[String]) -> Query {
    let mut query = Query { sql: String::new(), values: Vec::new() };
    let mut conditions = common(dialect, read, &mut query);
    let places: Vec<String> = keys.iter().map(|key| query.bind(Bound::Text(key.clone()))).collect();
    let key = plain_text(dialect, &format!("t.{}", read.key.quoted()));
    conditions.push(format!("{key} IN ({})", places.join(", ")));
    let (columns, table) = (columns(dialect, read, layout), read.table.quoted());
    query.sql = format!("SELECT {columns} FROM {table} AS t WHERE {}", conditions.join(" AND "));
    query
}

/// All keys.
pub(super) fn keys(dialect: Dialect, read: &Read, limit: usize) -> Query {
    let mut query = Query { sql: String::new(), values: Vec::new() };
    let conditions = common(dialect, read, &mut query);
    let key = plain_text(dialect, &format!("t.{}", read.key.quoted()));
    let (table, conditions) = (read.table.quoted(), conditions.join(" AND "));
    query.sql = format!("SELECT {key} AS c0 FROM {table} AS t WHERE {conditions} LIMIT {limit}");
    query
}

/// How many rows can never be read, because they have no key or no version.
pub(super) fn unreadable(dialect: Dialect, read: &Read) -> Query {
    let missing = |column: &super::name::Column| format!("t.{} IS NULL", column.quoted());
    let missing: Vec<String> = std::iter::once(&read.key).chain(&read.version).map(missing).collect();
    let count = plain_text(dialect, "count(*)");
    let sql = format!("SELECT {count} AS c0 FROM {} AS t WHERE {}", read.table.quoted(), missing.join(" OR "));
    Query { sql, values: Vec::new() }
}

/// No row at all: only what the columns are called and of which type they are.
pub(super) fn shape(read: &Read) -> String {
    format!("SELECT * FROM {} AS t LIMIT 0", read.table.quoted())
}

fn common(dialect: Dialect, read: &Read, query: &mut Query) -> Vec<String> {
    let mut conditions = vec![format!("t.{} IS NOT NULL", read.key.quoted())];
    for (column, value) in &read.only {
        let value = query.bind(Bound::Text(value.clone()));
        conditions.push(format!("{} = {value}", plain_text(dialect, &format!("t.{}", column.quoted()))));
    }
    conditions
}

fn after_version(
    dialect: Dialect,
    layout: &Layout,
    pass: &Pass,
    key: &str,
    version: &str,
    query: &mut Query,
) -> String {
    let Some(last) = pass.version else { return format!("{version} IS NOT NULL") };
    let last = query.bind(Bound::Integer(last));
    match pass.key.clone() {
        None => format!("{version} > {last}"),
        Some(last_key) => {
            let last_key = bound_key(dialect, layout, last_key, query);
            format!("({version} > {last} OR ({version} = {last} AND {key} > {last_key}))")
        }
    }
}

fn bound_key(dialect: Dialect, layout: &Layout, last: Bound, query: &mut Query) -> String {
    let place = query.bind(last);
    match (dialect, &layout.key_type) {
        (Dialect::Postgres, Some(key_type)) => format!("CAST(CAST({place} AS text) AS {key_type})"),
        _ => place,
    }
}

/// Key and version, for the cursor, then the columns of the layout.
fn columns(dialect: Dialect, read: &Read, layout: &Layout) -> String {
    let mut columns = vec![key_column(dialect, read), whole(dialect, &version(read))];
    columns.extend(layout.columns().map(|column| plain(dialect, &format!("t.{}", column.quoted()))));
    // Names of our own: ORDER BY would otherwise sort by the text that was made of a number.
    columns.iter().enumerate().map(|(i, column)| format!("{column} AS c{i}")).collect::<Vec<_>>().join(", ")
}

fn version(read: &Read) -> String {
    read.version.as_ref().map_or_else(|| "NULL".to_owned(), |version| format!("t.{}", version.quoted()))
}

fn key_column(dialect: Dialect, read: &Read) -> String {
    plain(dialect, &format!("t.{}", read.key.quoted()))
}

/// PostgreSQL writes every type as text, exactly; SQLite's values say themselves what they are.
fn plain(dialect: Dialect, expression: &str) -> String {
    match dialect {
        Dialect::Postgres => plain_text(dialect, expression),
        Dialect::Sqlite => expression.to_owned(),
    }
}

fn plain_text(dialect: Dialect, expression: &str) -> String {
    match dialect {
        Dialect::Postgres => format!("CAST({expression} AS text)"),
        Dialect::Sqlite => format!("CAST({expression} AS TEXT)"),
    }
}

fn whole(dialect: Dialect, expression: &str) -> String {
    match dialect {
        Dialect::Postgres => format!("CAST(CAST({expression} AS bigint) AS text)"),
        Dialect::Sqlite => format!("CAST({expression} AS INTEGER)"),
    }
}
