//! WebSocket frames, as far as two that send each other short texts need them.
//!
//! Owns: their bytes. Must never know: what they say.

use std::io;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper::header::HeaderValue;
use sha1::{Digest as _, Sha1};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const WHOLE_TEXT: u8 = 0x81;
const WHOLE_CLOSE: u8 = 0x88;
const MASKED: u8 = 0x80;
/// The longest whose length fits into the second byte.
const LONGEST: usize = 125;

/// What proves that a server understood a client's key.
pub(super) fn accept(key: &HeaderValue) -> String {
    STANDARD.encode(Sha1::new().chain_update(key.as_bytes()).chain_update(GUID).finalize())
}

/// Sends a text; clients give a mask.
pub(super) async fn write(io: &mut (impl AsyncWrite + Unpin), text: &[u8], mask: Option<[u8; 4]>) -> io::Result<()> {
    let length = u8::try_from(text.len()).ok().filter(|length| usize::from(*length) <= LONGEST);
    let length = length.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "too long a text"))?;
    let mut frame = vec![WHOLE_TEXT];
    match mask {
        Some(mask) => {
            frame.push(MASKED | length);
            frame.extend(mask);
            frame.extend(masked(text, mask));
        }
        None => {
            frame.push(length);
            frame.extend(text);
        }
    }
    io.write_all(&frame).await?;
    io.flush().await
}

/// The next text; `None` when the other side closes as it should.
pub(super) async fn read(io: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut head = [0; 2];
    io.read_exact(&mut head).await?;
    if head[0] == WHOLE_CLOSE {
        return Ok(None);
    }
    let length = usize::from(head[1] & !MASKED);
    if head[0] != WHOLE_TEXT || length > LONGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "no short text"));
    }
    let mut mask = [0; 4];
    if head[1] & MASKED != 0 {
        io.read_exact(&mut mask).await?;
    }
    let mut text = vec![0; length];
    io.read_exact(&mut text).await?;
    Ok(Some(masked(&text, mask).collect()))
}

fn masked(text: &[u8], mask: [u8; 4]) -> impl Iterator<Item = u8> {
    text.iter().zip(mask.into_iter().cycle()).map(|(byte, mask)| byte ^ mask)
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::{accept, read, write};

    /// The example of RFC 6455.
    #[test]
    fn a_key_is_accepted_as_the_standard_says() {
        assert_eq!(accept(&HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ==")), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[tokio::test]
    async fn what_is_written_is_read() {
        let (mut one, mut other) = tokio::io::duplex(1024);
        for mask in [None, Some([1, 2, 3, 4])] {
            write(&mut one, b"hello", mask).await.unwrap();
            assert_eq!(read(&mut other).await.unwrap().as_deref(), Some(&b"hello"[..]));
        }
        drop(one);
        assert!(read(&mut other).await.is_err(), "an end without a word is no close");
    }
}
