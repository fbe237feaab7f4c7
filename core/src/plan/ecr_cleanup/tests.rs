//! The decision by examples, and against a model over random repositories.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::{CleanUp, Environment, Kept, Reason, Users, clean_up, still};
use crate::domain::{
    bytes::Bytes,
    image::{Digest, Layer},
    name::EnvironmentName,
    release::ReleaseId,
    stored::{Contents, StoredImage, StoredRepository},
};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const BUILT: &str = "0123456789ab-3f9a1c2e";

fn digest(n: usize) -> Digest {
    format!("sha256:{n:064x}").parse().expect("a digest")
}

fn ago(days: i64) -> Option<Timestamp> {
    Some(NOW - SignedDuration::from_hours(24 * days))
}

fn old(n: usize, tags: &[&str]) -> StoredImage {
    let layer = |n: usize, size: u64| Layer { digest: digest(n), size };
    StoredImage {
        digest: digest(n),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        bytes: Bytes(1),
        pushed: ago(10),
        pulled: ago(5),
        archived: false,
        subject: None,
        contents: Contents::Image { layers: vec![layer(1000, 500), layer(1000 + n, 10)] },
    }
}

fn index(n: usize, tags: &[&str], children: &[usize]) -> StoredImage {
    StoredImage { contents: Contents::Index { children: children.iter().map(|n| digest(*n)).collect() }, ..old(n, tags) }
}

fn production() -> EnvironmentName {
    EnvironmentName::production()
}

fn release(text: &str) -> ReleaseId {
    text.parse().expect("a release")
}

/// Production serves image 1 and can restore image 2.
fn users() -> Users {
    let releases = [release("aaaaaaaaaaaa"), release("bbbbbbbbbbbb")].into();
    let known = ["aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"].map(release).into();
    let kept = Kept { serving: [digest(1)].into(), restorable: [digest(2)].into(), releases, known };
    Users { environments: Some([(production(), Environment::Answered(kept))].into()), under_way: false }
}

fn plan(images: Vec<StoredImage>, users: &Users) -> CleanUp {
    clean_up(&StoredRepository { name: "shop-api".to_owned(), images }, users, NOW)
}

fn removed(plan: &CleanUp) -> Vec<usize> {
    plan.remove.iter().map(|one| usize::from_str_radix(&one.digest.as_str()[60..], 16).expect("a number")).collect()
}

fn reasons(plan: &CleanUp, n: usize) -> Vec<Reason> {
    plan.protect.iter().find(|one| one.digest == digest(n)).map(|one| one.reasons.clone()).unwrap_or_default()
}

#[test]
fn what_is_used_stays_with_its_reason_and_the_rest_goes() {
    let lately = |image: StoredImage| StoredImage { pulled: ago(0), ..image };
    let young = |image: StoredImage| StoredImage { pushed: ago(0), ..image };
    let images = vec![
        old(1, &[BUILT]),
        old(2, &[]),
        old(3, &["latest"]),
        young(old(4, &[])),
        lately(old(5, &[])),
        old(6, &["keep-staging-aaaaaaaaaaaa"]),
        old(7, &["keep-production-dddddddddddd"]),
        old(8, &["keep-production-cccccccccccc", "0123456789ab-00000000"]),
        old(9, &[]),
    ];
    let plan = plan(images, &users());
    assert_eq!(removed(&plan), [8, 9], "a release that the server no longer keeps, and what nothing names");
    assert_eq!(plan.frees, Bytes(20), "the shared layer stays");
    let environment = production();
    assert_eq!(reasons(&plan, 1), [Reason::Serves { environment: environment.clone() }]);
    assert_eq!(reasons(&plan, 2), [Reason::Restorable { environment }]);
    assert_eq!(reasons(&plan, 3), [Reason::StrangeTag { tag: "latest".to_owned() }]);
    assert_eq!((reasons(&plan, 4), reasons(&plan, 5)), (vec![Reason::Young], vec![Reason::PulledLately]));
    assert!(matches!(reasons(&plan, 6)[..], [Reason::KeptElsewhere { .. }]), "an environment nobody knows here");
    assert!(matches!(reasons(&plan, 7)[..], [Reason::KeptElsewhere { .. }]), "a release of another laptop");
}

#[test]
fn a_server_that_does_not_answer_protects_everything() {
    let mut users = users();
    users.environments.as_mut().expect("some").insert("staging".parse().expect("a name"), Environment::Silent);
    let silent = plan(vec![old(9, &[])], &users);
    assert_eq!((removed(&silent), reasons(&silent, 9).len()), (vec![], 1));
    assert_eq!(reasons(&plan(vec![old(9, &[])], &Users::default()), 9), [Reason::NoProject]);
    let under_way = Users { under_way: true, ..self::users() };
    assert_eq!(reasons(&plan(vec![old(9, &[])], &under_way), 9), [Reason::UnderWay]);
}

#[test]
fn children_stay_with_their_index_and_go_after_it() {
    let images = vec![
        old(10, &[]),
        old(11, &[]),
        index(1, &[BUILT], &[10]),
        index(12, &[], &[11, 13]),
        index(13, &[], &[14]),
        old(14, &[]),
    ];
    let plan = plan(images, &users());
    assert_eq!(reasons(&plan, 10), [Reason::ChildOf { digest: digest(1) }]);
    assert_eq!(removed(&plan), [12, 11, 13, 14]);
}

#[test]
fn what_is_about_an_image_stays_with_it() {
    let about = |n, subject| StoredImage { subject: Some(digest(subject)), ..old(n, &[]) };
    let plan = plan(vec![old(1, &[BUILT]), old(9, &[]), about(20, 1), about(21, 9)], &users());
    assert_eq!(reasons(&plan, 20), [Reason::About { digest: digest(1) }]);
    assert_eq!(removed(&plan), [9, 21]);
}

#[test]
fn one_manifest_that_cannot_be_read_protects_all() {
    let unread = StoredImage { contents: Contents::Unknown, ..old(9, &[]) };
    assert_eq!(removed(&plan(vec![unread, old(8, &[])], &users())), Vec::<usize>::new());
}

#[test]
fn what_changed_since_it_was_shown_is_left_out() {
    let shown = plan(vec![old(8, &[]), old(9, &[])], &users());
    let tagged = plan(vec![old(8, &["keep-staging-aaaaaaaaaaaa"]), old(9, &[]), old(7, &[])], &users());
    assert_eq!(still(&shown.remove, &tagged), [digest(9)], "neither what is kept by now nor what was not shown");
    let named = plan(vec![old(8, &[]), old(9, &[]), StoredImage { pushed: ago(0), ..index(30, &[BUILT], &[9]) }], &users());
    assert_eq!(still(&shown.remove, &named), [digest(8)], "an index that was pushed since names the other one");
}

type Drawn = (u8, i64, Option<i64>, BTreeSet<usize>, Option<usize>);

fn repository() -> impl Strategy<Value = Vec<StoredImage>> {
    let tags = 0_u8..6;
    let one = (
        tags,
        0_i64..20,
        prop::option::of(0_i64..5),
        prop::collection::btree_set(1_usize..6, 0..3),
        prop::option::of(1_usize..5),
    );
    prop::collection::vec(one, 0..24).prop_map(|drawn: Vec<Drawn>| {
        let count = drawn.len();
        let image = |(n, (tags, pushed, pulled, ahead, subject)): (usize, Drawn)| {
            let tags: &[&str] = match tags {
                0 | 1 => &[],
                2 => &[BUILT],
                3 => &["keep-production-cccccccccccc"],
                4 => &["keep-production-aaaaaaaaaaaa"],
                _ => &["v1"],
            };
            let children: Vec<usize> = ahead.into_iter().map(|step| n + step).filter(|at| *at < count).collect();
            let image = if n % 2 == 0 && !children.is_empty() { index(n, tags, &children) } else { old(n, tags) };
            let subject = subject.and_then(|back| n.checked_sub(back)).map(digest);
            StoredImage { pushed: ago(pushed), pulled: pulled.and_then(ago), subject, ..image }
        };
        drawn.into_iter().enumerate().map(image).collect()
    })
}

/// Everything that the images need to be what they are: their children, and the children of those.
fn with_children(all: &[StoredImage], roots: BTreeSet<Digest>) -> BTreeSet<Digest> {
    let by: BTreeMap<&Digest, &StoredImage> = all.iter().map(|image| (&image.digest, image)).collect();
    let mut needed = roots;
    loop {
        let more: BTreeSet<Digest> =
            needed.iter().filter_map(|digest| by.get(digest)).flat_map(|image| image.children().cloned()).collect();
        let before = needed.len();
        needed.extend(more);
        if needed.len() == before {
            return needed;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn nothing_that_is_used_and_no_child_of_it_goes(all in repository()) {
        let plan = plan(all.clone(), &users());
        let gone: BTreeSet<Digest> = plan.remove.iter().map(|one| one.digest.clone()).collect();
        // In production, kept by a tag for a release that counts, or somebody else's: told without the plan's own words.
        let used = all.iter().filter(|image| {
            [digest(1), digest(2)].contains(&image.digest)
                || image.tags.iter().any(|tag| tag == "v1" || tag == "keep-production-aaaaaaaaaaaa")
                || image.pushed > ago(1) || image.pulled > ago(1)
        });
        let needed = with_children(&all, used.map(|image| image.digest.clone()).collect());
        prop_assert!(needed.is_disjoint(&gone), "{:?}", needed.intersection(&gone).collect::<Vec<_>>());
        prop_assert_eq!(gone.len() + plan.protect.len(), all.len());
        prop_assert!(plan.protect.iter().all(|one| !one.reasons.is_empty()));
        // Whatever stays has all its children, and nothing goes before an index that names it.
        let stays: BTreeSet<Digest> = plan.protect.iter().map(|one| one.digest.clone()).collect();
        prop_assert!(with_children(&all, stays).is_disjoint(&gone));
        let place = |digest: &Digest| plan.remove.iter().position(|one| one.digest == *digest);
        for parent in &all {
            for child in parent.children() {
                if let (Some(first), Some(then)) = (place(&parent.digest), place(child)) {
                    prop_assert!(first < then);
                }
            }
        }
    }
}
