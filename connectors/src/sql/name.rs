//! Names of tables and columns: checked, then quoted.

use serde::{Deserialize, Deserializer, de};

/// PostgreSQL cuts names after 63 bytes; SQLite has no bound, but nobody writes longer ones.
const NAME_BYTES_MAX: usize = 63;
/// Database, schema and table.
const PARTS_MAX: usize = 3;

/// The name of a column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Column(String);

/// The name of a table or view, with its schema when it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table(Vec<String>);

impl Column {
    /// A checked name.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(name: &str) -> Result<Self, String> {
        check(name)?;
        Ok(Self(name.to_owned()))
    }

    /// As it is written in the database.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it is written in a statement.
    pub(super) fn quoted(&self) -> String {
        quote(&self.0)
    }
}

impl Table {
    /// A checked name; a dot separates the schema.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(name: &str) -> Result<Self, String> {
        let parts: Vec<String> = name.split('.').map(str::to_owned).collect();
        if parts.len() > PARTS_MAX {
            return Err(format!("{name:?} has more than {PARTS_MAX} parts"));
        }
        parts.iter().try_for_each(|part| check(part))?;
        Ok(Self(parts))
    }

    /// As it is written in a statement.
    pub(super) fn quoted(&self) -> String {
        self.0.iter().map(|part| quote(part)).collect::<Vec<_>>().join(".")
    }

    /// Schema, when there is one, and name.
    pub(super) fn parts(&self) -> (Option<&str>, &str) {
        let (name, schema) = self.0.split_last().expect("a name has a part");
        (schema.last().map(String::as_str), name)
    }

    /// With dots, for messages and as the kind of record when nothing else is said.
    pub fn name(&self) -> String {
        self.0.join(".")
    }
}

/// Letters, digits and what real databases use beside them. Quotes, control characters and blanks at the ends are
/// somebody's attempt or mistake.
fn check(name: &str) -> Result<(), String> {
    let known = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '#' | '-' | ' ');
    if name.is_empty() || name.len() > NAME_BYTES_MAX {
        return Err(format!("{name:?} is no name: write 1 to {NAME_BYTES_MAX} bytes"));
    }
    if name.trim() != name || !name.chars().all(known) {
        return Err(format!(
            "{name:?} is no name of a table or column: write letters, digits, _ $ # - and inner blanks"
        ));
    }
    Ok(())
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl<'de> Deserialize<'de> for Column {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Table {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_and_nothing_leaves_the_quotes() {
        assert_eq!(Table::new("mes.V_Lot").unwrap().quoted(), r#""mes"."V_Lot""#);
        assert_eq!(Column::new("Los Nr").unwrap().quoted(), r#""Los Nr""#);
        for name in ["", " a", "a\"b", "a;b", "a'b", "a--\n", "a(b)", "a\0", "x".repeat(64).as_str(), "a/*"] {
            assert!(Column::new(name).is_err(), "{name:?}");
            assert!(Table::new(name).is_err(), "{name:?}");
        }
        assert!(Table::new("a.b.c.d").is_err() && Table::new("a..b").is_err());
    }
}
