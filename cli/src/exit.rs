//! Exit statuses.
//!
//! Owns: the one function that maps an outcome to a status. Must never know: how the outcome came about.

use std::process::ExitCode;

use plimsoll_core::{
    domain::deployment::{Stage, Status},
    problem::Code,
};

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Live, done, or nothing to do.
    Done,
    /// Failed or rolled back, and what served before is proven serving.
    Failed,
    /// The command line is wrong.
    Usage,
    /// Refused before anything moved.
    Refused,
    /// Neither the new nor the old release is proven serving.
    Unproven,
    /// Contact is lost or was given up; the server goes on.
    GoesOn,
    /// The user stopped it.
    Cancelled,
    /// The status of a command that ran elsewhere.
    Passed(u8),
}

impl Exit {
    /// The status as a number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Refused => 3,
            Self::Unproven => 4,
            Self::GoesOn => 5,
            Self::Cancelled => 130,
            Self::Passed(code) => code,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// What came of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// An act that is no deployment was not done.
    Act(Code),
    /// A deployment could not even begin.
    NotStarted(Code),
    /// A deployment ended; `stage` is the one that failed.
    Ended { status: Status, problem: Option<Code>, stage: Option<Stage> },
}

/// The exit status of an outcome.
pub(crate) fn of(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Act(code) => of_act(code),
        Outcome::NotStarted(Code::InvalidInput) => Exit::Usage,
        Outcome::NotStarted(_) => Exit::Refused,
        Outcome::Ended { status, problem, stage } => match status {
            Status::Live | Status::NothingToDo => Exit::Done,
            Status::RolledBack => Exit::Failed,
            Status::Cancelled => Exit::Cancelled,
            Status::Running => Exit::GoesOn,
            Status::Failed => of_failure(problem, stage),
        },
    }
}

fn of_act(code: Code) -> Exit {
    match code {
        Code::InvalidInput => Exit::Usage,
        Code::ConsentMissing | Code::Locked | Code::HostKeyUnknown | Code::HostKeyChanged | Code::SshConsentNeeded => {
            Exit::Refused
        }
        Code::RollbackFailed => Exit::Unproven,
        _ => Exit::Failed,
    }
}

fn of_failure(problem: Option<Code>, stage: Option<Stage>) -> Exit {
    match (stage, problem) {
        (_, Some(Code::RollbackFailed)) => Exit::Unproven,
        (None | Some(Stage::Resolve | Stage::Preflight | Stage::Gate), _) | (_, Some(Code::Locked)) => Exit::Refused,
        (Some(Stage::Source | Stage::Build | Stage::Stage | Stage::Pull), _) => Exit::Failed,
        (Some(Stage::Swap | Stage::Record), Some(Code::ContactLost)) => Exit::GoesOn,
        (Some(Stage::Swap | Stage::Record), _) => Exit::Unproven,
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_core::{
        domain::deployment::{Stage, Status},
        problem::Code,
    };

    use super::{Outcome, of};

    fn ended(status: Status, problem: Option<Code>, stage: Option<Stage>) -> u8 {
        of(Outcome::Ended { status, problem, stage }).code()
    }

    #[test]
    fn a_deployment_that_ended() {
        let failed = |code, stage| ended(Status::Failed, Some(code), Some(stage));
        let table = [
            (ended(Status::Live, None, None), 0),
            (ended(Status::NothingToDo, None, None), 0),
            (ended(Status::RolledBack, Some(Code::Unhealthy), Some(Stage::Swap)), 1),
            (ended(Status::Cancelled, None, Some(Stage::Build)), 130),
            (ended(Status::Running, None, None), 5),
            (ended(Status::Failed, Some(Code::SettingsIncomplete), None), 3),
            (failed(Code::CommitUnknown, Stage::Resolve), 3),
            (failed(Code::DiskFull, Stage::Preflight), 3),
            (failed(Code::WrongPlatform, Stage::Gate), 3),
            (failed(Code::ContactLost, Stage::Source), 1),
            (failed(Code::BuildFailed, Stage::Build), 1),
            (failed(Code::DiskFull, Stage::Pull), 1),
            (failed(Code::Locked, Stage::Stage), 3),
            (failed(Code::ReleaseCommandFailed, Stage::Swap), 4),
            (failed(Code::Unhealthy, Stage::Swap), 4),
            (failed(Code::RollbackFailed, Stage::Swap), 4),
            (failed(Code::ContactLost, Stage::Swap), 5),
            (failed(Code::Internal, Stage::Record), 4),
        ];
        for (row, (got, wanted)) in table.into_iter().enumerate() {
            assert_eq!(got, wanted, "row {row}");
        }
    }

    #[test]
    fn a_deployment_that_never_began_moved_nothing() {
        for code in Code::ALL {
            let wanted = if *code == Code::InvalidInput { 2 } else { 3 };
            assert_eq!(of(Outcome::NotStarted(*code)).code(), wanted, "{code:?}");
        }
    }

    #[test]
    fn any_other_act() {
        let table = [
            (Code::InvalidInput, 2),
            (Code::NotFound, 1),
            (Code::HostUnreachable, 1),
            (Code::HostKeyChanged, 3),
            (Code::ConsentMissing, 3),
            (Code::Locked, 3),
            (Code::RollbackFailed, 4),
        ];
        for (code, wanted) in table {
            assert_eq!(of(Outcome::Act(code)).code(), wanted, "{code:?}");
        }
    }
}
