//! Lifecycle policies: the one that Plimsoll makes, and what any of them would expire, as AWS documents it. Pure.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::domain::{
    image::Digest,
    stored::{KEEP, StoredImage},
};

/// A build that is kept by nothing lies there so long.
const BUILT_DAYS: u32 = 30;
/// What no tag names lies there so long: an index that was pushed anew, half a push.
const UNTAGGED_DAYS: u32 = 7;
/// More than a repository ever holds of what is kept.
const NEVER: u32 = 99_999;
/// A repository's rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rule {
    rule_priority: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    selection: Selection,
    action: Expire,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Selection {
    tag_status: TagStatus,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tag_prefix_list: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tag_pattern_list: Vec<String>,
    count_type: CountType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    count_unit: Option<Unit>,
    count_number: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum TagStatus {
    Tagged,
    Untagged,
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum CountType {
    ImageCountMoreThan,
    SinceImagePushed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Unit {
    Days,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expire {
    r#type: Expires,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Expires {
    Expire,
}

impl Policy {
    /// Whatever bears a `keep-` tag stays; the first rule expires nothing and shields what it matches from the others.
    #[must_use]
    pub fn ours() -> Self {
        let built = rule(2, "plimsoll: built, not kept", Some("*"), CountType::SinceImagePushed, BUILT_DAYS);
        let untagged = rule(3, "plimsoll: leftovers", None, CountType::SinceImagePushed, UNTAGGED_DAYS);
        let kept = format!("{KEEP}*");
        let kept = rule(1, "plimsoll: deployed or restorable", Some(&kept), CountType::ImageCountMoreThan, NEVER);
        Self { rules: vec![kept, built, untagged] }
    }

    /// Reads a policy; `None` if it says something that is not known here.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut policy: Self = serde_json::from_str(text).ok()?;
        policy.rules.sort_by_key(|rule| rule.rule_priority);
        Some(policy)
    }

    /// As ECR takes it.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What it would expire right now. As AWS documents it: a rule never expires what matches a higher one, and nothing goes
    /// that an index names.
    #[must_use]
    pub fn expires(&self, images: &[StoredImage], now: Timestamp) -> BTreeSet<Digest> {
        let children: BTreeSet<&Digest> = images.iter().flat_map(StoredImage::children).collect();
        let mut decided: BTreeSet<&Digest> = BTreeSet::new();
        let mut expired = BTreeSet::new();
        for rule in &self.rules {
            let mut matching: Vec<&StoredImage> = images.iter().filter(|image| rule.selection.matches(image)).collect();
            matching.sort_by_key(|image| std::cmp::Reverse(image.pushed));
            for (younger, image) in matching.into_iter().enumerate() {
                let first = decided.insert(&image.digest);
                if first && rule.selection.is_past(image, younger, now) && !children.contains(&image.digest) {
                    expired.insert(image.digest.clone());
                }
            }
        }
        expired
    }
}

fn rule(priority: u32, description: &str, pattern: Option<&str>, count_type: CountType, count_number: u32) -> Rule {
    let selection = Selection {
        tag_status: if pattern.is_some() { TagStatus::Tagged } else { TagStatus::Untagged },
        tag_prefix_list: Vec::new(),
        tag_pattern_list: pattern.into_iter().map(str::to_owned).collect(),
        count_type,
        count_unit: (count_type == CountType::SinceImagePushed).then_some(Unit::Days),
        count_number,
    };
    Rule {
        rule_priority: priority,
        description: Some(description.to_owned()),
        selection,
        action: Expire { r#type: Expires::Expire },
    }
}

impl Selection {
    /// Every pattern and every prefix has to be met by some tag of the image.
    fn matches(&self, image: &StoredImage) -> bool {
        let some = |meets: &dyn Fn(&str) -> bool| image.tags.iter().any(|tag| meets(tag));
        match self.tag_status {
            TagStatus::Any => true,
            TagStatus::Untagged => image.tags.is_empty(),
            TagStatus::Tagged => {
                !image.tags.is_empty()
                    && self.tag_prefix_list.iter().all(|prefix| some(&|tag| tag.starts_with(prefix)))
                    && self.tag_pattern_list.iter().all(|pattern| some(&|tag| meets(pattern, tag)))
            }
        }
    }

    /// Whether an image counts as too old, or as one too many with so many younger ones.
    fn is_past(&self, image: &StoredImage, younger: usize, now: Timestamp) -> bool {
        match self.count_type {
            CountType::ImageCountMoreThan => younger >= self.count_number as usize,
            CountType::SinceImagePushed => {
                let days = SignedDuration::from_hours(24 * i64::from(self.count_number));
                image.pushed.is_none_or(|pushed| now.duration_since(pushed) > days)
            }
        }
    }
}

/// `*` stands for any text, the empty one included.
fn meets(pattern: &str, tag: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == tag };
    let Some(tail) = tag.strip_prefix(head) else { return false };
    (0..=tail.len()).any(|at| tail.is_char_boundary(at) && meets(rest, &tail[at..]))
}

/// How one policy differs from another, rule by rule: what goes, then what comes.
#[must_use]
pub fn difference(from: &str, to: &str) -> Vec<String> {
    let rules = |text: &str| -> BTreeSet<String> {
        let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
        match value["rules"].as_array() {
            Some(rules) => rules.iter().map(ToString::to_string).collect(),
            None => [text.to_owned()].into(),
        }
    };
    let (from, to) = (rules(from), rules(to));
    let gone = from.difference(&to).map(|rule| format!("- {rule}"));
    gone.chain(to.difference(&from).map(|rule| format!("+ {rule}"))).collect()
}

#[cfg(test)]
mod tests;
