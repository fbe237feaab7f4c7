//! Past deployments in words.
//!
//! Owns: their table and the words for how one ended. Must never know: where they are kept.

use plimsoll_core::{
    api::{
        activity::ActivityRow,
        deployments::{HistoryRow, Settled},
    },
    domain::deployment::{Deployment, DeploymentKind, Status},
};

use super::{
    human::{self, Now},
    neutral::neutral,
    table::{Table, cut},
};

/// How a deployment stands, in words.
pub(crate) fn status(status: Status) -> &'static str {
    match status {
        Status::Running => "running",
        Status::Live => "live",
        Status::NothingToDo => "nothing to do",
        Status::RolledBack => "rolled back",
        Status::Failed => "failed",
        Status::Cancelled => "cancelled",
    }
}

/// The table of deployments, newest first.
pub(crate) fn table(rows: &[HistoryRow], now: &Now) -> Vec<String> {
    if rows.is_empty() {
        return vec!["No deployments yet.".to_owned()];
    }
    let mut table = Table::new(&["DEPLOYMENT", "ENV", "STATUS", "COMMIT", "SUBJECT", "STARTED", "TOOK", "RELEASE", "NOTES"]);
    for row in rows {
        table.row(cells(&row.deployment, notes(row), now));
    }
    table.lines()
}

/// The table of the deployments of all projects, newest first.
pub(crate) fn of_all(rows: &[ActivityRow], now: &Now) -> Vec<String> {
    if rows.is_empty() {
        return vec!["No deployments yet.".to_owned()];
    }
    let mut table =
        Table::new(&["PROJECT", "DEPLOYMENT", "ENV", "STATUS", "COMMIT", "SUBJECT", "STARTED", "TOOK", "RELEASE", "NOTES"]);
    for row in rows {
        let known = known(&row.deployment).join(", ");
        table.row([row.project.to_string()].into_iter().chain(cells(&row.deployment, known, now)));
    }
    table.lines()
}

fn cells(it: &Deployment, notes: String, now: &Now) -> [String; 9] {
    [
        short(it),
        it.environment.name.to_string(),
        status(it.status).to_owned(),
        it.commit.as_ref().map(|c| c.id.short().to_owned()).unwrap_or_default(),
        it.commit.as_ref().map(|c| cut(&neutral(&c.subject), 40)).unwrap_or_default(),
        now.ago(it.started),
        it.finished.map_or_else(|| human::running(now.since(it.started)), |end| human::duration(human::between(it.started, end))),
        it.release.as_ref().map(ToString::to_string).unwrap_or_default(),
        notes,
    ]
}

/// The end of a deployment's id: its beginning is the time and says little.
pub(crate) fn short(deployment: &Deployment) -> String {
    let id = deployment.id.to_string();
    id[id.len() - 8..].to_owned()
}

fn notes(row: &HistoryRow) -> String {
    let mut notes = Vec::new();
    notes.extend(row.serving.then(|| "serves".to_owned()));
    notes.extend((row.restorable && !row.serving).then(|| "restorable".to_owned()));
    notes.extend(known(&row.deployment));
    notes.join(", ")
}

/// What is worth knowing without asking the server.
fn known(it: &Deployment) -> Vec<String> {
    let mut notes = Vec::new();
    notes.extend((it.kind == DeploymentKind::Rollback).then(|| "rollback".to_owned()));
    notes.extend(it.migrated.then(|| "migrated".to_owned()));
    notes.extend(it.gap_ms.filter(|ms| *ms > 0).map(|ms| format!("gap {}", human::duration(ms))));
    notes.extend(it.problem.as_ref().map(|p| p.title.clone()));
    notes
}

/// What deployments that were left open turned out to be.
pub(crate) fn settled(settled: &[Settled]) -> Vec<String> {
    if settled.is_empty() {
        return vec!["Nothing was left open.".to_owned()];
    }
    let line = |s: &Settled| format!("{} {}: {}", short(&s.deployment), status(s.deployment.status), neutral(&s.finding));
    settled.iter().map(line).collect()
}
