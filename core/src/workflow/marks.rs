//! Which parts of a workflow file are ours and which are the user's.
//!
//! Owns: blocks between marks, their hashes, and reading a file back into them. Must never know: what a block says.

use sha2::{Digest as _, Sha256};

use super::text::indented;

/// A file as an order of blocks with the user's text around them: one text more than blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    between: Vec<String>,
    blocks: Vec<Block>,
}

/// What stands between two marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) name: String,
    indent: usize,
    /// Its lines, as they stand in the file.
    text: String,
    /// The hash that its closing mark remembers; equal to the text's unless somebody edited it.
    recorded: String,
}

impl Default for Document {
    fn default() -> Self {
        Self { between: vec![String::new()], blocks: Vec::new() }
    }
}

impl Document {
    pub(super) fn between(&mut self, text: &str) {
        if let Some(last) = self.between.last_mut() {
            last.push_str(text);
        }
    }

    pub(super) fn block(&mut self, name: &str, indent: usize, text: &str) {
        let text = indented(text, indent);
        self.blocks.push(Block { name: name.to_owned(), indent, recorded: hash(&text), text });
        self.between.push(String::new());
    }

    pub(super) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Our blocks with the user's text around them.
    pub(super) fn around(&self, user: &Self) -> Self {
        Self { between: user.between.clone(), blocks: self.blocks.clone() }
    }

    /// The file.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        for (n, between) in self.between.iter().enumerate() {
            out.push_str(between);
            if let Some(block) = self.blocks.get(n) {
                block.write(&mut out);
            }
        }
        out
    }

    /// Reads a file; the error is a fragment fit for "because …".
    pub(super) fn read(file: &str) -> Result<Self, String> {
        let mut document = Self::default();
        let mut open: Option<(String, usize, String)> = None;
        for line in file.replace("\r\n", "\n").split_inclusive('\n') {
            match (mark(line), open.take()) {
                (Some(Mark::Begin(name, indent)), None) => open = Some((name, indent, String::new())),
                (Some(Mark::End(name, recorded)), Some((begun, indent, text))) if name == begun => {
                    document.blocks.push(Block { name, indent, text, recorded });
                    document.between.push(String::new());
                }
                (Some(Mark::Begin(name, _) | Mark::End(name, _)), _) => return Err(format!("a mark of `{name}` stands alone")),
                (None, Some((name, indent, mut text))) => {
                    text.push_str(line);
                    open = Some((name, indent, text));
                }
                (None, None) => document.between(line),
            }
        }
        match open {
            Some((name, ..)) => Err(format!("the block `{name}` has no end")),
            None => Ok(document),
        }
    }
}

impl Block {
    /// Somebody changed it since it was made.
    pub(super) fn is_edited(&self) -> bool {
        hash(&self.text) != self.recorded
    }

    /// It was made from something else than this one.
    pub(super) fn differs(&self, made: &Self) -> bool {
        self.recorded != made.recorded
    }

    fn write(&self, out: &mut String) {
        let pad = " ".repeat(self.indent);
        out.push_str(&format!("{pad}# >>> plimsoll {}\n{}", self.name, self.text));
        out.push_str(&format!("{pad}# <<< plimsoll {} 1:{}\n", self.name, self.recorded));
    }
}

enum Mark {
    Begin(String, usize),
    End(String, String),
}

fn mark(line: &str) -> Option<Mark> {
    let inner = line.trim_start_matches(' ');
    let indent = line.len() - inner.len();
    if let Some(name) = inner.strip_prefix("# >>> plimsoll ") {
        return Some(Mark::Begin(name.trim_end().to_owned(), indent));
    }
    let (name, recorded) = inner.strip_prefix("# <<< plimsoll ")?.trim_end().split_once(' ').unwrap_or_default();
    Some(Mark::End(name.to_owned(), recorded.strip_prefix("1:").unwrap_or_default().to_owned()))
}

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}
