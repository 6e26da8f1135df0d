//! Leases: one owner per job over all processes.

use std::time::Duration;

use chrono::DateTime;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
    TransactionTrait,
};

use crate::{
    entity::lease,
    error::{Doing, Error},
    store::{Store, Tx, connect::database_now},
};

const DOING: &str = "take a lease";

/// A lease that was taken. A write on its behalf calls [`Tx::fence`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// What is owned.
    pub name: String,
    /// The owning process.
    pub owner: String,
    /// The epoch under which it is owned.
    pub epoch: i64,
}

impl Store {
    /// Takes or renews a lease for `ttl`; `None` while another owner holds it.
    pub async fn take_lease(&self, name: &str, owner: &str, ttl: Duration) -> Result<Option<Lease>, Error> {
        let tx = self.writer().begin_with_options(self.transaction_options()).await.doing(DOING)?;
        let now = database_now(&tx, self.database(), self.clock()).await?;
        let expires_at = now + ttl;
        let found = lease::Entity::find_by_id(name).lock_exclusive().one(&tx).await.doing(DOING)?;
        let epoch = match found {
            None => {
                let row = lease::Model { name: name.to_owned(), owner: owner.to_owned(), epoch: 1, expires_at };
                let inserted =
                    lease::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(&tx).await;
                match inserted {
                    Ok(_) => 1,
                    // Another process was first; it has the lease.
                    Err(error) if matches!(error.sql_err(), Some(sea_orm::SqlErr::UniqueConstraintViolation(_))) => {
                        return Ok(None);
                    }
                    Err(error) => return Err(error).doing(DOING),
                }
            }
            Some(held) if held.owner == owner || held.expires_at <= now => {
                let epoch = if held.owner == owner { held.epoch } else { held.epoch + 1 };
                let row = lease::ActiveModel {
                    name: Set(name.to_owned()),
                    owner: Set(owner.to_owned()),
                    epoch: Set(epoch),
                    expires_at: Set(expires_at),
                };
                lease::Entity::update(row).exec(&tx).await.doing(DOING)?;
                epoch
            }
            Some(_) => return Ok(None),
        };
        tx.commit().await.doing(DOING)?;
        Ok(Some(Lease { name: name.to_owned(), owner: owner.to_owned(), epoch }))
    }

    /// Gives a lease back, so that another process need not wait for its end. The row stays: epochs never start again.
    pub async fn release_lease(&self, lease: &Lease) -> Result<(), Error> {
        lease::Entity::update_many()
            .set(lease::ActiveModel { expires_at: Set(DateTime::UNIX_EPOCH), ..Default::default() })
            .filter(lease::Column::Name.eq(&lease.name))
            .filter(lease::Column::Owner.eq(&lease.owner))
            .filter(lease::Column::Epoch.eq(lease.epoch))
            .exec(self.writer())
            .await
            .doing("give a lease back")?;
        Ok(())
    }
}

impl Tx {
    /// Makes sure, within this write, that the lease is still ours. A new owner waits until this write has ended.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] when it is not.
    pub async fn fence(&self, held: &Lease) -> Result<(), Error> {
        let row = lease::Entity::find_by_id(held.name.clone())
            .lock_exclusive()
            .one(self.connection())
            .await
            .doing("check a lease")?;
        match row {
            Some(row) if row.owner == held.owner && row.epoch == held.epoch => Ok(()),
            _ => Err(Error::LeaseLost { name: held.name.clone() }),
        }
    }
}
