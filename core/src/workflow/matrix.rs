//! What is different from leg to leg.
//!
//! Owns: the entries of the matrix, and values that only some legs may see. Must never know: the steps that use them.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    expression::{secret_name, string},
    plan::{Argument, BuildSecret, Dockerfile, Leg, Plan},
    text::{expressions, scalar},
};

/// The entries under `include:`.
pub(super) fn entries(plan: &Plan) -> String {
    plan.legs.iter().map(|leg| entry(&fields(leg))).collect()
}

/// Whether any leg has a field, so that the step that reads it is worth writing.
pub(super) fn has(plan: &Plan, field: &str) -> bool {
    plan.legs.iter().any(|leg| fields(leg).iter().any(|(name, _)| *name == field))
}

fn entry(fields: &[(&'static str, String)]) -> String {
    let lines = fields.iter().enumerate();
    lines.map(|(n, (name, value))| format!("{} {name}: {}\n", if n == 0 { "-" } else { " " }, scalar(value))).collect()
}

fn fields(leg: &Leg) -> Vec<(&'static str, String)> {
    let build = &leg.build;
    let mut fields = vec![
        ("service", leg.service.to_string()),
        ("repository", leg.repository.clone()),
        ("inputs", leg.inputs.clone()),
        ("context", leg.context.clone()),
    ];
    match &leg.dockerfile {
        Dockerfile::File(path) => fields.push(("file", path.clone())),
        Dockerfile::Inline(text) => fields.push(("inline", text.clone())),
    }
    let mut more = |name, value: Option<String>| fields.extend(value.filter(|v| !v.is_empty()).map(|value| (name, value)));
    more("target", leg.target.clone());
    more("args", Some(list(leg.args.iter().map(argument))));
    more("values", Some(words(leg)));
    more("secret_envs", Some(list(leg.secrets.iter().filter_map(secret_env))));
    more("secret_files", Some(list(leg.secrets.iter().filter_map(secret_file))));
    more("contexts", Some(list(pairs(&build.additional_contexts))));
    more("labels", Some(list(pairs(&build.labels))));
    more("network", build.network.clone());
    more("shm_size", build.shm_size.clone());
    more("ulimits", Some(list(build.ulimits.iter().cloned())));
    more("no_cache", build.no_cache.then(|| "true".to_owned()));
    more("pull", build.pull.then(|| "true".to_owned()));
    more("cache_from", Some(list(build.cache_from.iter().cloned())));
    more("cache_to", Some(list(build.cache_to.iter().cloned())));
    fields
}

/// By name alone where the value comes through the environment.
fn argument(argument: &Argument) -> String {
    match argument.value.literal() {
        Some(text) if !argument.in_environment() => format!("{}={text}", argument.name),
        _ => argument.name.clone(),
    }
}

fn secret_env(secret: &BuildSecret) -> Option<String> {
    match secret {
        BuildSecret::Variable { id, variable } => Some(format!("{id}=PLIMSOLL_SECRET_{variable}")),
        BuildSecret::File { .. } => None,
    }
}

fn secret_file(secret: &BuildSecret) -> Option<String> {
    match secret {
        BuildSecret::File { id, path } => Some(format!("{id}={path}")),
        BuildSecret::Variable { .. } => None,
    }
}

fn pairs(map: &BTreeMap<String, String>) -> impl Iterator<Item = String> {
    map.iter().map(|(name, value)| format!("{name}={value}"))
}

/// The variables that a leg needs, each once.
fn words(leg: &Leg) -> String {
    let names: BTreeSet<&str> = leg.variables().collect();
    names.into_iter().collect::<Vec<_>>().join(" ")
}

/// A list as the actions read one: a record of CSV on each line, whose commas mean nothing.
fn list(items: impl Iterator<Item = String>) -> String {
    items.map(|item| record(&item)).collect::<Vec<_>>().join("\n")
}

fn record(item: &str) -> String {
    if item.contains(['"', '\n', '\r']) { format!("\"{}\"", item.replace('"', "\"\"")) } else { item.to_owned() }
}

/// The environment of the step that builds: values of arguments and secrets, each for those legs alone that need it.
pub(super) fn environment(plan: &Plan) -> String {
    let mut values: BTreeMap<String, Vec<(&Leg, String, String)>> = BTreeMap::new();
    for leg in &plan.legs {
        for argument in leg.args.iter().filter(|argument| argument.in_environment()) {
            let value = (leg, argument.value.inline(), argument.value.operand());
            values.entry(argument.name.clone()).or_default().push(value);
        }
        for secret in &leg.secrets {
            if let BuildSecret::Variable { variable, .. } = secret {
                let operand = format!("secrets.{}", secret_name(variable));
                let entry = values.entry(format!("PLIMSOLL_SECRET_{variable}")).or_default();
                if !entry.iter().any(|(other, ..)| other.service == leg.service) {
                    entry.push((leg, format!("${{{{ {operand} }}}}"), operand));
                }
            }
        }
    }
    values.iter().map(|(name, uses)| format!("{name}: {}\n", expressions(&for_legs(plan, uses)))).collect()
}

/// The same text for all, or one for each leg; a leg that is not named sees nothing.
fn for_legs(plan: &Plan, uses: &[(&Leg, String, String)]) -> String {
    if let [(_, inline, _), ..] = uses
        && uses.len() == plan.legs.len()
        && uses.iter().all(|(_, other, _)| other == inline)
    {
        return inline.clone();
    }
    let chosen =
        uses.iter().map(|(leg, _, operand)| format!("matrix.service == {} && {operand} || ", string(leg.service.as_str())));
    format!("${{{{ {}'' }}}}", chosen.collect::<String>())
}
