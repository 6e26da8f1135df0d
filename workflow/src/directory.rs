//! People, service accounts and their roles, put into the twin by configuration.

use model::{PlantId, Role, Store, entity::role_grant, journal::ChangeKind, store::Actor};
use serde::Deserialize;

use crate::error::Error;

/// An account with its roles in one plant.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The token's subject.
    pub subject: String,
    /// The person behind it; two accounts of one person are one pair of eyes. The subject itself if not given.
    pub person: Option<String>,
    /// Name to show.
    pub name: String,
    /// Roles.
    pub roles: Vec<Role>,
    /// A service account, which decides nothing.
    #[serde(default)]
    pub service: bool,
}

/// Grants these roles in a plant. What is granted already is left alone; nothing is taken away.
///
/// # Errors
/// The store's.
pub async fn grant(store: &Store, plant: PlantId, accounts: &[Account]) -> Result<(), Error> {
    let mut tx = store.begin(Actor::system("directory", "configuration")).await?;
    for account in accounts {
        for role in &account.roles {
            if tx.job_grant(plant, &account.subject, *role).await?.is_some() {
                continue;
            }
            let row = role_grant::Model {
                id: model::GrantId::new(),
                plant_id: plant,
                subject: account.subject.clone(),
                person: account.person.clone().unwrap_or_else(|| account.subject.clone()),
                name: account.name.clone(),
                role: *role,
                service: account.service,
                revision: 0,
            };
            tx.create::<role_grant::Entity>(row, ChangeKind::Created).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}
