//! Following a deployment to its end.
//!
//! Owns: the loop over updates, signals and the answer to "detach or undo". Must never know: what a stage does.

use std::{future::Future, pin::Pin};

use plimsoll_core::api::deployments::{Deploying, Update};
use tokio::sync::mpsc;

use super::App;
use crate::{
    render::{
        story::Story,
        view::{self, Verbosity, View},
    },
    signals::{Moment, Reaction, Signal, react},
    terminal::Terminal,
};

/// Shows a deployment until it ends or is left, and says what happened.
pub(crate) async fn to_the_end(
    deploying: Deploying,
    mut signals: mpsc::Receiver<Signal>,
    verbosity: Verbosity,
    app: &App,
) -> Story {
    let mut following = Following::new(deploying, app);
    loop {
        tokio::select! {
            update = following.deploying.updates.recv() => match update {
                Some(update) => following.take(&update, verbosity),
                None => break,
            },
            Some(signal) = signals.recv() => if following.signalled(signal) { break },
            choice = answered(&mut following.question) => following.chosen(choice.as_deref()),
        }
    }
    following.view.end();
    following.story
}

type Answered = Pin<Box<dyn Future<Output = Option<String>> + Send>>;

struct Following {
    deploying: Deploying,
    terminal: Terminal,
    view: Box<dyn View>,
    story: Story,
    earlier: Option<Reaction>,
    question: Option<Answered>,
}

impl Following {
    fn new(deploying: Deploying, app: &App) -> Self {
        if deploying.joined {
            app.terminal.tell("The same deployment is in flight already; following it.");
        }
        let story = Story::of(deploying.id);
        let view = view::choose(app.format, &app.terminal);
        Self { deploying, terminal: app.terminal.clone(), view, story, earlier: None, question: None }
    }

    fn take(&mut self, update: &Update, verbosity: Verbosity) {
        if let Update::Event(event) = update {
            self.story.take(event);
        }
        view::show(&mut *self.view, update, verbosity);
    }

    /// Reacts to a signal; true when the program should end at once.
    fn signalled(&mut self, signal: Signal) -> bool {
        let reaction = react(signal, self.story.moment(), self.earlier, self.terminal.person());
        self.earlier = Some(reaction);
        match reaction {
            Reaction::Cancel => self.cancel("Stopping and cleaning up."),
            Reaction::Undo => self.cancel("Undoing the swap."),
            Reaction::Detach => self.detach(),
            Reaction::Ask => self.ask(),
            Reaction::Tell => self.terminal.tell(&self.goes_on()),
            Reaction::Leave => return true,
        }
        false
    }

    fn cancel(&self, text: &str) {
        self.terminal.tell(text);
        self.deploying.cancel.cancel();
    }

    fn detach(&mut self) {
        self.question = None;
        self.terminal.tell(match self.story.moment() {
            Moment::BeforeSwap => "Stopping and cleaning up.",
            Moment::Swap | Moment::AfterSwap => "Detaching; the server goes on.",
        });
        self.deploying.detach.cancel();
    }

    fn ask(&mut self) {
        let terminal = self.terminal.clone();
        self.terminal.tell("The swap is under way on the server.");
        self.question =
            Some(Box::pin(async move { terminal.line("Detach (it goes on), undo it, or watch on? [d/u/w] ".to_owned()).await }));
    }

    fn chosen(&mut self, choice: Option<&str>) {
        self.question = None;
        match choice.map(str::to_ascii_lowercase).as_deref() {
            Some("d" | "detach") => {
                self.earlier = Some(Reaction::Detach);
                self.detach();
            }
            Some("u" | "undo") => {
                self.earlier = Some(Reaction::Undo);
                self.cancel("Undoing the swap.");
            }
            _ => self.earlier = None,
        }
    }

    fn goes_on(&self) -> String {
        let doing = match self.story.current {
            Some(stage) => format!("the stage {stage} still runs"),
            None => "the end is being recorded".to_owned(),
        };
        format!("{doing}. Press Ctrl-C again to leave at once; `plimsoll resume` settles the rest.")
    }
}

async fn answered(question: &mut Option<Answered>) -> Option<String> {
    match question {
        Some(question) => question.await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
