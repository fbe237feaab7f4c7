//! Carrying out a table of cases: several servers side by side, each with an app that goes from case to case.
//!
//! Owns: who does what next, and what is said in the end. Must never know: what a case is.

use std::{
    any::Any,
    collections::VecDeque,
    env,
    panic::AssertUnwindSafe,
    sync::Mutex,
    time::{Duration, Instant},
};

use futures_util::{FutureExt as _, future::join_all};
use plimsoll_lab::lab::{Machine, MachineOptions};

use super::{
    super::super::shared::shared_lab,
    ledger::Ledger,
    pair::Pair,
    seed,
    verdict::{Fault, Row, Verdict, table},
};

/// What has a name in the table.
pub(super) trait Named {
    /// Unique in its table.
    fn name(&self) -> String;
    /// Where it is counted.
    fn column(&self) -> String;
}

/// Something that is done to an app that serves. Afterwards it serves the newest commit.
pub(super) trait Case: Named {
    /// What served wholly right after it, and in words how that was recorded.
    async fn attempt(&self, pair: &Pair) -> Result<(Verdict, String), Fault>;
}

/// A table, and what of it the ordinary run tries.
pub(super) struct Plan<C> {
    pub(super) name: &'static str,
    pub(super) chosen: Vec<C>,
    pub(super) full: Vec<C>,
    /// Servers side by side.
    pub(super) lanes: usize,
}

/// Tries them; none may be bad.
pub(super) async fn all<C: Case>(plan: Plan<C>) {
    let full = cfg!(feature = "full") || env::var_os("PLIMSOLL_FULL").is_some();
    let ledger = if full { Ledger::kept(plan.name).await } else { Ledger::in_memory() };
    let only = env::var("PLIMSOLL_MATRIX_ONLY").unwrap_or_default();
    let cases = if full { plan.full } else { plan.chosen };
    let total = cases.len();
    assert!(cases.iter().any(|case| case.name().contains(&only)), "no case of {} is called {only}", plan.name);
    let open = cases.into_iter().filter(|case| case.name().contains(&only) && !ledger.has(&case.name()));
    let work = Work { open: Mutex::new(open.collect()), ledger, over: deadline(), setting_up: tokio::sync::Mutex::default() };
    let lanes = number("PLIMSOLL_MATRIX_LANES").and_then(|lanes| lanes.try_into().ok()).unwrap_or(plan.lanes);
    let work = &work;
    join_all((0..lanes).map(|lane| async move { work.lane(&format!("{}{lane}", plan.name)).await })).await;
    let rows = work.ledger.rows();
    tell(&format!("\n{}: {} of {total}, seed {}\n{}", plan.name, rows.len(), seed::seed(), table(&rows)));
    assert!(work.over.is_some() || work.is_done(), "every server was lost");
    let bad: Vec<_> = rows.iter().filter(|row| row.verdict.is_bad()).collect();
    for row in &bad {
        tell(&format!("{:?} {}: {}", row.verdict, row.case, row.told));
    }
    assert!(bad.is_empty(), "{} of {} ended badly", bad.len(), rows.len());
}

/// For who watches a run of hours.
#[expect(clippy::print_stdout, reason = "a test's own words")]
pub(super) fn tell(text: &str) {
    println!("{text}");
}

fn number(name: &str) -> Option<u64> {
    env::var(name).ok().and_then(|text| text.parse().ok())
}

fn deadline() -> Option<Instant> {
    number("PLIMSOLL_MATRIX_MINUTES").map(|minutes| Instant::now() + Duration::from_secs(60 * minutes))
}

struct Work<C> {
    open: Mutex<VecDeque<C>>,
    ledger: Ledger,
    over: Option<Instant>,
    setting_up: tokio::sync::Mutex<()>,
}

impl<C: Case> Work<C> {
    fn next(&self) -> Option<C> {
        if self.over.is_some_and(|over| Instant::now() > over) {
            return None;
        }
        self.open.lock().expect("nobody panics in here").pop_front()
    }

    fn is_done(&self) -> bool {
        self.open.lock().expect("nobody panics in here").is_empty()
    }

    /// A server with an app that serves.
    async fn set_up(&self, name: &str) -> (Machine, Pair) {
        // One after another: a first deployment is the most work there is.
        let _turn = self.setting_up.lock().await;
        let machine = shared_lab().add(&MachineOptions::named(name)).await.expect("a machine");
        let pair = Pair::live_on(name, &machine).await;
        (machine, pair)
    }

    /// Case after case on a server of its own. After a bad one nothing of it is trusted any more.
    async fn lane(&self, name: &str) {
        let mut bad = 0;
        let mut place: Option<(Machine, Pair)> = None;
        while let Some(case) = self.next() {
            let (machine, pair) = match place.take() {
                Some(place) => place,
                // Too much at once for this machine is no verdict: the other lanes go on.
                None => match AssertUnwindSafe(self.set_up(&format!("{name}-{bad}"))).catch_unwind().await {
                    Ok(place) => place,
                    Err(panic) => {
                        tell(&format!("{name} is lost: {}", words(panic.as_ref())));
                        self.open.lock().expect("nobody panics in here").push_back(case);
                        return;
                    }
                },
            };
            let row = attempt(&case, &pair).await;
            tell(&format!("{:>6.1} s  {:<50} {:?} {}", row.seconds, row.case, row.verdict, row.told));
            let is_bad = row.verdict.is_bad();
            self.ledger.add(row);
            if is_bad {
                bad += 1;
                machine.remove().await.expect("it goes");
            } else {
                place = Some((machine, pair));
            }
        }
        if let Some((machine, pair)) = place {
            pair.app.is_tidy().await;
            machine.remove().await.expect("it goes");
        }
    }
}

async fn attempt<C: Case>(case: &C, pair: &Pair) -> Row {
    let begun = Instant::now();
    let (verdict, told) = match AssertUnwindSafe(case.attempt(pair)).catch_unwind().await {
        Ok(Ok(ended)) => ended,
        Ok(Err(Fault::Mixed(why))) => (Verdict::Mixed, why),
        Ok(Err(Fault::Shell(why))) => (Verdict::Shell, why),
        Err(panic) => (Verdict::Wrong, words(panic.as_ref())),
    };
    let seconds = begun.elapsed().as_secs_f64();
    Row { case: case.name(), column: case.column(), verdict, told, seconds, seed: seed::seed() }
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without words").to_owned()
}
