//! Questions in words.
//!
//! Owns: how each is put. Must never know: who answers.

use plimsoll_core::api::{Act, Question};

use super::neutral::neutral;

/// Whether `--yes` answers it. It never trusts a key and never runs a command on this machine.
pub(crate) fn destructive(question: &Question) -> bool {
    matches!(question, Question::Delete { .. } | Question::Act { .. })
}

/// What a person should know before answering.
pub(crate) fn lines(question: &Question) -> Vec<String> {
    let lines = match question {
        Question::NewHostKey { server, algorithm, fingerprint } => vec![
            format!("{server} shows a key that this laptop has not seen:"),
            format!("  {algorithm} {fingerprint}"),
            "Compare it with what the machine's console or your provider shows.".to_owned(),
        ],
        Question::ChangedHostKey { server, pinned, offered } => vec![
            format!("{server} shows another key than before:"),
            format!("  pinned   {pinned}"),
            format!("  offered  {offered}"),
            "Either the machine was set up anew, or somebody else answers in its place.".to_owned(),
        ],
        Question::SshCommand { command } => {
            vec!["The ssh configuration runs this command on this laptop:".to_owned(), format!("  {command}")]
        }
        Question::Delete { consequences, .. } | Question::Act { consequences, .. } => consequences.clone(),
    };
    lines.iter().map(|line| neutral(line).into_owned()).collect()
}

/// The question itself.
pub(crate) fn prompt(question: &Question) -> String {
    match question {
        Question::NewHostKey { .. } => "Trust it?".to_owned(),
        Question::ChangedHostKey { .. } => "Trust the new key?".to_owned(),
        Question::SshCommand { .. } => "Let it run, now and whenever it is the same?".to_owned(),
        Question::Delete { what, .. } => format!("Remove {}?", neutral(what)),
        Question::Act { act, what, .. } => format!("{} {}?", verb(*act), neutral(what)),
    }
}

fn verb(act: Act) -> &'static str {
    match act {
        Act::Start => "Start",
        Act::Restart => "Restart",
        Act::Stop => "Stop",
        Act::Unset => "Remove",
        Act::RollBack => "Roll back",
        Act::TakeOver => "Take over",
        Act::GoOn => "Go on with",
    }
}
