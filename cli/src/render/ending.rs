//! How a deployment ended, in words.
//!
//! Owns: the last line, and what serves after a failure. Must never know: exit statuses.

use plimsoll_core::domain::deployment::{DeploymentKind, Status};

use super::{
    neutral::neutral,
    problem,
    story::Story,
    style::{BAD, GOOD, WARN, paint},
};

/// What a deployment is called in its last line.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    /// The project.
    pub(crate) project: String,
    /// The public URL, where one is declared.
    pub(crate) url: Option<String>,
    /// What was asked for.
    pub(crate) kind: DeploymentKind,
}

/// The last line.
pub(crate) fn last_line(story: &Story, names: &Names) -> String {
    let took = story.took();
    let what = match story.label() {
        Some(label) => format!("{} {label}", neutral(&names.project)),
        None => neutral(&names.project).into_owned(),
    };
    let at = names.url.as_ref().map(|url| format!(" at {}", neutral(url))).unwrap_or_default();
    match story.settled_status() {
        Status::Live => format!("{} {what}{at} after {took}", paint(GOOD, "live:")),
        Status::NothingToDo => format!("{} {what} already serves{at}, verified in {took}", paint(GOOD, "nothing to do:")),
        Status::RolledBack => format!("{} {what} was not let in after {took}", paint(BAD, "rolled back:")),
        Status::Failed => format!("{} {what} after {took}", paint(BAD, "failed:")),
        Status::Cancelled => format!("{} {what} after {took}{}", paint(WARN, "cancelled:"), cancelled(story)),
        Status::Running => format!("{} the server goes on with {what}", paint(WARN, "detached:")),
    }
}

fn cancelled(story: &Story) -> &'static str {
    if story.moved() { "; the swap was undone" } else { "; nothing on the server has changed" }
}

/// What to read before the last line of a deployment that did not go well; nothing otherwise.
pub(crate) fn report(story: &Story, names: &Names) -> Vec<String> {
    let Some(it) = &story.problem else { return Vec::new() };
    match story.settled_status() {
        Status::Running => problem::next(it).into_iter().collect(),
        _ => problem::lines(it, serving(story, names).as_deref()),
    }
}

/// What serves now, where the events say so.
fn serving(story: &Story, names: &Names) -> Option<String> {
    let again = if story.moved() { "again" } else { "still" };
    match (story.settled_status(), &story.previous) {
        (Status::RolledBack | Status::Cancelled, Some(Some(previous))) => Some(format!("Release {previous} serves {again}.")),
        (Status::Failed, Some(Some(previous))) if !story.moved() => Some(format!("Release {previous} still serves.")),
        (Status::Failed | Status::Cancelled, _) if !story.moved() => Some(match names.kind {
            DeploymentKind::Deploy => "Nothing on the server has changed for its users.".to_owned(),
            DeploymentKind::Rollback => "Nothing was rolled back; what served before still serves.".to_owned(),
        }),
        _ => None,
    }
}
