//! Opening the database for a command, with errors that say what to do.

use std::path::PathBuf;

use model::{Store, StoreOptions, clock::SharedClock};

use crate::{config::Database, error::Error};

/// Opens the database for `plantgraph migrate`. The folder of an embedded one is made.
pub(super) async fn open_for_migration(database: &Database, clock: SharedClock) -> Result<Store, Error> {
    if let Some(folder) = database.url.sqlite_file().and_then(|file| file.parent()) {
        let doing = || format!("create the folder {}", folder.display());
        std::fs::create_dir_all(folder).map_err(|source| Error::DatabaseAccess { doing: doing(), source })?;
    }
    open(database, clock).await
}

/// Opens a database whose schema is the one of this binary. Nothing is created.
pub(super) async fn open_current(database: &Database, clock: SharedClock) -> Result<Store, Error> {
    if let Some(file) = database.url.sqlite_file().filter(|file| !file.exists()) {
        return Err(Error::DatabaseMissing { file: file.to_owned() });
    }
    let store = open(database, clock).await?;
    let pending = migrations::pending(store.migration_connection()).await.map_err(Error::migration)?;
    if pending.is_empty() { Ok(store) } else { Err(Error::DatabaseOutdated { pending: pending.join(", ") }) }
}

/// Applies what is pending; returns its names.
pub(super) async fn migrate(store: &Store) -> Result<Vec<String>, Error> {
    migrations::up(store.migration_connection()).await.map_err(Error::migration)
}

async fn open(database: &Database, clock: SharedClock) -> Result<Store, Error> {
    let url = database.connect_url().map_err(|source| {
        let path = database.password_file.clone().unwrap_or_else(|| PathBuf::from("(none)"));
        Error::DatabaseAccess { doing: format!("read the database password from {}", path.display()), source }
    })?;
    let options = StoreOptions {
        url,
        connections_max: database.connections_max,
        acquire_timeout: database.acquire_timeout.get(),
    };
    Ok(Store::open(&options, clock).await?)
}
