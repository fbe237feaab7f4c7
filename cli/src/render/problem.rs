//! Problems as people read them.
//!
//! Owns: the order of title, cause and next step. Must never know: exit statuses.

use plimsoll_core::problem::Problem;

use super::{
    neutral::neutral,
    style::{BAD, DIM, STRONG, paint},
};

/// The problem: what failed, the cause quoted, what serves now (if it is known), what to do next.
pub(crate) fn lines(problem: &Problem, serving: Option<&str>) -> Vec<String> {
    let mut lines = vec![format!("{} {}", paint(BAD, "error:"), neutral(&problem.title))];
    let said = problem.detail.eq_ignore_ascii_case(&problem.title);
    let cause = problem.detail.lines().filter(|_| !said);
    lines.extend(cause.map(|line| format!("{} {}", paint(DIM, "  |"), neutral(line))));
    lines.extend(serving.map(|text| format!("{}   {text}", paint(STRONG, "now:"))));
    lines.extend(next(problem));
    lines
}

/// What to do next.
pub(crate) fn next(problem: &Problem) -> Option<String> {
    (!problem.hint.is_empty()).then(|| format!("{}  {}", paint(STRONG, "next:"), neutral(&problem.hint)))
}
