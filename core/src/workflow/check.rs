//! What must hold of a workflow file, however it came about, and no other judge sees.
//!
//! Owns: those rules. Must never know: who edited the file.

use std::collections::BTreeSet;

use super::{
    jobs::build::{AWS_KEYS, LOGIN_SECRETS},
    pins::{self, AWS, CHECKOUT},
    plan::{Plan, Registry},
    rules, secret_name,
};
use crate::compose::{
    node::{Entry, Node, Value},
    parsed,
};

/// GitHub refuses longer expressions.
const LONGEST: usize = 21_000;

/// What is wrong with a file that should do what the plan says; empty if nothing is.
#[must_use]
pub fn check(plan: &Plan, text: &str) -> Vec<String> {
    let root = match parsed(text) {
        Ok(root) => root,
        Err(reason) => return vec![format!("it is no YAML: {reason}")],
    };
    let mut wrong = Vec::new();
    whole(plan, &root, &mut wrong);
    for job in root.get("jobs").map(Node::entries).unwrap_or_default() {
        of_any_job(job, &mut wrong);
    }
    match (at(&root, &["jobs", "build"]), at(&root, &["jobs", "gate"])) {
        (Some(build), Some(gate)) => {
            of_build(plan, build, &mut wrong);
            of_gate(plan, gate, &mut wrong);
        }
        _ => wrong.push("the jobs `build` and `gate` are not both there".to_owned()),
    }
    secrets(plan, text, &mut wrong);
    wrong
}

fn whole(plan: &Plan, root: &Node, wrong: &mut Vec<String>) {
    let mut must = |holds: bool, what: &str| say(wrong, holds, what);
    must(is_nothing(root.entry("permissions")), "the whole file has permissions; only its jobs should");
    for input in ["commit", "platforms", "nonce"] {
        must(at(root, &["on", "workflow_dispatch", "inputs", input]).is_some(), &format!("it takes no input `{input}`"));
    }
    let group = text_at(root, &["concurrency", "group"]).unwrap_or_default();
    let ours = rules::group(plan);
    must(group.starts_with(&ours) && group.contains("inputs.commit"), "runs of one commit do not wait for each other");
    must(
        text_at(root, &["run-name"]).is_some_and(|name| name.contains("inputs.nonce")),
        "a run's name does not say who asked for it",
    );
    must(text_at(root, &["env", "REGISTRY"]) == Some(plan.registry.host()), "it pushes to another registry");
}

fn of_any_job(job: &Entry, wrong: &mut Vec<String>) {
    let name = &job.key;
    say(
        wrong,
        job.node.get("timeout-minutes").is_some(),
        &format!("the job `{name}` may run for hours: it has no timeout-minutes"),
    );
    for step in job.node.get("steps").map(Node::items).unwrap_or_default() {
        if let Some(uses) = step.get("uses").and_then(Node::text) {
            of_action(uses, step, wrong);
        }
        let run = step.get("run").and_then(Node::text).unwrap_or_default();
        say(
            wrong,
            !run.contains("${{"),
            &format!("a step of `{name}` has an expression in its script, which is code to whoever fills it"),
        );
    }
}

fn of_action(uses: &str, step: &Node, wrong: &mut Vec<String>) {
    let (name, commit) = uses.split_once('@').unwrap_or((uses, ""));
    let pinned = commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit());
    say(wrong, pinned || uses.starts_with("./"), &format!("`{uses}` is not pinned to a commit"));
    let Some(action) = pins::ALL.into_iter().find(|action| action.name == name) else { return };
    say(wrong, action.reference() == uses, &format!("`{uses}` is not the commit of {name} that is known here"));
    for input in step.get("with").map(Node::entries).unwrap_or_default() {
        say(wrong, action.inputs.contains(&input.key.as_str()), &format!("{name} knows no input `{}`", input.key));
    }
    if action == CHECKOUT {
        let kept = text_at(step, &["with", "persist-credentials"]) != Some("false");
        say(wrong, !kept, "the token stays in the checkout, where every build could read it");
    }
}

fn of_build(plan: &Plan, job: &Node, wrong: &mut Vec<String>) {
    let mut wanted = vec![("contents".to_owned(), "read".to_owned())];
    if steps(job, AWS.name).any(|step| at(step, &["with", "role-to-assume"]).is_some()) {
        wanted.push(("id-token".to_owned(), "write".to_owned()));
    }
    say(wrong, permissions(job) == wanted, "the job `build` may do more, or less, than it has to");
    let environment = text_at(job, &["environment"]).or_else(|| text_at(job, &["environment", "name"]));
    say(
        wrong,
        environment == Some(plan.environment.as_str()),
        "the job `build` runs in another environment, whose secrets it would see",
    );
    say(wrong, text_at(job, &["strategy", "fail-fast"]) == Some("false"), "a leg that fails ends its siblings");
    let legs: Vec<(&str, &str)> = at(job, &["strategy", "matrix", "include"])
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .filter_map(|leg| Some((text_at(leg, &["service"])?, text_at(leg, &["inputs"])?)))
        .collect();
    let planned: Vec<(&str, &str)> = plan.legs.iter().map(|leg| (leg.service.as_str(), leg.inputs.as_str())).collect();
    say(wrong, legs == planned, "the matrix has not exactly the services that a deployment looks for");
    let tags = scripts(job).any(|script| script.contains("tag=${COMMIT:0:12}-$INPUTS"));
    say(wrong, tags, "images get another tag than a deployment looks for");
    let secret = matches!(plan.registry, Registry::Open { .. }) || plan_logs_in(job);
    say(wrong, secret, "the job `build` does not log in to the registry");
}

fn plan_logs_in(job: &Node) -> bool {
    steps(job, pins::ECR.name).chain(steps(job, pins::LOGIN.name)).next().is_some()
}

fn of_gate(plan: &Plan, job: &Node, wrong: &mut Vec<String>) {
    let needs = job.get("needs").map(|needs| needs.items().iter().chain([needs]).filter_map(Node::text).collect::<Vec<_>>());
    say(wrong, needs.unwrap_or_default().contains(&"build"), "the gate does not wait for the legs");
    say(wrong, job.get("if").is_none(), "the gate has a condition, and could open without all legs");
    say(wrong, is_nothing(job.entry("permissions")), "the gate has permissions, and needs none");
    let services: Vec<&str> = plan.legs.iter().map(|leg| leg.service.as_str()).collect();
    let asked = job.get("steps").map(Node::items).unwrap_or_default().iter().find_map(|step| text_at(step, &["env", "SERVICES"]));
    say(wrong, asked.is_some_and(|asked| asked.split(' ').eq(services)), "the gate does not ask for every service");
}

/// Only secrets that are put there for this, and expressions that GitHub reads.
fn secrets(plan: &Plan, text: &str, wrong: &mut Vec<String>) {
    let known: BTreeSet<String> = plan
        .variables()
        .into_iter()
        .map(secret_name)
        .chain(AWS_KEYS.iter().chain(&LOGIN_SECRETS).map(ToString::to_string))
        .collect();
    for (at, _) in text.match_indices("secrets.PLIMSOLL_") {
        let name: String = text[at + "secrets.".len()..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        say(wrong, known.contains(&name), &format!("it reads the secret {name}, which nothing fills"));
    }
    for (at, _) in text.match_indices("${{") {
        let length = text[at..].find("}}").unwrap_or(text.len());
        say(wrong, length < LONGEST, "an expression is longer than GitHub reads: too many services share one argument");
    }
}

fn say(wrong: &mut Vec<String>, holds: bool, what: &str) {
    if !holds && !wrong.iter().any(|known| known == what) {
        wrong.push(what.to_owned());
    }
}

fn is_nothing(entry: Option<&Entry>) -> bool {
    entry.is_some_and(|entry| matches!(&entry.node.value, Value::Map(entries) if entries.is_empty()))
}

fn at<'a>(node: &'a Node, path: &[&str]) -> Option<&'a Node> {
    path.iter().try_fold(node, |node, key| node.entry(key).map(|entry| &entry.node))
}

fn text_at<'a>(node: &'a Node, path: &[&str]) -> Option<&'a str> {
    at(node, path).and_then(Node::text)
}

fn steps<'a>(job: &'a Node, action: &'a str) -> impl Iterator<Item = &'a Node> {
    let all = job.get("steps").map(Node::items).unwrap_or_default().iter();
    all.filter(move |step| text_at(step, &["uses"]).is_some_and(|uses| uses.split('@').next() == Some(action)))
}

fn scripts(job: &Node) -> impl Iterator<Item = &str> {
    job.get("steps").map(Node::items).unwrap_or_default().iter().filter_map(|step| text_at(step, &["run"]))
}

fn permissions(job: &Node) -> Vec<(String, String)> {
    let entries = job.get("permissions").map(Node::entries).unwrap_or_default();
    entries.iter().map(|entry| (entry.key.clone(), entry.node.text().unwrap_or_default().to_owned())).collect()
}
