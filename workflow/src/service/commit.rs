//! The one commit path.

use std::{collections::BTreeSet, future::Future, sync::Arc};

use model::{
    Code, PlantId, Principal, Role, Store,
    entity::subject::{Row, Subject},
    store::{Actor, Tx},
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    error::Error,
    rights::{Capability, Grant, Question, Refusal, Rights, Ruling},
    service::outcome::{Outcome, Stored},
};

/// How often a request is run again when another writer was in the way.
const ATTEMPTS_MAX: u32 = 8;
/// Longest idempotency key.
const KEY_LENGTH_MAX: usize = 128;

/// What people ask of the workflow. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Service {
    store: Store,
    rights: Arc<dyn Rights>,
}

/// One thing that can be asked.
pub trait Operation: Serialize + Sync {
    /// Name, for audits and idempotency.
    const NAME: &'static str;
    /// The entity that is locked first.
    type Locked: Subject;

    /// The subject that is locked first.
    fn subject(&self) -> Uuid;

    /// Does it, on the locked subject. Whatever is not [`Outcome::Done`] or [`Outcome::NeedsApproval`] leaves no trace.
    fn apply(
        &self,
        tx: &mut Tx,
        caller: &Caller<'_>,
        locked: Row<Self::Locked>,
    ) -> impl Future<Output = Result<Outcome, Error>> + Send;
}

/// Who asks, as the database knows them within the write.
#[derive(Debug)]
pub struct Caller<'a> {
    /// The principal, with the roles of this moment.
    pub principal: &'a Principal,
    rights: &'a dyn Rights,
}

impl Caller<'_> {
    /// Whether the caller may do this in a plant.
    pub fn may(&self, capability: Capability, plant: PlantId, initiators: &[String]) -> Result<Grant, Refusal> {
        let roles: BTreeSet<Role> = self.principal.roles_in(plant);
        let question = Question {
            capability,
            plant,
            person: &self.principal.person,
            roles: &roles,
            service: self.principal.service,
            initiators,
        };
        match self.rights.judge(&question) {
            Ruling::Allowed(grant) => Ok(grant),
            Ruling::Refused(refusal) => Err(refusal),
        }
    }

    /// The roles that have a capability.
    pub fn holders(&self, capability: Capability) -> Vec<Role> {
        self.rights.holders(capability)
    }
}

impl Service {
    /// The service over a store, within these rights.
    pub fn new(store: Store, rights: Arc<dyn Rights>) -> Self {
        Self { store, rights }
    }

    pub(super) fn rights(&self) -> &dyn Rights {
        &*self.rights
    }

    /// Runs an operation for a principal under an idempotency key: a repetition gets the first result.
    ///
    /// # Errors
    /// The store's; then nothing is half-done, and the same call with the same key may be made again.
    pub async fn execute<O: Operation>(
        &self,
        principal: &Principal,
        key: &str,
        operation: O,
    ) -> Result<Outcome, Error> {
        if key.is_empty() || key.len() > KEY_LENGTH_MAX || key.contains(char::is_control) {
            return Ok(Outcome::refused(
                Code::InvalidInput,
                format!("the idempotency key must have 1 to {KEY_LENGTH_MAX} printable characters"),
            ));
        }
        let request_hash = request_hash(O::NAME, &operation)?;
        let mut attempt = 1;
        loop {
            match self.attempt(principal, key, &request_hash, &operation).await {
                Err(error) if error.is_transient() && attempt < ATTEMPTS_MAX => attempt += 1,
                other => return other,
            }
        }
    }

    async fn attempt<O: Operation>(
        &self,
        principal: &Principal,
        key: &str,
        request_hash: &str,
        operation: &O,
    ) -> Result<Outcome, Error> {
        let mut tx =
            self.store.begin(Actor::account(&principal.subject, format!("{} with key {key}", O::NAME))).await?;
        let principal = match tx.job_principal(&principal.subject).await? {
            Some(current) => within(current, principal),
            None => return Ok(Outcome::not_found()),
        };
        let Some(locked) = tx.lock::<O::Locked>(&principal.scope(), operation.subject()).await? else {
            return Ok(Outcome::not_found());
        };
        if let Some(first) = tx.first_result(&principal.person, key).await? {
            if first.request_hash != request_hash {
                return Ok(Outcome::refused(
                    Code::KeyReused,
                    "the idempotency key was used for another request; use a fresh one",
                ));
            }
            let stored: Stored = serde_json::from_str(&first.response)?;
            return Ok(stored.into());
        }
        let caller = Caller { principal: &principal, rights: &*self.rights };
        let plant = O::Locked::plant(&locked);
        let outcome = operation.apply(&mut tx, &caller, locked).await?;
        let Some(stored) = Stored::of(&outcome) else {
            drop(tx);
            return self.with_who_can(outcome, plant, &principal).await;
        };
        tx.keep_result(&principal.person, key, request_hash.to_owned(), serde_json::to_string(&stored)?).await?;
        tx.commit().await?;
        Ok(outcome)
    }

    /// Adds to a refusal for want of a right the people who have it in the subject's plant: others than the one who asked.
    async fn with_who_can(
        &self,
        outcome: Outcome,
        plant: Option<PlantId>,
        asked: &Principal,
    ) -> Result<Outcome, Error> {
        match (outcome, plant) {
            (Outcome::Refused(mut refused), Some(plant)) if !refused.roles.is_empty() => {
                refused.who_can = self.store.job_names_with_roles(plant, &refused.roles).await?;
                refused.who_can.retain(|name| *name != asked.name);
                Ok(Outcome::Refused(refused))
            }
            (outcome, _) => Ok(outcome),
        }
    }
}

/// The roles of this moment, no wider than what the verified token brought.
fn within(mut current: Principal, verified: &Principal) -> Principal {
    current.grants.retain(|grant| verified.grants.contains(grant));
    current.service |= verified.service;
    current
}

fn request_hash(name: &str, operation: &impl Serialize) -> Result<String, Error> {
    let mut hasher = Sha256::new();
    hasher.update(name.as_bytes());
    hasher.update([0]);
    hasher.update(serde_json::to_vec(operation)?);
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
