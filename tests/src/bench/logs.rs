//! A million numbered lines from a real build into the log, against one row per transaction.
//!
//! Owns: what is counted and timed. Must never know: how lines are stored.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use jiff::Timestamp;
use plimsoll_core::{
    build::{BuildSink, BuildStep, BuildVm, Builder as _, Ended},
    domain::{
        deployment::{Deployment, DeploymentKind, Stage},
        environment::EnvironmentKey,
        event::{LogLine, Progress},
        id::{DeploymentId, ProjectId},
        name::EnvironmentName,
        project::Project,
        secret::Secret,
        server::DockerAccess,
    },
    redact::Redactor,
    store::{
        Store,
        logs::{LogFilter, LogSink},
    },
};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::{
    Laptop, Measured, Outcome,
    checkout::Checkout,
    numbers::{self, Numbers},
    one_by_one::OneByOne,
};
use crate::lab::Lab;

const MANY: u64 = 1_000_000;
const FEW: u64 = 100_000;
const RUNS: usize = 3;
/// Lines for the stores alone.
const ALONE: u32 = 200_000;
const PEER: &str = "one row per transaction (100,000 lines)";

/// Measures it.
///
/// # Errors
/// When a build or a store fails.
pub async fn measure(lab: &Lab, laptop: &Laptop) -> Outcome<Vec<Measured>> {
    let bench = Bench::open(lab, laptop).await?;
    let mut lost = Measured::new("lost of 1,000,000", "lines", PEER);
    let mut out_of_order = Measured::new("out of order", "lines", PEER);
    let mut rate = Measured::new("a build's output, from its first line to the last one stored", "rows/s", PEER);
    let mut alone = Measured::new("lines that are there already", "rows/s", PEER);
    let mut growth = Measured::new("peak memory, 1,000,000 lines against 100,000", "MB", "not measured");
    for run in 0..RUNS {
        let few = bench.plimsoll(FEW, run).await?;
        let many = bench.plimsoll(MANY, run).await?;
        let peer = bench.peer(FEW, run + RUNS).await?;
        lost.plimsoll(few.lost + many.lost);
        lost.peer(peer.lost);
        out_of_order.plimsoll(few.out_of_order + many.out_of_order);
        out_of_order.peer(peer.out_of_order);
        rate.plimsoll(many.rate);
        rate.peer(peer.rate);
        growth.plimsoll(many.peak - few.peak);
        alone.plimsoll(bench.alone().await?);
        alone.peer(bench.peer_alone(run).await?);
    }
    Ok(vec![lost, out_of_order, rate, alone, growth])
}

/// What one run gave.
struct Run {
    lost: f64,
    out_of_order: f64,
    /// Lines per second.
    rate: f64,
    /// Megabytes.
    peak: f64,
}

struct Bench<'a> {
    lab: &'a Lab,
    laptop: &'a Laptop,
    builder: BuildVm,
    store: Store,
    checkout: Checkout,
    base: String,
    redactor: Redactor,
}

impl<'a> Bench<'a> {
    async fn open(lab: &'a Lab, laptop: &'a Laptop) -> Outcome<Self> {
        let access = DockerAccess::Socket("/var/run/docker.sock".to_owned());
        Ok(Self {
            lab,
            laptop,
            builder: BuildVm::new(laptop.connect("vm").await?, &access),
            store: Store::open(&laptop.folder.join("store")).await?,
            checkout: Checkout::new(laptop.folder.join("chatter")).await?,
            base: lab.registry.base("busybox"),
            redactor: Redactor::new([Secret::new(&lab.registry.password)])?,
        })
    }

    async fn plimsoll(&self, lines: u64, run: usize) -> Outcome<Run> {
        let deployment = begin(&self.store).await?;
        let writer = self.store.logs().writer(deployment, self.redactor.clone());
        let sink = Stored { log: writer.sink(), span: Mutex::default() };
        forget_peak()?;
        self.build(lines, run, &sink).await?;
        let handed_over = sink.span.into_inner().took()?;
        let closing = Instant::now();
        writer.close().await?;
        let (took, peak) = (handed_over + closing.elapsed(), peak()?);
        Ok(report(lines, &self.read_back(deployment).await?, took, peak))
    }

    async fn peer(&self, lines: u64, run: usize) -> Outcome<Run> {
        let log = OneByOne::open(&self.laptop.folder.join(format!("peer-{run}.db")), "peer").await?;
        let sink = StoredOneByOne { log: Mutex::new(log), span: Mutex::default() };
        self.build(lines, run, &sink).await?;
        let took = sink.span.into_inner().took()?;
        Ok(report(lines, &sink.log.into_inner().read_back().await?, took, 0.0))
    }

    async fn build(&self, lines: u64, run: usize, sink: &dyn BuildSink) -> Outcome<()> {
        self.checkout.write("Dockerfile", &format!("FROM {}\nRUN {}\n", self.base, numbers::command(lines, run)))?;
        self.checkout.commit().await?;
        let job = self.checkout.job(self.lab).await?;
        match self.builder.build(&job, sink, &CancellationToken::new()).await? {
            Ended::Done(built) if built.notes.is_empty() => Ok(()),
            Ended::Done(built) => Err(built.notes.join(" ").into()),
            Ended::Cancelled => Err("nobody cancelled".into()),
        }
    }

    async fn read_back(&self, deployment: DeploymentId) -> Outcome<Numbers> {
        let (logs, mut numbers, mut from) = (self.store.logs(), Numbers::default(), 1);
        loop {
            let page = logs.page(deployment, from, &LogFilter::default()).await?;
            if page.next == from {
                return Ok(numbers);
            }
            page.lines.iter().for_each(|line| numbers.read(&line.line.text));
            from = page.next;
        }
    }

    /// The log without a build, in lines per second.
    async fn alone(&self) -> Outcome<f64> {
        let deployment = begin(&self.store).await?;
        let writer = self.store.logs().writer(deployment, self.redactor.clone());
        let lines: Vec<LogLine> = (0..ALONE).map(line).collect();
        let begun = Instant::now();
        for line in lines {
            writer.write(line).await?;
        }
        writer.close().await?;
        Ok(f64::from(ALONE) / begun.elapsed().as_secs_f64())
    }

    /// The same for the peer, which gets a tenth of the lines.
    async fn peer_alone(&self, run: usize) -> Outcome<f64> {
        let mut log = OneByOne::open(&self.laptop.folder.join(format!("peer-alone-{run}.db")), "peer").await?;
        let lines: Vec<LogLine> = (0..ALONE / 10).map(line).collect();
        let begun = Instant::now();
        for line in &lines {
            log.write(line).await?;
        }
        Ok(f64::from(ALONE / 10) / begun.elapsed().as_secs_f64())
    }
}

fn line(number: u32) -> LogLine {
    let text = format!("finished in 12 ms, object number {number}");
    LogLine { at: Timestamp::now(), stage: Stage::Build, source: Some("app".to_owned()), text }
}

#[expect(clippy::cast_precision_loss, reason = "lines are far fewer than a float holds")]
fn report(lines: u64, numbers: &Numbers, took: Duration, peak: f64) -> Run {
    Run {
        lost: numbers.lost(lines) as f64,
        out_of_order: numbers.out_of_order as f64,
        rate: lines as f64 / took.as_secs_f64(),
        peak,
    }
}

/// A deployment whose log can be written.
async fn begin(store: &Store) -> Outcome<DeploymentId> {
    let project = ProjectId::new();
    let name = project.to_string().parse()?;
    store.projects().add(&Project { id: project, name, path: "/bench".into(), added: Timestamp::now() }).await?;
    let deployment = Deployment::begun(
        EnvironmentKey { project, name: EnvironmentName::production() },
        DeploymentKind::Deploy,
        Timestamp::now(),
    );
    store.deployments().create(&deployment).await?;
    Ok(deployment.id)
}

/// Makes the kernel forget how much memory this process ever used.
fn forget_peak() -> Outcome<()> {
    Ok(fs::write("/proc/self/clear_refs", "5")?)
}

/// The most memory that this process used since then, in megabytes.
fn peak() -> Outcome<f64> {
    let status = fs::read_to_string(Path::new("/proc/self/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("the kernel tells no peak")?;
    let kib: u32 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(f64::from(kib) * 1024.0 / 1e6)
}

/// From the first lines that came to the last that were handed over.
#[derive(Default)]
struct Span(Option<(Instant, Instant)>);

impl Span {
    fn took(self) -> Outcome<Duration> {
        self.0.map(|(first, last)| last - first).ok_or_else(|| "the build printed nothing".into())
    }

    fn came(&mut self, at: Instant) {
        self.0 = Some((self.0.map_or(at, |(first, _)| first), Instant::now()));
    }
}

/// Hands lines to Plimsoll's log, as a deployment does.
struct Stored {
    log: LogSink,
    span: Mutex<Span>,
}

#[async_trait]
impl BuildSink for Stored {
    async fn lines(&self, lines: Vec<LogLine>) {
        let begun = Instant::now();
        for line in lines {
            // A log that failed says so when it is closed.
            let _ = self.log.write(line).await;
        }
        self.span.lock().await.came(begun);
    }

    async fn step(&self, _: BuildStep) {}

    fn progress(&self, _: Progress) {}
}

/// Stores each line by itself.
struct StoredOneByOne {
    log: Mutex<OneByOne>,
    span: Mutex<Span>,
}

#[async_trait]
impl BuildSink for StoredOneByOne {
    async fn lines(&self, lines: Vec<LogLine>) {
        let begun = Instant::now();
        let mut log = self.log.lock().await;
        for line in &lines {
            // What could not be stored is found lost.
            let _ = log.write(line).await;
        }
        self.span.lock().await.came(begun);
    }

    async fn step(&self, _: BuildStep) {}

    fn progress(&self, _: Progress) {}
}
