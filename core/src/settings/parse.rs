//! From TOML to [`Settings`].
//!
//! Owns: which keys there are and what they may say. Must never know: files.

use std::collections::BTreeMap;

use toml_edit::Document;

use super::{
    error::{Position, SettingsError},
    section::Section,
};
use crate::domain::{
    name::ServiceName,
    probe::ProbeTarget,
    settings::{
        BuilderChoice, DEFAULT_KEEP, DEFAULT_SOAK, EnvironmentSettings, ReleaseCommand, ServiceSettings, Settings, Strategy,
    },
};

const BUILDERS: &str = "\"build-vm\", \"github-actions\" or \"local\"";
const PROBES: &str = "one of { http = \"/path\", port = 80 }, { tcp = 80 }, { docker = true }, { command = [\"…\"] }";

/// Reads the text of a settings file.
///
/// # Errors
/// The first thing in it that is not allowed.
pub fn parse(text: &str) -> Result<Settings, SettingsError> {
    let document = Document::parse(text)
        .map_err(|e| SettingsError::Syntax { at: Position::of(text, e.span()), reason: e.message().replace('\n', ", ") })?;
    let root = Section::root(text, document.as_table());
    root.allow(&["compose", "profiles", "registry", "builder", "environments", "services", "release", "switch"])?;
    Ok(Settings {
        compose_files: root.strings("compose")?.unwrap_or_default(),
        profiles: root.strings("profiles")?.unwrap_or_default(),
        registry: root.parsed("registry", "the name of a registry from `plimsoll registry list`")?,
        builder: root.section("builder")?.map(|s| builder(&s)).transpose()?,
        environments: children(&root, "environments", "an environment's name: letters, digits, `_` and `-`", environment)?,
        services: children(&root, "services", "a service of the Compose file", service)?,
        release_command: root.section("release")?.map(|s| release_command(&s)).transpose()?,
        switch_image: root.section("switch")?.map(|s| switch_image(&s)).transpose()?,
    })
}

/// A table of tables whose keys are names.
fn children<K, V>(
    root: &Section<'_>,
    key: &str,
    allowed: &str,
    read: fn(&Section<'_>, &str) -> Result<V, SettingsError>,
) -> Result<BTreeMap<K, V>, SettingsError>
where
    K: std::str::FromStr<Err: std::fmt::Display> + Ord,
{
    let Some(section) = root.section(key)? else { return Ok(BTreeMap::new()) };
    let mut found = BTreeMap::new();
    for key in section.keys() {
        let name = section.key_as(&key, allowed)?;
        if let Some(child) = section.section(&key)? {
            found.insert(name, read(&child, &key)?);
        }
    }
    Ok(found)
}

fn builder(section: &Section<'_>) -> Result<BuilderChoice, SettingsError> {
    section.allow(&["kind", "server"])?;
    let choice = match section.string("kind")?.ok_or_else(|| section.missing("kind"))? {
        "build-vm" => {
            let server = section.parsed("server", "the name of a server from `plimsoll server list`")?;
            BuilderChoice::BuildVm { server: server.ok_or_else(|| section.missing("server"))? }
        }
        "github-actions" => BuilderChoice::GithubActions,
        "local" => BuilderChoice::Local,
        other => return Err(section.value_error("kind", &format!("is `{other}`, which is no kind of builder"), BUILDERS)),
    };
    match choice {
        BuilderChoice::BuildVm { .. } => Ok(choice),
        _ if section.has("server") => Err(section.value_error(
            "server",
            "only belongs to a build VM",
            "it together with kind = \"build-vm\", or leave it out",
        )),
        _ => Ok(choice),
    }
}

fn environment(section: &Section<'_>, _: &str) -> Result<EnvironmentSettings, SettingsError> {
    section.allow(&["server", "stack", "url", "expect", "soak", "keep"])?;
    let server = section.parsed("server", "the name of a server from `plimsoll server list`, or \"local\"")?;
    let url = section.string("url")?.map(str::to_owned);
    if url.as_deref().is_some_and(|url| !is_web_address(url)) {
        let allowed = "an address such as \"https://example.com/health\"";
        return Err(section.value_error("url", "is no http(s) address", allowed));
    }
    if section.has("expect") && url.is_none() {
        return Err(section.missing("url"));
    }
    Ok(EnvironmentSettings {
        server: server.ok_or_else(|| section.missing("server"))?,
        stack: section.parsed("stack", "a Compose project name: lower-case letters, digits, `_` and `-`")?,
        url,
        expect: section.string("expect")?.map(str::to_owned),
        soak: section.duration("soak")?.unwrap_or(DEFAULT_SOAK),
        keep: section.integer("keep", 1..101)?.map_or(DEFAULT_KEEP, narrow),
    })
}

/// `http(s)://` and a host, and nothing that ends a line.
fn is_web_address(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.starts_with('/') && !url.contains(|c: char| c.is_control() || c.is_whitespace())
    })
}

fn service(section: &Section<'_>, key: &str) -> Result<ServiceSettings, SettingsError> {
    section.allow(&["probe", "deadline", "strategy", "drain", "overlap"])?;
    let name = section.key_as(key, "a service of the Compose file")?;
    let strategy = match section.string("strategy")? {
        None => None,
        Some("recreate") => Some(Strategy::Recreate),
        Some("blue-green") => Some(Strategy::BlueGreen),
        Some(other) => {
            let problem = format!("is `{other}`, which is no strategy");
            return Err(section.value_error("strategy", &problem, "\"recreate\" or \"blue-green\""));
        }
    };
    Ok(ServiceSettings {
        probe: section.section("probe")?.map(|s| probe(section, &s, name)).transpose()?,
        deadline: section.duration("deadline")?,
        strategy,
        drain: section.duration("drain")?,
        overlap: section.boolean("overlap")?.unwrap_or(false),
    })
}

fn probe(parent: &Section<'_>, section: &Section<'_>, service: ServiceName) -> Result<ProbeTarget, SettingsError> {
    section.allow(&["http", "port", "expect", "tcp", "docker", "command"])?;
    let kinds: Vec<&str> = ["http", "tcp", "docker", "command"].into_iter().filter(|k| section.has(k)).collect();
    let [kind] = kinds[..] else {
        return Err(parent.value_error("probe", "must ask exactly one thing", PROBES));
    };
    for key in ["port", "expect"] {
        if kind != "http" && section.has(key) {
            return Err(section.value_error(key, "only belongs to an http probe", PROBES));
        }
    }
    match kind {
        "http" => http_probe(section, service),
        "tcp" => {
            let port = section.integer("tcp", 1..65536)?.ok_or_else(|| section.missing("tcp"))?;
            Ok(ProbeTarget::Tcp { service, port: narrow(port) })
        }
        "docker" => match section.boolean("docker")? {
            Some(true) => Ok(ProbeTarget::Docker { service }),
            _ => Err(section.value_error("docker", "must be true", "docker = true, or leave the probe out")),
        },
        _ => {
            let argv = section.strings("command")?.unwrap_or_default();
            if argv.first().is_none_or(String::is_empty) {
                return Err(section.value_error("command", "names no program", "the program and its arguments"));
            }
            Ok(ProbeTarget::Command { service, argv })
        }
    }
}

fn http_probe(section: &Section<'_>, service: ServiceName) -> Result<ProbeTarget, SettingsError> {
    let path = section.string("http")?.unwrap_or_default();
    if !path.starts_with('/') || path.contains(|c: char| c.is_control() || c == ' ') {
        return Err(section.value_error("http", "must be a path that begins with `/`", "the path, such as \"/health\""));
    }
    let port = section.integer("port", 1..65536)?.ok_or_else(|| section.missing("port"))?;
    let expect = section.string("expect")?.map(str::to_owned);
    Ok(ProbeTarget::Http { service, port: narrow(port), path: path.to_owned(), expect })
}

fn release_command(section: &Section<'_>) -> Result<ReleaseCommand, SettingsError> {
    section.allow(&["service", "command"])?;
    let command = section.strings("command")?.ok_or_else(|| section.missing("command"))?;
    if command.is_empty() {
        return Err(section.value_error("command", "is empty", "the program and its arguments"));
    }
    let service = section.parsed("service", "a service of the Compose file")?;
    Ok(ReleaseCommand { service: service.ok_or_else(|| section.missing("service"))?, command })
}

fn switch_image(section: &Section<'_>) -> Result<String, SettingsError> {
    section.allow(&["image"])?;
    let image = section.string("image")?.ok_or_else(|| section.missing("image"))?;
    if image.is_empty() || image.starts_with('-') || image.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return Err(section.value_error("image", "is no image", "one of HAProxy, such as \"registry.example.com/haproxy:2.8\""));
    }
    Ok(image.to_owned())
}

/// A number whose range was checked by [`Section::integer`].
fn narrow<T: TryFrom<i64> + Default>(number: i64) -> T {
    T::try_from(number).unwrap_or_default()
}
