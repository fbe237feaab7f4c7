//! Workflow files for GitHub Actions that build a project's images and push them.
//!
//! Owns: what stands in such a file, which parts of it are the user's, and the policies that let it into AWS.
//! Must never know: HTTP, tokens, disks, or what a variable's value is.

pub mod check;
mod choices;
mod diff;
mod drift;
mod expression;
mod jobs;
mod marks;
mod matrix;
mod pins;
mod plan;
mod refuse;
mod rules;
mod text;
pub mod trust;

#[cfg(test)]
mod tests;

pub use choices::{Cache, Choices, Login, Room, Runner};
pub use diff::unified;
pub use drift::{Drift, Merged, merged};
pub use expression::{Variables, secret_name};
pub use marks::Document;
pub use plan::{Checkout, Plan, Pushed, Registry, Sources};
pub use refuse::Refusal;

use crate::domain::name::EnvironmentName;

/// Where an environment's workflow lies in its repository; `folder` is the project's in there.
#[must_use]
pub fn path(folder: &str, environment: &EnvironmentName) -> String {
    let project = if folder.is_empty() { String::new() } else { format!("{}-", slug(folder)) };
    format!(".github/workflows/plimsoll-{project}{environment}.yml")
}

/// A text as part of a name.
fn slug(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' }).collect()
}

/// The whole file, as it is when nobody has edited it.
#[must_use]
pub fn document(plan: &Plan) -> Document {
    let mut document = Document::default();
    document.between(&rules::opening(plan));
    document.block("head", 0, &rules::head(plan));
    document.between("on:\n");
    document.block("triggers", 2, &rules::triggers(plan));
    document.block("rules", 0, &rules::rules(plan));
    document.between("jobs:\n  build:\n");
    document.block("build", 4, &jobs::build::head(plan));
    document.between("    steps:\n");
    document.block("prepare", 6, &jobs::build::prepare(plan));
    document.between("      # Your own steps go here: they run before each image is built.\n");
    document.block("push", 6, &jobs::build::push(plan));
    document.between("  gate:\n");
    document.block("gate", 4, &jobs::gate::job(plan));
    document
}
