//! The system's clipboard.
//!
//! Owns: keeping it open, because on Linux a text goes with the program that offers it. Must never know: what is copied.

use std::sync::{Arc, Mutex, PoisonError};

/// The clipboard, opened when it is first used. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Clipboard(Arc<Mutex<Option<arboard::Clipboard>>>);

impl Clipboard {
    /// Puts a text on it.
    pub(crate) async fn put(&self, text: String) -> Result<(), String> {
        let open = self.0.clone();
        let work = move || {
            let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
            let clipboard = match open.take() {
                Some(clipboard) => open.insert(clipboard),
                None => open.insert(arboard::Clipboard::new().map_err(|error| error.to_string())?),
            };
            clipboard.set_text(text).map_err(|error| error.to_string())
        };
        tauri::async_runtime::spawn_blocking(work).await.map_err(|error| error.to_string())?
    }
}
