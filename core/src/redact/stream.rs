//! Redaction of bytes that arrive in chunks.
//!
//! Owns: holding back what may be the beginning of a secret. Must never know: lines or encodings.

use super::{MARK, Redactor};

/// Redacts a stream. What may still become part of a secret is held back: at most one byte less than the
/// longest form.
#[derive(Debug)]
pub struct RedactedStream {
    redactor: Redactor,
    /// The bytes that a match with what comes next may begin in.
    buffer: Vec<u8>,
    /// How many of them were decided and handed out.
    decided: usize,
    /// The last decided byte belonged to a secret, so a touching one needs no second mark.
    inside: bool,
}

impl RedactedStream {
    pub(super) fn new(redactor: Redactor) -> Self {
        Self { redactor, buffer: Vec::new(), decided: 0, inside: false }
    }

    /// Takes the next chunk and hands out what is certain by now.
    #[must_use]
    pub fn push(&mut self, chunk: &[u8]) -> Vec<u8> {
        self.buffer.extend_from_slice(chunk);
        let reach = self.reach();
        self.decide(self.buffer.len().saturating_sub(reach))
    }

    /// Hands out the rest; the stream has ended.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.decide(self.buffer.len())
    }

    /// How far a form that covers a byte may go on before or after it.
    fn reach(&self) -> usize {
        self.redactor.0.as_ref().map_or(0, |patterns| patterns.longest - 1)
    }

    /// Hands out the undecided bytes before `end`, secrets replaced.
    fn decide(&mut self, end: usize) -> Vec<u8> {
        let mut clean = Vec::new();
        if end <= self.decided {
            return clean;
        }
        let covered = self.redactor.0.as_ref().map(|patterns| patterns.covered(&self.buffer)).unwrap_or_default();
        let mut at = self.decided;
        for (start, stop) in covered {
            let (start, stop) = (start.clamp(at, end), stop.clamp(at, end));
            if start == stop {
                continue;
            }
            clean.extend_from_slice(&self.buffer[at..start]);
            if start > at || !self.inside {
                clean.extend_from_slice(MARK.as_bytes());
            }
            self.inside = true;
            at = stop;
        }
        if at < end {
            clean.extend_from_slice(&self.buffer[at..end]);
            self.inside = false;
        }
        self.decided = end;
        self.forget();
        clean
    }

    /// Drops what no later match can reach back to.
    fn forget(&mut self) {
        let gone = self.decided.saturating_sub(self.reach());
        self.buffer.drain(..gone);
        self.decided -= gone;
    }
}
