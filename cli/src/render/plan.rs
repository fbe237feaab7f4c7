//! The plan of a deployment in words.
//!
//! Owns: its layout. Must never know: how a plan is made.

use plimsoll_core::{
    domain::settings::Strategy,
    plan::deploy::{DeployPlan, ImageAction},
};

use super::{
    human,
    neutral::neutral,
    style::{DIM, STRONG, WARN, paint},
    table::Table,
};

/// What would happen, with reasons.
pub(crate) fn lines(plan: &DeployPlan) -> Vec<String> {
    let mut lines = vec![heading(plan), String::new()];
    lines.extend(
        facts(plan).into_iter().map(|(name, value)| format!("  {} {}", paint(DIM, &format!("{name:<10}")), neutral(&value))),
    );
    lines.push(String::new());
    lines.extend(services(plan).into_iter().map(|line| format!("  {line}")));
    lines.push(String::new());
    lines.extend(plan.warnings.iter().map(|w| format!("{} {}", paint(WARN, "warning:"), neutral(w))));
    lines.push("Nothing was changed.".to_owned());
    lines
}

fn heading(plan: &DeployPlan) -> String {
    let title = format!("{} {} to {} on {}", plan.project, plan.commit.id.short(), plan.environment, plan.server);
    paint(STRONG, &neutral(&title))
}

fn facts(plan: &DeployPlan) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("commit", commit(plan)),
        ("serving", plan.serving.as_ref().map_or_else(|| "nothing yet".to_owned(), ToString::to_string)),
        ("platform", plan.platform.to_string()),
        ("builder", plan.builder.clone()),
        ("registry", plan.registry.clone()),
    ];
    facts.extend(plan.release_command.clone().map(|c| ("runs first", c)));
    facts.push(("reboot", plan.boot_hook.clone()));
    facts.extend(plan.disk.map(|(need, free)| ("disk", format!("{need} needed{}, {free} free", basis(plan.disk_basis)))));
    facts.extend(plan.estimate.map(|(ms, n)| ("time", estimate(ms, n))));
    facts.extend((!plan.removed.is_empty()).then(|| ("removed", removed(plan))));
    facts
}

fn commit(plan: &DeployPlan) -> String {
    let dirty = if plan.commit.dirty { ", with uncommitted changes" } else { "" };
    let branch = plan.commit.branch.as_ref().map(|b| format!(" on {b}")).unwrap_or_default();
    format!("{} {}{branch}{dirty}", plan.commit.id.short(), plan.commit.subject)
}

fn estimate(ms: u64, deployments: u32) -> String {
    format!("about {}, from {}", human::duration(ms), human::count(deployments as usize, "deployment"))
}

fn basis(deployments: Option<u32>) -> String {
    deployments.map(|n| format!(" (from {})", human::count(n as usize, "deployment"))).unwrap_or_default()
}

fn removed(plan: &DeployPlan) -> String {
    let names: Vec<&str> = plan.removed.iter().map(|s| s.as_str()).collect();
    format!("{} (their volumes are kept)", names.join(", "))
}

fn services(plan: &DeployPlan) -> Vec<String> {
    let mut table = Table::new(&["SERVICE", "IMAGE", "SWAP", "PROBE", "WHY"]);
    for service in &plan.services {
        let strategy = match service.strategy {
            Strategy::Recreate => "recreate",
            Strategy::BlueGreen => "blue-green",
        };
        table.row([service.name.as_str(), image(service.image), strategy, &service.probe, &service.reason]);
    }
    table.lines()
}

fn image(action: ImageAction) -> &'static str {
    match action {
        ImageAction::Build => "build",
        ImageAction::Pin => "pull and pin",
        ImageAction::Keep => "keep",
        ImageAction::Restore => "restore",
    }
}
