//! Asking a release's probes once, from the server, all at the same time.
//!
//! Owns: that one question. Must never know: what follows from the answers.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::Url;

use super::{halt::Halt, world::World};
use crate::{
    docker::{ContainerFacts, Health},
    domain::{
        probe::{Probe, ProbeTarget},
        release::ReleaseId,
    },
    host::Command,
};

const SCRIPT: &str = include_str!("ask_probes.sh");

/// `None` when every probe answers well, else the first that does not, in words.
pub(super) async fn all(
    world: &World,
    release: &ReleaseId,
    probes: &[Probe],
    containers: &[ContainerFacts],
) -> Result<Option<String>, Halt> {
    let mut questions = Vec::new();
    for (number, probe) in probes.iter().enumerate() {
        match question(probe, containers) {
            Question::Ask { url, resolve } => {
                let wanted = if expected(probe).is_some() { "body" } else { "-" };
                questions.push(format!("{number}\t{url}\t{resolve}\t{}\t{wanted}", limit(probe)));
            }
            Question::Known(Some(wrong)) => return Ok(Some(wrong)),
            Question::Known(None) => {}
        }
    }
    if questions.is_empty() {
        return Ok(None);
    }
    let longest = probes.iter().map(|probe| probe.timeout).max().unwrap_or_default();
    let words = ["sh", "-s", "--"].map(str::to_owned).into_iter().chain(questions);
    let command = Command::new(words).stdin(SCRIPT).deadline(longest + Duration::from_secs(10));
    let answers = world.server.host.run(command).await?.text();
    let wrong = |(number, probe): (usize, &Probe)| judge(&answers, number, probe, release);
    Ok(probes.iter().enumerate().filter(|(_, p)| matches!(question(p, containers), Question::Ask { .. })).find_map(wrong))
}

/// Seconds. Who waits for us to speak keeps curl to its limit, and whether it connected is known at once.
fn limit(probe: &Probe) -> String {
    match probe.target {
        ProbeTarget::Tcp { .. } => "0.3".to_owned(),
        _ => probe.timeout.as_secs().max(1).to_string(),
    }
}

enum Question {
    /// To be asked with curl.
    Ask { url: String, resolve: String },
    /// The engine said it already: what is wrong, if anything.
    Known(Option<String>),
}

fn question(probe: &Probe, containers: &[ContainerFacts]) -> Question {
    let ask = |url: String| Question::Ask { url, resolve: "-".to_owned() };
    let container = probe
        .target
        .service()
        .and_then(|name| containers.iter().find(|c| !c.one_off && c.service.as_deref() == Some(name.as_str())));
    let address = container.and_then(|c| c.addresses.first());
    match (&probe.target, address) {
        (ProbeTarget::Http { port, path, .. }, Some(address)) => ask(format!("http://{address}:{port}{path}")),
        (ProbeTarget::Tcp { port, .. }, Some(address)) => ask(format!("http://{address}:{port}")),
        (ProbeTarget::Http { service, .. } | ProbeTarget::Tcp { service, .. }, None) => {
            Question::Known(Some(format!("{service} has no address")))
        }
        (ProbeTarget::Docker { service }, _) => {
            let healthy = container.is_some_and(|c| c.health.is_none_or(|health| health == Health::Healthy));
            Question::Known((!healthy).then(|| format!("{service} is not healthy")))
        }
        // A command would do something inside the container; the soak after the swap asked it, the state is what counts now.
        (ProbeTarget::Command { .. }, _) => Question::Known(None),
        (ProbeTarget::Public { url, .. }, _) => public(url),
    }
}

/// The public URL, asked on the server itself whatever DNS says.
fn public(url: &str) -> Question {
    let resolve =
        Url::parse(url).ok().and_then(|url| Some(format!("{}:{}:127.0.0.1", url.host_str()?, url.port_or_known_default()?)));
    match resolve {
        Some(resolve) => Question::Ask { url: url.to_owned(), resolve },
        None => Question::Known(Some(format!("`{url}` is no URL"))),
    }
}

fn judge(answers: &str, number: usize, probe: &Probe, release: &ReleaseId) -> Option<String> {
    let prefix = format!("{number}\t");
    let Some(answer) = answers.lines().find_map(|line| line.strip_prefix(&prefix)) else {
        return Some(format!("{} was not answered", words(&probe.target)));
    };
    let mut columns = answer.split('\t');
    let (took, code) = (columns.next().unwrap_or_default(), columns.next().unwrap_or_default());
    let body = columns.next().and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
    let good = match &probe.target {
        // 0 seconds means that there was no connection.
        ProbeTarget::Tcp { .. } => took.contains(|c: char| ('1'..='9').contains(&c)),
        ProbeTarget::Http { .. } | ProbeTarget::Public { .. } => code.starts_with(['2', '3']),
        ProbeTarget::Docker { .. } | ProbeTarget::Command { .. } => true,
    };
    let expected = expected(probe).map(|text| text.replace("{release}", release.as_str()));
    let said = expected.is_none_or(|text| String::from_utf8_lossy(&body).contains(&text));
    match (good, said) {
        (true, true) => None,
        (true, false) => Some(format!("{} does not say that it is this release", words(&probe.target))),
        (false, _) => Some(format!("{} answers {code}", words(&probe.target))),
    }
}

/// What the answer has to say.
fn expected(probe: &Probe) -> Option<&String> {
    match &probe.target {
        ProbeTarget::Http { expect, .. } | ProbeTarget::Public { expect, .. } => expect.as_ref(),
        ProbeTarget::Tcp { .. } | ProbeTarget::Docker { .. } | ProbeTarget::Command { .. } => None,
    }
}

/// A probe in words.
#[must_use]
pub fn words(target: &ProbeTarget) -> String {
    match target {
        ProbeTarget::Http { service, port, path, .. } => format!("GET {path} of {service} on port {port}"),
        ProbeTarget::Tcp { service, port } => format!("TCP to port {port} of {service}"),
        ProbeTarget::Docker { service } => format!("health check of {service}"),
        ProbeTarget::Command { service, argv } => format!("`{}` in {service}", argv.join(" ")),
        ProbeTarget::Public { url, .. } => format!("GET {url}"),
    }
}
