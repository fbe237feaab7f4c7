//! Swaps while clients go on asking: what they lose with Plimsoll, and with the script that people write first.
//!
//! Owns: which cases are measured. Must never know: how Plimsoll swaps.

pub mod app;
mod case;
mod frames;
pub mod load;
mod memory;
mod peer;
mod rows;
mod shipper;
mod stack;

use std::{path::Path, time::Duration};

use self::{app::Ending, case::Around, load::Mix, peer::Peer, shipper::Shipper};
pub use self::{
    case::{Case, Told},
    stack::{Place, Way},
};
use super::{Laptop, Measured, Outcome};
use crate::lab::Lab;

/// What clients connect to on a lab of its own.
const PORT: u16 = 18_080;

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Every place, every ending, every load.
    All,
    /// One swap and one rollback under a small load.
    Quick,
}

/// Measures it; `tell` is told each case's losses as they are known.
///
/// # Errors
/// When a deployment does not end as it should. Losses are no error.
pub async fn measure(lab: &Lab, laptop: &Laptop, extent: Extent, way: Way, tell: &dyn Fn(&str)) -> Outcome<Vec<Measured>> {
    let program = std::env::current_exe()?.with_file_name("plimsoll");
    let shipper = Shipper::new(lab, laptop, &program).await?;
    let around = Around { lab, folder: &laptop.folder, shipper: &shipper };
    let cases = cases(extent, way);
    let versions = cases.iter().map(|case| case.swaps + 2).max().unwrap_or_default();
    let peer = Peer::new(lab, laptop, versions).await?;
    let mut measured = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let ours = case.plimsoll(&around, &format!("swap-{number}")).await?;
        tell(&format!("{case}: Plimsoll loses {:?}", ours.taken.reasons()));
        ours.steps.iter().for_each(|(what, at)| tell(&format!("  {:>6} ms  {what}", at.as_millis())));
        let (theirs, besides) = case.peer(&around, &peer, &format!("peer-{number}")).await?;
        tell(&format!("{case}: the peer loses {:?}", theirs.taken.reasons()));
        measured.extend(rows::rows(case, &ours, &theirs, &besides));
    }
    Ok(measured)
}

/// One swap by Plimsoll under a small load.
///
/// # Errors
/// As [`measure`].
pub async fn one(lab: &Lab, laptop: &Laptop, program: &Path, way: Way, port: u16) -> Outcome<Told> {
    let shipper = Shipper::new(lab, laptop, program).await?;
    let name = format!("swap-{port}");
    // Nobody's time is measured here, and the machine may be busy: only what never comes is lost.
    let mix = Mix { patience: Duration::from_secs(60), ..Mix::of_everything(100) };
    Case { port, mix, ..quick(way) }.plimsoll(&Around { lab, folder: &laptop.folder, shipper: &shipper }, &name).await
}

fn quick(way: Way) -> Case {
    let mix = Mix::of_everything(100);
    Case { place: Place::Published, ending: Ending::Drains, way, port: PORT, mix, swaps: 1, rollback: false }
}

fn cases(extent: Extent, way: Way) -> Vec<Case> {
    if extent == Extent::Quick {
        return vec![Case { rollback: true, ..quick(way) }];
    }
    let case = |place, ending, gets, swaps| Case {
        place,
        ending,
        way,
        port: PORT,
        mix: Mix::of_everything(gets),
        swaps,
        rollback: false,
    };
    let first = Case { rollback: true, ..case(Place::Published, Ending::Drains, 200, 5) };
    let mut cases = vec![first, case(Place::Published, Ending::Drains, 1000, 2)];
    for place in [Place::Published, Place::BehindCaddy, Place::BehindNginx] {
        for ending in [Ending::Drains, Ending::Exits] {
            if (place, ending) != (Place::Published, Ending::Drains) {
                cases.push(case(place, ending, 200, 2));
            }
        }
    }
    cases
}
