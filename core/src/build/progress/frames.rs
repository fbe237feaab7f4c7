//! JSON documents and lines of text, mixed in one stream, told apart.
//!
//! Documents may be spread over many lines (buildx 0.13 indents them) and over chunks.

/// One piece of the stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// A whole JSON object.
    Json(Vec<u8>),
    /// A line of text, without its end.
    Text(String),
}

/// No document or line is this long; what is longer is given up as text.
const CAP: usize = 16 << 20;

/// Cuts a stream into frames.
#[derive(Debug, Default)]
pub(super) struct Frames {
    pending: Vec<u8>,
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Frames {
    /// Takes a chunk in and returns the frames that it completes.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Vec<Frame> {
        let mut frames = Vec::new();
        let mut start = 0;
        for (at, &byte) in chunk.iter().enumerate() {
            if self.ends_frame(byte, self.pending.is_empty() && at == start) {
                self.pending.extend_from_slice(&chunk[start..=at]);
                start = at + 1;
                frames.extend(self.take());
            }
        }
        self.pending.extend_from_slice(&chunk[start..]);
        if self.pending.len() > CAP {
            frames.extend(self.finish());
        }
        frames
    }

    /// What is left when the stream has ended.
    pub(super) fn finish(&mut self) -> Option<Frame> {
        (self.depth, self.in_string, self.escaped) = (0, false, false);
        let rest = std::mem::take(&mut self.pending);
        text(&rest)
    }

    /// Whether a byte is the last one of a document or line; `first` if it is the first one of either.
    fn ends_frame(&mut self, byte: u8, first: bool) -> bool {
        if self.depth == 0 {
            self.depth = usize::from(first && byte == b'{');
            return byte == b'\n';
        }
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.in_string => self.escaped = true,
            b'"' => self.in_string = !self.in_string,
            b'{' if !self.in_string => self.depth += 1,
            b'}' if !self.in_string => {
                self.depth -= 1;
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }

    fn take(&mut self) -> Option<Frame> {
        let bytes = std::mem::take(&mut self.pending);
        if bytes.starts_with(b"{") { Some(Frame::Json(bytes)) } else { text(&bytes) }
    }
}

/// A line, unless it is blank.
fn text(bytes: &[u8]) -> Option<Frame> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end();
    (!text.is_empty()).then(|| Frame::Text(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Frame, Frames};

    const STREAM: &str = "note\n{\n  \"a\": \"}\\\"{\\\\\",\n  \"b\": {\"c\": 1}\n}\n{\"d\":2}\n\nERROR: é {x}\nlast";

    fn expected() -> Vec<Frame> {
        vec![
            Frame::Text("note".to_owned()),
            Frame::Json(b"{\n  \"a\": \"}\\\"{\\\\\",\n  \"b\": {\"c\": 1}\n}".to_vec()),
            Frame::Json(b"{\"d\":2}".to_vec()),
            Frame::Text("ERROR: é {x}".to_owned()),
            Frame::Text("last".to_owned()),
        ]
    }

    proptest! {
        #[test]
        fn chunk_borders_change_nothing(mut cuts in prop::collection::vec(0..STREAM.len(), 0..8)) {
            cuts.sort_unstable();
            cuts.push(STREAM.len());
            let (mut frames, mut got, mut start) = (Frames::default(), Vec::new(), 0);
            for cut in cuts {
                got.extend(frames.push(&STREAM.as_bytes()[start..cut]));
                start = cut;
            }
            got.extend(frames.finish());
            prop_assert_eq!(got, expected());
        }
    }
}
