//! What the server's own folder says about an environment: the truth about what serves.
//!
//! Owns: reading it in one go. Must never know: what is done with it.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    docker::ContainerFacts,
    domain::{
        environment::Folders, name::ServiceName, record::ReleaseRecord, release::ReleaseId, secret::Secret, switch::Colour,
    },
    host::{Command, Host, HostError},
};

const SCRIPT: &str = include_str!("read_stack.sh");

/// An environment's folder on its server.
#[derive(Debug, Clone, Default)]
pub struct StackState {
    /// The release that serves, with its record.
    pub current: Option<ReleaseId>,
    /// Its `release.json`; `None` if it cannot be read.
    pub record: Option<ReleaseRecord>,
    /// Its rendered Compose file.
    pub compose: Option<Secret>,
    /// Its variables: those that the services got.
    pub live_env: Option<Secret>,
    /// The variables of the services, as they apply at the next deployment.
    pub env: Option<Secret>,
    /// The variables of builds.
    pub build_env: Option<Secret>,
    /// The key of the fingerprints.
    pub fingerprint_key: Option<Secret>,
    /// Releases that went live once and are kept.
    pub restorable: BTreeSet<ReleaseId>,
    /// Where each service serves that has a switch, or had one.
    pub active: BTreeMap<ServiceName, Colour>,
}

impl StackState {
    /// Reads an environment's folder. One that is not there yet is empty, not an error.
    ///
    /// # Errors
    /// When the host does not do as asked or its answer is garbled.
    pub async fn read(host: &dyn Host, folders: &Folders) -> Result<Self, HostError> {
        let command = Command::new(["sh", "-s", "--", folders.root()]).stdin(SCRIPT);
        let output = host.run(command).await?;
        if !output.success() {
            let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(HostError::Failed { what: format!("read {}", folders.root()), reason });
        }
        Self::parse(&output.text())
            .ok_or_else(|| HostError::Failed { what: format!("read {}", folders.root()), reason: "garbled answer".into() })
    }

    /// Where a service of the serving release serves, if it is behind a switch.
    #[must_use]
    pub fn colour_of(&self, service: &ServiceName) -> Option<Colour> {
        let record = self.record.as_ref()?.services.iter().find(|record| record.name == *service)?;
        record.switch.as_ref().and_then(|_| self.active.get(service).copied())
    }

    /// The containers as their users think of them: a switched service is the colour that serves; its switch and the other
    /// colour are left out.
    #[must_use]
    pub fn apps(&self, containers: Vec<ContainerFacts>) -> Vec<ContainerFacts> {
        let services = self.record.iter().flat_map(|record| &record.services);
        let switched: BTreeMap<&str, Colour> =
            services.filter_map(|service| Some((service.name.as_str(), self.colour_of(&service.name)?))).collect();
        containers.into_iter().filter_map(|container| app(container, &switched)).collect()
    }

    fn parse(text: &str) -> Option<Self> {
        let mut state = Self::default();
        for (name, encoded) in items(text)? {
            if name == "restorable" {
                state.restorable.insert(encoded.parse().ok()?);
                continue;
            }
            if name == "active" {
                let (service, colour) = encoded.split_once(' ')?;
                state.active.extend(service.parse().ok().zip(colour.parse().ok()));
                continue;
            }
            let content = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
            match name {
                "current" => state.current = content.trim().parse().ok(),
                "record" => state.record = serde_json::from_str(&content).ok(),
                "compose" => state.compose = Some(Secret::new(content)),
                "live-env" => state.live_env = Some(Secret::new(content)),
                "env" => state.env = Some(Secret::new(content)),
                "build-env" => state.build_env = Some(Secret::new(content)),
                "key" => state.fingerprint_key = Some(Secret::new(content.trim())),
                _ => return None,
            }
        }
        Some(state)
    }
}

fn app(mut container: ContainerFacts, switched: &BTreeMap<&str, Colour>) -> Option<ContainerFacts> {
    let service = container.service.clone().unwrap_or_default();
    if switched.contains_key(service.as_str()) && !container.one_off {
        return None;
    }
    let Some((name, colour)) = service.rsplit_once('-').and_then(|(name, colour)| Some((name, colour.parse().ok()?))) else {
        return Some(container);
    };
    match switched.get(name) {
        None => Some(container),
        Some(active) if *active == colour => {
            container.service = Some(name.to_owned());
            Some(container)
        }
        Some(_) => None,
    }
}

/// Names with what stands behind them, on the same line or the next ones.
fn items(text: &str) -> Option<Vec<(&str, String)>> {
    let mut items: Vec<(&str, String)> = Vec::new();
    for line in text.lines() {
        match line.split_once('\t') {
            Some((name, first)) => items.push((name, first.to_owned())),
            None => items.last_mut()?.1.push_str(line),
        }
    }
    Some(items)
}

#[cfg(test)]
mod tests {
    use super::StackState;

    #[test]
    fn a_new_server_has_nothing() {
        let state = StackState::parse("").unwrap();
        assert!(state.current.is_none() && state.restorable.is_empty());
    }

    #[test]
    fn items_arrive_whole_whatever_they_contain() {
        // "A=1\nB='x\ty'" and the release 0123456789ab
        let state = StackState::parse("env\t\nQT0xCkI9\nJ3gJeSc=\nkey\t\nYWI=\nrestorable\t0123456789ab\n").unwrap();
        assert_eq!(state.env.unwrap().reveal(), "A=1\nB='x\ty'");
        assert_eq!(state.fingerprint_key.unwrap().reveal(), "ab");
        assert_eq!(state.restorable.first().unwrap().as_str(), "0123456789ab");
    }

    #[test]
    fn where_a_service_serves_is_told() {
        let state = StackState::parse("active\tapi green\nactive\tweb blue\nactive\tx \n").unwrap();
        let active: Vec<String> = state.active.iter().map(|(name, colour)| format!("{name} {colour}")).collect();
        assert_eq!(active, ["api green", "web blue"], "a map that says nothing is none");
    }

    #[test]
    fn garbage_is_not_taken_for_an_empty_server() {
        assert!(StackState::parse("sh: 1: base64: not found").is_none());
    }
}
