//! What a machine lacks, and the command that brings it there. Pure.

use super::{Role, remedy};
use crate::domain::server::{Requirement, ServerFacts};

/// Oldest versions that are known to work.
const ENGINE: (u32, u32) = (20, 10);
const COMPOSE: (u32, u32) = (2, 20);
const BUILDX: (u32, u32) = (0, 13);
/// A clock further off than this breaks signatures and confuses logs, in milliseconds.
const CLOCK: i64 = 60_000;

/// What a machine lacks for its role; empty if nothing.
#[must_use]
pub fn requirements(facts: &ServerFacts, role: Role) -> Vec<Requirement> {
    let os = facts.os_id.as_deref().unwrap_or_default();
    let mut missing = Vec::new();
    missing.extend(engine(facts, os));
    match role {
        Role::Serve => {
            missing.extend(program(
                &facts.compose,
                COMPOSE,
                "Docker Compose",
                "releases are started with it",
                remedy::compose(os),
            ));
            missing.extend(program(&facts.curl, (0, 0), "curl", "health checks are made with it", remedy::package(os, "curl")));
            missing.extend(boot_hook(facts, os));
        }
        Role::Build => {
            missing.extend(program(&facts.buildx, BUILDX, "Docker buildx", "images are built with it", remedy::buildx(os)));
            missing.extend(program(&facts.git, (0, 0), "git", "it receives the commits", remedy::package(os, "git")));
        }
    }
    missing.extend(clock(facts));
    missing
}

fn engine(facts: &ServerFacts, os: &str) -> Option<Requirement> {
    let installed = facts.compose.is_some() || facts.buildx.is_some();
    if facts.docker.is_none() && installed {
        return Some(Requirement {
            what: "a Docker engine that answers".into(),
            why: "Docker is installed, but neither its socket nor `sudo -n docker` nor a rootless socket answers".into(),
            remedy: Some("sudo systemctl enable --now docker && sudo usermod -aG docker \"$USER\"".into()),
            required: true,
        });
    }
    program(&facts.engine, ENGINE, "Docker Engine", "everything runs in it", remedy::engine(os))
}

/// A program that is missing or older than it may be; `(0, 0)` takes any version.
fn program(found: &Option<String>, oldest: (u32, u32), name: &str, why: &str, remedy: Option<String>) -> Option<Requirement> {
    let wanted = if oldest == (0, 0) { name.to_owned() } else { format!("{name} {}.{} or newer", oldest.0, oldest.1) };
    let what = match found {
        None => wanted,
        Some(version) if older(version, oldest) => format!("{wanted} (it has {version})"),
        Some(_) => return None,
    };
    Some(Requirement { what, why: why.to_owned(), remedy, required: true })
}

/// A version that cannot be read is taken for old.
fn older(version: &str, oldest: (u32, u32)) -> bool {
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) < oldest,
        _ => oldest != (0, 0),
    }
}

fn boot_hook(facts: &ServerFacts, os: &str) -> Option<Requirement> {
    facts.boot_hook.is_none().then(|| Requirement {
        what: "a way to start something after a reboot".into(),
        why: "a swap that a reboot interrupts would stay as it is until the next `plimsoll resume`".into(),
        remedy: remedy::boot_hook(os),
        required: false,
    })
}

fn clock(facts: &ServerFacts) -> Option<Requirement> {
    let offset = facts.clock_offset_ms.filter(|ms| ms.abs() > CLOCK)?;
    let (amount, direction) = (offset.abs(), if offset > 0 { "fast" } else { "slow" });
    let amount = if amount < 600_000 { format!("{} s", amount / 1000) } else { format!("{} min", amount / 60_000) };
    Some(Requirement {
        what: format!("a right clock (its clock is {amount} {direction}, or this machine's is not)"),
        why: "tokens and certificates are refused when the clock is wrong".into(),
        remedy: Some("sudo timedatectl set-ntp true".into()),
        required: false,
    })
}

#[cfg(test)]
mod tests {
    use super::{Role, older, requirements};
    use crate::{domain::server::ServerFacts, host::facts::parse::parse};

    const DEBIAN: &str = include_str!("os-release/debian-12");
    const UBUNTU: &str = include_str!("os-release/ubuntu-24.04");
    const AMAZON: &str = include_str!("os-release/amazon-linux-2023");
    const FEDORA: &str = include_str!("os-release/fedora-41");

    fn bare(os_release: &str) -> ServerFacts {
        parse(&os_release.lines().map(|line| format!("os_release\t{line}\n")).collect::<String>())
    }

    fn complete() -> ServerFacts {
        parse(
            "docker\t/var/run/docker.sock\nengine\t20.10.24\ncompose\t2.20.0\nbuildx\tv0.13.1\ngit\tgit version 2.39.5\n\
             curl\tcurl 7.88.1\nboot_hook\tcron\n",
        )
    }

    #[test]
    fn a_complete_machine_lacks_nothing() {
        for role in [Role::Serve, Role::Build] {
            assert_eq!(requirements(&complete(), role), []);
        }
    }

    #[test]
    fn every_distribution_has_its_remedies() {
        for (file, name, tool) in
            [(DEBIAN, "debian", "apt-get"), (UBUNTU, "ubuntu", "apt-get"), (AMAZON, "amzn", "dnf"), (FEDORA, "fedora", "dnf")]
        {
            let facts = bare(file);
            assert_eq!(facts.os_id.as_deref(), Some(name));
            assert!(facts.os.is_some());
            let missing = [requirements(&facts, Role::Serve), requirements(&facts, Role::Build)].concat();
            let names: Vec<&str> = missing.iter().map(|m| m.what.split(' ').next().unwrap()).collect();
            assert_eq!(names, ["Docker", "Docker", "curl", "a", "Docker", "Docker", "git"], "{name}");
            assert!(missing.iter().all(|m| m.remedy.is_some()), "{name}");
            let git = missing.last().unwrap().remedy.as_deref();
            assert!(git.is_some_and(|r| r.contains(tool)), "{name}");
        }
    }

    #[test]
    fn an_unknown_distribution_gets_no_invented_command() {
        let facts = bare("ID=plan9\n");
        let curl = requirements(&facts, Role::Serve).into_iter().find(|m| m.what == "curl").unwrap();
        assert_eq!(curl.remedy, None);
    }

    #[test]
    fn old_versions_are_named() {
        let facts = ServerFacts { compose: Some("2.19.1".into()), ..complete() };
        let missing = requirements(&facts, Role::Serve);
        assert_eq!(missing.len(), 1);
        assert_eq!(missing[0].what, "Docker Compose 2.20 or newer (it has 2.19.1)");
        assert!(older("0.12.0", (0, 13)) && !older("0.13.1+ds1", (0, 13)) && !older("28.2.2", (20, 10)) && older("?", (2, 20)));
    }

    #[test]
    fn an_engine_that_is_down_is_told_from_one_that_is_missing() {
        let facts = ServerFacts { docker: None, engine: None, ..complete() };
        assert_eq!(requirements(&facts, Role::Serve)[0].what, "a Docker engine that answers");
    }

    #[test]
    fn a_wrong_clock_is_said_but_does_not_stop() {
        let facts = ServerFacts { clock_offset_ms: Some(-1_200_000), ..complete() };
        let missing = requirements(&facts, Role::Serve);
        assert!(missing[0].what.contains("20 min slow") && !missing[0].required, "{missing:?}");
    }
}
