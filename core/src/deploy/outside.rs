//! The public URL as it is seen from here, once the server has proven it from inside.
//!
//! Owns: one look, best effort, and what to say about it. Must never know: containers; it changes no outcome.

use std::time::Duration;

use crate::{
    domain::{release::ReleaseId, settings::EnvironmentSettings},
    probe::PublicProbe,
};

/// How long one answer may take, and how long it is tried.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(500);

/// A warning when the public URL does not answer from here as it does on the server: DNS, a firewall, a proxy in between.
pub(super) async fn unseen(place: &EnvironmentSettings, release: &ReleaseId) -> Option<String> {
    let url = place.url.as_deref()?;
    let expect = place.expect.as_ref().map(|text| text.replace("{release}", release.as_str()));
    let probe = match PublicProbe::new(url, expect.as_deref(), PATIENCE) {
        Ok(probe) => probe,
        Err(error) => return Some(error.to_string()),
    };
    let why = probe.until_good(PAUSE, PATIENCE).await.err()?;
    Some(format!("warning: {url} answers on the server, but not from here ({why}); look at DNS, firewalls and proxies between"))
}
