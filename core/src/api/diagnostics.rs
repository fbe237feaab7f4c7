//! What helps to understand a problem, without anything secret: for copying into a report.
//!
//! Owns: what is told. Must never know: clipboards.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::{Session, activity, preferences, projects, registries, servers};
use crate::{
    domain::{registry::RegistryKind, server::Destination},
    problem::Problem,
    secrets::Keychain,
};

/// Problems told at most.
const PROBLEMS: usize = 10;

/// Versions, settings without secrets, addresses or paths, and the last problems, as plain text; `app` says which program
/// asks, with its version.
///
/// # Errors
/// When the store cannot be read.
pub async fn text(session: &Session, app: &str) -> Result<String, Problem> {
    let mut text = format!("{app}, core {}\n", env!("CARGO_PKG_VERSION"));
    let os = sysinfo::System::long_os_version().unwrap_or_else(|_| "unknown system".to_owned());
    let _ = writeln!(text, "{os}, {}, {}", std::env::consts::ARCH, Timestamp::now());
    let _ = writeln!(text, "keychain: {}", Keychain.state().await);
    if let Some(notice) = &session.notice {
        let _ = writeln!(text, "database: {notice}");
    }
    settings(session, &mut text).await?;
    machines(session, &mut text).await?;
    shelves(session, &mut text).await?;
    problems(session, &mut text).await?;
    Ok(text)
}

/// The app's own.
async fn settings(session: &Session, text: &mut String) -> Result<(), Problem> {
    let wanted = preferences::read(session).await?;
    let switch = |on: bool| if on { "on" } else { "off" };
    let _ = writeln!(
        text,
        "theme: {:?}, zoom: {} %, start at login: {}, keep in the tray: {}, notifications: {}, single letters: {}",
        wanted.theme,
        wanted.zoom,
        switch(wanted.start_at_login),
        switch(wanted.keep_in_tray),
        switch(wanted.notify_ended),
        switch(wanted.single_letters),
    );
    Ok(())
}

/// Projects and servers by kind and number: their names and addresses are their owner's.
async fn machines(session: &Session, text: &mut String) -> Result<(), Problem> {
    let unknown = || "?".to_owned();
    let rows = projects::list(session).await?;
    let unreadable = rows.iter().filter(|row| row.unreadable.is_some()).count();
    let _ = writeln!(text, "projects: {}, unreadable: {unreadable}", rows.len());
    for (number, row) in servers::rows(session).await?.into_iter().enumerate() {
        let kind = if row.server.destination == Destination::Local { "this machine" } else { "ssh" };
        let facts = row.facts;
        let of = |field: fn(crate::domain::server::ServerFacts) -> Option<String>| {
            facts.clone().and_then(field).unwrap_or_else(unknown)
        };
        let _ = writeln!(
            text,
            "server {}: {kind}, {}, {}, engine {}, compose {}, buildx {}",
            number + 1,
            of(|facts| facts.os),
            of(|facts| facts.platform.map(|platform| platform.to_string())),
            of(|facts| facts.engine),
            of(|facts| facts.compose),
            of(|facts| facts.buildx),
        );
    }
    Ok(())
}

async fn shelves(session: &Session, text: &mut String) -> Result<(), Problem> {
    for (number, registry) in registries::list(session).await?.into_iter().enumerate() {
        let kind = match registry.kind {
            RegistryKind::Oci { user: Some(_), .. } => "oci with a user",
            RegistryKind::Oci { .. } => "oci without a user",
            RegistryKind::Ecr { .. } => "ecr",
        };
        let _ = writeln!(text, "registry {}: {kind}", number + 1);
    }
    Ok(())
}

/// Titles and details were redacted when they were recorded.
async fn problems(session: &Session, text: &mut String) -> Result<(), Problem> {
    let rows = activity::list(session, &activity::ActivityFilter { limit: 100, ..Default::default() }).await?;
    let failed = rows.into_iter().filter_map(|row| Some((row.deployment.started, row.deployment.problem?)));
    for (at, problem) in failed.take(PROBLEMS) {
        let _ = writeln!(text, "\n{at} {}: {}\n{}", problem.code.as_str(), problem.title, problem.detail.trim_end());
    }
    Ok(())
}
