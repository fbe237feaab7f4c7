//! The gate: a release moves only if every one of its images exists for the server's platform.

use std::collections::BTreeMap;

use crate::domain::{
    image::{PinnedImage, PlatformImage, RegistryImage},
    name::ServiceName,
    platform::Platform,
};

/// An image that was looked for, and what the registry said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    /// What was looked for.
    pub image: PinnedImage,
    /// What there is; `None` if the registry does not have it.
    pub found: Option<RegistryImage>,
}

/// Everything is there: the image of each service for the server's platform.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GateReport {
    /// By service.
    pub images: BTreeMap<ServiceName, PlatformImage>,
}

/// Why one service keeps the gate shut.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GateFailure {
    /// The registry does not have it.
    #[error("{service}: the registry has no {image}")]
    Missing { service: ServiceName, image: PinnedImage },
    /// It has it for other platforms.
    #[error("{service}: {image} exists for {}, the server is {wanted}", list(.offered))]
    WrongPlatform { service: ServiceName, image: PinnedImage, wanted: Platform, offered: Vec<Platform> },
}

/// Opens for the whole set or for nothing.
///
/// # Errors
/// One failure for every service that lacks its image, in order of their names.
pub fn gate(images: &BTreeMap<ServiceName, Sought>, platform: &Platform) -> Result<GateReport, Vec<GateFailure>> {
    let mut report = GateReport::default();
    let mut failures = Vec::new();
    for (service, sought) in images {
        match judge(service, sought, platform) {
            Ok(image) => drop(report.images.insert(service.clone(), image.clone())),
            Err(failure) => failures.push(failure),
        }
    }
    if failures.is_empty() { Ok(report) } else { Err(failures) }
}

fn judge<'a>(service: &ServiceName, sought: &'a Sought, platform: &Platform) -> Result<&'a PlatformImage, GateFailure> {
    let (service, image) = (service.clone(), sought.image.clone());
    let Some(found) = &sought.found else { return Err(GateFailure::Missing { service, image }) };
    found.on(platform).ok_or_else(|| GateFailure::WrongPlatform {
        service,
        image,
        wanted: platform.clone(),
        offered: found.platforms.iter().map(|p| p.platform.clone()).collect(),
    })
}

fn list(platforms: &[Platform]) -> String {
    if platforms.is_empty() {
        return "no platform".to_owned();
    }
    platforms.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::{BTreeMap, GateFailure, PinnedImage, Platform, PlatformImage, RegistryImage, ServiceName, Sought, gate};
    use crate::domain::image::Digest;

    fn digest() -> Digest {
        format!("sha256:{}", "a".repeat(64)).parse().expect("a digest")
    }

    fn sought(platforms: Option<&[&str]>) -> Sought {
        let entry = |p: &&str| PlatformImage {
            platform: p.parse().expect("a platform"),
            digest: digest(),
            layers: Vec::new(),
            diff_ids: Vec::new(),
        };
        let found = platforms.map(|all| RegistryImage { digest: digest(), platforms: all.iter().map(entry).collect() });
        Sought { image: PinnedImage { repository: "r/a".to_owned(), digest: digest() }, found }
    }

    fn set(services: &[(&str, Option<&[&str]>)]) -> BTreeMap<ServiceName, Sought> {
        services.iter().map(|(name, platforms)| (name.parse().expect("a name"), sought(*platforms))).collect()
    }

    fn platform(text: &str) -> Platform {
        text.parse().expect("a platform")
    }

    #[test]
    fn it_opens_for_the_whole_set() {
        let images = set(&[("api", Some(&["linux/amd64", "linux/arm64"])), ("web", Some(&["linux/arm64"]))]);
        let report = gate(&images, &platform("linux/arm64/v8")).expect("open");
        assert!(report.images.values().all(|i| i.platform == platform("linux/arm64")));
        assert_eq!(report.images.len(), 2);
    }

    #[test]
    fn one_missing_sibling_keeps_all_of_them() {
        let images = set(&[("api", Some(&["linux/amd64"])), ("web", None), ("worker", Some(&["linux/arm64"]))]);
        let failures = gate(&images, &platform("linux/amd64")).expect_err("shut");
        assert!(matches!(&failures[..], [GateFailure::Missing { .. }, GateFailure::WrongPlatform { .. }]));
        assert!(failures[1].to_string().contains("exists for linux/arm64, the server is linux/amd64"));
    }

    #[test]
    fn an_older_variant_runs_and_a_newer_one_does_not() {
        let on = |has: &str, server: &str| gate(&set(&[("a", Some(&[has]))]), &platform(server)).is_ok();
        assert!(on("linux/arm/v6", "linux/arm/v7") && on("linux/arm", "linux/arm/v7"));
        assert!(!on("linux/arm/v7", "linux/arm/v6") && !on("windows/amd64", "linux/amd64"));
        assert!(!on("linux/amd64/v3", "linux/amd64"));
    }
}
