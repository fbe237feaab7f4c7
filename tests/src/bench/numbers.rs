//! Numbered lines: making them, and finding out afterwards which are missing or in the wrong place.
//!
//! Owns: what lost and out of order mean. Must never know: where lines are kept.

/// What stands before a line's number.
const MARK: &str = "finished in 12 ms, object number ";

/// Lines that BuildKit passes on in a second, at the least.
const PASSED_ON: u64 = 15_000;

/// A shell command that prints so many numbered lines. `run` only makes it another command than the last one.
///
/// BuildKit throws away what it has not passed on three seconds after the last step, and it prints faster than that. So
/// the step stays until all was passed on, as a real one would that goes on to do something else.
pub(super) fn command(lines: u64, run: usize) -> String {
    format!(": run {run}; seq 1 {lines} | sed 's/^/{MARK}/'; sleep {}", 2 + lines / PASSED_ON)
}

/// Reads numbered lines back in their stored order.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    last: u64,
    seen: u64,
    /// Lines whose number is not above that of the line before.
    pub(super) out_of_order: u64,
}

impl Numbers {
    /// The next stored line. Others than ours are passed over.
    pub(super) fn read(&mut self, line: &str) {
        let Some(number) = line.strip_prefix(MARK).and_then(|number| number.parse().ok()) else { return };
        if number <= self.last {
            self.out_of_order += 1;
        } else {
            self.seen += 1;
        }
        self.last = self.last.max(number);
    }

    /// How many of so many lines never came.
    pub(super) fn lost(&self, lines: u64) -> u64 {
        lines.saturating_sub(self.seen)
    }
}

#[cfg(test)]
mod tests {
    use super::{MARK, Numbers};

    fn read(numbers: &[u64]) -> Numbers {
        let mut read = Numbers::default();
        read.read("another line");
        numbers.iter().for_each(|number| read.read(&format!("{MARK}{number}")));
        read
    }

    #[test]
    fn a_missing_line_is_lost() {
        assert_eq!(read(&[1, 2, 4]).lost(4), 1);
        assert_eq!(read(&[1, 2, 3, 4]).lost(4), 0);
    }

    #[test]
    fn a_line_behind_a_later_one_is_out_of_order() {
        assert_eq!(read(&[1, 3, 2]).out_of_order, 1);
        assert_eq!(read(&[1, 2, 2, 3]).out_of_order, 1);
        assert_eq!(read(&[1, 2, 3]).out_of_order, 0);
    }
}
