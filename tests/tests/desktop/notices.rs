//! Ends that nobody watched, as the notification daemon shows them.
//!
//! Owns: deployments that end, and what must be seen of it. Must never know: how the app learns of it.

use jiff::{SignedDuration, Timestamp};
use plimsoll_core::{
    domain::{
        deployment::{Deployment, DeploymentKind, Stage, Status},
        environment::EnvironmentKey,
        event::{StepEvent, StepEventKind},
        id::ProjectId,
        name::EnvironmentName,
        project::Project,
    },
    problem::{Code, Problem},
    store::Store,
};
use plimsoll_lab::{
    desktop::{Desktop, Outcome},
    lab::until,
};

use crate::shared::{ANSWER, program, require};

/// Why it ended so; and as a daemon gets it, which would read marks in the text.
const TITLE: &str = "api <b>did not</b> become healthy & ended";
const ESCAPED: &str = "api &lt;b&gt;did not&lt;/b&gt; become healthy &amp; ended";

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_went_wrong_is_told_by_the_desktop() -> Outcome<()> {
    let desktop = Desktop::open().await?;
    let store = Store::open(&desktop.data().join("store")).await?;
    let path = desktop.folder().join("home/shop");
    let project = Project { id: ProjectId::new(), name: "shop".parse()?, path, added: Timestamp::now() };
    store.projects().add(&project).await?;
    desktop.start(&program(), &["--tray"])?;
    let there = async || match desktop.tray.labels().await {
        Ok(labels) if labels.iter().any(|label| label.starts_with("shop")) => Ok(()),
        other => Err(format!("{other:?}")),
    };
    until("the shop in the tray's menu", ANSWER, there).await?;
    for (status, stage, title, then) in [
        (Status::RolledBack, Stage::Swap, "shop was rolled back", "What served before serves again."),
        (Status::Failed, Stage::Build, "shop failed at build", "Look at its log."),
    ] {
        ends(&store, &project, status, stage).await?;
        let notice = desktop.notices.wait(title, ANSWER).await?;
        for part in [&format!("failed at {stage} after 12 s."), ESCAPED, then] {
            require(notice.contains(part), &format!("“{part}” in {notice}"))?;
        }
    }
    // Whatever else comes, comes after these two.
    let told = desktop.notices.shown()?;
    require(told.len() == 2, &format!("each is told once: {told:?}"))
}

/// A deployment of another process: it begins, and ends in this way.
async fn ends(store: &Store, project: &Project, status: Status, stage: Stage) -> Outcome<()> {
    let mut deployment = running(project);
    store.deployments().create(&deployment).await?;
    let problem = Problem::new(Code::Unhealthy, TITLE, "", "Look at its log.");
    let failed = StepEventKind::StageFailed { stage, ms: 12_000 };
    store.events().append(deployment.id, &event(0, failed)).await?;
    (deployment.status, deployment.problem) = (status, Some(problem.clone()));
    deployment.finished = Some(deployment.started + SignedDuration::from_secs(12));
    let finished = StepEventKind::Finished { status, release: None, problem: Some(problem) };
    Ok(store.deployments().record(&deployment, &event(1, finished)).await?)
}

fn event(index: u64, kind: StepEventKind) -> StepEvent {
    StepEvent { index, at: Timestamp::now(), journal: None, kind }
}

fn running(project: &Project) -> Deployment {
    Deployment::begun(
        EnvironmentKey { project: project.id, name: EnvironmentName::production() },
        DeploymentKind::Deploy,
        Timestamp::now() - SignedDuration::from_secs(12),
    )
}
