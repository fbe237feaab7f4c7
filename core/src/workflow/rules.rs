//! What holds for the whole file: its name, what starts it, and what all jobs share.
//!
//! Owns: those blocks. Must never know: jobs.

use super::{
    plan::Plan,
    slug,
    text::{expressions, scalar},
};

/// What stands above everything.
pub(super) fn opening(plan: &Plan) -> String {
    format!(
        "# Builds the images of {} for {}. Made by Plimsoll; what stands between its marks is replaced when it is made again.\n\
         # Everything outside of the marks is yours and stays.\n",
        visible(plan.project.as_str()),
        plan.environment
    )
}

/// A name as part of a comment: no reader takes a character of it for the end of the line.
fn visible(name: &str) -> String {
    name.replace(['\u{2028}', '\u{2029}', '\u{feff}'], " ")
}

/// What the names of groups begin with.
pub(super) fn group(plan: &Plan) -> String {
    format!("plimsoll-{}-{}-", slug(plan.project.as_str()), plan.environment)
}

pub(super) fn head(plan: &Plan) -> String {
    let name = format!("plimsoll {}", plan.environment);
    let run = format!("${{{{ inputs.nonce && format('{name} {{0}}', inputs.nonce) || format('{name} {{0}}', github.sha) }}}}");
    format!("{}name: {}\nrun-name: {}\n", plan.choices.line(), scalar(&name), expressions(&run))
}

pub(super) fn triggers(plan: &Plan) -> String {
    let mut out = format!(
        "\
workflow_dispatch:
  inputs:
    commit:
      description: Full commit id; empty takes the branch
      type: string
      default: \"\"
    platforms:
      description: Platforms, comma separated
      type: string
      default: {}
    nonce:
      description: The mark of who asked; leave it empty
      type: string
      default: \"\"
",
        plan.server
    );
    if let Some(branch) = &plan.choices.branch {
        out.push_str(&format!("push:\n  branches:\n    - {}\n", scalar(&glob(branch))));
    }
    out
}

/// A branch's name as a pattern that matches it alone: git allows only these two of the characters that mean something there.
fn glob(branch: &str) -> String {
    branch.replace('+', "\\+").replace('!', "\\!")
}

pub(super) fn rules(plan: &Plan) -> String {
    let server = &plan.server;
    let group = format!("{}${{{{ inputs.commit || github.sha }}}}-${{{{ inputs.platforms }}}}", group(plan));
    format!(
        "\
permissions: {{}}
# By commit: of one group only the newest waits, and an asked-for build must not vanish.
concurrency:
  group: {}
  cancel-in-progress: false
defaults:
  run:
    shell: bash # which stops at a pipe's first failure
env:
  REGISTRY: {}
  COMMIT: ${{{{ inputs.commit || github.sha }}}}
  PLATFORMS: ${{{{ inputs.platforms || '{server}' }}}}
",
        expressions(&group),
        scalar(plan.registry.host()),
    )
}
