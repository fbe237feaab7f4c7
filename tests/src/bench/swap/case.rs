//! One app in one place under one load, swapped so many times, by Plimsoll and by the peer.
//!
//! Owns: what happens in which order while the load goes on. Must never know: how it is told.

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::{
    Outcome,
    app::Ending,
    load::{Direction, Kind, Lasting, Load, Mix, Taken},
    memory::Memory,
    peer::{Beside, Peer},
    shipper::Shipper,
    stack::{DRAIN_SECONDS, Place, Shape, Stack, Way},
};
use crate::lab::{Lab, Machine};

/// An answer of what was just put in its place.
const SOON: Duration = Duration::from_secs(30);
/// After the last swap, so that what it broke is seen.
const TAIL: Duration = Duration::from_secs(1);

/// What is done.
#[derive(Debug, Clone)]
pub struct Case {
    /// What is in front of the app.
    pub place: Place,
    /// What it does when it is asked to end.
    pub ending: Ending,
    /// How Plimsoll is told to swap it.
    pub way: Way,
    /// What clients connect to on the server.
    pub port: u16,
    /// What clients ask for.
    pub mix: Mix,
    /// How many versions follow the first.
    pub swaps: u32,
    /// A further one is taken back while it is watched.
    pub rollback: bool,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, ending, mix, swaps, .. } = self;
        write!(f, "{place}, {ending}, {} requests/s, {swaps} swaps", mix.gets)
    }
}

/// What came of it.
#[derive(Debug)]
pub struct Told {
    /// What became of every request.
    pub taken: Taken,
    /// From the beginning of the pull to the first answer of each new version.
    pub swaps: Vec<Duration>,
    /// From the wish to the first answer of the version before.
    pub rollback: Option<Duration>,
    /// Requests that were lost since that wish.
    pub lost_in_rollback: Option<usize>,
    /// Answers of a version that had been replaced already.
    pub went_back: usize,
    /// When each stage and step of Plimsoll's first swap began, from the beginning of its pull.
    pub steps: Vec<(String, Duration)>,
    pub(super) memory: Memory,
}

impl Told {
    /// WebSockets and event streams that did not stay to the end of the drain time.
    #[must_use]
    pub fn broken(&self) -> usize {
        let drain = Duration::from_secs(DRAIN_SECONDS);
        [Lasting::WebSocket, Lasting::Events].into_iter().map(|kind| self.taken.broken(kind, drain)).sum()
    }
}

/// What a swap is made with.
pub(super) struct Around<'a> {
    pub(super) lab: &'a Lab,
    pub(super) folder: &'a Path,
    pub(super) shipper: &'a Shipper,
}

impl Case {
    /// By Plimsoll.
    pub(super) async fn plimsoll(&self, around: &Around<'_>, name: &str) -> Outcome<Told> {
        let server = around.lab.machine("server")?;
        let ours = Ours::new(self, around, name, server).await?;
        ours.deploy().await?.ends("live").await?;
        let mut run = Run::start(self, server.ip).await?;
        for version in 2..2 + self.swaps {
            ours.stack.version(version).await?;
            let mut deploying = ours.deploy().await?;
            deploying.until_stage("pull").await?;
            let begun = run.load.now();
            let pulled = Instant::now();
            let steps = deploying.ends("live").await?;
            run.swapped(version, begun).await?;
            if version == 2 {
                run.steps = steps.into_iter().map(|(what, at)| (what, at.saturating_duration_since(pulled))).collect();
            }
        }
        if self.rollback {
            let version = 2 + self.swaps;
            ours.stack.version(version).await?;
            let mut deploying = ours.deploy().await?;
            deploying.until_step("soak").await?;
            run.load.answered_by(version, Duration::ZERO, SOON).await?;
            let wished = run.load.now();
            deploying.interrupt().await?;
            deploying.ends("cancelled").await?;
            run.turned_back(version - 1, wished).await?;
        }
        let told = run.end(server, name).await?;
        remove(server, name).await?;
        Ok(told)
    }

    /// By the peer; and meanwhile how long a new version takes beside everything.
    pub(super) async fn peer(&self, around: &Around<'_>, peer: &Peer<'_>, name: &str) -> Outcome<(Told, Vec<Beside>)> {
        let server = around.lab.machine("server")?;
        peer.up(&self.shape(name)).await?;
        let mut run = Run::start(self, server.ip).await?;
        let mut besides = Vec::new();
        for version in 2..2 + self.swaps {
            besides.push(peer.beside(version).await?);
            run.peer(peer, version).await?;
        }
        if self.rollback {
            let version = 2 + self.swaps;
            run.peer(peer, version).await?;
            run.swaps.pop();
            let wished = run.load.now();
            peer.swap(version - 1, || ()).await?;
            run.turned_back(version - 1, wished).await?;
        }
        let told = run.end(server, name).await?;
        remove(server, name).await?;
        Ok((told, besides))
    }

    fn shape(&self, name: &str) -> Shape {
        Shape { name: name.to_owned(), place: self.place, ending: self.ending, way: self.way, port: self.port }
    }
}

struct Ours<'a> {
    stack: Stack,
    shipper: &'a Shipper,
}

impl<'a> Ours<'a> {
    async fn new(case: &Case, around: &Around<'a>, name: &str, server: &Machine) -> Outcome<Self> {
        let base = |image: &str| around.lab.registry.base(image);
        let stack = Stack::new(around.folder.join(name), case.shape(name), &base, &server.ip.to_string()).await?;
        around.shipper.run(stack.folder(), &["project", "add", ".", "--name", name]).await?;
        Ok(Self { stack, shipper: around.shipper })
    }

    async fn deploy(&self) -> Outcome<super::shipper::Deploying> {
        self.shipper.deploy(self.stack.folder(), &self.stack.shape.name)
    }
}

/// A load, and what happens under it.
struct Run {
    load: Load,
    swaps: Vec<Duration>,
    back: Option<(Duration, Duration)>,
    steps: Vec<(String, Duration)>,
}

impl Run {
    async fn start(case: &Case, server: Ipv4Addr) -> Outcome<Self> {
        let target = SocketAddr::from((server, case.port));
        // The first version has to serve already: what it loses while it boots is nobody's fault.
        let first = Load::start(target, &Mix { gets: 10, ..Mix::default() });
        first.answered_by(1, Duration::ZERO, SOON).await?;
        first.stop().await;
        Ok(Self { load: Load::start(target, &case.mix), swaps: Vec::new(), back: None, steps: Vec::new() })
    }

    /// The peer's swap, to the first answer of the new version.
    async fn peer(&mut self, peer: &Peer<'_>, version: u32) -> Outcome<()> {
        let mut begun = Duration::ZERO;
        peer.swap(version, || begun = self.load.now()).await?;
        self.swapped(version, begun).await
    }

    async fn swapped(&mut self, version: u32, begun: Duration) -> Outcome<()> {
        self.swaps.push(self.load.answered_by(version, begun, SOON).await?.saturating_sub(begun));
        Ok(())
    }

    async fn turned_back(&mut self, version: u32, wished: Duration) -> Outcome<()> {
        let back = self.load.answered_by(version, wished, SOON).await?;
        self.back = Some((wished, back));
        Ok(())
    }

    async fn end(self, server: &Machine, name: &str) -> Outcome<Told> {
        sleep(TAIL).await;
        let memory = Memory::of(server, name).await?;
        let taken = self.load.stop().await;
        let wished = self.back.map_or(Duration::MAX, |(wished, _)| wished);
        let went_back = taken.went_back(Direction::Up, Duration::ZERO, wished)
            + self.back.map_or(0, |(wished, _)| taken.went_back(Direction::Down, wished, Duration::MAX));
        let lost_in_rollback = self.back.map(|(wished, _)| taken.lost_between(Kind::Get, wished, Duration::MAX));
        let rollback = self.back.map(|(wished, back)| back.saturating_sub(wished));
        Ok(Told { taken, swaps: self.swaps, rollback, lost_in_rollback, went_back, steps: self.steps, memory })
    }
}

async fn remove(server: &Machine, name: &str) -> Outcome<()> {
    let line = "docker ps -aq --filter label=com.docker.compose.project=$0 | xargs -r docker rm -f
        docker network ls -q --filter label=com.docker.compose.project=$0 | xargs -r docker network rm";
    server.exec(&["sh", "-c", line, name]).await?;
    Ok(())
}
