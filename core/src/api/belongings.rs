//! What `plimsoll.toml` names and this laptop does not know, or what is missing there.
//!
//! Owns: that comparison. Must never know: Compose files, machines.

use std::collections::BTreeSet;

use super::Session;
use crate::{
    compose::{Finding, FindingCode, Place},
    domain::{
        name::Name,
        settings::{BuilderChoice, Settings},
    },
    problem::Problem,
    settings,
};

/// Names that this laptop knows.
struct Known {
    servers: BTreeSet<Name>,
    registries: BTreeSet<Name>,
}

/// Every server, registry, builder and environment that a deployment would miss. `builds` says whether a service is built.
pub(super) async fn check(session: &Session, settings: &Settings, builds: bool) -> Result<Vec<Finding>, Problem> {
    let known = Known {
        servers: session.store.servers().list().await?.into_iter().map(|server| server.name).collect(),
        registries: session.store.registries().list().await?.into_iter().map(|registry| registry.name).collect(),
    };
    Ok(found(settings, &known, builds))
}

fn found(settings: &Settings, known: &Known, builds: bool) -> Vec<Finding> {
    let mut findings = environments(settings, known);
    findings.extend(registry(settings, known, builds));
    findings.extend(builder(settings, known, builds));
    findings
}

fn environments(settings: &Settings, known: &Known) -> Vec<Finding> {
    if settings.environments.is_empty() {
        let remedy = "Write `[environments.production]` with `server = \"NAME\"`.";
        return vec![error(FindingCode::UnknownServer, "no environment is set up", remedy)];
    }
    let strange = settings.environments.iter().filter(|(_, place)| !known.servers.contains(&place.server));
    strange.map(|(name, place)| unknown_server(&format!("[environments.{name}]"), &place.server)).collect()
}

fn registry(settings: &Settings, known: &Known, builds: bool) -> Option<Finding> {
    match &settings.registry {
        Some(name) if known.registries.contains(name) => None,
        Some(name) => {
            let text = format!("registry names {name}, which this laptop does not know");
            let remedy = format!("Add it with `plimsoll registry add {name} …`, or mend its name.");
            Some(error(FindingCode::UnknownRegistry, text, remedy))
        }
        None if builds => {
            let remedy = "Write `registry = \"NAME\"`: what is built is pushed there.";
            Some(error(FindingCode::UnknownRegistry, "no registry is named", remedy))
        }
        None => None,
    }
}

fn builder(settings: &Settings, known: &Known, builds: bool) -> Option<Finding> {
    match &settings.builder {
        Some(BuilderChoice::BuildVm { server }) if !known.servers.contains(server) => Some(unknown_server("[builder]", server)),
        Some(BuilderChoice::GithubActions) if builds => {
            let remedy = "Choose `kind = \"build-vm\"` or `kind = \"local\"`.";
            Some(error(FindingCode::NoBuilder, "builds on GitHub Actions are not available yet", remedy))
        }
        Some(_) => None,
        None if builds => {
            let remedy = "Write `[builder]` with `kind = \"build-vm\"` and `server = \"NAME\"`, or `kind = \"local\"`.";
            Some(error(FindingCode::NoBuilder, "no builder is named", remedy))
        }
        None => None,
    }
}

fn unknown_server(table: &str, server: &Name) -> Finding {
    let text = format!("{table} names the server {server}, which this laptop does not know");
    error(FindingCode::UnknownServer, text, format!("Add it with `plimsoll server add {server} DEST`, or mend its name."))
}

fn error(code: FindingCode, text: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding::error(code, &Place::file(settings::FILE), text, remedy)
}

#[cfg(test)]
mod tests {
    use super::{FindingCode, Known, found};
    use crate::settings;

    fn codes(text: &str, builds: bool) -> Vec<FindingCode> {
        let name = |name: &str| [name.parse().unwrap()].into();
        let known = Known { servers: name("web"), registries: name("hub") };
        found(&settings::parse(text).unwrap(), &known, builds).into_iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn whatever_a_deployment_would_miss_is_said_before() {
        use FindingCode::{NoBuilder, UnknownRegistry, UnknownServer};
        assert_eq!(codes("", true), [UnknownServer, UnknownRegistry, NoBuilder]);
        assert_eq!(codes("", false), [UnknownServer]);
        let whole = "registry = \"hub\"\n[builder]\nkind = \"build-vm\"\nserver = \"web\"\n[environments.p]\nserver = \"web\"\n";
        assert_eq!(codes(whole, true), []);
        assert_eq!(
            codes(&whole.replace("hub", "pub").replace("web", "bew"), true),
            [UnknownServer, UnknownRegistry, UnknownServer]
        );
        let local = whole.replace("\"build-vm\"\nserver = \"web\"", "\"local\"");
        assert_eq!(codes(&local, true), []);
        assert_eq!(codes(&local.replace("local", "github-actions"), true), [NoBuilder]);
    }
}
