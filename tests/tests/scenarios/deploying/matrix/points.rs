//! The failpoints that a switched deployment passes, and who is hit there.
//!
//! Owns: the table. Must never know: how anybody is hit.

use super::{lanes::Named, seed};

/// Places of the program, in their order.
const PROGRAM: [&str; 23] = [
    "started",
    "enter-resolve",
    "leave-resolve",
    "enter-preflight",
    "leave-preflight",
    "enter-source",
    "leave-source",
    "enter-build",
    "leave-build",
    "enter-gate",
    "leave-gate",
    "enter-stage",
    "leave-stage",
    "enter-pull",
    "leave-pull",
    "enter-swap",
    "runner-started",
    "journal-read",
    "leave-swap",
    "enter-record",
    "leave-record",
    "before-end",
    "after-end",
];
/// Places of the program where a runner may be at work.
const BESIDE_A_RUNNER: [&str; 2] = ["runner-started", "journal-read"];

/// Places of the runner on its way to a new release.
const FORWARD: [&str; 36] = [
    "started",
    "armed",
    "release_command.before",
    "release_command.after",
    "swap.before",
    "candidate.begun:api",
    "candidate.up:api",
    "candidate.ended:api",
    "candidate.begun:web",
    "candidate.up:web",
    "candidate.ended:web",
    "turn.begun",
    "turn.one:api",
    // The set is half turned: one switch passes on to the new release, the other to the old one.
    "turn.one:web",
    "turn.all",
    "turn.ended",
    "swap.begun:worker",
    "swap.up:worker",
    "swap.ended:worker",
    "swap.all",
    "stop.all",
    "probe.all",
    "verify.done",
    "soak.tick",
    "soak.done",
    "drain.begun:api",
    "drain.done:web",
    "commit.begun",
    "commit.renamed",
    "commit.marked",
    "retire.begun:api",
    "retire.ended:web",
    "retain.begun",
    "retain.done",
    "disarm.begun",
    "finish.before",
];

/// Places of the runner on its way back, from a release whose worker cannot live.
const BACK: [&str; 8] = [
    "back.turned",
    "undo.begun",
    "restore.begun:worker",
    "restore.ended:worker",
    "restore.begun:api",
    "prove.begun",
    "undo.restored",
    "undo.dropped",
];

/// What comes first in a full run: one of each kind of step.
const FIRST: [&str; 24] = [
    "leave-preflight",
    "leave-build",
    "leave-pull",
    "journal-read",
    "started",
    "release_command.after",
    "candidate.begun:api",
    "candidate.up:web",
    "candidate.ended:web",
    "turn.begun",
    "turn.one:api",
    "turn.one:web",
    "turn.all",
    "turn.ended",
    "swap.begun:worker",
    "swap.all",
    "soak.tick",
    "commit.begun",
    "commit.renamed",
    "drain.done:web",
    "retain.begun",
    "finish.before",
    "back.turned",
    "undo.restored",
];

/// Whose place it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Program(&'static str),
    Forward(&'static str),
    Back(&'static str),
}

/// Who is hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Victim {
    /// The program is killed.
    App,
    /// Its connections are cut.
    Ssh,
    /// The runner is killed.
    Runner,
    /// The engine is stopped and started again, its containers with it.
    Engine,
    /// The power of the server is cut, and comes back.
    Server,
}

pub(super) const VICTIMS: [Victim; 5] = [Victim::App, Victim::Ssh, Victim::Runner, Victim::Engine, Victim::Server];

/// When it is hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// At that very place.
    There,
    /// A moment after it went on from there.
    SoonAfter,
}

/// One case of the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kill {
    pub(super) place: Place,
    pub(super) victim: Victim,
    pub(super) moment: Moment,
}

impl Kill {
    /// The most telling ones: a half turned set, both sides of the commit, a way back that is cut off.
    pub(super) fn chosen() -> Vec<Self> {
        use Moment::{SoonAfter, There};
        use Place::{Back, Forward, Program};
        let case = |place, victim, moment| Self { place, victim, moment };
        vec![
            case(Forward("turn.one:web"), Victim::Server, There),
            case(Forward("turn.one:web"), Victim::Runner, There),
            case(Forward("candidate.up:web"), Victim::Engine, There),
            case(Forward("turn.all"), Victim::App, There),
            case(Forward("commit.begun"), Victim::Runner, SoonAfter),
            case(Forward("commit.renamed"), Victim::Ssh, There),
            case(Back("back.turned"), Victim::Runner, There),
            case(Program("leave-pull"), Victim::Engine, There),
        ]
    }

    /// All of them, the first ones first, else in the order of the seed.
    pub(super) fn every() -> Vec<Self> {
        let places = PROGRAM.map(Place::Program).into_iter().chain(FORWARD.map(Place::Forward)).chain(BACK.map(Place::Back));
        let mut all = Vec::new();
        for place in places {
            for victim in VICTIMS.into_iter().filter(|victim| place.has(*victim)) {
                all.extend([Moment::There, Moment::SoonAfter].map(|moment| Self { place, victim, moment }));
            }
        }
        all.sort_by_key(|case| (!FIRST.contains(&case.place.name()), seed::below(u64::MAX, &case.name())));
        all
    }
}

impl Place {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Program(name) | Self::Forward(name) | Self::Back(name) => name,
        }
    }

    fn has(self, victim: Victim) -> bool {
        match self {
            Self::Program(name) => victim != Victim::Runner || BESIDE_A_RUNNER.contains(&name),
            Self::Forward(_) | Self::Back(_) => true,
        }
    }
}

impl Victim {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Ssh => "ssh",
            Self::Runner => "runner",
            Self::Engine => "dockerd",
            Self::Server => "server",
        }
    }
}

impl Named for Kill {
    fn name(&self) -> String {
        let whose = match self.place {
            Place::Program(_) => "program",
            Place::Forward(_) => "runner",
            Place::Back(_) => "undo",
        };
        let moment = match self.moment {
            Moment::There => "there",
            Moment::SoonAfter => "soon-after",
        };
        format!("{whose} {} {} {moment}", self.place.name(), self.victim.name())
    }

    fn column(&self) -> String {
        self.victim.name().to_owned()
    }
}
