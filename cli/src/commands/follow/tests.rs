use plimsoll_core::{
    api::deployments::{Deploying, Update},
    domain::{
        deployment::{Stage, Status},
        event::{StepEvent, StepEventKind},
        id::DeploymentId,
    },
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::to_the_end;
use crate::{
    commands::App,
    exit::{self, Exit},
    output::Format,
    render::view::Verbosity,
    signals::Signal,
    terminal::Terminal,
};

/// A deployment whose other end the test holds.
struct Scene {
    updates: mpsc::Sender<Update>,
    signals: mpsc::Sender<Signal>,
    cancel: CancellationToken,
    detach: CancellationToken,
    exit: tokio::task::JoinHandle<Exit>,
}

impl Scene {
    fn open() -> Self {
        let (updates, updates_out) = mpsc::channel(1);
        let (signals, signals_out) = mpsc::channel(1);
        let (cancel, detach) = (CancellationToken::new(), CancellationToken::new());
        let deploying = Deploying {
            id: DeploymentId::new(),
            joined: false,
            updates: updates_out,
            cancel: cancel.clone(),
            detach: detach.clone(),
        };
        let exit = tokio::spawn(async move {
            let app = App::new(Format::Text, Terminal::nobody());
            exit::of(to_the_end(deploying, signals_out, Verbosity::Steps, &app).await.outcome())
        });
        Self { updates, signals, cancel, detach, exit }
    }

    /// Sends an event and waits until it was taken: the channel has room for one.
    async fn happens(&self, kind: StepEventKind) {
        let event = StepEvent { index: 0, at: "2026-11-20T14:00:00Z".parse().unwrap(), journal: None, kind };
        self.updates.send(Update::Event(event)).await.unwrap();
        drop(self.updates.reserve().await.unwrap());
    }

    async fn reaches(&self, stage: Stage) {
        self.happens(StepEventKind::StageStarted { stage, estimate_ms: None }).await;
        self.happens(StepEventKind::Note { stage, text: String::new() }).await;
    }

    async fn ends(self, status: Status) -> Exit {
        self.happens(StepEventKind::Finished { status, release: None, problem: None }).await;
        drop(self.updates);
        self.exit.await.unwrap()
    }
}

#[tokio::test]
async fn an_end_without_signals() {
    let scene = Scene::open();
    scene.reaches(Stage::Build).await;
    assert_eq!(scene.ends(Status::Live).await, Exit::Done);
}

#[tokio::test]
async fn ctrl_c_before_the_swap_cancels() {
    let scene = Scene::open();
    scene.reaches(Stage::Build).await;
    scene.signals.send(Signal::Interrupt).await.unwrap();
    scene.cancel.cancelled().await;
    assert!(!scene.detach.is_cancelled());
    assert_eq!(scene.ends(Status::Cancelled).await, Exit::Cancelled);
}

#[tokio::test]
async fn without_a_terminal_sigint_undoes_a_swap_and_sigterm_detaches() {
    let scene = Scene::open();
    scene.reaches(Stage::Swap).await;
    scene.signals.send(Signal::Interrupt).await.unwrap();
    scene.cancel.cancelled().await;
    assert_eq!(scene.ends(Status::RolledBack).await, Exit::Failed);

    let scene = Scene::open();
    scene.reaches(Stage::Swap).await;
    scene.signals.send(Signal::Terminate).await.unwrap();
    scene.detach.cancelled().await;
    assert!(!scene.cancel.is_cancelled());
    let arm = StepEventKind::StepStarted { stage: Stage::Swap, step: "arm".to_owned(), service: None };
    scene.happens(arm).await;
    scene.happens(StepEventKind::Detached { reason: "asked".to_owned() }).await;
    drop(scene.updates);
    assert_eq!(scene.exit.await.unwrap(), Exit::GoesOn);
}

#[tokio::test]
async fn the_third_ctrl_c_leaves() {
    let scene = Scene::open();
    scene.reaches(Stage::Build).await;
    for _ in 0..3 {
        scene.signals.send(Signal::Interrupt).await.unwrap();
    }
    assert_eq!(scene.exit.await.unwrap(), Exit::Cancelled);
}
