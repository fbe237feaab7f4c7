//! The policy against a model of its own, and by examples.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::{Policy, difference, meets};
use crate::domain::{
    bytes::Bytes,
    image::Digest,
    stored::{Contents, StoredImage},
};

fn digest(n: usize) -> Digest {
    format!("sha256:{n:064x}").parse().expect("a digest")
}

/// Tags as a repository of a project has them, and as people put them.
fn tag() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9a-f]{12}-[0-9a-f]{8}",
        "keep-(production|eu-west)-[0-9a-f]{12}",
        Just("latest".to_owned()),
        Just("keep".to_owned()),
        "v[0-9]",
    ]
}

/// Up to 30 images; each may be an index of later ones, which may be indexes again.
fn registry() -> impl Strategy<Value = Vec<StoredImage>> {
    let one = (prop::collection::btree_set(tag(), 0..3), 0_i64..60 * 24, prop::collection::btree_set(1_usize..8, 0..3));
    prop::collection::vec(one, 0..30).prop_map(|drawn| {
        let count = drawn.len();
        let stored = |(n, (tags, hours, ahead)): (usize, (BTreeSet<String>, i64, BTreeSet<usize>))| {
            let children: BTreeSet<Digest> =
                ahead.into_iter().map(|step| n + step).filter(|at| *at < count).map(digest).collect();
            let contents = if n % 3 == 0 && !children.is_empty() {
                Contents::Index { children }
            } else {
                Contents::Image { layers: Vec::new() }
            };
            let pushed = Some(Timestamp::UNIX_EPOCH - SignedDuration::from_hours(hours));
            let (bytes, digest) = (Bytes(1), digest(n));
            StoredImage { digest, tags, bytes, pushed, pulled: None, archived: false, subject: None, contents }
        };
        drawn.into_iter().enumerate().map(stored).collect()
    })
}

/// What the policy means, told without any rule: by each image's own fate.
fn goes(all: &[StoredImage], one: &StoredImage) -> bool {
    let hours = Timestamp::UNIX_EPOCH.duration_since(one.pushed.expect("a time")).as_hours();
    let is_kept = one.tags.iter().any(|tag| &tag[..tag.len().min(5)] == "keep-");
    let is_named = all.iter().any(|other| match &other.contents {
        Contents::Index { children } => children.contains(&one.digest),
        _ => false,
    });
    !is_kept && !is_named && hours > if one.tags.is_empty() { 7 * 24 } else { 30 * 24 }
}

/// Everything that a kept image needs to be pulled, itself included.
fn needed(all: &[StoredImage]) -> BTreeSet<Digest> {
    let mut open: Vec<&StoredImage> = all.iter().filter(|image| image.kept().next().is_some()).collect();
    let mut needed = BTreeSet::new();
    while let Some(image) = open.pop() {
        if needed.insert(image.digest.clone()) {
            open.extend(image.children().filter_map(|child| all.iter().find(|other| other.digest == *child)));
        }
    }
    needed
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn the_policy_expires_what_the_model_says_and_nothing_that_is_needed(all in registry()) {
        let expired = Policy::ours().expires(&all, Timestamp::UNIX_EPOCH);
        let model: BTreeSet<Digest> = all.iter().filter(|one| goes(&all, one)).map(|one| one.digest.clone()).collect();
        prop_assert_eq!(&expired, &model);
        prop_assert!(needed(&all).is_disjoint(&expired));
    }

    /// Day after day, with what expired being gone: what is needed outlives every order of events.
    #[test]
    fn what_is_needed_outlives_every_day(mut all in registry()) {
        let needed = needed(&all);
        for day in 0..90 {
            let expired = Policy::ours().expires(&all, Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * day));
            all.retain(|image| !expired.contains(&image.digest));
        }
        let left: BTreeSet<Digest> = all.into_iter().map(|image| image.digest).collect();
        prop_assert!(needed.is_subset(&left));
    }
}

#[test]
fn the_policy_is_the_one_that_ecr_takes() {
    let text = Policy::ours().text();
    let expected = concat!(
        r#"{"rules":[{"rulePriority":1,"description":"plimsoll: deployed or restorable","selection":{"tagStatus":"tagged","#,
        r#""tagPatternList":["keep-*"],"countType":"imageCountMoreThan","countNumber":99999},"action":{"type":"expire"}},"#,
        r#"{"rulePriority":2,"description":"plimsoll: built, not kept","selection":{"tagStatus":"tagged","tagPatternList":["*"],"#,
        r#""countType":"sinceImagePushed","countUnit":"days","countNumber":30},"action":{"type":"expire"}},"#,
        r#"{"rulePriority":3,"description":"plimsoll: leftovers","selection":{"tagStatus":"untagged","#,
        r#""countType":"sinceImagePushed","countUnit":"days","countNumber":7},"action":{"type":"expire"}}]}"#,
    );
    assert_eq!(text, expected);
    assert_eq!(Policy::read(&text), Some(Policy::ours()));
}

#[test]
fn rules_shield_what_they_match_also_from_people() {
    let foreign = r#"{"rules":[{"rulePriority":5,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}},
        {"rulePriority":1,"selection":{"tagStatus":"tagged","tagPrefixList":["v"],"countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}]}"#;
    let policy = Policy::read(foreign).expect("a policy");
    let image = |n: usize, tag: &str, hours: i64| StoredImage {
        digest: digest(n),
        tags: [tag.to_owned()].into(),
        bytes: Bytes(1),
        pushed: Some(Timestamp::UNIX_EPOCH - SignedDuration::from_hours(hours)),
        pulled: None,
        archived: false,
        subject: None,
        contents: Contents::Unknown,
    };
    // v1 is one too many of `v`; v2 is shielded although `any` would count it as one too many.
    let all = [image(1, "v1", 3), image(2, "v2", 2), image(3, "x", 1)];
    assert_eq!(policy.expires(&all, Timestamp::UNIX_EPOCH), [digest(1)].into());
    assert_eq!(Policy::read(&foreign.replace("\"any\"", "\"some\"")), None, "what is not understood is not judged");
}

#[test]
fn a_star_stands_for_anything() {
    for (pattern, tag, expected) in [
        ("keep-*", "keep-p-1", true),
        ("keep-*", "kept", false),
        ("*", "", true),
        ("*-rc*", "v1-rc2", true),
        ("*-rc", "v1-rc2", false),
        ("a*b*c", "abbbc", true),
        ("latest", "latest2", false),
    ] {
        assert_eq!(meets(pattern, tag), expected, "{pattern} {tag}");
    }
}

#[test]
fn a_difference_is_told_rule_by_rule_whatever_the_order_of_keys() {
    let ours = Policy::ours().text();
    let value: serde_json::Value = serde_json::from_str(&ours).expect("json");
    assert!(difference(&serde_json::to_string_pretty(&value).expect("text"), &ours).is_empty());
    let told = difference(&ours.replace("30", "14"), &ours);
    assert_eq!(told.len(), 2);
    assert!(told[0].starts_with("- ") && told[0].contains("14") && told[1].starts_with("+ ") && told[1].contains("30"));
    assert!(difference("not json", &ours)[0] == "- not json");
}
