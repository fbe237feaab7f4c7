//! The state of a build as its progress tells it: which step is whose, how far each service is, what was printed.

use std::collections::{BTreeMap, HashMap, VecDeque};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;

use super::{
    frames::{Frame, Frames},
    name::{self, StepName},
    status::{Log, SolveStatus, Vertex},
};
use crate::{
    build::{BuildStep, BuildStepState, BuildTarget, FailedBuild},
    docker::LineSplitter,
    domain::{
        deployment::Stage,
        event::{LogLine, Progress, ProgressUnit},
        name::ServiceName,
    },
};

/// How many of the last lines of a step are kept for its failure.
const LAST_LINES: usize = 50;
/// What BuildKit writes into a log that is longer than its limit.
const CLIPPED: &str = "[output clipped";

/// Something that listeners hear of.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::build) enum Event {
    Line(LogLine),
    Step(BuildStep),
    Progress(Progress),
}

/// Follows a build.
pub(in crate::build) struct Tracker {
    targets: Vec<BuildTarget>,
    frames: Frames,
    steps: HashMap<String, Step>,
    counts: BTreeMap<ServiceName, Counts>,
    failed: Option<String>,
    /// What buildx itself said, outside of any step.
    said: VecDeque<String>,
    clipped: Vec<String>,
}

#[derive(Default)]
struct Step {
    name: String,
    service: Option<ServiceName>,
    /// Several services share this step; each of them reports its output.
    shared: bool,
    internal: bool,
    started: bool,
    ended: bool,
    error: String,
    printed_until: Option<Timestamp>,
    lines: LineSplitter,
    last: VecDeque<String>,
}

/// Steps of a service: how many each stage has, how many have ended.
#[derive(Default)]
struct Counts {
    stages: BTreeMap<String, u64>,
    ended: u64,
}

impl Tracker {
    /// Follows the build of these services.
    pub(in crate::build) fn new(targets: &[BuildTarget]) -> Self {
        Self {
            targets: targets.to_vec(),
            frames: Frames::default(),
            steps: HashMap::new(),
            counts: BTreeMap::new(),
            failed: None,
            said: VecDeque::new(),
            clipped: Vec::new(),
        }
    }

    /// Takes a chunk of the stream in.
    pub(in crate::build) fn push(&mut self, chunk: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        for frame in self.frames.push(chunk) {
            self.frame(frame, &mut events);
        }
        events
    }

    /// The stream has ended: what was still unfinished.
    pub(in crate::build) fn finish(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        if let Some(frame) = self.frames.finish() {
            self.frame(frame, &mut events);
        }
        let now = Timestamp::now();
        for step in self.steps.values_mut() {
            if let Some(line) = step.lines.finish() {
                events.push(Event::Line(step.line(line, now)));
            }
        }
        events
    }

    /// What failed, if anything is known of it.
    pub(in crate::build) fn failure(&self) -> FailedBuild {
        let said = || self.said.iter().cloned().collect::<Vec<_>>();
        let Some(step) = self.failed.as_ref().and_then(|digest| self.steps.get(digest)) else {
            let reason = self.said.iter().rev().find(|line| line.starts_with("ERROR")).or(self.said.back());
            let reason = reason.cloned().unwrap_or_else(|| "it ended without a reason".to_owned());
            return FailedBuild { service: None, step: String::new(), reason, last_lines: said() };
        };
        FailedBuild {
            service: step.service.clone(),
            step: step.name.clone(),
            reason: step.error.clone(),
            last_lines: step.last.iter().cloned().collect(),
        }
    }

    /// What buildx said outside of any step.
    pub(in crate::build) fn said(&self) -> String {
        self.said.iter().map(|line| format!("{line}\n")).collect()
    }

    /// The steps whose output BuildKit clipped.
    pub(in crate::build) fn clipped(&self) -> &[String] {
        &self.clipped
    }

    fn frame(&mut self, frame: Frame, events: &mut Vec<Event>) {
        match frame {
            Frame::Text(text) => self.text(text, events),
            Frame::Json(json) => match serde_json::from_slice::<SolveStatus>(&json) {
                Ok(status) => self.status(status, events),
                Err(_) => self.text(String::from_utf8_lossy(&json).into_owned(), events),
            },
        }
    }

    fn text(&mut self, text: String, events: &mut Vec<Event>) {
        keep(&mut self.said, &text);
        events.push(Event::Line(LogLine { at: Timestamp::now(), stage: Stage::Build, source: None, text }));
    }

    fn status(&mut self, status: SolveStatus, events: &mut Vec<Event>) {
        for vertex in status.vertexes {
            self.vertex(vertex, events);
        }
        let now = Timestamp::now();
        for log in status.logs {
            self.log(&log, now, events);
        }
    }

    fn vertex(&mut self, vertex: Vertex, events: &mut Vec<Event>) {
        let names: Vec<&str> = self.targets.iter().map(|target| target.target.as_str()).collect();
        let parsed = name::parse(&vertex.name, &names);
        let service = service_of(&self.targets, parsed.target);
        let step = self.steps.entry(vertex.digest.clone()).or_default();
        step.shared |= !step.name.is_empty() && step.service != service;
        if step.name.is_empty() {
            (step.name, step.service, step.internal) = (vertex.name.clone(), service, parsed.internal);
            step.internal |= parsed.target.is_none() && self.targets.len() > 1;
            count(&mut self.counts, step, &parsed);
        }
        if vertex.started.is_some() && !step.started {
            step.started = true;
            step.tell(BuildStepState::Started, events);
        }
        let (Some(completed), false) = (vertex.completed, step.ended) else { return };
        step.ended = true;
        step.error.clone_from(&vertex.error);
        let ms = vertex.started.map_or(0, |started| completed.duration_since(started).as_millis());
        step.tell(ended(&vertex, u64::try_from(ms).unwrap_or(0)), events);
        if !vertex.error.is_empty() && self.failed.is_none() && !is_consequence(&vertex.error) {
            self.failed = Some(vertex.digest);
        }
        if let (Some(service), Some(_)) = (&step.service, parsed.position) {
            events.extend(advance(&mut self.counts, service).map(Event::Progress));
        }
    }

    fn log(&mut self, log: &Log, now: Timestamp, events: &mut Vec<Event>) {
        let step = self.steps.entry(log.vertex.clone()).or_default();
        if step.shared && step.printed_until.is_some_and(|until| log.timestamp <= until) {
            return;
        }
        step.printed_until = Some(log.timestamp);
        let Ok(data) = STANDARD.decode(&log.data) else { return };
        for text in step.lines.push(&data) {
            if text.starts_with(CLIPPED) {
                self.clipped.push(step.name.clone());
            }
            keep(&mut step.last, &text);
            events.push(Event::Line(step.line(text, now)));
        }
    }
}

impl Step {
    fn line(&self, text: String, at: Timestamp) -> LogLine {
        let source = self.service.as_ref().map(ToString::to_string);
        LogLine { at, stage: Stage::Build, source, text }
    }

    fn tell(&self, state: BuildStepState, events: &mut Vec<Event>) {
        if !self.internal || matches!(state, BuildStepState::Failed { .. }) {
            events.push(Event::Step(BuildStep { service: self.service.clone(), name: self.name.clone(), state }));
        }
    }
}

/// With a single target buildx leaves its name out.
fn service_of(targets: &[BuildTarget], target: Option<&str>) -> Option<ServiceName> {
    match (targets, target) {
        ([only], _) => Some(only.service.clone()),
        (_, Some(name)) => targets.iter().find(|target| target.target == name).map(|target| target.service.clone()),
        (_, None) => None,
    }
}

fn ended(vertex: &Vertex, ms: u64) -> BuildStepState {
    match vertex.error.as_str() {
        "" => BuildStepState::Finished { ms, cached: vertex.cached },
        reason => BuildStepState::Failed { ms, reason: reason.to_owned() },
    }
}

/// Steps that were stopped because another one failed.
fn is_consequence(error: &str) -> bool {
    error.contains("context canceled") || error.starts_with("CANCELED")
}

fn count(counts: &mut BTreeMap<ServiceName, Counts>, step: &Step, name: &StepName<'_>) {
    let (Some(service), Some((_, of))) = (&step.service, name.position) else { return };
    let stages = &mut counts.entry(service.clone()).or_default().stages;
    stages.entry(name.stage.to_owned()).and_modify(|known| *known = of.max(*known)).or_insert(of);
}

fn advance(counts: &mut BTreeMap<ServiceName, Counts>, service: &ServiceName) -> Option<Progress> {
    let counts = counts.get_mut(service)?;
    counts.ended += 1;
    let total: u64 = counts.stages.values().sum();
    Some(Progress {
        stage: Stage::Build,
        subject: service.to_string(),
        done: counts.ended.min(total),
        total: Some(total),
        unit: ProgressUnit::Steps,
    })
}

fn keep(last: &mut VecDeque<String>, line: &str) {
    if last.len() == LAST_LINES {
        last.pop_front();
    }
    last.push_back(line.to_owned());
}
