//! Two laptops that want the same environment in the same moment.
//!
//! Owns: the race, and that it has one winner. Must never know: why the lock is free.

use super::{
    super::cli::{Cli, Finished, Started},
    pair::Pair,
    strike::Gate,
    verdict::Fault,
};

/// A commit that somebody wants to be live.
pub(super) struct Wish {
    pub(super) page: String,
    pub(super) commit: String,
}

impl Pair {
    /// One more commit.
    pub(super) fn wish(&self) -> Wish {
        let page = self.next();
        Wish { page, commit: self.app.git(&["rev-parse", "HEAD"]) }
    }

    /// A deployment of this commit by this laptop, with these variables.
    pub(super) fn deploying(&self, laptop: &Cli, wish: &Wish, variables: &[(&str, &str)]) -> Started {
        laptop.start(&["deploy", &self.app.name, "--json", "--commit", &wish.commit], variables)
    }
}

/// Both stand before the lock until both are there.
pub(super) async fn contend(laptops: [&Cli; 2], wishes: &[Wish; 2], pair: &Pair) -> [Finished; 2] {
    let gates = laptops.map(Gate::of);
    let start = |at: usize| pair.deploying(laptops[at], &wishes[at], &gates[at].variables("enter-preflight"));
    let (mut one, mut other) = (start(0), start(1));
    tokio::join!(gates[0].is_reached(&mut one), gates[1].is_reached(&mut other));
    tokio::join!(gates[0].open(), gates[1].open());
    let (one, other) = tokio::join!(one.end(), other.end());
    [one, other]
}

/// Who of two is live.
pub(super) struct Won {
    /// Nobody, if both were told to try again.
    pub(super) winner: Option<usize>,
    pub(super) told: String,
}

/// At most one is live; who is not was told why, and that nothing moved.
pub(super) fn who_won(ended: &[Finished; 2]) -> Result<Won, Fault> {
    let (won, lost): (Vec<usize>, Vec<usize>) =
        (0..2).partition(|at| ended[*at].exit == Some(0) && ended[*at].status() == "live");
    if won.len() > 1 {
        return Err(Fault::Mixed(format!("both won: {ended:#?}")));
    }
    let mut told = vec![won.first().map_or("nobody wins".to_owned(), |winner| format!("laptop {} wins", winner + 1))];
    for loser in lost.into_iter().map(|at| &ended[at]) {
        let (code, words) = loser.problem();
        assert_eq!((loser.exit, code), (Some(3), "locked"), "{loser:#?}");
        told.push(words);
    }
    Ok(Won { winner: won.first().copied(), told: told.join("; ") })
}
