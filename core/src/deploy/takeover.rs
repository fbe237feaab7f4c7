//! A stack that runs already, and not from a release of ours.
//!
//! Owns: finding it, what becomes of it in words, and why nobody takes it over unasked. Must never know: how it is replaced.

use std::collections::BTreeSet;

use super::{halt::Halt, resolve::Compose, world::World};
use crate::{
    docker::{ContainerFacts, ContainerState},
    domain::settings::Strategy,
    plan::deploy::{Consent, ImageAction, Risk},
    problem::{Code, Problem},
};

/// What runs there.
pub(super) struct Found<'a> {
    compose: &'a Compose,
    running: Vec<ContainerFacts>,
}

/// What runs there without a release; `None` when nothing does.
pub(super) async fn found<'a>(world: &World, compose: &'a Compose) -> Result<Option<Found<'a>>, Halt> {
    if compose.state.record.is_some() {
        return Ok(None);
    }
    let containers = world.server.engine.containers_of(&compose.stack).await?;
    let running: Vec<ContainerFacts> =
        containers.into_iter().filter(|it| !it.one_off && it.state == ContainerState::Running).collect();
    Ok((!running.is_empty()).then_some(Found { compose, running }))
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
            (switched, "gets a switch in its place once its new container answers"),
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
                    failure then brings it back. Where it is not, there is nothing to go back to.";
        Consent { to: Risk::TakeOver, consequences: vec![format!("{}.", self.becomes()), kept.to_owned()] }
    }

    /// What nobody accepted.
    pub(super) fn refusal(&self) -> Problem {
        let running: Vec<&str> = self.running.iter().map(|container| container.name.as_str()).collect();
        Problem::new(
            Code::NotRestorable,
            format!("{} runs there already, and not from a release", self.compose.stack),
            format!("{} would be replaced; if this deployment fails there is nothing to go back to", running.join(", ")),
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
