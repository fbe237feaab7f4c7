//! The swap, as this laptop lives through it.
//!
//! Owns: handing the order over and following the server until it is done or out of sight. Must never know: how a server swaps.

use super::{
    halt::Halt,
    record,
    run::Run,
    swap::{self, Followed, Wishes},
};
use crate::{
    domain::{deployment::Stage, environment::Folders, event::StepEventKind},
    failpoint::reach,
    runner,
};

impl Run {
    /// Starts the runner and follows it. From the moment it runs nothing here can fail the deployment: the server decides.
    pub(super) async fn swap(&mut self, folders: &Folders, order: &runner::Order) -> Result<(), Halt> {
        let begun = self.enter(Stage::Swap).await?;
        let followed = match self.start_and_follow(folders, order).await {
            Ok(followed) => followed,
            Err(halt) => return self.leave(begun, Err(halt)).await,
        };
        self.lock = None;
        reach(format_args!("leave-{}", Stage::Swap));
        if followed.outcome == runner::Outcome::Live {
            self.leave(begun, Ok(((), String::new()))).await?;
        } else {
            self.recorder.event(StepEventKind::StageFailed { stage: Stage::Swap, ms: begun.elapsed_ms() }).await?;
        }
        self.recorder.output(&followed.log).await;
        record::conclude(&mut self.deployment, followed);
        Ok(())
    }

    async fn start_and_follow(&mut self, folders: &Folders, order: &runner::Order) -> Result<Followed, Halt> {
        if self.cancel.is_cancelled() {
            return Err(Halt::Cancelled);
        }
        self.start(folders, order).await?;
        reach(format_args!("runner-started"));
        if let Some(lock) = &self.lock {
            lock.hand_over();
        }
        self.follow(folders).await
    }

    /// A start without an answer may have been one: it is asked again, which changes nothing. Without an answer to that
    /// either, only the server knows; nothing is taken away there.
    async fn start(&self, folders: &Folders, order: &runner::Order) -> Result<(), Halt> {
        let host = self.world.server.host.as_ref();
        let answer = match runner::start(host, folders, order).await {
            Err(error) if error.is_silence() => runner::start(host, folders, order).await,
            answer => answer,
        };
        match answer {
            Err(error) if error.is_silence() => Err(Halt::Detached(Box::new(error.into()))),
            answer => Ok(answer.map(drop)?),
        }
    }

    async fn follow(&mut self, folders: &Folders) -> Result<Followed, Halt> {
        let wishes = Wishes { cancel: &self.cancel, detach: &self.detach };
        let followed = swap::follow(&self.world.server, folders, self.deployment.id, &mut self.recorder, 0, wishes).await;
        match followed {
            Err(Halt::Problem(problem)) => Err(Halt::Detached(problem)),
            other => other,
        }
    }
}
