//! A one-line commit on its way to a build VM that has its parent, against BuildKit over ssh from the same checkout.
//!
//! Owns: counting both. Must never know: how a pack or a context is made.

use async_trait::async_trait;
use plimsoll_core::{
    build::{BuildJob, BuildSink, BuildStep, BuildVm, Builder as _, Ended, SourceReport},
    domain::{
        event::{LogLine, Progress},
        server::DockerAccess,
    },
};
use tokio_util::sync::CancellationToken;

use super::{Laptop, Measured, Outcome, big_repo::BigRepo, wire::Wire};
use crate::lab::Lab;

const RUNS: usize = 5;
const PEER: &str = "docker -H ssh://VM buildx build";

/// Measures it.
///
/// # Errors
/// When a build fails or a count cannot be read.
pub async fn measure(lab: &Lab, laptop: &Laptop) -> Outcome<Vec<Measured>> {
    let mut repo = BigRepo::new(laptop.folder.join("app"), &lab.registry.base("busybox")).await?;
    let wire = Wire::tap(lab, lab.machine("vm")?).await?;
    let mut content = Measured::new("content of a one-line commit", "bytes", PEER);
    let mut source = Measured::new("its source with everything sent up, cold connection, ssh and headers", "bytes", PEER);
    let mut build = Measured::new("source and build with everything sent up", "bytes", PEER);
    // Both have the parent.
    plimsoll(lab, laptop, &repo, &wire).await?;
    peer(laptop, &repo, &wire).await?;
    for number in 0..RUNS {
        repo.change_one_line(number * 200 + 7).await?;
        let ours = plimsoll(lab, laptop, &repo, &wire).await?;
        let theirs = peer(laptop, &repo, &wire).await?;
        content.plimsoll(ours.content);
        content.peer(theirs.content);
        source.plimsoll(ours.source);
        source.peer(theirs.all);
        build.plimsoll(ours.all);
        build.peer(theirs.all);
    }
    Ok(vec![content, source, build])
}

struct Ours {
    content: f64,
    source: f64,
    all: f64,
}

/// Brings the head and builds it over one new connection, as a deployment does.
async fn plimsoll(lab: &Lab, laptop: &Laptop, repo: &BigRepo, wire: &Wire<'_>) -> Outcome<Ours> {
    let job = repo.checkout.job(lab).await?;
    let start = wire.after_hanging_up().await?;
    let builder = builder(laptop).await?;
    let report = deliver(&builder, &job).await?;
    let delivered = wire.so_far().await?;
    build(&builder, &job).await?;
    drop(builder);
    let built = wire.after_hanging_up().await?;
    let content = u32::try_from(report.payload_bytes)?;
    Ok(Ours { content: f64::from(content), source: delivered - start, all: built - start })
}

async fn builder(laptop: &Laptop) -> Outcome<BuildVm> {
    Ok(BuildVm::new(laptop.connect("vm").await?, &DockerAccess::Socket("/var/run/docker.sock".to_owned())))
}

async fn deliver(builder: &BuildVm, job: &BuildJob) -> Outcome<SourceReport> {
    match builder.source(job, &CancellationToken::new()).await? {
        Ended::Done(report) => Ok(report),
        Ended::Cancelled => Err("nobody cancelled".into()),
    }
}

async fn build(builder: &BuildVm, job: &BuildJob) -> Outcome<()> {
    builder.build(job, &Unheard, &CancellationToken::new()).await?;
    Ok(())
}

/// Nobody listens.
struct Unheard;

#[async_trait]
impl BuildSink for Unheard {
    async fn lines(&self, _: Vec<LogLine>) {}

    async fn step(&self, _: BuildStep) {}

    fn progress(&self, _: Progress) {}
}

struct Theirs {
    content: f64,
    all: f64,
}

async fn peer(laptop: &Laptop, repo: &BigRepo, wire: &Wire<'_>) -> Outcome<Theirs> {
    let start = wire.after_hanging_up().await?;
    let mut docker = laptop.program("docker");
    docker.args(["-H", "ssh://vm", "buildx", "build", "--progress", "plain", "--tag", "peer:latest"]).arg(&repo.checkout.folder);
    let output = docker.output().await?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("the peer's build fails: {said}").into());
    }
    Ok(Theirs { content: transferred(&said), all: wire.after_hanging_up().await? - start })
}

/// The sum of what BuildKit says it transferred: `#5 transferring context: 188.32kB 0.3s done`, the last of each step.
fn transferred(said: &str) -> f64 {
    let mut steps = std::collections::BTreeMap::new();
    for line in said.lines() {
        let Some((step, rest)) = line.split_once(" transferring ") else { continue };
        let amount = rest.split_once(": ").and_then(|(_, rest)| rest.split(' ').next()).and_then(bytes);
        if let Some(amount) = amount {
            steps.insert(step.to_owned(), amount);
        }
    }
    steps.values().sum()
}

fn bytes(text: &str) -> Option<f64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "B" => 1.0,
        "kB" => 1e3,
        "MB" => 1e6,
        _ => return None,
    };
    Some(digits.parse::<f64>().ok()? * factor)
}

#[cfg(test)]
mod tests {
    use super::transferred;

    #[test]
    fn the_last_amount_of_each_step_counts() {
        let said = "#1 [internal] load build definition\n#1 transferring dockerfile: 82B done\n\
                    #4 transferring context: 50.00kB\n#4 transferring context: 1.50MB 0.2s done\n#4 DONE 0.3s\n";
        assert!((transferred(said) - 1_500_082.0).abs() < 0.5);
    }
}
