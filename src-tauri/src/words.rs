//! What the tray and the notifications say.
//!
//! Owns: those sentences. Must never know: trays, daemons.

use plimsoll_core::domain::{
    deployment::{Deployment, DeploymentKind, Stage, Status},
    event::{StepEvent, StepEventKind},
    name::Name,
};

/// A notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) title: String,
    pub(crate) body: String,
}

/// How long something took: `0.4 s`, `12 s`, `1 m 24 s`, `1 h 07 m`.
pub(crate) fn took(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0..10 => format!("{}.{} s", seconds, ms % 1000 / 100),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} m {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} m", seconds / 3600, seconds % 3600 / 60),
    }
}

/// The sentence that a deployment's end deserves; `None` for one that is not worth an interruption.
/// `at` is the stage that it failed at.
pub(crate) fn ended(project: &Name, deployment: &Deployment, at: Option<Stage>) -> Option<Notice> {
    let after = duration(deployment).map(|ms| format!(" after {}", took(ms))).unwrap_or_default();
    let what = what(deployment);
    let at = at.map(|stage| format!(" at {stage}")).unwrap_or_default();
    let reason = deployment.problem.as_ref().map(|problem| sentence(&problem.title)).unwrap_or_default();
    let (title, body) = match (deployment.status, deployment.kind) {
        (Status::Live, DeploymentKind::Deploy) => (format!("{project} is live"), format!("{what} is live{after}.")),
        (Status::Live, DeploymentKind::Rollback) => {
            (format!("{project} is back at {what}"), format!("{what} serves again{after}."))
        }
        (Status::RolledBack, _) => {
            let body = format!("{what} failed{at}{after}. {reason}What served before serves again.");
            (format!("{project} was rolled back"), body)
        }
        (Status::Failed, _) => {
            (format!("{project} failed{at}"), format!("{what} failed{at}{after}. {reason}{}", hint(deployment)))
        }
        (Status::Running | Status::NothingToDo | Status::Cancelled, _) => return None,
    };
    Some(Notice { title, body: body.trim_end().to_owned() })
}

/// What is said of an end that changed nothing, to whoever asked for it and sees nothing else; `None` for every other end.
pub(crate) fn nothing_to_do(project: &Name, deployment: &Deployment) -> Option<Notice> {
    let body = format!("{} serves already; nothing was changed.", what(deployment));
    (deployment.status == Status::NothingToDo).then(|| Notice { title: format!("{project}: nothing to do"), body })
}

/// One that could not even begin.
pub(crate) fn refused(project: &str, problem: &plimsoll_core::problem::Problem) -> Notice {
    Notice { title: format!("{project} was not deployed"), body: format!("{}{}", sentence(&problem.title), problem.hint) }
}

/// A newer version that was asked for and could not be put in place later.
pub(crate) fn not_updated(problem: &plimsoll_core::problem::Problem) -> Notice {
    Notice { title: "Plimsoll was not updated".to_owned(), body: format!("{}{}", sentence(&problem.title), problem.hint) }
}

/// The stage that a deployment failed at.
pub(crate) fn failed_at(events: &[StepEvent]) -> Option<Stage> {
    events.iter().rev().find_map(|event| match event.kind {
        StepEventKind::StageFailed { stage, .. } => Some(stage),
        _ => None,
    })
}

/// Where a deployment is: "build api", "swap".
pub(crate) fn step(events: &[StepEvent]) -> Option<String> {
    let stage = events.iter().rev().find_map(|event| match &event.kind {
        StepEventKind::StageStarted { stage, .. } => Some(*stage),
        _ => None,
    })?;
    let step = events.iter().rev().find_map(|event| match &event.kind {
        StepEventKind::StepStarted { stage: of, step, service } if *of == stage => {
            Some(service.as_ref().map_or_else(|| step.clone(), ToString::to_string))
        }
        _ => None,
    });
    let stage: Stage = stage;
    Some(step.map_or_else(|| stage.to_string(), |step| format!("{stage} {step}")))
}

/// The short commit, or the release.
pub(crate) fn what(deployment: &Deployment) -> String {
    let commit = deployment.commit.as_ref().map(|commit| commit.id.short().to_owned());
    let release = deployment.release.as_ref().map(ToString::to_string);
    commit.or(release).unwrap_or_else(|| "It".to_owned())
}

pub(crate) fn duration(deployment: &Deployment) -> Option<u64> {
    u64::try_from(deployment.finished?.duration_since(deployment.started).as_millis()).ok()
}

fn sentence(title: &str) -> String {
    if title.is_empty() { String::new() } else { format!("{}. ", title.trim_end_matches('.')) }
}

fn hint(deployment: &Deployment) -> &str {
    deployment.problem.as_ref().map_or("", |problem| problem.hint.as_str())
}

#[cfg(test)]
pub(crate) mod tests {
    use jiff::{SignedDuration, Timestamp};
    use plimsoll_core::{
        domain::{
            commit::Commit,
            deployment::{Deployment, DeploymentKind, Stage, Status},
            environment::EnvironmentKey,
            event::{StepEvent, StepEventKind},
            id::ProjectId,
            name::EnvironmentName,
        },
        problem::{Code, Problem},
    };

    use super::{ended, failed_at, not_updated, nothing_to_do, refused, step, took};

    pub(crate) fn deployment(status: Status) -> Deployment {
        let commit = Commit {
            id: "3f9ab12aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap(),
            subject: "Fix cart rounding".into(),
            author: "Ann".into(),
            at: Timestamp::UNIX_EPOCH,
            branch: None,
            dirty: false,
        };
        let problem = Problem::new(Code::Unhealthy, "api did not become healthy within 30 s", "", "Look at its log.");
        Deployment {
            commit: Some(commit),
            status,
            finished: status.is_final().then(|| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(112)),
            problem: matches!(status, Status::Failed | Status::RolledBack).then_some(problem),
            ..Deployment::begun(
                EnvironmentKey { project: ProjectId::new(), name: EnvironmentName::production() },
                DeploymentKind::Deploy,
                Timestamp::UNIX_EPOCH,
            )
        }
    }

    fn says(status: Status, kind: DeploymentKind) -> Option<(String, String)> {
        let notice = ended(&"shop".parse().unwrap(), &Deployment { kind, ..deployment(status) }, Some(Stage::Swap))?;
        Some((notice.title, notice.body))
    }

    #[test]
    fn an_end_is_told_with_its_reason_and_its_duration() {
        let (deploy, back) = (DeploymentKind::Deploy, DeploymentKind::Rollback);
        let text = |title: &str, body: &str| Some((title.to_owned(), body.to_owned()));
        assert_eq!(says(Status::Live, deploy), text("shop is live", "3f9ab12 is live after 1 m 52 s."));
        assert_eq!(says(Status::Live, back), text("shop is back at 3f9ab12", "3f9ab12 serves again after 1 m 52 s."));
        assert_eq!(
            says(Status::RolledBack, deploy),
            text(
                "shop was rolled back",
                "3f9ab12 failed at swap after 1 m 52 s. api did not become healthy within 30 s. What served before serves again."
            )
        );
        assert_eq!(
            says(Status::Failed, deploy),
            text(
                "shop failed at swap",
                "3f9ab12 failed at swap after 1 m 52 s. api did not become healthy within 30 s. Look at its log."
            )
        );
        assert_eq!(says(Status::NothingToDo, deploy), None);
        assert_eq!(says(Status::Cancelled, deploy), None);
    }

    #[test]
    fn an_end_that_changed_nothing_is_told_to_whoever_asked() {
        let told = |status| nothing_to_do(&"shop".parse().unwrap(), &deployment(status)).map(|notice| notice.body);
        assert_eq!(told(Status::NothingToDo).as_deref(), Some("3f9ab12 serves already; nothing was changed."));
        assert_eq!((told(Status::Live), told(Status::Running)), (None, None));
    }

    #[test]
    fn what_could_not_begin_says_why() {
        let problem = Problem::new(Code::Locked, "bob deploys here.", "", "Wait.");
        assert_eq!(refused("shop", &problem).body, "bob deploys here. Wait.");
        assert_eq!(not_updated(&problem).body, "bob deploys here. Wait.");
    }

    #[test]
    fn durations_are_short() {
        let shown: Vec<String> = [400, 9_900, 12_000, 84_000, 4_020_000].into_iter().map(took).collect();
        assert_eq!(shown, ["0.4 s", "9.9 s", "12 s", "1 m 24 s", "1 h 07 m"]);
    }

    #[test]
    fn the_step_is_the_last_one_of_the_last_stage() {
        let event = |kind| StepEvent { index: 0, at: Timestamp::UNIX_EPOCH, journal: None, kind };
        let stage = |stage| event(StepEventKind::StageStarted { stage, estimate_ms: None });
        let build =
            StepEventKind::StepStarted { stage: Stage::Build, step: "build".into(), service: Some("api".parse().unwrap()) };
        let mut events = vec![stage(Stage::Build), event(build)];
        assert_eq!(step(&events).as_deref(), Some("build api"));
        events.push(stage(Stage::Gate));
        assert_eq!(step(&events).as_deref(), Some("gate"));
        assert_eq!((step(&[]), failed_at(&events)), (None, None));
        events.push(event(StepEventKind::StageFailed { stage: Stage::Gate, ms: 1 }));
        assert_eq!(failed_at(&events), Some(Stage::Gate));
    }
}
