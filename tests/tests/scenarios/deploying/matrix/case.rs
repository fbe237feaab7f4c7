//! One case of the kill table, and what everybody can expect after it.
//!
//! Owns: those expectations. Must never know: how the victim is hit.

use super::{
    super::cli::Finished,
    lanes::Case,
    pair::Pair,
    points::{Kill, Place},
    strike::strike,
    verdict::{Fault, Verdict},
};

impl Case for Kill {
    async fn attempt(&self, pair: &Pair) -> Result<(Verdict, String), Fault> {
        let before = pair.serves().await?;
        let is_ill = matches!(self.place, Place::Back(_));
        if is_ill {
            pair.app.write("ill", "echo no queue; exit 4\n");
        }
        let page = pair.next();
        let ended = strike(self, &pair.app).await;
        needs_nobody(&pair.app.resume().await)?;
        let serves = pair.serves().await?;
        let verdict = match serves.as_str() {
            now if now == page => Verdict::New,
            now if now == before => Verdict::Old,
            now => return Err(Fault::Mixed(format!("{now} serves, neither {before} nor {page}"))),
        };
        let told = recorded(pair, &ended, verdict).await;
        pair.app.is_tidy().await;
        needs_nobody(&pair.run(&["status", &pair.app.name, "--json"]).await)?;
        goes_on(pair, is_ill, page).await?;
        Ok((verdict, told))
    }
}

/// The program does it alone.
pub(super) fn needs_nobody(finished: &Finished) -> Result<(), Fault> {
    if finished.exit == Some(0) { Ok(()) } else { Err(Fault::Shell(format!("{finished:?}"))) }
}

/// The history and the program say what serves, and what to do next.
async fn recorded(pair: &Pair, ended: &Finished, verdict: Verdict) -> String {
    let newest = pair.newest().await;
    let status = newest["status"].as_str().unwrap_or("");
    let word = |name: &str| newest["problem"][name].as_str().unwrap_or("").to_owned();
    let (code, hint) = (word("code"), word("hint"));
    let exit = ended.exit.map_or("killed".to_owned(), |exit| format!("exit {exit}"));
    let told = format!("{exit}, {status} {code}");
    match verdict {
        Verdict::New => {
            assert_eq!((status, code.as_str()), ("live", ""), "{newest}");
            assert!(matches!(ended.exit, None | Some(0 | 5)), "{ended:#?}");
        }
        _ => {
            assert!(matches!(status, "rolled_back" | "failed") && !code.is_empty() && !hint.is_empty(), "{newest}");
            assert!(matches!(ended.exit, None | Some(1 | 3 | 5)), "{ended:#?}");
        }
    }
    if matches!(ended.exit, Some(1 | 3 | 5)) {
        // Says its code and its next step, or panics.
        ended.problem();
    }
    told
}

/// The next deployment finds nothing in its way.
async fn goes_on(pair: &Pair, was_ill: bool, page: String) -> Result<(), Fault> {
    let page = if was_ill {
        pair.app.git(&["rm", "-q", "-f", "ill"]);
        pair.next()
    } else {
        page
    };
    needs_nobody(&pair.app.deploy(&[]).await)?;
    let serves = pair.serves().await?;
    if serves == page { Ok(()) } else { Err(Fault::Mixed(format!("{serves} serves, {page} was deployed"))) }
}
