//! What the first bytes of a database file say, read without opening it as one.
//!
//! Owns: telling fresh, foreign and newer files apart before anything is touched. Must never know: SQL.

use std::{
    fs::File,
    io::{ErrorKind, Read},
    path::Path,
};

use super::StoreError;

const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Offset of `user_version` in the header (SQLite file format, 1.3.15).
const USER_VERSION: usize = 60;

/// What a file is, as far as its header goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Header {
    /// No file, or an empty one.
    Fresh,
    /// Too short, or not SQLite's.
    Foreign,
    /// A database with this schema; the WAL may hold a later one.
    Database { schema: i64 },
}

/// Reads the header.
pub(crate) fn read(path: &Path) -> Result<Header, StoreError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Header::Fresh),
        Err(e) => return Err(StoreError::io(path, e)),
    };
    let mut bytes = Vec::with_capacity(100);
    file.by_ref().take(100).read_to_end(&mut bytes).map_err(|e| StoreError::io(path, e))?;
    Ok(parse(&bytes))
}

fn parse(bytes: &[u8]) -> Header {
    if bytes.is_empty() {
        return Header::Fresh;
    }
    if !bytes.starts_with(MAGIC) {
        return Header::Foreign;
    }
    match bytes.get(USER_VERSION..USER_VERSION + 4) {
        Some(&[a, b, c, d]) => Header::Database { schema: i64::from(i32::from_be_bytes([a, b, c, d])) },
        _ => Header::Foreign,
    }
}
