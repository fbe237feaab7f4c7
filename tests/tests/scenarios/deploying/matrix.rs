//! The fault matrix of a switched deployment: whoever dies, wherever: wholly old or wholly new, and nobody needs a shell.
//!
//! Owns: the tests. Must never know: how a case goes.
//!
//! The ordinary run has a selection. The full one (feature `full`, or `PLIMSOLL_FULL`) takes hours, may be cut and goes on where it was:
//! what came of each case is kept in `target/tmp/matrix`, for as long as the program under test is the same.
//! `PLIMSOLL_MATRIX_MINUTES` ends a batch, `PLIMSOLL_MATRIX_LANES` is how many servers work side by side,
//! `PLIMSOLL_MATRIX_ONLY` a part of the names of the cases to try, `PLIMSOLL_SEED` another order and other moments.

mod case;
mod contest;
#[cfg(feature = "full")]
mod illness;
mod lanes;
mod ledger;
mod pair;
mod points;
#[cfg(feature = "full")]
mod race;
mod seed;
#[cfg(feature = "full")]
mod slow;
mod strike;
mod takeover;
mod verdict;

#[cfg(feature = "full")]
use self::race::Race;
use self::{
    lanes::{Plan, all},
    points::Kill,
    takeover::Takeover,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_dies_at_any_failpoint_it_ends_wholly_old_or_wholly_new() {
    all(Plan { name: "kills", chosen: Kill::chosen(), full: Kill::every(), lanes: 2 }).await;
}

#[cfg(feature = "full")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_that_race_for_a_switched_app_one_wins() {
    all(Plan { name: "races", chosen: Race::some(2), full: Race::some(100), lanes: 1 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_is_left_behind_is_taken_over_by_one_and_nothing_is_swapped_twice() {
    all(Plan { name: "takeovers", chosen: Takeover::some(1), full: Takeover::some(100), lanes: 1 }).await;
}
