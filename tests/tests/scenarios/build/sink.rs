//! A listener that keeps everything.

use std::sync::Mutex;

use async_trait::async_trait;
use plimsoll_core::{
    build::{BuildSink, BuildStep, BuildStepState},
    domain::event::{LogLine, Progress},
};
use tokio::sync::watch;

pub(crate) struct Recorder {
    lines: Mutex<Vec<(String, String)>>,
    largest: Mutex<usize>,
    steps: watch::Sender<Vec<(String, String)>>,
    open: watch::Sender<bool>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            lines: Mutex::default(),
            largest: Mutex::default(),
            steps: watch::Sender::new(Vec::new()),
            open: watch::Sender::new(true),
        }
    }
}

impl Recorder {
    /// One that takes no line before it is told to.
    pub(crate) fn closed() -> Self {
        Self { open: watch::Sender::new(false), ..Self::default() }
    }

    /// Takes lines from now on.
    pub(crate) fn open(&self) {
        self.open.send_replace(true);
    }

    /// Service and text of every line.
    pub(crate) fn lines(&self) -> Vec<(String, String)> {
        self.lines.lock().expect("a lock").clone()
    }

    pub(crate) fn largest_batch(&self) -> usize {
        *self.largest.lock().expect("a lock")
    }

    /// Name and state of every event of a step.
    pub(crate) fn steps(&self) -> Vec<(String, String)> {
        self.steps.borrow().clone()
    }

    /// Whether a step of that name ended well.
    pub(crate) fn finished(&self, name: &str) -> bool {
        self.steps().iter().any(|(step, state)| step.starts_with(name) && (state == "done" || state == "cached"))
    }

    /// Waits until a step whose name contains this has begun.
    pub(crate) async fn until_started(&self, name: &str) {
        let begun = |steps: &Vec<(String, String)>| steps.iter().any(|(step, state)| step.contains(name) && state == "started");
        let mut steps = self.steps.subscribe();
        let waiting = tokio::time::timeout(std::time::Duration::from_secs(60), steps.wait_for(begun));
        drop(waiting.await.unwrap_or_else(|_| panic!("{name} does not begin: {:?}", self.steps())).expect("a sender"));
    }
}

#[async_trait]
impl BuildSink for Recorder {
    async fn lines(&self, lines: Vec<LogLine>) {
        drop(self.open.subscribe().wait_for(|open| *open).await.expect("a sender"));
        let mut largest = self.largest.lock().expect("a lock");
        *largest = lines.len().max(*largest);
        let kept = lines.into_iter().map(|line| (line.source.unwrap_or_default(), line.text));
        self.lines.lock().expect("a lock").extend(kept);
    }

    async fn step(&self, step: BuildStep) {
        let state: BuildStepState = step.state;
        self.steps.send_modify(|steps| steps.push((step.name, state.to_string())));
    }

    fn progress(&self, _: Progress) {}
}
