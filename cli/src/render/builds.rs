//! A build's many steps as one row per service.
//!
//! Owns: that grouping, for people; programs and history get every step. Must never know: where rows are shown.

use jiff::Timestamp;
use plimsoll_core::domain::{
    deployment::Stage,
    event::{LogLine, Progress, StepEvent, StepEventKind},
    name::ServiceName,
};

use super::{human, view::View};

/// A view that is shown services instead of a Dockerfile's steps.
pub(crate) struct Grouped {
    builds: Builds,
    view: Box<dyn View>,
}

impl Grouped {
    /// Before a view.
    pub(crate) fn before(view: Box<dyn View>) -> Self {
        Self { builds: Builds::default(), view }
    }
}

impl View for Grouped {
    fn event(&mut self, event: &StepEvent) {
        self.builds.take(event).iter().for_each(|event| self.view.event(event));
    }

    fn progress(&mut self, progress: &Progress) {
        self.view.progress(progress);
    }

    fn logs(&mut self, lines: &[LogLine]) {
        self.view.logs(lines);
    }

    fn end(&mut self) {
        self.view.end();
    }
}

/// The services that are being built.
#[derive(Default)]
pub(crate) struct Builds {
    services: Vec<Service>,
}

struct Service {
    name: ServiceName,
    began: Timestamp,
    latest: Timestamp,
    steps: usize,
    cached: usize,
    failed: Option<String>,
}

impl Builds {
    /// What becomes of an event: itself, nothing, or the rows of all services before the end of the stage.
    pub(crate) fn take(&mut self, event: &StepEvent) -> Vec<StepEvent> {
        match &event.kind {
            StepEventKind::StepStarted { stage: Stage::Build, service, .. } => {
                service.iter().filter_map(|name| self.touch(name, event)).collect()
            }
            StepEventKind::StepFinished { stage: Stage::Build, step, service: Some(name), ok, note, .. } => {
                let begun = self.touch(name, event);
                self.count(name, step, *ok, note);
                begun.into_iter().collect()
            }
            StepEventKind::StepFinished { stage: Stage::Build, service: None, ok: true, .. } => Vec::new(),
            StepEventKind::StageFinished { stage: Stage::Build, .. } | StepEventKind::StageFailed { stage: Stage::Build, .. } => {
                let ended = self.services.drain(..).map(|service| like(event, service.ended()));
                ended.chain([event.clone()]).collect()
            }
            _ => vec![event.clone()],
        }
    }

    /// Notes that a service is worked on; gives its beginning if this is the first time.
    fn touch(&mut self, name: &ServiceName, event: &StepEvent) -> Option<StepEvent> {
        if let Some(service) = self.services.iter_mut().find(|s| s.name == *name) {
            service.latest = event.at;
            return None;
        }
        let (began, latest) = (event.at, event.at);
        self.services.push(Service { name: name.clone(), began, latest, steps: 0, cached: 0, failed: None });
        let step = Stage::Build.to_string();
        Some(like(event, StepEventKind::StepStarted { stage: Stage::Build, step, service: Some(name.clone()) }))
    }

    fn count(&mut self, name: &ServiceName, step: &str, ok: bool, note: &str) {
        let Some(service) = self.services.iter_mut().find(|s| s.name == *name) else { return };
        service.steps += 1;
        service.cached += usize::from(note == "cached");
        if !ok {
            service.failed = Some(format!("{step}: {note}"));
        }
    }
}

impl Service {
    fn ended(self) -> StepEventKind {
        StepEventKind::StepFinished {
            stage: Stage::Build,
            step: Stage::Build.to_string(),
            ms: human::between(self.began, self.latest),
            ok: self.failed.is_none(),
            note: self.note(),
            service: Some(self.name),
        }
    }

    fn note(&self) -> String {
        let steps = human::count(self.steps, "step");
        match (&self.failed, self.cached) {
            (Some(failed), _) => failed.clone(),
            (None, 0) => steps,
            (None, cached) => format!("{steps}, {cached} cached"),
        }
    }
}

fn like(event: &StepEvent, kind: StepEventKind) -> StepEvent {
    StepEvent { kind, ..event.clone() }
}
