//! A lock whose holder is dead, and two who want it.
//!
//! Owns: how the holder dies, and that nothing is swapped twice. Must never know: how a race is run.

use super::{
    case::needs_nobody,
    contest::{Wish, Won, contend, who_won},
    lanes::{Case, Named},
    pair::Pair,
    seed,
    strike::{Gate, kill_runner},
    verdict::{Fault, Verdict},
};

/// Where the program of the dead laptop ends with the lock in hand and nothing moved.
const BEFORE: [&str; 4] = ["leave-preflight", "leave-build", "leave-stage", "leave-pull"];
/// Where its runner dies too, a moment later.
const WITHIN: [&str; 6] = ["candidate.up:web", "turn.one:web", "turn.all", "soak.tick", "commit.renamed", "retire.begun:api"];

/// The number of a takeover.
#[derive(Debug, Clone, Copy)]
pub(super) struct Takeover(u32);

/// How the holder died.
enum Death {
    /// At this place of its program.
    Before(&'static str),
    /// And its runner, at this place.
    Within(&'static str),
}

impl Takeover {
    pub(super) fn some(count: u32) -> Vec<Self> {
        (1..=count).map(Self).collect()
    }

    /// Every second one in mid-swap.
    fn death(self) -> Death {
        let choose = |places: &[&'static str]| {
            let len = u64::try_from(places.len()).expect("a few");
            places[usize::try_from(seed::below(len, &self.name())).expect("a few")]
        };
        if self.0.is_multiple_of(2) { Death::Within(choose(&WITHIN)) } else { Death::Before(choose(&BEFORE)) }
    }
}

impl Named for Takeover {
    fn name(&self) -> String {
        format!("takeover {}", self.0)
    }

    fn column(&self) -> String {
        match self.death() {
            Death::Before(_) => "before".to_owned(),
            Death::Within(_) => "within".to_owned(),
        }
    }
}

impl Case for Takeover {
    async fn attempt(&self, pair: &Pair) -> Result<(Verdict, String), Fault> {
        let [second, dead] = pair.laptops().await;
        let place = match self.death() {
            Death::Before(place) | Death::Within(place) => place,
        };
        let lost = pair.wish();
        match self.death() {
            Death::Before(place) => {
                let killed = pair.deploying(&dead, &lost, &[("PLIMSOLL_FAILPOINT", place)]).end().await;
                assert_eq!(killed.exit, None, "{killed:#?}");
            }
            Death::Within(place) => dies_within(pair, &dead, &lost, place).await,
        }
        let age = format!("touch -d '-60 seconds' {}/lock/*/heartbeat", pair.app.stack());
        pair.app.server.sh(&age).await.expect("a lock");
        let wishes = [pair.wish(), pair.wish()];
        let ended = contend([&pair.app.cli, &second], &wishes, pair).await;
        let Won { winner, told } = who_won(&ended)?;
        let wanted = match (winner, self.death()) {
            (Some(winner), _) => &wishes[winner],
            // What had been left half done came to its end first, and who had read before it what serves begins anew.
            (None, Death::Within(_)) => {
                needs_nobody(&pair.deploying(&second, &wishes[1], &[]).end().await)?;
                &wishes[1]
            }
            (None, Death::Before(_)) => return Err(Fault::Shell(told)),
        };
        is_settled(pair, wanted).await?;
        // The dead one comes back and settles its own, not the other's.
        needs_nobody(&dead.run(&["resume", &pair.app.name, "--json"]).await)?;
        is_settled(pair, wanted).await?;
        pair.app.is_tidy().await;
        Ok((Verdict::New, format!("{place}: {told}")))
    }
}

/// Its laptop dies, and then its runner: the lock and half a swap stay behind.
async fn dies_within(pair: &Pair, laptop: &super::super::cli::Cli, lost: &Wish, place: &str) {
    let gate = Gate::runner(&pair.app, place).await;
    let mut deploying = pair.deploying(laptop, lost, &[]);
    gate.is_reached(&mut deploying).await;
    deploying.signal("KILL");
    deploying.end().await;
    kill_runner(&pair.app).await;
}

/// The winner's release serves, wholly, and no swap is half done.
async fn is_settled(pair: &Pair, wanted: &Wish) -> Result<(), Fault> {
    let serves = pair.serves().await?;
    if serves != wanted.page {
        return Err(Fault::Mixed(format!("{serves} serves, {} won", wanted.page)));
    }
    let open = "for journal in \"$1\"/deployments/*/journal; do
        grep -q '\tfinished\t' \"$journal\" || echo \"$journal\"
    done";
    let open = pair.app.server.exec(&["sh", "-c", open, "open", &pair.app.stack()]).await.expect("journals");
    assert_eq!(open, "", "half a swap is left");
    Ok(())
}
