//! Why a deployment does not go on.
//!
//! Owns: the difference between a problem, a wish of the user and lost contact. Must never know: any stage.

use crate::problem::{Code, Problem};

/// Why a deployment does not go on.
#[derive(Debug, Clone, PartialEq)]
pub enum Halt {
    /// Something is wrong.
    Problem(Box<Problem>),
    /// The user wished it.
    Cancelled,
    /// The server goes on alone: the user left, or contact is lost.
    Detached(Box<Problem>),
}

/// Every room's error becomes a problem on its way out.
impl<E: Into<Problem>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Problem(Box::new(error.into()))
    }
}

impl Halt {
    /// The problem it comes down to where no deployment is in flight.
    #[must_use]
    pub fn into_problem(self) -> Problem {
        match self {
            Self::Problem(problem) | Self::Detached(problem) => *problem,
            Self::Cancelled => Problem::new(Code::Interrupted, "It was cancelled", "nothing was changed", "Start it again."),
        }
    }
}
