//! Many small files in one stream, so that an order costs one round trip.
//!
//! Owns: the stream's form, a tar. Must never know: what the files mean.

use tar::{Builder, Header};

/// The files as one stream, in their order. Their paths are the order's own, short, never a user's text.
///
/// # Errors
/// A path that no tar can name.
pub(super) fn bundle(files: &[(String, Vec<u8>)]) -> std::io::Result<Vec<u8>> {
    let mut tar = Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o600);
        tar.append_data(&mut header, path, content.as_slice())?;
    }
    tar.into_inner()
}
