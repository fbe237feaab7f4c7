//! What the ssh configuration says about a machine.
//!
//! Owns: asking `ssh -G`, after everything it would run was consented to. Must never know: connections.

mod answers;
mod home;
mod scan;

use std::{env, path::PathBuf, time::Duration};

pub(in crate::host) use home::{home, login};

use self::answers::Answers;
use super::route::{Hop, Route};
use crate::{
    domain::server::Destination,
    host::{Command, ConfigEntry, ConnectOptions, Host, HostError, local::LocalHost},
};

/// Jump hosts of jump hosts; more is taken for a circle.
const DEPTH: usize = 8;

/// The way to a destination.
///
/// # Errors
/// When something needs consent first, or the configuration cannot be used.
pub(super) async fn route(destination: &Destination, options: &ConnectOptions) -> Result<Route, HostError> {
    let Destination::Ssh { user, host, port } = destination else {
        return Err(HostError::Config("this machine is not reached over ssh".into()));
    };
    let wanted = Wanted { user: user.clone(), host: host.clone(), port: *port };
    Box::pin(resolve(wanted, options, DEPTH)).await
}

/// The entries of the configuration that name one machine.
pub(super) async fn entries(config: Option<&std::path::Path>) -> Result<Vec<ConfigEntry>, HostError> {
    Ok(scan::read(config, home().await.as_deref()).await?.entries())
}

struct Wanted {
    user: Option<String>,
    host: String,
    port: Option<u16>,
}

async fn resolve(wanted: Wanted, options: &ConnectOptions, depth: usize) -> Result<Route, HostError> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(HostError::Config(format!("the ProxyJump of {} goes in a circle", wanted.host)));
    };
    let answers = ask(&wanted, options).await?;
    let target = hop(&answers, options)?;
    if let Some(jumps) = answers.one("proxyjump") {
        return jump(jumps, target, options, depth).await;
    }
    let proxy_command = match answers.one("proxycommand") {
        Some(template) => {
            scan::consented(&scan::Runs::proxy_command(template), options)?;
            Some(answers.expand(template, &target)?)
        }
        None => None,
    };
    Ok(Route { proxy_command, through: Vec::new(), target })
}

/// `ProxyJump a,b`: to `a` the way its own configuration says, then on to `b` straight, then to the target.
async fn jump(jumps: &str, target: Hop, options: &ConnectOptions, depth: usize) -> Result<Route, HostError> {
    let mut way: Option<Route> = None;
    for jump in jumps.split(',') {
        let route = match jump.trim().parse::<Destination>() {
            Ok(Destination::Ssh { user, host, port }) => Box::pin(resolve(Wanted { user, host, port }, options, depth)).await?,
            Ok(Destination::Local) | Err(_) => return Err(HostError::Config(format!("ProxyJump {jump:?} is no host"))),
        };
        way = Some(match way {
            None => route,
            Some(before) => then(before, route.target),
        });
    }
    way.map(|way| then(way, target)).ok_or_else(|| HostError::Config("ProxyJump is empty".into()))
}

fn then(mut way: Route, next: Hop) -> Route {
    way.through.push(std::mem::replace(&mut way.target, next));
    way
}

async fn ask(wanted: &Wanted, options: &ConnectOptions) -> Result<Answers, HostError> {
    let home = home().await;
    let files = scan::read(options.ssh_config.as_deref(), home.as_deref()).await?;
    for runs in &files.runs {
        scan::consented(runs, options)?;
    }
    let mut argv = vec!["ssh".to_owned(), "-G".to_owned()];
    let mut option = |name: &str, value: Option<String>| value.into_iter().for_each(|v| argv.extend([name.to_owned(), v]));
    option("-F", options.ssh_config.as_ref().map(|p| p.display().to_string()));
    option("-l", wanted.user.clone());
    option("-p", wanted.port.map(|p| p.to_string()));
    argv.extend(["--".to_owned(), wanted.host.clone()]);
    let output = LocalHost::new("this machine").run(Command::new(argv).deadline(Duration::from_secs(15))).await?;
    match output.status {
        0 => Ok(Answers::parse(&output.text(), home)),
        127 if !files.has_entry_for(&wanted.host) => Ok(plain(wanted, home)),
        127 => Err(HostError::Config(format!(
            "there is an entry for {}, and no `ssh` program on this machine to read it with",
            wanted.host
        ))),
        _ => Err(HostError::Config(String::from_utf8_lossy(&output.stderr).trim().to_owned())),
    }
}

/// What OpenSSH would take without any configuration.
fn plain(wanted: &Wanted, home: Option<PathBuf>) -> Answers {
    let mut answers = Answers::of(home);
    answers.add("hostname", &wanted.host);
    wanted.user.iter().for_each(|user| answers.add("user", user));
    wanted.port.iter().for_each(|port| answers.add("port", &port.to_string()));
    for name in ["id_ed25519", "id_ecdsa", "id_rsa"] {
        answers.add("identityfile", &format!("~/.ssh/{name}"));
    }
    answers
}

fn hop(answers: &Answers, options: &ConnectOptions) -> Result<Hop, HostError> {
    let missing = |what: &str| HostError::Config(format!("it names no {what}"));
    let host = answers::safe(answers.one("hostname").ok_or_else(|| missing("host"))?)?;
    let user = match answers.one("user") {
        Some(user) => answers::safe(user)?,
        None => local_user().ok_or_else(|| missing("user"))?,
    };
    let port = answers.one("port").unwrap_or("22").parse().map_err(|_| missing("port"))?;
    let mut hop = Hop::plain(&host, port, &user);
    if let Some(alias) = answers.one("hostkeyalias") {
        (hop.pin_host, hop.alias) = (alias.to_lowercase(), true);
    }
    hop.identities = answers.all("identityfile").filter_map(|p| answers.path(p, &hop)).collect();
    hop.identities_only = answers.one("identitiesonly") == Some("yes");
    hop.agent = agent(answers, &hop);
    hop.known_hosts = known_hosts(answers, &hop, options);
    Ok(hop)
}

fn local_user() -> Option<String> {
    env::var("USER").or_else(|_| env::var("USERNAME")).ok().filter(|u| !u.is_empty())
}

/// The usual list is the caller's; a list that the configuration names instead, and the machine's own, count too.
fn known_hosts(answers: &Answers, hop: &Hop, options: &ConnectOptions) -> Vec<PathBuf> {
    let usual = |p: &str| matches!(p, "~/.ssh/known_hosts" | "~/.ssh/known_hosts2");
    let named = answers.one("userknownhostsfile").into_iter().flat_map(str::split_whitespace);
    let own: Vec<&str> =
        named.filter(|p| !usual(p) && !p.ends_with("/.ssh/known_hosts") && !p.ends_with("/.ssh/known_hosts2")).collect();
    let machine = answers.one("globalknownhostsfile").into_iter().flat_map(str::split_whitespace);
    let mut files: Vec<PathBuf> = own.into_iter().chain(machine).filter_map(|p| answers.path(p, hop)).collect();
    files.push(options.known_hosts.clone());
    files
}

#[cfg(unix)]
fn agent(answers: &Answers, hop: &Hop) -> Option<PathBuf> {
    let usual = || env::var_os("SSH_AUTH_SOCK").filter(|s| !s.is_empty()).map(PathBuf::from);
    match answers.one("identityagent") {
        None | Some("SSH_AUTH_SOCK") => usual(),
        Some(named) => match named.strip_prefix('$') {
            Some(variable) => env::var_os(variable.trim_matches(['{', '}'])).map(PathBuf::from),
            None => answers.path(named, hop),
        },
    }
}

#[cfg(windows)]
fn agent(answers: &Answers, _hop: &Hop) -> Option<PathBuf> {
    Some(PathBuf::from(answers.one("identityagent").unwrap_or(r"\\.\pipe\openssh-ssh-agent")))
}
