//! The one place where TLS gets its cryptography.
//!
//! Owns: choosing ring for rustls. Must never know: who connects.

/// Makes ring rustls' cryptography for this process. HTTP clients built without it would panic, so every room that
/// builds one calls this first; calling it again changes nothing.
pub fn install() {
    // An error only says that a provider is there already.
    drop(rustls::crypto::ring::default_provider().install_default());
}
