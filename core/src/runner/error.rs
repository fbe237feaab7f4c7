//! Why the runner cannot be started or followed.
//!
//! Owns: those errors and what each means as a problem. Must never know: how a swap itself can fail (that is an outcome).

use crate::{
    host::HostError,
    problem::{Code, Problem},
};

/// Why the runner cannot be started or followed. Messages are fragments fit for "failed to …".
#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    /// The host did not do as asked.
    #[error("reach the runner: {0}")]
    Host(#[from] HostError),
    /// Contact did not come back within the caller's patience; the server goes on by itself.
    #[error("follow the swap: {0}")]
    ContactLost(#[source] HostError),
    /// No runner is alive and the journal has no end: it was killed. Starting it again settles the swap.
    #[error("follow the swap: the runner was interrupted")]
    Interrupted,
    /// Another deployment's runner works in this environment.
    #[error("start the runner: another deployment is being swapped in")]
    Busy,
    /// The lock under which the order was given is somebody else's by now; nothing has begun.
    #[error("start the runner: the lock is not ours any more")]
    Taken,
    /// The script refused or answered with something that is not its own.
    #[error("start the runner: {0}")]
    Script(String),
    /// The order holds something the script cannot be told.
    #[error("write the order: {0}")]
    Order(String),
}

impl RunnerError {
    /// Whether the server may have heard what was asked although no answer came.
    #[must_use]
    pub fn is_silence(&self) -> bool {
        use HostError::{ContactLost, TimedOut, Unreachable};
        matches!(self, Self::ContactLost(_) | Self::Host(ContactLost { .. } | TimedOut { .. } | Unreachable { .. }))
    }
}

impl From<RunnerError> for Problem {
    fn from(error: RunnerError) -> Self {
        let detail = error.to_string();
        match error {
            RunnerError::Host(HostError::NoSpace { .. }) => {
                Self::new(Code::DiskFull, "The server's disk is full", detail, "Free some space there and deploy again.")
            }
            RunnerError::Host(_) | RunnerError::ContactLost(_) => Self::new(
                Code::ContactLost,
                "Contact with the server is lost",
                detail,
                "The server goes on by itself; run `plimsoll resume` when it can be reached again.",
            ),
            RunnerError::Interrupted => Self::new(
                Code::SwapFailed,
                "The swap was interrupted on the server",
                detail,
                "Run `plimsoll resume`; it finishes or undoes the swap.",
            ),
            RunnerError::Busy => Self::new(
                Code::Locked,
                "Another deployment is being swapped in",
                detail,
                "Wait for it to end, then deploy again.",
            ),
            RunnerError::Taken => Self::new(
                Code::Locked,
                "The lock was taken over by somebody else",
                "this laptop was silent for too long",
                "See with `plimsoll status` what runs, then deploy again.",
            ),
            RunnerError::Script(_) | RunnerError::Order(_) => Self::new(
                Code::SwapFailed,
                "The swap cannot be started on the server",
                detail,
                "Read the cause above, correct it, and deploy again; nothing has moved.",
            ),
        }
    }
}
