//! Clients go on asking while an app is swapped.

use std::collections::BTreeMap;

use plimsoll_lab::bench::{
    Laptop,
    swap::{self, Told, Way, load::Kind},
};

use super::{super::shared::shared_lab, cli::program};

/// One swap on the lab's shared server, under load.
async fn swapped(way: Way, port: u16) -> Told {
    let (lab, folder) = (shared_lab(), tempfile::tempdir().expect("a folder"));
    let laptop = Laptop::set_up(lab, folder.path(), &folder.path().join("ssh_config")).await.expect("a laptop");
    swap::one(lab, &laptop, &program(), way, port).await.expect("it goes live")
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_switch_nobody_loses_a_request_or_a_connection() {
    let told = swapped(Way::Chosen, 19_001).await;
    assert_eq!(told.taken.reasons(), BTreeMap::new());
    assert_eq!((told.taken.cuts(), told.broken(), told.went_back), (0, 0, 0), "{:?}", told.taken);
    for kind in [Kind::Get, Kind::Slow, Kind::Post, Kind::Upload, Kind::KeptAlive] {
        assert!(told.taken.asked(kind) > 0, "{kind:?}");
    }
}

/// What proves that the clients would notice.
#[tokio::test(flavor = "multi_thread")]
async fn where_the_old_one_is_stopped_first_its_clients_notice() {
    let told = swapped(Way::Recreate, 19_002).await;
    let lost = told.taken.lost(Kind::Get);
    // It takes 1.5 s to boot, and is asked for a hundred pages a second.
    assert!(lost > 150, "{lost} of {}", told.taken.asked(Kind::Get));
    assert!(told.taken.longest_gap().as_millis() > 1500);
    assert!(told.broken() >= 10, "every stream ended: {}", told.broken());
    assert_eq!(told.went_back, 0);
}
