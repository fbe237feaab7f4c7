//! Many small files in one stream, so that an order costs one round trip.
//!
//! Owns: the stream's form. Must never know: what the files mean.
//!
//! For each file a line with its path, a line with its length in bytes, then the bytes. Paths are the order's own
//! (letters, digits, `_`, `.`, `/`), never a user's text.

/// The files as one stream.
pub(super) fn bundle(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut stream = Vec::new();
    for (path, content) in files {
        stream.extend_from_slice(format!("{path}\n{}\n", content.len()).as_bytes());
        stream.extend_from_slice(content);
    }
    stream
}
