//! What is not there: every command that names something says so, as text and as JSON, with its exit status.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

fn plimsoll(home: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(args).env("PLIMSOLL_HOME", home.join("data")).env("HOME", home).current_dir(home).stdin(Stdio::null());
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

const UNKNOWN: &[(&[&str], i32)] = &[
    (&["server", "check", "ghost"], 1),
    (&["server", "show", "ghost"], 1),
    (&["server", "logs", "ghost", "api"], 1),
    (&["server", "restart", "ghost", "api", "--yes"], 1),
    (&["server", "trust", "ghost"], 1),
    (&["server", "rename", "ghost", "other"], 1),
    (&["server", "remove", "ghost", "--yes"], 1),
    (&["project", "show", "ghost"], 1),
    (&["project", "check", "ghost"], 1),
    (&["project", "rename", "ghost", "other"], 1),
    (&["project", "remove", "ghost", "--yes"], 1),
    (&["registry", "check", "ghost"], 1),
    (&["registry", "remove", "ghost", "--yes"], 1),
    (&["env", "list", "ghost"], 1),
    (&["env", "get", "ghost", "NAME"], 1),
    (&["env", "set", "ghost", "NAME"], 1),
    (&["env", "unset", "ghost", "NAME"], 1),
    (&["env", "import", "ghost", "-"], 1),
    (&["history", "ghost"], 1),
    (&["logs", "ghost"], 1),
    (&["status", "ghost"], 1),
    (&["restart", "ghost"], 1),
    (&["stop", "ghost"], 1),
    (&["start", "ghost"], 1),
    (&["exec", "ghost", "api", "--", "true"], 1),
    (&["resume", "ghost"], 1),
    (&["deploy", "ghost"], 3),
    (&["deploy", "ghost", "--plan"], 3),
    (&["rollback", "ghost"], 3),
    (&["rollback", "ghost", "--to", "3f9ab12"], 3),
];

#[test]
fn as_text_it_stands_on_standard_error_with_a_next_step() {
    let home = tempfile::tempdir().unwrap();
    for (args, status) in UNKNOWN {
        let output = plimsoll(home.path(), args);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(*status), "{args:?}: {said}");
        assert!(output.stdout.is_empty(), "{args:?}");
        assert!(said.starts_with("error: ") && said.contains("ghost") && said.contains("\nnext:  "), "{args:?}: {said}");
    }
}

#[test]
fn as_json_it_is_one_object_on_standard_output() {
    let home = tempfile::tempdir().unwrap();
    for (args, status) in UNKNOWN {
        let json = [&["--json"], *args].concat();
        let output = plimsoll(home.path(), &json);
        assert_eq!(output.status.code(), Some(*status), "{args:?}");
        let error: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(error["type"], "error", "{args:?}");
        assert_eq!(error["problem"]["code"], "not_found", "{args:?}");
        for field in ["title", "detail", "hint"] {
            assert!(error["problem"][field].is_string(), "{args:?}");
        }
    }
}

#[test]
fn a_project_may_be_left_out_only_inside_one() {
    let home = tempfile::tempdir().unwrap();
    for args in [&["deploy"][..], &["rollback"], &["history"], &["restart"], &["project", "check"], &["env", "list"]] {
        let output = plimsoll(home.path(), args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(text(&output.stderr).contains("no project"), "{args:?}");
    }
}

#[test]
fn nothing_yet_is_an_answer() {
    let home = tempfile::tempdir().unwrap();
    for (args, says) in [
        (&["server", "list"][..], "No servers yet."),
        (&["project", "list"], "No projects yet."),
        (&["registry", "list"], "No registries yet."),
        (&["status"], "No environments yet."),
        (&["resume"], "Nothing was left open."),
        (&["history", "--all"], "No deployments yet."),
        (&["diagnostics"], "Plimsoll command line "),
        (&["server", "list", "--json"], "[]\n"),
        (&["resume", "--json"], "[]\n"),
        (&["history", "--all", "--json"], "[]\n"),
        (&["diagnostics", "--json"], "{\"text\":\"Plimsoll command line "),
    ] {
        let output = plimsoll(home.path(), args);
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert!(text(&output.stdout).starts_with(says), "{args:?}: {}", text(&output.stdout));
        assert!(output.stderr.is_empty(), "{args:?}: {}", text(&output.stderr));
    }
}

#[test]
fn a_name_that_cannot_be_one_is_usage() {
    let home = tempfile::tempdir().unwrap();
    for name in ["-x", "", "a\nb"] {
        let output = plimsoll(home.path(), &["server", "add", "--", name, "local"]);
        assert_eq!(output.status.code(), Some(2), "{name:?}: {}", text(&output.stderr));
    }
}
