//! Bytes into lines. Pure.

/// Longer lines are cut: 64 KiB.
pub const MAX_LINE: usize = 64 << 10;

/// Joins chunks and hands out whole lines, lossily decoded, without their ends. Memory is bounded by [`MAX_LINE`].
#[derive(Debug, Default)]
pub struct LineSplitter {
    rest: Vec<u8>,
    cut: bool,
}

impl LineSplitter {
    /// Takes a chunk in and returns the lines that it completes.
    pub fn push(&mut self, chunk: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for part in chunk.split_inclusive(|b| *b == b'\n') {
            self.keep(part.strip_suffix(b"\n").unwrap_or(part));
            if part.ends_with(b"\n") {
                lines.push(self.take());
            }
        }
        lines
    }

    /// What is left after the last line's end, if anything.
    pub fn finish(&mut self) -> Option<String> {
        (!self.rest.is_empty()).then(|| self.take())
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = MAX_LINE - self.rest.len();
        self.cut |= bytes.len() > room;
        self.rest.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn take(&mut self) -> String {
        let bytes = std::mem::take(&mut self.rest);
        let text = String::from_utf8_lossy(bytes.strip_suffix(b"\r").unwrap_or(&bytes)).into_owned();
        if std::mem::take(&mut self.cut) { text + " […cut]" } else { text }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{LineSplitter, MAX_LINE};

    #[test]
    fn a_long_line_is_cut_and_says_so() {
        let mut lines = LineSplitter::default();
        assert!(lines.push(&vec![b'x'; MAX_LINE + 1]).is_empty());
        let line = lines.push(b"yy\nshort\r\n");
        assert!(line[0].ends_with("x […cut]") && line[0].len() < MAX_LINE + 20);
        assert_eq!(line[1], "short");
        assert_eq!(lines.finish(), None);
    }

    proptest! {
        #[test]
        fn chunk_borders_change_nothing(text in "[a-zé\n]{0,200}", at in 0_usize..200) {
            let at = at.min(text.len());
            let mut whole = LineSplitter::default();
            let mut parts = LineSplitter::default();
            let mut expected = whole.push(text.as_bytes());
            expected.extend(whole.finish());
            let mut got = parts.push(&text.as_bytes()[..at]);
            got.extend(parts.push(&text.as_bytes()[at..]));
            got.extend(parts.finish());
            prop_assert_eq!(&got, &expected);
            prop_assert_eq!(got, text.lines().map(str::to_owned).collect::<Vec<_>>());
        }
    }
}
