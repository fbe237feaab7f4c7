//! What the runner is told, as data files.
//!
//! Owns: the order's fields and their text form below `in/`. Must never know: how the files get there.

use std::time::Duration;

use crate::domain::{
    deployment::Deployment,
    id::LockId,
    name::{ServiceName, StackName},
    probe::{Probe, ProbeTarget},
    record::{ServiceKind, ServiceRecord},
    release::ReleaseId,
    server::BootHook,
    settings::ReleaseCommand,
    switch::{Colour, SwitchRecord},
};

/// Everything the runner needs for one swap. It reads nothing else but `releases/<id>/compose.json`.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// The deployment as the laptop knows it; kept beside the journal so that another laptop can read the history.
    pub record: Deployment,
    /// Compose project name.
    pub stack: StackName,
    /// The release that shall serve.
    pub new: ReleaseId,
    /// The release that serves now; `None` at the first deployment, then a failure cannot be undone to anything.
    pub old: Option<ReleaseId>,
    /// Every service of the new release, in the order of `depends_on`.
    pub services: Vec<ServiceOrder>,
    /// Services that only the old release has.
    pub removed: Vec<RemovedService>,
    /// Compose services of ours whose stopped containers go after the commit: colours of services that are switched no more.
    pub dropped: Vec<ServiceName>,
    /// Runs once per release before anything moves. `None` in a rollback.
    pub release_command: Option<ReleaseCommand>,
    /// The services that its service depends on; those that never ran here are started before it.
    pub release_command_needs: Vec<ServiceName>,
    /// Longest time the release command may take.
    pub release_command_deadline: Duration,
    /// What must answer well after the swap. The first public one is also watched during the swap and the soak.
    pub probes: Vec<Probe>,
    /// How long the new release is watched after the swap.
    pub soak: Duration,
    /// How many releases beside the current one stay restorable.
    pub keep: u32,
    /// How the runner is started again after a reboot.
    pub hook: Option<BootHook>,
    /// The words before `compose …` and `ps …`, from `docker::compose_cli`.
    pub docker: Vec<String>,
    /// The id under which the environment is locked (`LockOwner::id`), which the runner keeps alive and releases at the end.
    pub lock: LockId,
}

/// One service of the new release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceOrder {
    /// The service as it shall run in the end.
    pub service: ServiceRecord,
    /// The same in the old release, proven after an undo; `None` where the service is new.
    pub previous: Option<ServiceRecord>,
    /// Whether it is touched.
    pub change: Change,
    /// How it is swapped.
    pub way: Way,
    /// How long it may take until it is running, and healthy where it has a health check.
    pub deadline: Duration,
}

/// How a service is swapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// Its container stops, another one starts.
    Recreate,
    /// The same, after every switch has turned.
    RecreateLater,
    /// After every switch has turned another container starts, then the old one stops.
    Overlap,
    /// The new one starts beside the old one, then the switch turns.
    Switch {
        /// What is kept of it in the new release.
        switch: SwitchRecord,
        /// Where it serves now; `None` where no switch passes on to it yet.
        from: Option<Colour>,
        /// Where it shall serve; the same where nothing changes.
        to: Colour,
        /// Whether the switch itself runs as it should, so that it need only turn.
        stands: bool,
    },
    /// It loses its switch: the colour that serves stops, then a plain container takes the switch's place.
    Leave {
        /// Where it serves now.
        from: Colour,
    },
}

/// A service that the new release does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovedService {
    /// The service in the old release.
    pub service: ServiceRecord,
    /// How long it may take until it runs again when it is brought back.
    pub deadline: Duration,
}

/// Whether a service is touched by the swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Its image or its definition differs from the old release.
    Changed,
    /// Nothing differs; it is only checked, and started if it does not run.
    Kept,
}

/// The order as files, paths relative to the deployment's `in/`. Every value is a file of its own:
/// nothing is ever quoted, and the script never evaluates what it reads.
#[must_use]
pub fn files(order: &Order) -> Vec<(String, Vec<u8>)> {
    let mut files = Files::default();
    files.line("new", order.new.as_str());
    order.old.iter().for_each(|old| files.line("old", old.as_str()));
    files.line("lock_id", order.lock);
    files.line("soak_s", whole_seconds(order.soak));
    files.line("keep", order.keep);
    files.line("hook", hook(order.hook));
    files.lines("docker", order.docker.iter().cloned());
    files.lines("services", order.services.iter().map(service_line));
    files.lines("removed", order.removed.iter().map(removed_line));
    files.lines("dropped", order.dropped.iter().map(ToString::to_string));
    files.lines("switched", order.services.iter().filter_map(switched_line));
    files.line("record.json", serde_json::to_string(&order.record).unwrap_or_default());
    if let Some(command) = &order.release_command {
        files.line("release_command/service", command.service.as_str());
        files.line("release_command/deadline_s", whole_seconds(order.release_command_deadline));
        files.lines("release_command/needs", order.release_command_needs.iter().map(ToString::to_string));
        files.words("release_command/argv", &command.command);
    }
    for (index, probe) in order.probes.iter().enumerate() {
        files.probe(index, probe, &order.new);
    }
    // The last one: an order that has it is whole.
    files.line("stack", order.stack.as_str());
    files.0
}

#[derive(Default)]
struct Files(Vec<(String, Vec<u8>)>);

impl Files {
    fn line(&mut self, path: &str, value: impl ToString) {
        self.0.push((path.to_owned(), (value.to_string() + "\n").into_bytes()));
    }

    fn lines(&mut self, path: &str, lines: impl Iterator<Item = String>) {
        self.0.push((path.to_owned(), lines.flat_map(|line| (line + "\n").into_bytes()).collect()));
    }

    /// One file per word, without an added newline: a word may contain any byte but NUL.
    fn words(&mut self, folder: &str, words: &[String]) {
        for (index, word) in words.iter().enumerate() {
            self.0.push((format!("{folder}/{index:04}"), word.clone().into_bytes()));
        }
    }

    fn probe(&mut self, index: usize, probe: &Probe, release: &ReleaseId) {
        let folder = format!("probes/{index:02}");
        let at = |name: &str| format!("{folder}/{name}");
        self.line(&at("timeout_s"), whole_seconds(probe.timeout));
        self.line(&at("interval_s"), tenths(probe.interval));
        self.line(&at("deadline_s"), whole_seconds(probe.deadline));
        probe.target.service().iter().for_each(|service| self.line(&at("service"), service.as_str()));
        match &probe.target {
            ProbeTarget::Http { port, path, expect, .. } => {
                self.line(&at("kind"), "http");
                self.line(&at("port"), port);
                self.line(&at("path"), path);
                self.expect(&at("expect"), expect.as_deref(), release);
            }
            ProbeTarget::Tcp { port, .. } => {
                self.line(&at("kind"), "tcp");
                self.line(&at("port"), port);
            }
            ProbeTarget::Docker { .. } => self.line(&at("kind"), "docker"),
            ProbeTarget::Command { argv, .. } => {
                self.line(&at("kind"), "command");
                self.words(&at("argv"), argv);
            }
            ProbeTarget::Public { url, expect } => {
                self.line(&at("kind"), "public");
                self.line(&at("url"), url);
                self.expect(&at("expect"), expect.as_deref(), release);
            }
        }
    }

    /// The text itself, without an added newline: it is looked for as it is.
    fn expect(&mut self, path: &str, expect: Option<&str>, release: &ReleaseId) {
        if let Some(text) = expect.filter(|text| !text.is_empty()) {
            self.0.push((path.to_owned(), text.replace("{release}", release.as_str()).into_bytes()));
        }
    }
}

fn service_line(order: &ServiceOrder) -> String {
    let ServiceRecord { name, image_id, .. } = &order.service;
    let previous = order.previous.as_ref().map_or("-", |service| &service.image_id);
    let change = match order.change {
        Change::Changed => "changed",
        Change::Kept => "kept",
    };
    let way = match order.way {
        Way::Recreate => "recreate",
        Way::RecreateLater => "later",
        Way::Switch { .. } => "switch",
        Way::Leave { .. } => "leave",
        Way::Overlap => "overlap",
    };
    let (kind, deadline) = (kind(order.service.kind), whole_seconds(order.deadline));
    format!("{name}\t{kind}\t{change}\t{image_id}\t{previous}\t{deadline}\t{way}")
}

fn switched_line(order: &ServiceOrder) -> Option<String> {
    let name = &order.service.name;
    let Way::Switch { switch, from, to, stands } = &order.way else {
        let Way::Leave { from } = &order.way else { return None };
        return Some(format!("{name}\t{from}\t-\t0\t-\tleave"));
    };
    let from = from.map_or("-", Colour::as_str);
    let deed = if *stands { "turn" } else { "install" };
    let drain = whole_seconds(switch.drain);
    Some(format!("{name}\t{from}\t{to}\t{drain}\t{}\t{deed}", switch.image_id))
}

fn removed_line(removed: &RemovedService) -> String {
    let ServiceRecord { name, image_id, .. } = &removed.service;
    format!("{name}\t{}\t{image_id}\t{}", kind(removed.service.kind), whole_seconds(removed.deadline))
}

fn kind(kind: ServiceKind) -> &'static str {
    match kind {
        ServiceKind::Long => "long",
        ServiceKind::OneShot => "oneshot",
        ServiceKind::MayEnd => "mayend",
    }
}

fn hook(hook: Option<BootHook>) -> &'static str {
    match hook {
        Some(BootHook::SystemdSystem) => "systemd-system",
        Some(BootHook::SystemdUser) => "systemd-user",
        Some(BootHook::Cron) => "cron",
        None => "none",
    }
}

/// Seconds, rounded up: a wait of 300 ms must not become none.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// Seconds with one decimal, at least 0.1.
fn tenths(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64().max(0.1))
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use super::{Change, Order, RemovedService, ServiceOrder, Way, files};
    use crate::domain::{
        deployment::{Deployment, DeploymentKind},
        environment::EnvironmentKey,
        id::{LockId, ProjectId},
        name::EnvironmentName,
        probe::{Probe, ProbeTarget},
        record::{ServiceKind, ServiceRecord},
        server::BootHook,
        settings::ReleaseCommand,
        switch::{Colour, SwitchRecord},
    };

    fn service(name: &str, kind: ServiceKind, image: &str) -> ServiceRecord {
        let (image_id, config_hash) = (format!("sha256:{image}"), String::new());
        let name = name.parse().unwrap();
        let (replicas, healthcheck, depends_on, overlap, switch) = (1, false, Vec::new(), false, None);
        ServiceRecord { name, kind, image_id, config_hash, found_hash: None, replicas, healthcheck, depends_on, overlap, switch }
    }

    fn switched() -> Way {
        let switch = SwitchRecord {
            image_id: "sha256:e".into(),
            colours: BTreeMap::new(),
            ports: Vec::new(),
            drain: Duration::from_secs(30),
        };
        Way::Switch { switch, from: Some(Colour::Green), to: Colour::Blue, stands: true }
    }

    fn order() -> Order {
        let deadline = Duration::from_millis(1500);
        let probe = |target| Probe { target, interval: Duration::from_millis(250), timeout: deadline, deadline };
        let api = service("api", ServiceKind::Long, "b");
        let previous = Some(service("api", ServiceKind::Long, "a"));
        let seed = service("seed", ServiceKind::OneShot, "c");
        Order {
            record: Deployment::begun(
                EnvironmentKey { project: ProjectId::new(), name: EnvironmentName::production() },
                DeploymentKind::Deploy,
                jiff::Timestamp::UNIX_EPOCH,
            ),
            stack: "shop".parse().unwrap(),
            new: "00000000000b".parse().unwrap(),
            old: Some("00000000000a".parse().unwrap()),
            services: vec![
                ServiceOrder { service: seed, previous: None, change: Change::Changed, way: Way::Recreate, deadline },
                ServiceOrder { service: api, previous, change: Change::Kept, way: switched(), deadline },
            ],
            removed: vec![RemovedService { service: service("mail", ServiceKind::Long, "d"), deadline }],
            dropped: vec!["mail-blue".parse().unwrap()],
            release_command: Some(ReleaseCommand {
                service: "api".parse().unwrap(),
                command: vec!["--x".into(), "a\nb\n".into(), String::new()],
            }),
            release_command_needs: vec!["seed".parse().unwrap()],
            release_command_deadline: Duration::from_secs(900),
            probes: vec![
                probe(ProbeTarget::Public { url: "https://x/".into(), expect: Some("r={release}\n".into()) }),
                probe(ProbeTarget::Tcp { service: "api".parse().unwrap(), port: 5432 }),
            ],
            soak: Duration::from_secs(60),
            keep: 5,
            hook: Some(BootHook::SystemdUser),
            docker: vec!["sudo".into(), "-n".into(), "docker".into()],
            lock: LockId::new(),
        }
    }

    #[test]
    fn every_value_is_a_file_of_its_own() {
        let files: BTreeMap<String, String> =
            files(&order()).into_iter().map(|(path, content)| (path, String::from_utf8(content).unwrap())).collect();
        let expected = [
            ("stack", "shop\n"),
            ("new", "00000000000b\n"),
            ("old", "00000000000a\n"),
            ("soak_s", "60\n"),
            ("hook", "systemd-user\n"),
            ("docker", "sudo\n-n\ndocker\n"),
            ("services", "seed\toneshot\tchanged\tsha256:c\t-\t2\trecreate\napi\tlong\tkept\tsha256:b\tsha256:a\t2\tswitch\n"),
            ("switched", "api\tgreen\tblue\t30\tsha256:e\tturn\n"),
            ("dropped", "mail-blue\n"),
            ("removed", "mail\tlong\tsha256:d\t2\n"),
            ("release_command/argv/0000", "--x"),
            ("release_command/argv/0001", "a\nb\n"),
            ("release_command/argv/0002", ""),
            ("release_command/deadline_s", "900\n"),
            ("release_command/needs", "seed\n"),
            ("probes/00/kind", "public\n"),
            ("probes/00/expect", "r=00000000000b\n"),
            ("probes/00/timeout_s", "2\n"),
            ("probes/01/port", "5432\n"),
            ("probes/01/service", "api\n"),
        ];
        for (path, content) in expected {
            assert_eq!(files.get(path).map(String::as_str), Some(content), "{path}");
        }
        assert_eq!(files.get("probes/01/expect"), None);
    }

    #[test]
    fn an_order_that_breaks_off_has_no_stack() {
        assert_eq!(files(&order()).last().map(|(path, _)| path.as_str()), Some("stack"));
    }
}
