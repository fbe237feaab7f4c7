//! The sample shop, live on the lab's server: five services.
//!
//! Owns: bringing it there with Plimsoll, and asking Plimsoll for it again. Must never know: how long anything takes.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use async_trait::async_trait;
use plimsoll_core::{
    api::{
        Answer, Ask, Question, Session, SessionOptions,
        deployments::{self, DeployRequest, Update, What},
        projects, registries,
        servers::{self, KeyProof},
        variables::{self, Scope},
    },
    domain::{
        deployment::Status, event::StepEventKind, name::EnvironmentName, record::ReleaseRecord, registry::RegistryKind,
        secret::Secret,
    },
    problem::Problem,
};

use super::{Laptop, Outcome, checkout::Checkout};
use crate::lab::{Lab, Machine, run};

/// Its folder on the server.
const STACK: &str = "/home/deploy/.plimsoll/stacks/shop";
/// Asked over the network where the sample leaves it to the containers' own checks.
const PROBES: &str = r#"
[services.api]
probe = { http = "/health", port = 8000, expect = '"release": "{release}"' }

[services.web]
probe = { http = "/health", port = 8080 }
"#;

pub(super) struct Shop {
    session: Session,
}

impl Shop {
    /// Deploys it for the first time.
    pub(super) async fn deployed(lab: &Lab, laptop: &Laptop) -> Outcome<Self> {
        check_out(lab.machine("server")?, &laptop.folder.join("shop")).await?;
        let home = Some(laptop.home());
        let session = Session::open(SessionOptions { home, ask: Arc::new(NobodyThere) }).await?;
        introduce(lab, &session, &laptop.folder.join("shop")).await?;
        let shop = Self { session };
        match shop.deploy().await? {
            Status::Live => Ok(shop),
            status => Err(format!("the first deployment ended {status:?}").into()),
        }
    }

    /// Asks for the head to be live, and waits for the end.
    pub(super) async fn deploy(&self) -> Outcome<Status> {
        let request = DeployRequest {
            project: "shop".to_owned(),
            environment: EnvironmentName::production(),
            what: What::Commit("HEAD".to_owned()),
            services: BTreeSet::new(),
            refresh: BTreeSet::new(),
            builder: None,
            undo: deployments::Undo::Required,
        };
        let mut deploying = deployments::deploy(&self.session, request).await?;
        while let Some(update) = deploying.updates.recv().await {
            let Update::Event(event) = update else { continue };
            if let StepEventKind::Finished { status, problem, .. } = event.kind {
                return problem.map_or(Ok(status), |problem| Err(told(&problem)));
            }
        }
        Err("the deployment never ended".into())
    }

    /// What the server says about the live release.
    pub(super) async fn record(&self, server: &Machine) -> Outcome<ReleaseRecord> {
        Ok(serde_json::from_str(&self.file(server, "release.json").await?)?)
    }

    /// The live release's Compose file.
    pub(super) async fn compose(&self, server: &Machine) -> Outcome<serde_json::Value> {
        Ok(serde_json::from_str(&self.file(server, "compose.json").await?)?)
    }

    async fn file(&self, server: &Machine, name: &str) -> Outcome<String> {
        Ok(server.sh(&format!("cat {STACK}/releases/\"$(cat {STACK}/current)\"/{name}")).await?)
    }
}

async fn check_out(server: &Machine, folder: &Path) -> Outcome<()> {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/shop");
    run(&["cp", "-R", sample, &folder.display().to_string()]).await?;
    let checkout = Checkout::new(folder.to_owned()).await?;
    let settings = checkout.read("plimsoll.toml")?.replace("//SERVER/", &format!("//{}/", server.ip));
    checkout.write("plimsoll.toml", &format!("{settings}{PROBES}"))?;
    checkout.commit().await
}

async fn introduce(lab: &Lab, session: &Session, folder: &Path) -> Outcome<()> {
    for machine in &lab.machines {
        servers::add(session, &machine.name, &machine.name, KeyProof::Fingerprint(machine.host_key("ed25519").await?)).await?;
    }
    let registry = &lab.registry;
    let kind = RegistryKind::Oci {
        host: registry.address.clone(),
        prefix: "bench".to_owned(),
        user: Some(registry.user.clone()),
        plain_http: true,
    };
    registries::add(session, "registry", kind, Some(Secret::new(&registry.password))).await?;
    projects::add(session, folder, None).await?;
    let images = |names: &[(&str, &str)]| {
        names.iter().map(|(name, image)| ((*name).to_owned(), Secret::new(registry.base(image)))).collect::<Vec<_>>()
    };
    let place = EnvironmentName::production();
    variables::set(session, "shop", &place, Scope::Run, images(&[("REDIS_IMAGE", "redis"), ("CADDY_IMAGE", "caddy")])).await?;
    variables::set(session, "shop", &place, Scope::Build, images(&[("PYTHON_IMAGE", "python")])).await?;
    Ok(())
}

fn told(problem: &Problem) -> Box<dyn std::error::Error + Send + Sync> {
    format!("{problem}").into()
}

struct NobodyThere;

#[async_trait]
impl Ask for NobodyThere {
    async fn confirm(&self, _: Question) -> Answer {
        Answer::Nobody
    }

    async fn secret(&self, _: &str) -> Option<Secret> {
        None
    }
}
