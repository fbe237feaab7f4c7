//! `swap_app`: the app that `bench swap` ships.

use plimsoll_lab::bench::{Outcome, swap};

#[tokio::main]
async fn main() -> Outcome<()> {
    swap::app::run().await
}
