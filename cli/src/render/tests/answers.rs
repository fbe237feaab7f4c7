//! One snapshot per kind of answer.

use jiff::Timestamp;
use plimsoll_core::{
    api::{
        activity::ActivityRow,
        deployments::HistoryRow,
        machines::ServerContainer,
        projects::{Finding, FindingCode, Place, ServiceSummary, Severity, Understood},
        running::{EnvironmentStatus, ServiceStatus},
        servers::ServerCheck,
        variables::{Scope, Variable},
    },
    docker::{ContainerState, Health},
    domain::{
        bytes::Bytes,
        commit::Commit,
        deployment::{Deployment, DeploymentKind, Status},
        environment::EnvironmentKey,
        id::{ProjectId, ServerId},
        name::EnvironmentName,
        project::Project,
        server::{BootHook, DockerAccess, Requirement, Server, ServerFacts},
        settings::Strategy,
    },
    host::facts::Load,
    plan::deploy::{DeployPlan, ImageAction, ServicePlan},
    problem::{Code, Problem},
};
use serde_json::json;

use super::plain;
use crate::render::{history, human::Now, machine, plan, project, server, status, variables};

fn now() -> Now {
    Now::at("2026-11-20T14:00:00Z")
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn commit(subject: &str) -> Commit {
    Commit {
        id: "3f9ab12c41e2d3f4a5b6c7d8e9f0a1b2c3d4e5f6".parse().unwrap(),
        subject: subject.to_owned(),
        author: "Anna".to_owned(),
        at: at("2026-11-20T13:00:00Z"),
        branch: Some("main".to_owned()),
        dirty: false,
    }
}

fn deployment(status: Status) -> Deployment {
    Deployment {
        id: "0192f0c1-7a10-7cc0-8000-00000000000a".parse().unwrap(),
        commit: Some(commit("Round prices in the cart, and everywhere else where money is shown")),
        release: Some("5f0c2a91d3be".parse().unwrap()),
        status,
        finished: Some(at("2026-11-20T11:31:52Z")),
        gap_ms: Some(420),
        migrated: true,
        ..Deployment::begun(
            EnvironmentKey { project: ProjectId::new(), name: EnvironmentName::production() },
            DeploymentKind::Deploy,
            at("2026-11-20T11:30:00Z"),
        )
    }
}

#[test]
fn past_deployments() {
    let live = HistoryRow { deployment: deployment(Status::Live), restorable: true, serving: true, stages: Vec::new() };
    let mut failed = HistoryRow { serving: false, restorable: false, ..live.clone() };
    failed.deployment.status = Status::RolledBack;
    failed.deployment.gap_ms = None;
    failed.deployment.migrated = false;
    failed.deployment.commit = Some(commit("a\u{1b}[2Jb"));
    failed.deployment.problem = Some(Problem::new(Code::Unhealthy, "api does not become healthy", "", ""));
    let mut running = HistoryRow { serving: false, restorable: false, ..failed.clone() };
    running.deployment.status = Status::Running;
    running.deployment.finished = None;
    running.deployment.problem = None;
    running.deployment.started = at("2026-11-20T13:58:39Z");
    insta::assert_snapshot!(plain(&history::table(&[running, failed, live], &now())));
}

#[test]
fn past_deployments_of_all_projects() {
    let row = |project: &str, status| ActivityRow { project: project.parse().unwrap(), deployment: deployment(status) };
    insta::assert_snapshot!(plain(&history::of_all(&[row("shop", Status::Live), row("blog", Status::RolledBack)], &now())));
}

#[test]
fn an_environment() {
    let service = |name: &str, matches, state: &str| ServiceStatus {
        name: name.parse().unwrap(),
        wanted: Some(format!("sha256:{}", "ab12".repeat(16)).parse().unwrap()),
        matches,
        state: state.to_owned(),
        stopped: state != "running",
        health: Some("healthy".to_owned()),
        restarts: 12_000,
        started: Some(at("2026-11-20T11:31:00Z")),
        memory: Some(Bytes(41_000_000)),
    };
    let it = EnvironmentStatus {
        project: "shop".parse().unwrap(),
        environment: EnvironmentName::production(),
        server: "hull-1".parse().unwrap(),
        url: Some("https://shop.example".to_owned()),
        release: Some("5f0c2a91d3be".parse().unwrap()),
        commit: Some(commit("Round prices")),
        since: Some(at("2026-11-20T11:31:00Z")),
        services: vec![service("api", true, "running"), service("worker", false, "exited")],
        ahead: (1..=7).map(|n| commit(&format!("Change {n}"))).collect(),
        pending: vec!["SMTP_PASSWORD".to_owned()],
        running: None,
        problem: None,
    };
    let out_of_reach = EnvironmentStatus {
        release: None,
        services: Vec::new(),
        ahead: Vec::new(),
        pending: Vec::new(),
        problem: Some(Problem::new(Code::HostUnreachable, "hull-1 does not answer", "no answer for 10 s", "Try again.")),
        ..it.clone()
    };
    let another_key = EnvironmentStatus {
        problem: Some(Problem::new(Code::HostKeyChanged, "hull-1 shows another key than before", "", "Compare it.")),
        ..out_of_reach.clone()
    };
    insta::assert_snapshot!(plain(&status::all(&[it, out_of_reach, another_key], &now())));
}

#[test]
fn a_server_this_second() {
    let load = Load {
        cpu_percent: Some(12.4),
        load_average: Some(0.31),
        memory_used: Some(Bytes(800_000_000)),
        memory_total: Some(Bytes(2_000_000_000)),
        disk_used: None,
        disk_total: Some(Bytes(30_000_000_000)),
        uptime_s: Some(1_051_200),
    };
    let api = ServerContainer {
        id: "3f9ab12c".to_owned(),
        name: "shop-api-1".to_owned(),
        stack: Some("shop".to_owned()),
        owner: Some(("shop".parse().unwrap(), EnvironmentName::production())),
        service: Some("api".to_owned()),
        image: "ghcr.io/anna/shop-api@sha256:ab12".to_owned(),
        state: ContainerState::Running,
        health: Some(Health::Healthy),
        restarts: 12_000,
        exit_code: 0,
        started: Some(at("2026-11-20T11:31:00Z")),
        memory: Some(Bytes(41_000_000)),
        cpu_percent: Some(103.6),
    };
    let theirs = ServerContainer {
        name: "blog-a\u{1b}[2Jb".to_owned(),
        stack: Some("blog".to_owned()),
        owner: None,
        service: None,
        state: ContainerState::Exited,
        health: None,
        exit_code: 137,
        memory: None,
        cpu_percent: None,
        ..api.clone()
    };
    let text = [machine::shown(&load, &[api, theirs], &now()), machine::shown(&Load::default(), &[], &now())];
    insta::assert_snapshot!(plain(&text.concat()));
}

#[test]
fn a_checked_server() {
    let facts: ServerFacts = serde_json::from_value(json!({
        "platform": "linux/arm64", "os": "Debian GNU/Linux 13 (trixie)", "os_id": "debian", "cores": 2,
        "memory_total": 2_000_000_000u64, "memory_available": 1_200_000_000u64,
        "disk_total": 30_000_000_000u64, "disk_free": 21_400_000_000u64, "inodes_total": 1_966_080, "inodes_free": 1_800_000,
        "data_root": "/var/lib/docker", "engine": "28.1.0", "clock_offset_ms": -12_345,
        "ec2_type": "t4g.small", "ec2_region": "eu-west-1"
    }))
    .unwrap();
    let facts = ServerFacts { docker: Some(DockerAccess::Sudo), boot_hook: Some(BootHook::SystemdSystem), ..facts };
    let check = ServerCheck {
        server: Server {
            id: ServerId::new(),
            name: "hull-1".parse().unwrap(),
            destination: "ubuntu@203.0.113.7".parse().unwrap(),
            added: at("2026-11-20T11:31:00Z"),
        },
        fingerprint: Some("SHA256:47DEQpj8HBSa".to_owned()),
        latency_ms: 23,
        facts,
        missing_to_serve: vec![Requirement {
            what: "Docker Compose 2.20 or newer".to_owned(),
            why: "It starts the services.".to_owned(),
            remedy: Some("sudo apt-get install docker-compose-v2".to_owned()),
            required: true,
        }],
        missing_to_build: Vec::new(),
    };
    assert!(server::usable(&check));
    insta::assert_snapshot!(plain(&server::check(&check)));
}

#[test]
fn an_understood_project() {
    let service = |name: &str, image: Option<&str>| ServiceSummary {
        name: name.parse().unwrap(),
        built: image.is_none(),
        image: image.map(str::to_owned),
        ports: vec!["8080:80/tcp".to_owned()],
        probe: Some("GET /health on 8080".to_owned()),
        volumes: vec!["data:/var/lib/postgresql/data".to_owned()],
        stateful: false,
    };
    let finding = |severity, line| Finding {
        severity,
        code: FindingCode::UnknownDependency,
        place: Place { file: "compose.yaml".to_owned(), line, column: 0 },
        text: "service api depends on `database`, which is not in the file.".to_owned(),
        remedy: "Did you mean `db`?".to_owned(),
    };
    let it = Understood {
        project: Project {
            id: ProjectId::new(),
            name: "shop".parse().unwrap(),
            path: "/src/shop".into(),
            added: at("2026-11-20T11:31:00Z"),
        },
        head: Some(commit("Round prices")),
        compose_files: vec!["compose.yaml".to_owned()],
        services: vec![service("api", None), service("db", Some("postgres:16"))],
        settings: Default::default(),
        settings_written: true,
        findings: vec![finding(Severity::Error, 18), finding(Severity::Advice, 0)],
    };
    assert!(project::refused(&it.findings));
    insta::assert_snapshot!(plain(&project::understood(&it)));
}

#[test]
fn a_plan() {
    let service = |name: &str, image, strategy| ServicePlan {
        name: name.parse().unwrap(),
        image,
        strategy,
        reason: "its source changed".to_owned(),
        probe: "GET /health on 8080".to_owned(),
    };
    let it = DeployPlan {
        project: "shop".parse().unwrap(),
        environment: EnvironmentName::production(),
        server: "hull-1".parse().unwrap(),
        commit: Commit { dirty: true, ..commit("Round prices") },
        serving: None,
        platform: "linux/arm64".parse().unwrap(),
        builder: "build VM yard".to_owned(),
        registry: "ghcr.io/anna".to_owned(),
        services: vec![
            service("api", ImageAction::Build, Strategy::Recreate),
            service("db", ImageAction::Keep, Strategy::BlueGreen),
        ],
        removed: vec!["cron".parse().unwrap()],
        release_command: Some("api: ./migrate".to_owned()),
        boot_hook: "systemd".to_owned(),
        disk: Some((Bytes(1_400_000_000), Bytes(21_400_000_000))),
        disk_basis: Some(3),
        estimate: Some((112_000, 4)),
        warnings: vec!["port 8080 is published on every address".to_owned()],
        consent: None,
    };
    insta::assert_snapshot!(plain(&plan::lines(&it)));
}

#[test]
fn variables_of_an_environment() {
    let variable = |name: &str, scope, pending| Variable { name: name.to_owned(), scope, pending };
    let all = [variable("NPM_TOKEN", Scope::Build, false), variable("SMTP_PASSWORD", Scope::Run, true)];
    let text = format!("{}\n{}", plain(&variables::table(&all)), variables::changed(&all));
    insta::assert_snapshot!(text);
}
