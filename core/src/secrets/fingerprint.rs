//! A keyed hash that tells whether values changed without telling the values.
//!
//! Owns: the function and the shape of its key. Must never know: where the key lies: beside the environment on its server,
//! so that one release has one fingerprint on every laptop.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::SecretsError;

/// 32 random bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct FingerprintKey([u8; 32]);

impl FingerprintKey {
    /// A new key.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn random() -> Result<Self, SecretsError> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|e| SecretsError::NoRandomness(e.to_string()))?;
        Ok(Self(key))
    }

    /// As it lies in its file: 64 hex digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex(&self.0)
    }

    /// From its file; `None` if that is not 64 hex digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        let mut key = [0; 32];
        for (n, byte) in key.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * n..2 * n + 2], 16).ok()?;
        }
        Some(Self(key))
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FingerprintKey(…)")
    }
}

/// HMAC-SHA256 of these bytes, in hex.
#[must_use]
pub fn fingerprint(key: &FingerprintKey, bytes: &[u8]) -> String {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).expect("HMAC takes keys of any length");
    mac.update(bytes);
    hex(&mac.finalize().into_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{FingerprintKey, fingerprint};

    #[test]
    fn the_same_key_and_bytes_give_the_same_everywhere() {
        let key = FingerprintKey::from_hex(&"0b".repeat(32)).unwrap();
        // Python: hmac.new(b"\x0b" * 32, b"Hi There", "sha256").hexdigest()
        assert_eq!(fingerprint(&key, b"Hi There"), "198a607eb44bfbc69903a0f1cf2bbdc5ba0aa3f3d9ae3c1c7a3b1696a0b68cf7");
        assert_ne!(fingerprint(&key, b"Hi there"), fingerprint(&key, b"Hi There"));
    }

    #[test]
    fn a_key_survives_its_file_and_is_never_shown() {
        let key = FingerprintKey::random().unwrap();
        assert_eq!(FingerprintKey::from_hex(&format!("{}\n", key.to_hex())), Some(key.clone()));
        assert_ne!(key, FingerprintKey::random().unwrap());
        assert_eq!(format!("{key:?}"), "FingerprintKey(…)");
        assert_eq!(FingerprintKey::from_hex("zz"), None);
    }
}
