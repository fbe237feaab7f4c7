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
/// BuildKit's number for the stream.
const STANDARD_ERROR: u32 = 2;

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
    /// Every service that needs this step (BuildKit runs it once), and whether it has counted it as ended.
    counted: BTreeMap<ServiceName, bool>,
    internal: bool,
    started: bool,
    ended: bool,
    error: String,
    /// One each for standard output and standard error: both may stop in mid-line.
    lines: [LineSplitter; 2],
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
            let rest: Vec<String> = step.lines.iter_mut().filter_map(LineSplitter::finish).collect();
            events.extend(rest.into_iter().map(|text| step.print(text, now)));
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
        if step.name.is_empty() {
            (step.name, step.service) = (vertex.name.clone(), service.clone());
            step.internal = parsed.internal || (parsed.target.is_none() && self.targets.len() > 1);
        }
        if let Some(service) = service {
            events.extend(count(&mut self.counts, step, service, &parsed, vertex.completed.is_some()).map(Event::Progress));
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
    }

    fn log(&mut self, log: &Log, now: Timestamp, events: &mut Vec<Event>) {
        let Ok(data) = STANDARD.decode(&log.data) else { return };
        let step = self.steps.entry(log.vertex.clone()).or_default();
        let lines = step.lines[usize::from(log.stream == STANDARD_ERROR)].push(&data);
        for text in lines {
            if text.starts_with(CLIPPED) {
                self.clipped.push(step.name.clone());
            }
            events.push(step.print(text, now));
        }
    }
}

impl Step {
    fn print(&mut self, text: String, at: Timestamp) -> Event {
        keep(&mut self.last, &text);
        let source = self.service.as_ref().map(ToString::to_string);
        Event::Line(LogLine { at, stage: Stage::Build, source, text })
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

/// Counts a step once for every service that needs it, and its end once.
fn count(
    counts: &mut BTreeMap<ServiceName, Counts>,
    step: &mut Step,
    service: ServiceName,
    name: &StepName<'_>,
    ended: bool,
) -> Option<Progress> {
    let (_, of) = name.position?;
    let counts = counts.entry(service.clone()).or_default();
    counts.stages.entry(name.stage.to_owned()).and_modify(|known| *known = of.max(*known)).or_insert(of);
    let counted = step.counted.entry(service.clone()).or_default();
    if *counted || !ended {
        return None;
    }
    *counted = true;
    counts.ended += 1;
    let total: u64 = counts.stages.values().sum();
    let (done, total) = (counts.ended.min(total), Some(total));
    Some(Progress { stage: Stage::Build, subject: service.to_string(), done, total, unit: ProgressUnit::Steps })
}

fn keep(last: &mut VecDeque<String>, line: &str) {
    if last.len() == LAST_LINES {
        last.pop_front();
    }
    last.push_back(line.to_owned());
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::{Event, Tracker};
    use crate::{
        build::{BuildStepState, BuildTarget},
        domain::event::Progress,
    };

    fn tracker(services: &[&str]) -> Tracker {
        let target = |name: &&str| BuildTarget { service: name.parse().unwrap(), target: (*name).to_owned() };
        Tracker::new(&services.iter().map(target).collect::<Vec<_>>())
    }

    fn vertex(digest: &str, name: &str, ended: bool, error: &str) -> Value {
        let started = "2026-01-01T00:00:00Z";
        let completed = ended.then_some("2026-01-01T00:00:01.5Z");
        json!({"vertexes": [{"digest": digest, "name": name, "started": started, "completed": completed, "error": error}]})
    }

    fn log(digest: &str, stream: u32, data: &[u8]) -> Value {
        let at = Timestamp::UNIX_EPOCH;
        json!({"logs": [{"vertex": digest, "stream": stream, "data": STANDARD.encode(data), "timestamp": at}]})
    }

    fn feed(tracker: &mut Tracker, statuses: &[Value]) -> Vec<Event> {
        statuses.iter().flat_map(|status| tracker.push(format!("{status:#}\n").as_bytes())).collect()
    }

    fn lines(events: &[Event]) -> Vec<(Option<&str>, &str)> {
        let lines = events.iter().filter_map(|event| if let Event::Line(line) = event { Some(line) } else { None });
        lines.map(|line| (line.source.as_deref(), line.text.as_str())).collect()
    }

    #[test]
    fn lines_are_joined_per_stream_and_belong_to_their_service() {
        let mut tracker = tracker(&["api", "web"]);
        let mut events = feed(
            &mut tracker,
            &[
                vertex("a", "[api 2/3] RUN x", false, ""),
                vertex("w", "[web 2/3] RUN x", false, ""),
                log("a", 1, b"hel"),
                log("a", 2, b"oops\n"),
                log("w", 1, b"other\nno end"),
                log("a", 1, b"lo \xc3"),
                log("a", 1, b"\xa9\n"),
            ],
        );
        events.extend(tracker.finish());
        let expected = [(Some("api"), "oops"), (Some("web"), "other"), (Some("api"), "hello é"), (Some("web"), "no end")];
        assert_eq!(lines(&events), expected);
    }

    #[test]
    fn a_failure_is_the_step_that_failed_and_not_the_one_it_stopped() {
        let mut tracker = tracker(&["api", "web"]);
        let stopped = "executor failed running [x]: exit code: 137: context canceled: context canceled";
        let events = feed(
            &mut tracker,
            &[
                vertex("w", "[web 2/3] RUN y", true, stopped),
                vertex("a", "[api 2/3] RUN x", true, "exit code: 3"),
                log("a", 1, b"last words\n"),
            ],
        );
        tracker.push(b"ERROR: failed to solve: exit code: 3\n");
        let failure = tracker.failure();
        assert_eq!(failure.service.map(String::from).as_deref(), Some("api"));
        assert_eq!((failure.step.as_str(), failure.reason.as_str()), ("[api 2/3] RUN x", "exit code: 3"));
        assert_eq!(failure.last_lines, ["last words"]);
        let failed =
            |event: &&Event| matches!(event, Event::Step(s) if matches!(s.state, BuildStepState::Failed { ms: 1500, .. }));
        assert_eq!(events.iter().filter(failed).count(), 2);
    }

    #[test]
    fn a_failure_before_any_step_is_what_buildx_said() {
        let mut tracker = tracker(&["api"]);
        tracker.push(b"WARNING: x\nERROR: failed to find target api\n");
        assert_eq!(tracker.failure().reason, "ERROR: failed to find target api");
    }

    #[test]
    fn a_step_of_two_services_counts_for_both() {
        let mut tracker = tracker(&["api", "web"]);
        let events = feed(
            &mut tracker,
            &[
                vertex("s", "[api 1/2] FROM x", false, ""),
                vertex("s", "[web 1/3] FROM x", false, ""),
                vertex("s", "[api 1/2] FROM x", true, ""),
                vertex("s", "[web 1/3] FROM x", true, ""),
                vertex("a", "[api 2/2] RUN x", true, ""),
            ],
        );
        let counts: Vec<_> = events
            .iter()
            .filter_map(|event| match event {
                Event::Progress(Progress { subject, done, total, .. }) => Some((subject.as_str(), *done, *total)),
                _ => None,
            })
            .collect();
        assert_eq!(counts, [("api", 1, Some(2)), ("web", 1, Some(3)), ("api", 2, Some(2))]);
    }

    #[test]
    fn clipping_is_noticed() {
        let mut tracker = tracker(&["api"]);
        feed(
            &mut tracker,
            &[vertex("a", "[2/3] RUN x", false, ""), log("a", 1, b"\n[output clipped, log limit 2MiB reached]\n")],
        );
        assert_eq!(tracker.clipped(), ["[2/3] RUN x"]);
    }
}
