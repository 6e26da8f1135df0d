//! Tables in few words, for the migrations.

use sea_orm_migration::prelude::*;

/// A table in few words.
pub struct Table {
    pub name: &'static str,
    pub columns: &'static [Field],
    pub key: &'static [&'static str],
    pub references: &'static [(&'static str, &'static str)],
    pub unique: &'static [&'static [&'static str]],
    pub indexed: &'static [&'static [&'static str]],
}

impl Table {
    /// Creates it, with its indices.
    pub async fn create(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let mut table = sea_query::Table::create();
        table.table(self.name);
        for field in self.columns {
            table.col(field.definition());
        }
        let mut key = Index::create();
        self.key.iter().for_each(|column| {
            key.col(*column);
        });
        table.primary_key(&mut key);
        for (column, target) in self.references {
            table.foreign_key(ForeignKey::create().from(self.name, *column).to(*target, "id"));
        }
        manager.create_table(table).await?;
        for columns in self.unique {
            manager.create_index(index(self.name, columns).unique().to_owned()).await?;
        }
        for columns in self.indexed {
            manager.create_index(index(self.name, columns)).await?;
        }
        Ok(())
    }
}

fn index(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(format!("{table}_{}", columns.join("_"))).table(table);
    for column in columns {
        index.col(*column);
    }
    index
}

/// A column in few words.
#[derive(Clone, Copy)]
pub struct Field {
    name: &'static str,
    kind: Kind,
    nullable: bool,
    default: Option<Default>,
}

/// What rows have that were written before the column was there.
#[derive(Clone, Copy)]
enum Default {
    Text(&'static str),
    Number(i64),
    Boolean(bool),
}

#[derive(Clone, Copy)]
enum Kind {
    Uuid,
    Text,
    BigInteger,
    Integer,
    Boolean,
    Blob,
    Time,
}

impl Field {
    const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, nullable: false, default: None }
    }

    /// It may be unknown.
    pub const fn null(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// Rows that are there already get this text.
    pub const fn default_text(mut self, text: &'static str) -> Self {
        self.default = Some(Default::Text(text));
        self
    }

    /// Rows that are there already get this number.
    pub const fn default_number(mut self, number: i64) -> Self {
        self.default = Some(Default::Number(number));
        self
    }

    /// Rows that are there already get this value.
    pub const fn default_boolean(mut self, value: bool) -> Self {
        self.default = Some(Default::Boolean(value));
        self
    }

    fn definition(self) -> ColumnDef {
        let mut column = ColumnDef::new(self.name);
        match self.kind {
            Kind::Uuid => column.uuid(),
            Kind::Text => column.text(),
            Kind::BigInteger => column.big_integer(),
            Kind::Integer => column.integer(),
            Kind::Boolean => column.boolean(),
            Kind::Blob => column.blob(),
            Kind::Time => column.timestamp_with_time_zone(),
        };
        if !self.nullable {
            column.not_null();
        }
        match self.default {
            Some(Default::Text(text)) => column.default(text),
            Some(Default::Number(number)) => column.default(number),
            Some(Default::Boolean(value)) => column.default(value),
            None => &mut column,
        };
        column
    }
}

pub const fn uuid(name: &'static str) -> Field {
    Field::new(name, Kind::Uuid)
}
pub const fn text(name: &'static str) -> Field {
    Field::new(name, Kind::Text)
}
pub const fn big_integer(name: &'static str) -> Field {
    Field::new(name, Kind::BigInteger)
}
pub const fn integer(name: &'static str) -> Field {
    Field::new(name, Kind::Integer)
}
pub const fn boolean(name: &'static str) -> Field {
    Field::new(name, Kind::Boolean)
}
pub const fn blob(name: &'static str) -> Field {
    Field::new(name, Kind::Blob)
}
pub const fn timestamp_with_time_zone(name: &'static str) -> Field {
    Field::new(name, Kind::Time)
}

/// Columns that come to a table.
pub struct Addition {
    pub table: &'static str,
    pub columns: &'static [Field],
    pub indexed: &'static [&'static [&'static str]],
}

impl Addition {
    /// Adds them one by one: SQLite takes one a statement. References are left out, because SQLite adds none to a table that is there.
    pub async fn apply(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        for field in self.columns {
            let mut alter = sea_query::Table::alter();
            alter.table(self.table).add_column(field.definition());
            manager.alter_table(alter).await?;
        }
        for columns in self.indexed {
            manager.create_index(index(self.table, columns)).await?;
        }
        Ok(())
    }
}
