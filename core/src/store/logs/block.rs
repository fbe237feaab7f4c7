//! One block: up to a thousand lines in a zstd frame of JSON lines.
//!
//! Owns: the format. Must never know: SQL.

use crate::{
    domain::{deployment::Stage, event::LogLine},
    store::StoreError,
};

/// Lines per block, and per transaction.
pub(crate) const LINES: usize = 1000;
/// Fast; the text of builds still shrinks about tenfold.
const LEVEL: i32 = 1;
/// A block can never become larger than this: lines are at most 64 KiB before JSON escapes them.
const LARGEST: usize = LINES * 6 * (64 << 10) + LINES * 1024;

/// Encoded lines with what is needed to find them.
#[derive(Debug)]
pub(crate) struct Block {
    /// How many lines.
    pub(crate) lines: usize,
    /// The stages that occur, one bit each.
    pub(crate) stages: i64,
    /// The frame.
    pub(crate) data: Vec<u8>,
}

/// Packs lines.
pub(crate) fn encode(lines: &[LogLine]) -> Result<Block, StoreError> {
    let mut json = Vec::with_capacity(lines.len() * 160);
    let mut stages = 0;
    for line in lines {
        stages |= bit(line.stage);
        serde_json::to_writer(&mut json, line).map_err(|e| damaged(&e))?;
        json.push(b'\n');
    }
    let mut frame = zstd::bulk::Compressor::new(LEVEL).map_err(|e| damaged(&e))?;
    // With a checksum, so that damage is noticed rather than shown.
    frame.include_checksum(true).map_err(|e| damaged(&e))?;
    let data = frame.compress(&json).map_err(|e| damaged(&e))?;
    Ok(Block { lines: lines.len(), stages, data })
}

/// Unpacks lines.
pub(crate) fn decode(data: &[u8]) -> Result<Vec<LogLine>, StoreError> {
    lines(&unpack(data)?)
}

/// The JSON lines of a frame.
pub(crate) fn unpack(data: &[u8]) -> Result<Vec<u8>, StoreError> {
    let size = zstd::bulk::Decompressor::upper_bound(data).unwrap_or(LARGEST).min(LARGEST);
    zstd::bulk::decompress(data, size).map_err(|e| damaged(&e))
}

/// Reads JSON lines.
pub(crate) fn lines(json: &[u8]) -> Result<Vec<LogLine>, StoreError> {
    let lines = json.split(|b| *b == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).map_err(|e| damaged(&e))).collect()
}

/// The bit of a stage in a block's set.
pub(crate) fn bit(stage: Stage) -> i64 {
    Stage::ALL.iter().position(|s| *s == stage).map_or(0, |n| 1 << n)
}

fn damaged(error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Damaged(format!("a block of log lines: {error}"))
}
