//! Workflows and policies in words.
//!
//! Owns: their lines. Must never know: how they come about.

use plimsoll_core::{
    api::workflow::{Policies, Preview},
    workflow::Drift,
};

use super::neutral::neutral;

/// The whole file.
pub(crate) fn text(preview: &Preview) -> Vec<String> {
    preview.text.lines().map(|line| neutral(line).into_owned()).collect()
}

/// What would change, or has.
pub(crate) fn change(preview: &Preview) -> Vec<String> {
    let mut lines: Vec<String> = preview.diff.lines().map(|line| neutral(line).into_owned()).collect();
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.push(drift(preview));
    lines.extend(preview.warnings.iter().map(|warning| format!("Warning: {}.", neutral(warning))));
    if !preview.secrets.is_empty() {
        lines.push("GitHub has to hold these secrets, in the environment of that name:".to_owned());
    }
    for secret in &preview.secrets {
        let of = secret.variable.as_ref().map(|variable| format!("  the value of {}", neutral(variable))).unwrap_or_default();
        lines.push(format!("  {}{of}", secret.name));
    }
    lines
}

fn drift(preview: &Preview) -> String {
    let path = neutral(&preview.path);
    if preview.written {
        return format!("Wrote {path}. Commit and push it: GitHub starts it by hand only once it is on the default branch.");
    }
    match &preview.drift {
        Drift::Absent => format!("{path} is not there yet. Write it with --write local."),
        Drift::Current => format!("{path} is up to date."),
        Drift::Behind { blocks } => format!("{path} is behind in {}. Write it anew with --write local.", blocks.join(", ")),
        Drift::Edited { blocks } => format!("{path} was changed between its marks, in {}.", neutral(&blocks.join(", "))),
        Drift::Both { edited, behind } => {
            let (edited, behind) = (edited.join(", "), behind.join(", "));
            format!("{path} was changed between its marks, in {}, and is behind in {}.", neutral(&edited), neutral(&behind))
        }
        Drift::Foreign { reason } => format!("{path} is not a file that Plimsoll made: {}.", neutral(reason)),
    }
}

/// The policies, each ready to be copied.
pub(crate) fn policies(policies: &Policies) -> Vec<String> {
    let mut lines = vec![format!("Role {} ({})", neutral(&policies.role), neutral(&policies.arn))];
    for (title, policy) in [("Trust policy:", &policies.trust), ("Permission policy:", &policies.permissions)] {
        lines.push(String::new());
        lines.push(title.to_owned());
        lines.extend(format!("{policy:#}").lines().map(|line| neutral(line).into_owned()));
    }
    lines
}

#[cfg(test)]
mod tests {
    use plimsoll_core::{
        api::workflow::{NeededSecret, Preview},
        workflow::Drift,
    };

    use super::change;

    fn preview(drift: Drift, diff: &str) -> Preview {
        Preview {
            path: ".github/workflows/plimsoll-production.yml".into(),
            file: "/w/.github/workflows/plimsoll-production.yml".into(),
            drift,
            text: String::new(),
            diff: diff.into(),
            warnings: vec!["the gate does not wait for the legs".into()],
            secrets: vec![NeededSecret { name: "PLIMSOLL_BUILD_X".into(), variable: Some("X".into()) }],
            written: false,
        }
    }

    #[test]
    fn a_change_says_what_how_and_what_else() {
        let lines = change(&preview(Drift::Behind { blocks: vec!["build".into()] }, "-a\n+\u{1b}[2Jb\n"));
        insta::assert_snapshot!(lines.join("\n"), @r"
        -a
        +␛[2Jb

        .github/workflows/plimsoll-production.yml is behind in build. Write it anew with --write local.
        Warning: the gate does not wait for the legs.
        GitHub has to hold these secrets, in the environment of that name:
          PLIMSOLL_BUILD_X  the value of X
        ");
    }
}
