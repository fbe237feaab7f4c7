//! What lies in an ECR, in words.
//!
//! Owns: the list of images, the plan of a clean-up, what became of rules. Must never know: AWS.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_core::{
    api::ecr::{Change, Cleaned, CleaningPlan, Estimate, Overview, RepositoryOverview, Rules},
    domain::stored::{Contents, StoredImage},
    plan::ecr_cleanup::{CleanUp, Protected, Reason},
};

use super::{
    human::{Now, count},
    neutral::neutral,
    table::Table,
};

/// So many images of a repository are listed; `--json` has all.
const LISTED: usize = 10;

/// Everything that lies in a registry.
pub(crate) fn images(overview: &Overview, now: &Now) -> Vec<String> {
    if overview.repositories.is_empty() {
        return vec![format!("Nothing lies in {} yet.", neutral(&overview.host))];
    }
    let mut table = Table::new(&["REPOSITORY", "PROJECT", "IMAGES", "KEPT", "SIZE", "COST"]);
    for repository in &overview.repositories {
        let projects: Vec<&str> = repository.projects.iter().map(|name| name.as_str()).collect();
        let projects = if projects.is_empty() { "none here".to_owned() } else { projects.join(", ") };
        let (images, kept) = (repository.contents.images.len().to_string(), repository.kept.to_string());
        let (size, cost) = (repository.bytes.to_string(), money(repository.cost));
        table.row([repository.contents.name.as_str(), &projects, &images, &kept, &size, &cost]);
    }
    let mut lines = table.lines();
    for repository in overview.repositories.iter().filter(|repository| !repository.contents.images.is_empty()) {
        lines.push(String::new());
        lines.extend(listed(repository, now));
    }
    let price = overview.cost.usd_per_gb;
    lines.push(String::new());
    lines.push(format!(
        "{} in {}; about {} a month, estimated at {price:.2} USD a GB.",
        overview.bytes,
        neutral(&overview.host),
        money(overview.cost)
    ));
    lines
}

fn listed(repository: &RepositoryOverview, now: &Now) -> Vec<String> {
    let children: BTreeSet<_> = repository.contents.images.iter().flat_map(StoredImage::children).collect();
    let roots: Vec<&StoredImage> = repository.contents.images.iter().filter(|image| !children.contains(&image.digest)).collect();
    let mut table = Table::new(&["IMAGE", "TAGS", "SIZE", "PUSHED", "PULLED"]);
    for image in roots.iter().take(LISTED) {
        let tags: Vec<&str> = image.tags.iter().map(String::as_str).collect();
        let tags = if tags.is_empty() { "none".to_owned() } else { tags.join(" ") };
        let when = |time: Option<_>, else_: &str| time.map_or_else(|| else_.to_owned(), |time| now.ago(time));
        let (pushed, pulled) = (when(image.pushed, "unknown"), when(image.pulled, "not noted"));
        table.row([image.digest.short(), &tags, &size(image), &pushed, &pulled]);
    }
    let mut lines = vec![neutral(&repository.contents.name).into_owned()];
    lines.extend(table.lines().into_iter().map(|line| format!("  {line}")));
    if roots.len() > LISTED {
        lines.push(format!("  and {} (--json lists all)", count(roots.len() - LISTED, "older image")));
    }
    lines
}

fn size(image: &StoredImage) -> String {
    match &image.contents {
        Contents::Index { children } => format!("{} ({} in it)", image.bytes, children.len()),
        Contents::Image { .. } | Contents::Unknown => image.bytes.to_string(),
    }
}

fn money(estimate: Estimate) -> String {
    format!("{:.2} USD", estimate.usd_per_month)
}

/// What a clean-up would delete, and why the rest stays.
pub(crate) fn plan(plan: &CleaningPlan) -> Vec<String> {
    let mut lines: Vec<String> = plan.repositories.iter().flat_map(repository).collect();
    let total = match plan.removes {
        0 => "Nothing can go.".to_owned(),
        n => format!("{} can go: {} freed.", count(n, "image"), plan.frees),
    };
    lines.push(total);
    lines
}

fn repository(plan: &CleanUp) -> Vec<String> {
    let freed = if plan.remove.is_empty() { String::new() } else { format!(", {} freed", plan.frees) };
    let (go, stay) = (plan.remove.len(), plan.protect.len());
    let mut lines = vec![format!("{}: {go} can go{freed}; {stay} stay", neutral(&plan.repository))];
    for removed in plan.remove.iter().take(LISTED) {
        let tags: Vec<&str> = removed.tags.iter().map(String::as_str).collect();
        lines
            .push(format!("  - {} {} {}", removed.digest.short(), removed.bytes, neutral(&tags.join(" "))).trim_end().to_owned());
    }
    if go > LISTED {
        lines.push(format!("  - and {} (--json lists all)", count(go - LISTED, "image")));
    }
    lines.extend(reasons(&plan.protect).into_iter().map(|(reason, n)| format!("  = {}: {reason}", count(n, "image"))));
    lines.push(String::new());
    lines
}

/// Each reason with how many images it holds; an image with several counts under each.
fn reasons(protect: &[Protected]) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for reason in protect.iter().flat_map(|one| one.reasons.iter().map(because).collect::<BTreeSet<_>>()) {
        *counted.entry(reason).or_insert(0) += 1;
    }
    counted
}

fn because(reason: &Reason) -> String {
    let text = match reason {
        Reason::Serves { environment } => format!("serves in {environment}"),
        Reason::Restorable { environment } => format!("can be restored in {environment}"),
        Reason::Silent { environment } => format!("what {environment} needs is not known: its server does not answer"),
        Reason::NoProject => "no project of this laptop pushes there".to_owned(),
        Reason::UnderWay => "a deployment is under way".to_owned(),
        Reason::KeptElsewhere { tag } => format!("kept by {tag}, which this laptop cannot judge"),
        Reason::StrangeTag { tag } => format!("bears the tag {tag}"),
        Reason::Young => "pushed within the last day".to_owned(),
        Reason::PulledLately => "pulled within the last day".to_owned(),
        Reason::Unread => "something in this repository cannot be read".to_owned(),
        Reason::ChildOf { .. } => "part of an image that stays".to_owned(),
        Reason::About { .. } => "about an image that stays".to_owned(),
    };
    neutral(&text).into_owned()
}

/// What a clean-up deleted.
pub(crate) fn cleaned(cleaned: &Cleaned) -> Vec<String> {
    let mut lines = match cleaned.deleted {
        0 => vec!["Nothing was deleted.".to_owned()],
        n => vec![format!("Deleted {}: {} freed.", count(n, "image"), cleaned.freed)],
    };
    for skipped in &cleaned.skipped {
        let why = skipped.reason.as_deref().unwrap_or("it is needed by now");
        lines.push(format!("{} of {} stays: {}", skipped.digest.short(), neutral(&skipped.repository), neutral(why)));
    }
    lines
}

/// What became of each repository's rules.
pub(crate) fn rules(all: &[Rules]) -> Vec<String> {
    if all.is_empty() {
        return vec!["There is no repository yet.".to_owned()];
    }
    all.iter()
        .map(|rules| {
            let what = match &rules.change {
                Change::None => "the rules are in force already".to_owned(),
                Change::Put { expires: 0, .. } => "the rules are in force; nothing expires now".to_owned(),
                Change::Put { expires, .. } => format!("the rules are in force; {} go within a day", count(*expires, "image")),
                Change::Refused { why } => format!("left as it is: {why}"),
            };
            format!("{}: {}", neutral(&rules.repository), neutral(&what))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use plimsoll_core::{
        api::ecr::{Change, Cleaned, Rules, Skipped},
        domain::bytes::Bytes,
        plan::ecr_cleanup::{CleanUp, Protected, Reason},
    };

    use super::{cleaned, repository, rules};

    fn digest(c: &str) -> plimsoll_core::domain::image::Digest {
        format!("sha256:{}", c.repeat(64)).parse().unwrap()
    }

    #[test]
    fn what_stays_is_told_with_its_reasons() {
        let environment: plimsoll_core::domain::name::EnvironmentName = "production".parse().unwrap();
        let protected = |c: &str, reasons: Vec<Reason>| Protected { digest: digest(c), tags: Default::default(), reasons };
        let plan = CleanUp {
            repository: "shop-api".to_owned(),
            remove: Vec::new(),
            protect: vec![
                protected("a", vec![Reason::Serves { environment: environment.clone() }, Reason::Young]),
                protected("b", vec![Reason::Young]),
                protected("c", vec![Reason::StrangeTag { tag: "v1".to_owned() }]),
            ],
            frees: Bytes(0),
        };
        let expected = [
            "shop-api: 0 can go; 3 stay",
            "  = 1 image: bears the tag v1",
            "  = 2 images: pushed within the last day",
            "  = 1 image: serves in production",
            "",
        ];
        assert_eq!(repository(&plan), expected);
    }

    #[test]
    fn what_was_left_is_said() {
        let skipped = |reason: Option<&str>| Skipped {
            repository: "shop-api".to_owned(),
            digest: digest("a"),
            reason: reason.map(str::to_owned),
        };
        let told = cleaned(&Cleaned { deleted: 2, freed: Bytes(1_500_000), skipped: vec![skipped(None), skipped(Some("no"))] });
        let expected = [
            "Deleted 2 images: 1.50 MB freed.",
            "aaaaaaaaaaaa of shop-api stays: it is needed by now",
            "aaaaaaaaaaaa of shop-api stays: no",
        ];
        assert_eq!(told, expected);
        let put = Rules { repository: "shop-api".to_owned(), change: Change::Put { difference: vec![], expires: 2 } };
        assert_eq!(rules(&[put]), ["shop-api: the rules are in force; 2 images go within a day"]);
    }
}
