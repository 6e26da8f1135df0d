//! The database's history. Migrations are never edited after a release: expand, backfill, contract.

mod m0001_foundation;
mod m0002_shared_truth;
mod table;

use sea_orm_migration::{prelude::*, sea_orm::DatabaseConnection};

/// Brings a database to the present.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m0001_foundation::Migration), Box::new(m0002_shared_truth::Migration)]
    }
}

/// Applies every pending migration; returns the names of those applied.
///
/// # Errors
/// The database's, with nothing of the failed migration kept on PostgreSQL.
pub async fn up(connection: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let pending = pending(connection).await?;
    Migrator::up(connection, None).await?;
    Ok(pending)
}

/// Applies the next migrations only: tests of upgrades begin with a database of the past.
///
/// # Errors
/// The database's.
pub async fn up_by(connection: &DatabaseConnection, steps: u32) -> Result<(), DbErr> {
    Migrator::up(connection, Some(steps)).await
}

/// Names of the migrations that are not applied yet.
///
/// # Errors
/// The database's.
pub async fn pending(connection: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    Ok(Migrator::get_pending_migrations(connection)
        .await?
        .iter()
        .map(|migration| migration.name().to_owned())
        .collect())
}
