//! A stack that runs already, and not from a release of ours.
//!
//! Owns: finding it, what becomes of it in words, and why nobody takes it over unasked. Must never know: how it is replaced.

use std::collections::BTreeSet;

use super::{halt::Halt, render::CONFIG_HASH, resolve::Compose, world::World};
use crate::{
    docker::{ContainerFacts, ContainerState},
    domain::{record::ReleaseRecord, settings::Strategy},
    plan::deploy::{Consent, ImageAction, Risk},
    problem::{Code, Problem},
};

/// Where Compose notes the file that a container came from.
const FILES: &str = "com.docker.compose.project.config_files";

/// What runs there.
pub(super) struct Found<'a> {
    compose: &'a Compose,
    running: Vec<ContainerFacts>,
}

/// What runs there and is of no release; `None` when nothing does. After `eject`, or in a hurry, somebody may have started the
/// stack by hand where a release of ours served.
pub(super) async fn found<'a>(world: &World, compose: &'a Compose) -> Result<Option<Found<'a>>, Halt> {
    let containers = world.server.engine.containers_of(&compose.stack).await?;
    let ours = compose.folders.release("");
    let foreign = |it: &ContainerFacts| {
        let Some(record) = &compose.state.record else { return true };
        let made_by_us = it.labels.get(FILES).is_some_and(|files| files.starts_with(&ours));
        !made_by_us && !is_of(record, it)
    };
    let running: Vec<ContainerFacts> =
        containers.into_iter().filter(|it| !it.one_off && it.state == ContainerState::Running && foreign(it)).collect();
    Ok((!running.is_empty()).then_some(Found { compose, running }))
}

/// Whether it is what the release says: plain Compose started it, and the release kept it.
fn is_of(record: &ReleaseRecord, container: &ContainerFacts) -> bool {
    record.services.iter().any(|service| {
        container.service.as_deref() == Some(service.name.as_str())
            && container.image_id == service.image_id
            && service.is_configured_as(container.labels.get(CONFIG_HASH))
    })
}

impl Found<'_> {
    /// What becomes of it, in words.
    pub(super) fn becomes(&self) -> String {
        let switched = self.those(|strategy, _| strategy == Strategy::BlueGreen);
        let replaced = self.those(|strategy, image| strategy == Strategy::Recreate && image == ImageAction::Build);
        let same = self.those(|strategy, image| strategy == Strategy::Recreate && image != ImageAction::Build);
        let stack = &self.compose.stack;
        let mut text = format!("{stack} runs there already and is taken over; volumes and networks stay as they are");
        for (names, becomes) in [
            (
                switched,
                "gets a switch in its place once its new container answers: clients within its network miss it for about half a second, and so do all others where the login may not use sudo",
            ),
            (replaced, "gets a new container and is away meanwhile"),
            (
                same,
                "goes on untouched if its image and its configuration are the same, else it gets a new container and is away meanwhile",
            ),
        ] {
            if !names.is_empty() {
                text.push_str(&format!("; {} {becomes}", names.join(", ")));
            }
        }
        text
    }

    /// What somebody has to accept.
    pub(super) fn consent(&self) -> Consent {
        let kept = "What runs is kept as a release first, where its Compose file is still on the server and says the same: a \
                    failure then brings it back. Where it is not,";
        let else_back = match &self.compose.state.current {
            Some(release) => format!("{kept} a failure brings release {release} back instead."),
            None => format!("{kept} there is nothing to go back to."),
        };
        Consent { to: Risk::TakeOver, consequences: vec![format!("{}.", self.becomes()), else_back] }
    }

    /// What nobody accepted.
    pub(super) fn refusal(&self) -> Problem {
        let running: Vec<&str> = self.running.iter().map(|container| container.name.as_str()).collect();
        Problem::new(
            Code::NotRestorable,
            format!("{} runs there already, and not from a release", self.compose.stack),
            format!("{} would be replaced; if this deployment fails there may be no way back to it", running.join(", ")),
            "Deploy with --yes to take it over (volumes stay, and what runs is kept where its Compose file is still there), or give this project another `stack` in plimsoll.toml.",
        )
    }

    fn those(&self, is: fn(Strategy, ImageAction) -> bool) -> Vec<&str> {
        let names: BTreeSet<&str> = self.running.iter().filter_map(|container| container.service.as_deref()).collect();
        let way = |name: &&str| {
            let name = name.parse().ok()?;
            Some((self.compose.switching.choices.get(&name)?.strategy, self.compose.decisions.get(&name)?.action))
        };
        names.into_iter().filter(|name| way(name).is_some_and(|(strategy, image)| is(strategy, image))).collect()
    }
}
