//! What a deployment would do. Reads everything, changes nothing.
//!
//! Owns: filling the plan. Must never know: who prints it.

use std::collections::BTreeMap;

use super::{
    ask_probes::words,
    forecast,
    halt::Halt,
    heartbeat::held,
    locate::locate,
    memory, preflight, record, resolve,
    resolve::Compose,
    rollback::choose,
    stack::StackState,
    takeover,
    under_way::under_way,
    world::{Request, What, World},
};
use crate::{
    compose::VariableUse,
    domain::{
        commit::Commit,
        deployment::Stage,
        environment::Folders,
        name::ServiceName,
        platform::Platform,
        record::ReleaseRecord,
        release::ReleaseId,
        server::{BootHook, ServerFacts},
        settings::{ReleaseCommand, Strategy},
    },
    host::{facts, lock},
    plan::deploy::{DeployPlan, ImageAction, ServicePlan},
};

/// What a deployment would do.
///
/// # Errors
/// As the stages resolve and preflight would fail.
pub async fn plan(world: &World, request: &Request) -> Result<DeployPlan, Halt> {
    match &request.what {
        What::Release(release) => of_rollback(world, release.clone()).await,
        What::Commit(_) | What::WorkTree => of_deploy(world, request).await,
    }
}

async fn of_deploy(world: &World, request: &Request) -> Result<DeployPlan, Halt> {
    let compose = resolve::compose(world, request).await?;
    let facts = facts::gather(world.server.host.as_ref()).await?;
    let builder = preflight::builder(world, &compose).await?;
    let mut plan = empty(world, &compose.folders, compose.commit.clone(), compose.platform.clone(), &facts).await?;
    plan.serving = compose.state.current.clone();
    plan.builder = builder.map_or_else(|| "nothing to build".to_owned(), |builder| builder.label());
    plan.services = services(world, &compose);
    plan.removed = removed(&compose);
    plan.release_command = world.settings.release_command.as_ref().map(command_words);
    if let (Some(estimate), Some(free)) = (forecast::disk(world, &compose).await?, facts.disk_free) {
        plan.disk = Some((estimate.needed, free));
        plan.disk_basis = Some(estimate.based_on);
        if preflight::probably_fits(world, Some(estimate), &facts).is_err() {
            plan.warnings.push("it would be refused: it probably needs more disk than the server has free".to_owned());
        }
    }
    if let Err(halt) = memory::fits(world, &compose, &facts).await {
        let problem = halt.into_problem();
        plan.warnings.push(format!("it would be refused: {}; {}", problem.title, problem.detail));
    }
    if let Some(found) = takeover::found(world, &compose).await? {
        plan.warnings.push(found.becomes());
        plan.consent = Some(found.consent());
    }
    if compose.variables.is_empty() && !compose.model.variables.is_empty() {
        plan.warnings.push("no variable is set for this environment; the Compose file's defaults apply".to_owned());
    }
    for used in compose.model.variables.iter().filter(|used| unset(&compose, used)) {
        plan.warnings.push(format!("{} uses the variable {}, which is not set: it will be empty", used.place, used.name));
    }
    if compose.commit.dirty {
        plan.warnings.push("uncommitted changes are deployed from a snapshot that no branch holds".to_owned());
    }
    Ok(plan)
}

fn unset(compose: &Compose, used: &VariableUse) -> bool {
    let known = if used.build_only { &compose.build_variables } else { &compose.variables };
    used.default.is_none() && !known.contains_key(&used.name) && !used.name.starts_with("PLIMSOLL_")
}

async fn of_rollback(world: &World, wanted: Option<ReleaseId>) -> Result<DeployPlan, Halt> {
    let located = locate(world).await?;
    let warm = under_way(world, &located, wanted.as_ref()).await?.filter(|swap| swap.warm);
    let id = match &warm {
        Some(swap) => swap.previous.clone(),
        None => choose(world, &located.state, wanted).await?,
    };
    let target = record::read(world.server.host.as_ref(), &located.folders, &id).await?;
    let facts = facts::gather(world.server.host.as_ref()).await?;
    let platform = world.server.engine.info().await?.platform;
    let mut plan = empty(world, &located.folders, target.release.commit.clone(), platform, &facts).await?;
    plan.serving = warm.as_ref().map_or_else(|| located.state.current.clone(), |swap| swap.deployment.release.clone());
    plan.builder = "nothing to build".to_owned();
    let way = if warm.is_some() { WayBack::Undo } else { WayBack::Swap };
    plan.services = target.services.iter().map(|service| restored(&located.state, &target, &service.name, way)).collect();
    plan.removed = left_over(located.state.record.as_ref(), &target);
    plan.warnings.push("images, Compose file and variables come back together".to_owned());
    if let Some(command) = &world.settings.release_command {
        plan.warnings.push(format!("what `{}` did (migrations) is not undone", command_words(command)));
    }
    Ok(plan)
}

async fn empty(
    world: &World,
    folders: &Folders,
    commit: Commit,
    platform: Platform,
    facts: &ServerFacts,
) -> Result<DeployPlan, Halt> {
    let mut warnings = Vec::new();
    if let Some(state) = lock::read(world.server.host.as_ref(), folders).await? {
        warnings.push(if state.is_stale() {
            format!("a lock of {} was left behind and would be taken over", state.owner.who)
        } else {
            let problem = held(&state);
            format!("{}: {}", problem.title, problem.detail)
        });
    }
    Ok(DeployPlan {
        project: world.project.name.clone(),
        environment: world.environment.name.clone(),
        server: world.server.server.name.clone(),
        commit,
        serving: None,
        platform,
        builder: String::new(),
        registry: world.settings.registry.as_ref().map(ToString::to_string).unwrap_or_default(),
        services: Vec::new(),
        removed: Vec::new(),
        release_command: None,
        boot_hook: hook_words(facts.boot_hook).to_owned(),
        disk: None,
        disk_basis: None,
        estimate: estimate(world).await?,
        warnings,
        consent: None,
    })
}

fn services(world: &World, compose: &Compose) -> Vec<ServicePlan> {
    let probes = compose.switching.probes(&compose.model, &world.settings);
    let plan = |name: &ServiceName| {
        let decision = compose.decisions.get(name)?;
        let choice = compose.switching.choices.get(name)?;
        Some(ServicePlan {
            name: name.clone(),
            image: decision.action,
            strategy: choice.strategy,
            reason: format!("{}; {}: {}{}", decision.reason, words_of(choice.strategy), choice.reason, leaving(compose, name)),
            probe: probes.get(name).and_then(Option::as_ref).map_or_else(|| "runs without a restart".to_owned(), words),
        })
    };
    compose.order.iter().filter_map(plan).collect()
}

/// How an older release comes back.
#[derive(Clone, Copy)]
enum WayBack {
    /// The swap that replaces it is under way and is undone.
    Undo,
    /// By a swap of its own.
    Swap,
}

fn restored(state: &StackState, target: &ReleaseRecord, name: &ServiceName, way: WayBack) -> ServicePlan {
    let probe = target.probes.iter().find(|probe| probe.target.service() == Some(name));
    let switched = target.services.iter().any(|service| service.name == *name && service.switch.is_some());
    let (strategy, how) = match (switched, state.colour_of(name), way) {
        (true, _, WayBack::Undo) => (Strategy::BlueGreen, "it still runs: its switch turns back at once, and no request is lost"),
        (true, _, WayBack::Swap) => {
            (Strategy::BlueGreen, "it starts again beside the one that serves, then the switch turns; no request is lost")
        }
        (false, Some(_), WayBack::Swap) => (Strategy::Recreate, LEAVES),
        (false, _, _) => (Strategy::Recreate, "it is recreated"),
    };
    ServicePlan {
        name: name.clone(),
        image: ImageAction::Restore,
        strategy,
        reason: format!("as it was in that release, untouched where it is the same; else {how}"),
        probe: probe.map_or_else(|| "runs without a restart".to_owned(), |probe| words(&probe.target)),
    }
}

/// What it costs to have no switch any more.
const LEAVES: &str = "its switch goes: it stops and starts once, under its own name, and is away meanwhile";

fn leaving(compose: &Compose, name: &ServiceName) -> String {
    let kept = compose.switching.choices.get(name).is_some_and(|choice| choice.strategy == Strategy::BlueGreen);
    let leaves = !kept && compose.state.colour_of(name).is_some();
    if leaves { format!("; {LEAVES}") } else { String::new() }
}

fn words_of(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Recreate => "recreated",
        Strategy::BlueGreen => "switched",
    }
}

fn removed(compose: &Compose) -> Vec<ServiceName> {
    let before = compose.state.record.iter().flat_map(|record| &record.services).map(|service| &service.name);
    before.filter(|name| !compose.decisions.contains_key(*name)).cloned().collect()
}

fn left_over(current: Option<&ReleaseRecord>, target: &ReleaseRecord) -> Vec<ServiceName> {
    let before = current.into_iter().flat_map(|record| &record.services).map(|service| &service.name);
    before.filter(|name| !target.services.iter().any(|service| service.name == **name)).cloned().collect()
}

fn command_words(command: &ReleaseCommand) -> String {
    format!("{} in {}", command.command.join(" "), command.service)
}

fn hook_words(hook: Option<BootHook>) -> &'static str {
    match hook {
        Some(BootHook::SystemdSystem) => "a one-shot systemd unit ends the swap after a reboot",
        Some(BootHook::SystemdUser) => "a one-shot systemd user unit ends the swap after a reboot",
        Some(BootHook::Cron) => "an @reboot line ends the swap after a reboot",
        None => "nothing can be armed there: a reboot in mid-swap is settled by `plimsoll resume`",
    }
}

/// The sum of the stages' estimates, and from how many deployments the best-known one comes.
async fn estimate(world: &World) -> Result<Option<(u64, u32)>, Halt> {
    let mut stages = BTreeMap::new();
    for stage in Stage::ALL {
        if let Some(estimate) = world.store.durations().estimate(world.project.id, stage).await? {
            stages.insert(stage, estimate);
        }
    }
    let total = stages.values().map(|estimate| estimate.ms).sum();
    let based_on = stages.values().map(|estimate| estimate.based_on.len()).max();
    Ok(based_on.map(|n| (total, u32::try_from(n).unwrap_or(u32::MAX))))
}
