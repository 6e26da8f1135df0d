//! Whether the material of a job order is ready.

use async_graphql::{Context, Description, Object};
use chrono::{DateTime, Utc};
use model::{MissingMaterial, entity::job_order};

use super::{Material, MaterialLot, Quantity};
use crate::{context::ContextExt, error::Error, words::Readiness};

/// Whether the material of a job order is ready: from its bill of material, stock, holds and staging.
#[derive(Clone, Debug, Description)]
pub struct MaterialReadiness {
    state: model::Readiness,
    job: job_order::Model,
}

impl MaterialReadiness {
    /// Of a job order; `None` outside the horizon.
    pub fn of(job: &job_order::Model) -> Option<Self> {
        Some(Self { state: job.readiness?, job: job.clone() })
    }
}

#[Object(use_type_description)]
impl MaterialReadiness {
    /// Whether it is ready.
    async fn state(&self) -> Readiness {
        self.state.into()
    }

    /// When that was computed; it is computed again when anything that it depends on changes.
    async fn at(&self) -> Option<DateTime<Utc>> {
        self.job.readiness_at
    }

    /// What is missing, late or blocked; empty when it is ready.
    async fn missing(&self) -> Result<Vec<MissingMaterialItem>, Error> {
        let text = self.job.readiness_detail.as_deref().unwrap_or("[]");
        let missing: Vec<MissingMaterial> =
            serde_json::from_str(text).map_err(|_| Error::broken("what a job order lacks is not a list"))?;
        Ok(missing.into_iter().map(MissingMaterialItem).collect())
    }
}

/// Material that a job order lacks.
#[derive(Clone, Debug, Description)]
pub struct MissingMaterialItem(MissingMaterial);

#[Object(name = "MissingMaterial", use_type_description)]
impl MissingMaterialItem {
    /// The material.
    async fn material(&self, context: &Context<'_>) -> Result<Option<Material>, Error> {
        Ok(context.loaders().one(self.0.material).await?.map(Material))
    }

    /// The lot that would be there if it might be used, or were here in time.
    async fn lot(&self, context: &Context<'_>) -> Result<Option<MaterialLot>, Error> {
        context.loaders().maybe(self.0.lot).await.map(|row| row.map(MaterialLot))
    }

    /// How much is missing, late or blocked.
    async fn quantity(&self) -> Quantity {
        Quantity::new(self.0.quantity, &self.0.unit)
    }

    /// Why, in words.
    async fn reason(&self) -> &str {
        &self.0.reason
    }
}
