use clap::{Command, CommandFactory};

use super::Cli;

#[test]
fn the_grammar_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_shows_an_example() {
    fn visit(command: &Command, path: &str) {
        let path = format!("{path} {}", command.get_name());
        let has_example = command.get_after_help().is_some_and(|help| help.to_string().contains("plimsoll "));
        assert!(command.has_subcommands() || has_example, "{path} has no example");
        command.get_subcommands().for_each(|sub| visit(sub, &path));
    }
    visit(&Cli::command(), "");
}

#[test]
fn help_texts() {
    fn visit(command: &mut Command, path: &str, out: &mut String) {
        let path = format!("{path} {}", command.get_name());
        out.push_str(&format!("=== {}\n{}\n", path.trim(), command.render_help()));
        command.get_subcommands_mut().filter(|sub| sub.get_name() != "help").for_each(|sub| visit(sub, &path, out));
    }
    let mut command = Cli::command().term_width(100);
    command.build();
    let mut out = String::new();
    visit(&mut command, "", &mut out);
    insta::assert_snapshot!(out);
}
