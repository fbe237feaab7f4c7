//! What lies in an ECR: what it takes, what it costs, how long it stays, what can go.
//!
//! Owns: those acts, and asking every server before anything is called unused. Must never know: AWS.

mod clean;
mod cost;
mod images;
mod lifecycle;
mod users;

use std::sync::Arc;

use super::{Session, registries};
use crate::{
    domain::registry::{Registry, RegistryKind},
    problem::{Code, Problem},
    registry::{Client, Ecr},
};

pub(super) use self::clean::Shown;
pub use self::{
    clean::{Cleaned, CleaningPlan, Skipped, clean, clean_plan},
    cost::Estimate,
    images::{Overview, RepositoryOverview, overview},
    lifecycle::{Change, Rules, rules},
};

/// A registry that is an ECR, opened.
struct Opened {
    registry: Registry,
    client: Arc<Client>,
}

impl Opened {
    async fn named(session: &Session, name: &str) -> Result<Self, Problem> {
        let registry = session.store.registries().named(name).await?;
        if !matches!(registry.kind, RegistryKind::Ecr { .. }) {
            return Err(no_ecr(&registry));
        }
        let client = registries::open(session, &registry).await?;
        Ok(Self { registry, client })
    }

    fn ecr(&self) -> Result<&Ecr, Problem> {
        self.client.ecr().ok_or_else(|| no_ecr(&self.registry))
    }

    /// The paths of its repositories, in order.
    async fn repositories(&self) -> Result<Vec<String>, Problem> {
        Ok(self.ecr()?.repositories(&self.client.folder()).await?)
    }
}

fn no_ecr(registry: &Registry) -> Problem {
    Problem::new(
        Code::InvalidInput,
        format!("{} is no ECR", registry.name),
        "what lies in other registries, and for how long, is theirs to say: their API tells neither",
        "Name a registry that was added with `plimsoll registry add NAME ecr`.",
    )
}
