//! How the user wants the app to be.
//!
//! Owns: reading and changing that. Must never know: windows.

use std::collections::BTreeSet;

use super::Session;
use crate::{
    domain::preferences::{SHORTCUTS, ZOOM},
    problem::{Code, Problem},
};

pub use crate::domain::preferences::{Preferences, Theme};

/// The preferences of this laptop's app.
///
/// # Errors
/// When the store cannot be read.
pub async fn read(session: &Session) -> Result<Preferences, Problem> {
    Ok(session.store.preferences().read().await?)
}

/// Replaces them.
///
/// # Errors
/// When a value is out of its range or the store cannot be written.
pub async fn write(session: &Session, preferences: &Preferences) -> Result<(), Problem> {
    if !ZOOM.contains(&preferences.zoom) {
        return Err(Problem::new(
            Code::InvalidInput,
            format!("A zoom of {} % is not possible", preferences.zoom),
            format!("it goes from {} to {} %", ZOOM.start(), ZOOM.end()),
            "Choose another one.",
        ));
    }
    check_shortcuts(preferences)?;
    Ok(session.store.preferences().write(preferences).await?)
}

fn check_shortcuts(preferences: &Preferences) -> Result<(), Problem> {
    let (most, longest) = SHORTCUTS;
    let refused = |title: String, why: String| {
        Err(Problem::new(Code::InvalidInput, title, why, "Choose another shortcut, or take some away."))
    };
    if preferences.shortcuts.len() > most {
        return refused(format!("{} shortcuts are too many", preferences.shortcuts.len()), format!("at most {most} are kept"));
    }
    let fits = |text: &String| text.len() <= longest && !text.chars().any(char::is_control);
    let misfit = |(command, keys): &&(String, String)| command.is_empty() || !fits(command) || !fits(keys);
    if let Some((command, _)) = preferences.shortcuts.iter().find(misfit) {
        return refused(
            format!("The shortcut of `{}` cannot be kept", command.escape_debug()),
            format!("a command's id and its keys are one line of at most {longest} bytes each"),
        );
    }
    let mut seen = BTreeSet::new();
    match preferences.shortcuts.iter().find(|(command, _)| !seen.insert(command)) {
        Some((command, _)) => {
            refused(format!("`{}` has two shortcuts", command.escape_debug()), "each command has one at most".to_owned())
        }
        None => Ok(()),
    }
}

/// The possible zoom that is nearest to this one, in percent.
#[must_use]
pub fn possible_zoom(percent: u16) -> u16 {
    percent.clamp(*ZOOM.start(), *ZOOM.end())
}

#[cfg(test)]
mod tests {
    use super::{Preferences, possible_zoom, read, write};
    use crate::{api::testing::bench, problem::Code};

    #[tokio::test]
    async fn shortcuts_are_kept_within_bounds() {
        let bench = bench().await;
        let with = |shortcuts: Vec<(String, String)>| Preferences { shortcuts, ..Preferences::default() };
        let good = with(vec![("deploy".into(), "$mod+d".into()), ("help".into(), String::new())]);
        write(&bench.session, &good).await.unwrap();
        for bad in [
            with(vec![(String::new(), "a".into())]),
            with(vec![("deploy".into(), "x".repeat(65))]),
            with(vec![("deploy".into(), "a".into()), ("deploy".into(), "b".into())]),
            with(vec![("de\nploy".into(), "a".into())]),
            with((0..201).map(|n| (format!("c{n}"), "a".into())).collect()),
        ] {
            assert_eq!(write(&bench.session, &bad).await.unwrap_err().code, Code::InvalidInput);
        }
        assert_eq!(read(&bench.session).await.unwrap(), good);
    }

    #[test]
    fn a_zoom_is_brought_within_its_bounds() {
        assert_eq!([0, 79, 80, 125, 200, u16::MAX].map(possible_zoom), [80, 80, 80, 125, 200, 200]);
    }
}
