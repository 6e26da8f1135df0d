//! What a value of a database is in JSON: exact, times in UTC, and never guessed.

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, SecondsFormat, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use serde_json::{Number, Value};

use super::{
    manifest::{ColumnType, Read},
    name::Column,
    query::Dialect,
};

/// How local times are written, with blanks or with `T`.
const NAIVE_FORMATS: [&str; 4] = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"];
/// Times with an offset; PostgreSQL writes the short one.
const ZONED_FORMATS: [&str; 2] = ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f%#z"];
/// Where clocks were set within this time, local times are looked back an hour further: they come twice.
const FOLD_LOOK_BACK: TimeDelta = TimeDelta::hours(3);
const FOLD: TimeDelta = TimeDelta::hours(1);

/// A value as the database gave it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Raw {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

/// The columns that are read, and what they hold.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    columns: Vec<(Column, ColumnType)>,
    zone: Option<Tz>,
    /// PostgreSQL's type of the key, to compare with.
    pub(super) key_type: Option<&'static str>,
    /// PostgreSQL's type of the time, to compare with.
    time_type: Option<&'static str>,
}

impl Layout {
    /// From what the database says of its columns: name and type.
    ///
    /// # Errors
    /// A column that the manifest names is missing, or can not be compared.
    pub(super) fn new(dialect: Dialect, read: &Read, described: &[(String, String)]) -> Result<Self, String> {
        let type_of = |column: &Column| {
            let found = described.iter().find(|(name, _)| name == column.as_str());
            found.map(|(_, of)| of.as_str()).ok_or_else(|| format!("there is no column {:?}", column.as_str()))
        };
        let mut wanted = read.columns.clone();
        if wanted.is_empty() {
            // A column with a name that can not be quoted safely is not asked for.
            wanted = described.iter().filter_map(|(name, _)| Column::new(name).ok()).collect();
        }
        for column in std::iter::once(&read.key).chain(&read.version).chain(&read.time) {
            if !wanted.contains(column) {
                wanted.push(column.clone());
            }
        }
        let mut columns = Vec::with_capacity(wanted.len());
        for column in wanted {
            let declared = type_of(&column)?;
            let time = read.time.contains(&column).then_some(ColumnType::Time);
            let kind = read.types.get(&column).copied().or(time).unwrap_or_else(|| column_type(declared));
            columns.push((column, kind));
        }
        let comparable = |column: &Column| {
            let declared = type_of(column)?;
            let known = postgres_type(declared);
            known.ok_or_else(|| format!("column {:?} of type {declared} can not be compared", column.as_str()))
        };
        let (key_type, time_type) = match dialect {
            Dialect::Sqlite => (None, None),
            Dialect::Postgres => (Some(comparable(&read.key)?), read.time.first().map(comparable).transpose()?),
        };
        Ok(Self { columns, zone: read.zone, key_type, time_type })
    }

    pub(super) fn columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().map(|(column, _)| column)
    }

    /// A row as JSON.
    pub(super) fn row(&self, values: impl IntoIterator<Item = Raw>) -> Value {
        let fields = self.columns.iter().zip(values);
        fields.map(|((column, kind), raw)| (column.as_str().to_owned(), self.json(*kind, raw))).collect()
    }

    /// The latest moment that a row may say; for a local time that comes twice the earlier one.
    pub(super) fn changed(&self, read: &Read, row: &Value) -> Option<DateTime<Utc>> {
        let text = read.time.iter().find_map(|column| row.get(column.as_str())?.as_str())?;
        text.parse().ok().or_else(|| self.zone?.from_local_datetime(&naive(text)?).earliest().map(|time| time.to_utc()))
    }

    /// The text that the time of rows is compared with; `None` when the window begins before time does.
    pub(super) fn since(&self, dialect: Dialect, since: DateTime<Utc>) -> Option<String> {
        let local = matches!(self.time_type, Some("timestamp" | "date")) || dialect == Dialect::Sqlite;
        let zone = self.zone.unwrap_or(Tz::UTC);
        let since = since.checked_sub_signed(TimeDelta::milliseconds(1))?;
        if !local {
            return Some(since.to_rfc3339_opts(SecondsFormat::Micros, true));
        }
        let offset = |at: DateTime<Utc>| at.with_timezone(&zone).naive_local() - at.naive_utc();
        let fold =
            if offset(since) == offset(since.checked_sub_signed(FOLD_LOOK_BACK)?) { TimeDelta::zero() } else { FOLD };
        let local = since.checked_sub_signed(fold)?.with_timezone(&zone).naive_local();
        Some(local.format("%Y-%m-%d %H:%M:%S%.3f").to_string())
    }

    /// When a row was changed, as the database compares it.
    pub(super) fn time_expression(&self, dialect: Dialect, read: &Read) -> String {
        let columns: Vec<String> = read.time.iter().map(|column| format!("t.{}", column.quoted())).collect();
        let time = match columns.as_slice() {
            [one] => one.clone(),
            several => format!("COALESCE({})", several.join(", ")),
        };
        match dialect {
            Dialect::Postgres => time,
            // One form for all the ways to write a time, so that texts compare as times do.
            Dialect::Sqlite => format!("strftime('%Y-%m-%d %H:%M:%f', {time})"),
        }
    }

    pub(super) fn time_bound(&self, dialect: Dialect, place: &str) -> String {
        match (dialect, self.time_type) {
            (Dialect::Postgres, Some(time_type)) => format!("CAST(CAST({place} AS text) AS {time_type})"),
            _ => place.to_owned(),
        }
    }

    fn json(&self, kind: ColumnType, raw: Raw) -> Value {
        let text = match raw {
            Raw::Null => return Value::Null,
            Raw::Blob(bytes) => return Value::String(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
            Raw::Integer(number) => match kind {
                ColumnType::Boolean if (0..=1).contains(&number) => return Value::Bool(number == 1),
                ColumnType::Decimal => return Value::String(number.to_string()),
                _ => return Value::from(number),
            },
            Raw::Real(number) => match kind {
                ColumnType::Decimal => return Value::String(number.to_string()),
                _ => return Number::from_f64(number).map_or_else(|| Value::String(number.to_string()), Value::Number),
            },
            Raw::Text(text) => text,
        };
        let read = match kind {
            ColumnType::Integer => text.parse::<i64>().ok().map(Value::from),
            ColumnType::Float => text.parse().ok().and_then(Number::from_f64).map(Value::Number),
            ColumnType::Boolean => match text.as_str() {
                "t" | "true" | "1" => Some(Value::Bool(true)),
                "f" | "false" | "0" => Some(Value::Bool(false)),
                _ => None,
            },
            ColumnType::Time => instant(&text, self.zone).map(|time| Value::String(rfc3339(time))),
            ColumnType::Json => serde_json::from_str(&text).ok(),
            ColumnType::Decimal | ColumnType::Date | ColumnType::Text => None,
        };
        // What is not what it should be stays as it is: whoever maps it says what is wrong with it.
        read.unwrap_or(Value::String(text))
    }
}

/// A moment. A local time that does not exist, comes twice, or has no declared zone is none.
pub(super) fn instant(text: &str, zone: Option<Tz>) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    if let Some(time) = ZONED_FORMATS.iter().find_map(|format| DateTime::parse_from_str(text, format).ok()) {
        return Some(time.to_utc());
    }
    match zone?.from_local_datetime(&naive(text)?) {
        LocalResult::Single(time) => Some(time.to_utc()),
        LocalResult::None | LocalResult::Ambiguous(..) => None,
    }
}

fn naive(text: &str) -> Option<NaiveDateTime> {
    let time = NAIVE_FORMATS.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    time.or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))
}

pub(super) fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// What a declared type holds. SQLite takes any word as a type.
fn column_type(declared: &str) -> ColumnType {
    let declared = declared.to_ascii_uppercase();
    let word = declared.split(['(', ' ']).next().unwrap_or_default();
    match word {
        "INT2" | "INT4" | "INT8" | "INTEGER" | "INT" | "BIGINT" | "SMALLINT" => ColumnType::Integer,
        "NUMERIC" | "DECIMAL" | "MONEY" | "NUMBER" => ColumnType::Decimal,
        "FLOAT4" | "FLOAT8" | "REAL" | "DOUBLE" | "FLOAT" => ColumnType::Float,
        "BOOL" | "BOOLEAN" => ColumnType::Boolean,
        "TIMESTAMPTZ" | "TIMESTAMP" | "DATETIME" => ColumnType::Time,
        "DATE" => ColumnType::Date,
        "JSON" | "JSONB" => ColumnType::Json,
        _ => ColumnType::Text,
    }
}

/// What PostgreSQL calls a type in a cast.
fn postgres_type(described: &str) -> Option<&'static str> {
    Some(match described.to_ascii_uppercase().as_str() {
        "INT2" | "INT4" | "INT8" => "bigint",
        "NUMERIC" => "numeric",
        "TEXT" | "VARCHAR" | "NAME" => "text",
        "CHAR" | "BPCHAR" => "bpchar",
        "UUID" => "uuid",
        "TIMESTAMP" => "timestamp",
        "TIMESTAMPTZ" => "timestamptz",
        "DATE" => "date",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str, zone: Option<Tz>) -> Option<String> {
        instant(text, zone).map(rfc3339)
    }

    #[test]
    fn times_are_read_in_their_zone_or_not_at_all() {
        let berlin = Some(chrono_tz::Europe::Berlin);
        assert_eq!(seen("2026-07-01 12:00:00", berlin).as_deref(), Some("2026-07-01T10:00:00Z"));
        assert_eq!(seen("2026-11-22 15:00:00.25+00", None).as_deref(), Some("2026-11-22T15:00:00.250Z"));
        assert_eq!(seen("2026-11-22T15:00:00.123456+05:30", berlin).as_deref(), Some("2026-11-22T09:30:00.123456Z"));
        assert_eq!(seen("2026-11-22 15:00:00", None), None, "no zone was declared");
        assert_eq!(seen("2026-10-25 02:30:00", berlin), None, "that half hour comes twice");
        assert_eq!(seen("2026-03-29 02:30:00", berlin), None, "that half hour does not exist");
        for bad in ["", "infinity", "0044-03-15 BC", "2026-13-01 00:00:00", "9999999999999"] {
            assert_eq!(seen(bad, berlin), None, "{bad}");
        }
    }

    #[test]
    fn numbers_stay_exact_and_what_does_not_fit_stays_text() {
        let layout = Layout { columns: Vec::new(), zone: None, key_type: None, time_type: None };
        let json = |kind, text: &str| layout.json(kind, Raw::Text(text.to_owned()));
        let exact = "123456789012345678901234567890.123456789";
        assert_eq!(json(ColumnType::Decimal, exact), Value::String(exact.into()));
        assert_eq!(json(ColumnType::Integer, "9007199254740993"), Value::from(9_007_199_254_740_993_i64));
        assert_eq!(json(ColumnType::Integer, "92233720368547758080"), Value::from("92233720368547758080"));
        assert_eq!(json(ColumnType::Float, "NaN"), Value::from("NaN"));
        assert_eq!(json(ColumnType::Boolean, "t"), Value::Bool(true));
        assert_eq!(json(ColumnType::Text, "=cmd|' /C calc'!A0"), Value::from("=cmd|' /C calc'!A0"));
        assert_eq!(layout.json(ColumnType::Decimal, Raw::Real(0.1)), Value::from("0.1"));
        assert_eq!(layout.json(ColumnType::Boolean, Raw::Integer(7)), Value::from(7));
    }
}
