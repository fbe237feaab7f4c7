//! The program as a shell sees it: exit statuses, which stream says what, JSON errors.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

fn plimsoll(home: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(args).env("PLIMSOLL_HOME", home).env("HOME", home).current_dir(home).stdin(Stdio::null());
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn a_wrong_command_line_is_status_2_with_a_suggestion() {
    let home = tempfile::tempdir().unwrap();
    for (args, hint) in [
        (&["deply", "shop"][..], "deploy"),
        (&["deploy", "shop", "--comit", "x"], "--commit"),
        (&["deploy", "shop", "--commit", "x", "--dirty"], "--dirty"),
        (&["deploy", "shop", "--service", "$(id)"], "service"),
        (&["server", "add", "hull-1"], "DEST"),
        (&["history", "shop", "--status", "gone"], "rolled-back"),
        (&["logs", "shop", "--step", "bild"], "build"),
        (&["history", "shop", "--all"], "--all"),
        (&["server", "logs", "hull-1"], "CONTAINER"),
        (&["exec", "shop", "api"], "CMD"),
        (&["registry", "add", "x", "oci", "h", "--password-stdin"], "--user"),
        (&[], "Usage"),
    ] {
        let output = plimsoll(home.path(), args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty(), "{args:?}");
        assert!(text(&output.stderr).contains(hint), "{args:?}: {}", text(&output.stderr));
    }
}

#[test]
fn a_wrong_command_line_is_also_json() {
    let home = tempfile::tempdir().unwrap();
    let output = plimsoll(home.path(), &["deploy", "--json", "--comit", "x"]);
    let error: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!((&error["type"], &error["problem"]["code"]), (&"error".into(), &"invalid_input".into()));
    assert!(error["problem"]["title"].as_str().unwrap().contains("--comit"));
}

#[test]
fn a_value_on_the_command_line_is_refused_and_never_repeated() {
    let home = tempfile::tempdir().unwrap();
    for args in [&["env", "set", "shop", "TOKEN=hunter2"][..], &["env", "set", "shop", "TOKEN=hunter2", "--json"]] {
        let output = plimsoll(home.path(), args);
        assert_eq!(output.status.code(), Some(2));
        let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
        assert!(said.contains("env set PROJECT TOKEN") && !said.contains("hunter2"), "{said}");
    }
}

#[test]
fn help_version_completions_and_manual_are_status_0_on_standard_output() {
    let home = tempfile::tempdir().unwrap();
    let pages = home.path().join("man");
    for (args, says) in [
        (&["--help"][..], "Exit status:"),
        (&["deploy", "--help"], "always the last line"),
        (&["--version"], env!("CARGO_PKG_VERSION")),
        (&["completions", "bash"], "_plimsoll"),
        (&["completions", "zsh"], "#compdef plimsoll"),
        (&["completions", "fish"], "complete -c plimsoll"),
        (&["man"], ".TH plimsoll 1"),
        (&["man", "--dir", pages.to_str().unwrap()], ""),
    ] {
        let output = plimsoll(home.path(), args);
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert!(output.stderr.is_empty(), "{args:?}: {}", text(&output.stderr));
        assert!(text(&output.stdout).contains(says), "{args:?}");
        assert!(!output.stdout.contains(&0x1b), "{args:?}");
    }
    assert!(pages.join("plimsoll-server-add.1").is_file());
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let home = tempfile::tempdir().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["completions", "zsh"])
        .env("PLIMSOLL_HOME", home.path())
        .stdout(writer)
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(0));
}
