//! Newer versions of the app: where they are asked for, and when one may be put in place.
//!
//! Owns: those two decisions. Must never know: windows, how an update is unpacked.

use std::time::Duration;

use plimsoll_core::{
    api::deployments,
    domain::name::Name,
    problem::{Code, Problem},
};

use crate::state::{Answer, Desktop, Raised};

/// How often it is looked whether the last deployment has ended.
const CALM: Duration = Duration::from_secs(2);
/// How often in a row that may not be found out.
const BLIND: u32 = 30;

/// Where newer versions are asked for, and the public half of the key that signs them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Source {
    /// With `{{target}}`, `{{arch}}` and `{{current_version}}` in it.
    pub(crate) address: &'static str,
    /// As `tauri signer generate` prints it.
    pub(crate) key: &'static str,
}

/// As this build was made; `None` where a packager brings updates.
pub(crate) const SOURCE: Option<Source> = source(option_env!("PLIMSOLL_UPDATE_URL"), option_env!("PLIMSOLL_UPDATE_KEY"));

/// An address without a key, or a key without an address, is none: nothing unsigned is ever put in place.
const fn source(address: Option<&'static str>, key: Option<&'static str>) -> Option<Source> {
    match (address, key) {
        (Some(address), Some(key)) if !address.is_empty() && !key.is_empty() => Some(Source { address, key }),
        _ => None,
    }
}

/// Where updates come from when this build names no place to ask.
pub(crate) fn elsewhere() -> Problem {
    Problem::new(
        Code::Unsupported,
        "Newer versions come from where Plimsoll was installed",
        "this build names no place to ask for them",
        "Use the package manager that installed it, or install the newer version by hand.",
    )
}

/// When an update is put in place.
pub(crate) enum When {
    /// Nothing is interrupted by it, and nothing new begins as long as this is kept.
    Now(Raised),
    /// As soon as what is being done has ended, among it these projects' deployments.
    After(Vec<Name>),
}

/// Decides it. Nothing new may begin before it is looked at what is being done already, or a deployment that begins in between
/// would be cut.
pub(crate) async fn when(desktop: &Desktop) -> Answer<When> {
    let session = desktop.session()?;
    let Some(still) = desktop.hold_still() else { return Ok(When::After(Vec::new())) };
    let busy = desktop.is_busy();
    let worked_on = deployments::worked_on(session).await?;
    Ok(if !busy && worked_on.is_empty() { When::Now(still) } else { When::After(worked_on) })
}

/// Waits until an update can be put in place. It gives up when it could not be looked for a while: who asked for it is told, and
/// can ask again.
pub(crate) async fn calm(desktop: &Desktop) -> Answer<Raised> {
    let mut blind = 0;
    loop {
        match look(desktop).await {
            Ok(Some(still)) => return Ok(still),
            Ok(None) => blind = 0,
            Err(problem) if blind == BLIND => return Err(problem),
            Err(_) => blind += 1,
        }
        tokio::time::sleep(CALM).await;
    }
}

/// Looks first without keeping anything from beginning: a long deployment would have everything else refused now and then.
async fn look(desktop: &Desktop) -> Answer<Option<Raised>> {
    if desktop.is_busy() || !deployments::worked_on(desktop.session()?).await?.is_empty() {
        return Ok(None);
    }
    Ok(match when(desktop).await? {
        When::Now(still) => Some(still),
        When::After(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use plimsoll_core::problem::{Code, Problem};

    use super::{BLIND, CALM, When, calm, source, when};
    use crate::{
        questions::Questions,
        state::Desktop,
        testing::{Bench, bench},
    };

    fn desktop(bench: &Bench) -> Desktop {
        Desktop::with(Ok(bench.session.clone()), Questions::new(|| false))
    }

    #[tokio::test]
    async fn nothing_begins_once_an_update_may_be_put_in_place() {
        let bench = bench().await;
        let desktop = desktop(&bench);
        let Ok(When::Now(still)) = when(&desktop).await else { panic!("nothing is being done") };
        assert_eq!(desktop.acting().err().map(|problem| problem.code), Some(Code::Locked));
        assert!(matches!(when(&desktop).await, Ok(When::After(_))), "one at a time");
        drop(still);
        assert!(desktop.acting().is_ok());
    }

    #[tokio::test]
    async fn an_update_waits_for_what_is_being_done_and_refuses_nothing_meanwhile() {
        let bench = bench().await;
        let desktop = desktop(&bench);
        // A deployment that has just been asked for is an act, and nowhere recorded.
        let acting = desktop.acting().unwrap();
        assert!(matches!(when(&desktop).await, Ok(When::After(projects)) if projects.is_empty()));
        drop(desktop.acting().unwrap());
        drop(acting);
        assert!(matches!(when(&desktop).await, Ok(When::Now(_))));
    }

    #[tokio::test]
    async fn a_postponed_update_comes_with_the_calm() {
        let bench = bench().await;
        tokio::time::pause();
        let desktop = std::sync::Arc::new(desktop(&bench));
        let acting = desktop.acting().unwrap();
        let later = desktop.clone();
        let waiting = tokio::spawn(async move { calm(&later).await.is_ok() });
        tokio::time::sleep(CALM * 3 * BLIND).await;
        assert!(!waiting.is_finished(), "however long it takes");
        // From now on the store is asked, which takes its own time.
        tokio::time::resume();
        drop(acting);
        assert!(waiting.await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_cannot_be_decided_is_given_up_and_said() {
        let problem = Problem::new(Code::LocalFile, "The data cannot be read", "", "");
        let desktop = Desktop::with(Err(problem), Questions::new(|| false));
        let told = tokio::time::timeout(CALM * (BLIND + 2), calm(&desktop)).await;
        assert_eq!(told.unwrap().err().map(|problem| problem.title), Some("The data cannot be read".to_owned()));
    }

    #[test]
    fn without_both_halves_there_is_no_source() {
        assert!(source(Some("https://x"), Some("k")).is_some());
        for (address, key) in [(None, None), (Some("https://x"), None), (None, Some("k")), (Some(""), Some(""))] {
            assert_eq!(source(address, key), None);
        }
    }
}
