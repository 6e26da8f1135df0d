//! First results, kept under idempotency keys.

use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};

use crate::{
    entity::idempotency_key,
    error::{Doing, Error},
    store::Tx,
};

impl Tx {
    /// What a person's key stands for, if it was used.
    pub async fn first_result(&self, person: &str, key: &str) -> Result<Option<idempotency_key::Model>, Error> {
        idempotency_key::Entity::find_by_id((person.to_owned(), key.to_owned()))
            .one(self.connection())
            .await
            .doing("look up an idempotency key")
    }

    /// Keeps the first result of a key. Two at once: the second fails on the primary key and finds the first when it tries again.
    pub async fn keep_result(
        &mut self,
        person: &str,
        key: &str,
        request_hash: String,
        response: String,
    ) -> Result<(), Error> {
        let row = idempotency_key::Model {
            person: person.to_owned(),
            key: key.to_owned(),
            request_hash,
            response,
            at: self.at(),
        };
        idempotency_key::Entity::insert(row.into_active_model().reset_all())
            .exec_without_returning(self.connection())
            .await
            .doing("keep the result of an idempotency key")?;
        Ok(())
    }
}
