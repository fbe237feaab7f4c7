//! How the webview draws on Linux.
//!
//! Owns: choosing it before anything else starts. Must never know: what is drawn.

/// Draws without DMA buffers unless the user decides otherwise: with them the window stays blank on many machines with
/// NVIDIA's driver or a newer Wayland compositor (github.com/tauri-apps/tauri/issues/9304), and where there is no GPU the
/// first picture takes twice as long. Must run before any other thread.
#[cfg(target_os = "linux")]
pub(crate) fn choose() {
    const CHOICE: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    if std::env::var_os(CHOICE).is_none() {
        #[expect(unsafe_code, reason = "no other thread looks at the environment yet")]
        // SAFETY: called at the very beginning of `run`, before any thread is started.
        unsafe {
            std::env::set_var(CHOICE, "1");
        }
    }
}

/// Elsewhere the system's own webview knows best.
#[cfg(not(target_os = "linux"))]
pub(crate) fn choose() {}
