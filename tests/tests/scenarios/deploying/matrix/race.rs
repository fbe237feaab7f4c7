//! Two laptops that deploy to the same environment in the same moment.
//!
//! Owns: that one of them swaps, once. Must never know: how they are brought to the lock together.

use super::{
    super::cli::Finished,
    contest::{Won, contend, who_won},
    lanes::{Case, Named},
    pair::Pair,
    verdict::{Fault, Verdict},
};

/// The number of a race.
#[derive(Debug, Clone, Copy)]
pub(super) struct Race(u32);

impl Race {
    pub(super) fn some(count: u32) -> Vec<Self> {
        (1..=count).map(Self).collect()
    }
}

impl Named for Race {
    fn name(&self) -> String {
        format!("race {}", self.0)
    }

    fn column(&self) -> String {
        "races".to_owned()
    }
}

impl Case for Race {
    async fn attempt(&self, pair: &Pair) -> Result<(Verdict, String), Fault> {
        let others = pair.laptops().await;
        let wishes = [pair.wish(), pair.wish()];
        let ended = contend([&pair.app.cli, &others[0]], &wishes, pair).await;
        let Won { winner, told } = who_won(&ended)?;
        let Some(winner) = winner else { return Err(Fault::Shell(told)) };
        let serves = pair.serves().await?;
        if serves != wishes[winner].page {
            return Err(Fault::Mixed(format!("{serves} serves, {} won", wishes[winner].page)));
        }
        let turns = [pair.turns(&ended[winner]).await, pair.turns(&ended[1 - winner]).await];
        assert_eq!(turns, [1, 0], "one of them swapped, once");
        pair.app.is_tidy().await;
        Ok((Verdict::New, told))
    }
}

impl Pair {
    /// How often a deployment turned the switches.
    async fn turns(&self, ended: &Finished) -> usize {
        let id = ended.last()["deployment"].as_str().expect("an id");
        let journal = self.app.on_server(&format!("deployments/{id}/journal")).await.unwrap_or_default();
        journal.lines().filter(|line| line.contains("\tend\tturn\t-\tok ")).count()
    }
}
