//! What a builder can build for.
//!
//! Owns: asking it. Must never know: what is wanted.

use super::{BuildError, build_vm::Script};
use crate::domain::platform::Platform;

/// The platforms of a builder, its own first.
pub(super) async fn ask(script: &Script) -> Result<Vec<Platform>, BuildError> {
    let build = uuid::Uuid::now_v7().to_string();
    let output = script.call(&["platforms", &build, script.access()], b"").await?;
    if !output.success() {
        return Err(script.error("platforms", output.status, &output.stderr));
    }
    let text = output.text();
    if buildx_version(&text).is_some_and(|version| version < OLDEST) {
        return Err(script.error("platforms", TOO_OLD, b""));
    }
    Ok(parse(&text))
}

/// The first buildx with machine-readable progress.
const OLDEST: (u32, u32) = (0, 13);
/// The script's own status for a missing buildx.
const TOO_OLD: i32 = 93;

/// `github.com/docker/buildx v0.13.1 abc`, with or without the `v`.
fn buildx_version(text: &str) -> Option<(u32, u32)> {
    let version = text.lines().find_map(|line| line.strip_prefix("github.com/docker/buildx "))?;
    let mut numbers = version.trim_start_matches('v').split(['.', '+', '-', ' ']).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// `Platforms: linux/amd64*, linux/386`; an asterisk marks a configured one.
fn parse(text: &str) -> Vec<Platform> {
    let mut found = Vec::new();
    for names in text.lines().filter_map(|line| line.trim().strip_prefix("Platforms:")) {
        let platforms = names.split(',').filter_map(|name| name.trim().trim_end_matches('*').parse::<Platform>().ok());
        for platform in platforms {
            if !found.contains(&platform) {
                found.push(platform);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{buildx_version, parse};

    #[test]
    fn the_answer_of_buildx_is_read() {
        let text =
            "github.com/docker/buildx 0.13.1+ds1 x\nName:   default\nPlatforms:        linux/amd64*, linux/386, linux/arm64\n";
        let names: Vec<String> = parse(text).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["linux/amd64", "linux/386", "linux/arm64"]);
        assert_eq!(buildx_version(text), Some((0, 13)));
        assert_eq!(buildx_version("github.com/docker/buildx v0.9.1 abc"), Some((0, 9)));
    }
}
