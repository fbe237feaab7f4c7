//! Exit statuses.
//!
//! Owns: the one function that maps an outcome to a status. Must never know: how the outcome came about.

use std::process::ExitCode;

use plimsoll_core::{domain::deployment::Status, problem::Code};

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
    /// A deployment ended, or was left.
    Ended { status: Status, problem: Option<Code>, reach: Reach },
}

/// How far a deployment got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// It was being checked: resolve, preflight, gate.
    Checks,
    /// Work was done; what serves was not touched.
    Work,
    /// The server had begun to change what serves.
    Swap,
}

/// The exit status of an outcome.
pub(crate) fn of(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Act(code) => of_act(code),
        Outcome::NotStarted(Code::InvalidInput) => Exit::Usage,
        Outcome::NotStarted(_) => Exit::Refused,
        Outcome::Ended { status, problem, reach } => match status {
            Status::Live | Status::NothingToDo => Exit::Done,
            Status::RolledBack => Exit::Failed,
            Status::Cancelled => Exit::Cancelled,
            Status::Running => Exit::GoesOn,
            Status::Failed => of_failure(problem, reach),
        },
    }
}

/// The exit status of a question that some machines answered with a problem: a key that nobody trusts outweighs silence.
pub(crate) fn of_answers(problems: impl Iterator<Item = Code>) -> Exit {
    let exits: Vec<Exit> = problems.map(of_act).collect();
    match exits.iter().find(|exit| **exit == Exit::Refused) {
        Some(refused) => *refused,
        None => exits.first().copied().unwrap_or(Exit::Done),
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

fn of_failure(problem: Option<Code>, reach: Reach) -> Exit {
    match (reach, problem) {
        (_, Some(Code::RollbackFailed)) => Exit::Unproven,
        (Reach::Swap, Some(Code::ContactLost)) => Exit::GoesOn,
        (Reach::Swap, _) => Exit::Unproven,
        (Reach::Checks, _) | (Reach::Work, Some(Code::Locked)) => Exit::Refused,
        (Reach::Work, _) => Exit::Failed,
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_core::{domain::deployment::Status, problem::Code};

    use super::{Outcome, Reach, of, of_answers};

    #[test]
    fn a_deployment_that_ended() {
        let table = [
            (Status::Live, None, Reach::Swap, 0),
            (Status::NothingToDo, None, Reach::Checks, 0),
            (Status::RolledBack, Some(Code::Unhealthy), Reach::Swap, 1),
            (Status::Cancelled, None, Reach::Work, 130),
            (Status::Cancelled, None, Reach::Swap, 130),
            (Status::Running, Some(Code::ContactLost), Reach::Swap, 5),
            (Status::Failed, Some(Code::CommitUnknown), Reach::Checks, 3),
            (Status::Failed, Some(Code::DiskFull), Reach::Checks, 3),
            (Status::Failed, Some(Code::ContactLost), Reach::Work, 1),
            (Status::Failed, Some(Code::BuildFailed), Reach::Work, 1),
            (Status::Failed, Some(Code::Locked), Reach::Work, 3),
            (Status::Failed, Some(Code::Unhealthy), Reach::Swap, 4),
            (Status::Failed, Some(Code::RollbackFailed), Reach::Swap, 4),
            (Status::Failed, Some(Code::ContactLost), Reach::Swap, 5),
            (Status::Failed, None, Reach::Swap, 4),
        ];
        for (row, (status, problem, reach, wanted)) in table.into_iter().enumerate() {
            assert_eq!(of(Outcome::Ended { status, problem, reach }).code(), wanted, "row {row}");
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

    #[test]
    fn one_machine_out_of_reach_is_no_success() {
        assert_eq!(of_answers([].into_iter()).code(), 0);
        assert_eq!(of_answers([Code::HostUnreachable].into_iter()).code(), 1);
        assert_eq!(of_answers([Code::HostUnreachable, Code::HostKeyChanged].into_iter()).code(), 3);
    }
}
