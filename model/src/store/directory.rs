//! Who may do what where: the role grants.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::{
    entity::role_grant,
    error::{Doing, Error},
    ids::PlantId,
    principal::{Principal, Role},
    store::{Store, Tx},
};

impl Store {
    /// The account as the database knows it, with its roles; `None` for an account without any. Read for every request
    /// and every event of a subscription: a role that was taken away ends there.
    pub async fn principal(&self, subject: &str) -> Result<Option<Principal>, Error> {
        let grants = role_grant::Entity::find()
            .filter(role_grant::Column::Subject.eq(subject))
            .all(self.reader())
            .await
            .doing("read the role grants")?;
        Ok(of_grants(&grants))
    }

    /// Names of the people with one of these roles in a plant, for "who can".
    pub async fn job_names_with_roles(&self, plant: PlantId, roles: &[Role]) -> Result<Vec<String>, Error> {
        let grants = role_grant::Entity::find()
            .filter(role_grant::Column::PlantId.eq(plant))
            .filter(role_grant::Column::Role.is_in(roles.iter().copied()))
            .filter(role_grant::Column::Service.eq(false))
            .all(self.reader())
            .await
            .doing("read who has a role")?;
        let mut names: Vec<_> = grants.into_iter().map(|grant| grant.name).collect();
        names.sort();
        names.dedup();
        Ok(names)
    }
}

impl Tx {
    /// The account's roles as they are within this write: the token may be older than a change of rights.
    pub async fn job_principal(&self, subject: &str) -> Result<Option<Principal>, Error> {
        let grants = role_grant::Entity::find()
            .filter(role_grant::Column::Subject.eq(subject))
            .all(self.connection())
            .await
            .doing("read the role grants")?;
        Ok(of_grants(&grants))
    }

    /// The grant of a role to an account in a plant.
    pub async fn job_grant(
        &self,
        plant: PlantId,
        subject: &str,
        role: Role,
    ) -> Result<Option<role_grant::Model>, Error> {
        role_grant::Entity::find()
            .filter(role_grant::Column::PlantId.eq(plant))
            .filter(role_grant::Column::Subject.eq(subject))
            .filter(role_grant::Column::Role.eq(role))
            .one(self.connection())
            .await
            .doing("find a role grant")
    }
}

fn of_grants(grants: &[role_grant::Model]) -> Option<Principal> {
    let first = grants.first()?;
    Some(Principal {
        subject: first.subject.clone(),
        person: first.person.clone(),
        name: first.name.clone(),
        grants: grants.iter().map(|grant| (grant.plant_id, grant.role)).collect(),
        service: grants.iter().any(|grant| grant.service),
        developer: grants.iter().any(|grant| grant.role == Role::IntegrationAdmin),
        expires_at: None,
    })
}
