//! What the Compose file says somebody else made: networks and volumes that have to be on the server before anything starts.
//!
//! Owns: seeing that they are there. Must never know: who should have made them.

use super::{halt::Halt, world::World};
use crate::{
    compose::rendered::Rendered,
    docker::{Engine, EngineError},
    problem::{Code, Problem},
};

/// Compose would find out in the middle of the swap, and the swap would be undone for it.
pub(super) async fn are_there(world: &World, rendered: &Rendered) -> Result<(), Halt> {
    let (networks, volumes) = named(rendered);
    let missing = missing(&world.server.engine, &networks, &volumes).await?;
    if missing.is_empty() { Ok(()) } else { Err(absent(world.server.server.name.as_str(), &missing).into()) }
}

/// Names of external networks and volumes that a service uses; Compose does not ask for the others.
fn named(rendered: &Rendered) -> (Vec<&str>, Vec<&str>) {
    let services = || rendered.services.values();
    let joined = |key: &str| services().any(|service| service.networks.contains_key(key));
    let mounted = |key: &str| {
        services().flat_map(|service| &service.volumes).any(|m| m.kind == "volume" && m.source.as_deref() == Some(key))
    };
    let networks = rendered.networks.iter().filter(|(key, network)| network.external && joined(key));
    let volumes = rendered.volumes.iter().filter(|(key, volume)| volume.external && mounted(key));
    (
        networks.map(|(key, network)| network.name.as_deref().unwrap_or(key)).collect(),
        volumes.map(|(key, volume)| volume.name.as_deref().unwrap_or(key)).collect(),
    )
}

/// Each that is not there, with the command that makes it.
async fn missing(engine: &Engine, networks: &[&str], volumes: &[&str]) -> Result<Vec<(String, String)>, EngineError> {
    let mut missing = Vec::new();
    for name in networks {
        if !engine.has_network(name).await? {
            missing.push((format!("network {name}"), format!("docker network create {name}")));
        }
    }
    for name in volumes {
        if !engine.has_volume(name).await? {
            missing.push((format!("volume {name}"), format!("docker volume create {name}")));
        }
    }
    Ok(missing)
}

fn absent(server: &str, missing: &[(String, String)]) -> Problem {
    let (what, how): (Vec<_>, Vec<_>) = missing.iter().map(|(what, how)| (what.as_str(), format!("`{how}`"))).unzip();
    Problem::new(
        Code::RequirementMissing,
        format!("{server} lacks what the Compose file calls external"),
        what.join("\n"),
        format!("Make it there ({}), or take `external: true` away, then deploy again.", how.join(", ")),
    )
}

#[cfg(test)]
mod tests {
    use super::named;
    use crate::compose::rendered::Rendered;

    #[test]
    fn what_no_service_uses_need_not_be_there() {
        let text = br#"{"services":{"api":{"image":"a","networks":{"proxy":null,"own":null},
            "volumes":[{"type":"volume","source":"media","target":"/m"},{"type":"bind","source":"spare","target":"/s"}]}},
            "networks":{"proxy":{"name":"edge","external":true},"own":{"name":"shop_own"},"idle":{"name":"idle","external":true}},
            "volumes":{"media":{"external":true},"spare":{"name":"spare","external":true}}}"#;
        let rendered = Rendered::parse(text).expect("valid");
        assert_eq!(named(&rendered), (vec!["edge"], vec!["media"]));
    }
}
