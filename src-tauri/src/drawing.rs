//! How the app draws on Linux.
//!
//! Owns: choosing it before anything else starts, and that no other program inherits the choice. Must never know: what is drawn.

#[cfg(target_os = "linux")]
pub(crate) use linux::{choose, inherit_nothing};

#[cfg(target_os = "linux")]
mod linux {
    use std::{env, ffi::OsStr, process::Command, ptr};

    use crate::light;

    const CHOICE: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    /// Everything but a 0 means yes; this says also whose choice it is.
    const OURS: &str = "plimsoll";
    const GL: (&str, &str) = ("GDK_GL", "disable");

    /// Draws without DMA buffers unless the user decides otherwise: with them the window stays blank on many machines with
    /// NVIDIA's driver or a newer Wayland compositor (github.com/tauri-apps/tauri/issues/9304), and where there is no GPU the
    /// first picture takes twice as long. Without a window also without OpenGL, whose visuals GTK looks for at its start: that
    /// loads a driver which a menu does not need, nor a window that is drawn without DMA buffers, should it be opened in this
    /// process. Must run before any other thread.
    pub(crate) fn choose() {
        if !is_ours(env::var_os(CHOICE).as_deref()) {
            return;
        }
        let gl = env::var_os(GL.0).is_none() && light::begins_in_tray();
        #[expect(unsafe_code, reason = "no other thread looks at the environment yet")]
        // SAFETY: called at the very beginning of `run`, before any thread is started; GDK alone starts none.
        unsafe {
            env::set_var(CHOICE, OURS);
            if gl {
                env::set_var(GL.0, GL.1);
                // GDK looks for it here, once.
                gtk::gdk::ffi::gdk_parse_args(ptr::null_mut(), ptr::null_mut());
                env::remove_var(GL.0);
            }
        }
    }

    /// Another program gets the user's own environment.
    pub(crate) fn inherit_nothing(command: &mut Command) {
        if is_ours(env::var_os(CHOICE).as_deref()) {
            command.env_remove(CHOICE);
        }
    }

    /// Nobody has chosen, or an app of ours did, which began anew in this one.
    fn is_ours(choice: Option<&OsStr>) -> bool {
        choice.is_none_or(|choice| choice == OURS)
    }

    #[cfg(test)]
    mod tests {
        use super::{OURS, is_ours};

        #[test]
        fn what_the_user_chose_stays() {
            assert!(is_ours(None) && is_ours(Some(OURS.as_ref())));
            assert!(!is_ours(Some("1".as_ref())) && !is_ours(Some("0".as_ref())));
        }
    }
}

/// Elsewhere the system's own webview knows best.
#[cfg(not(target_os = "linux"))]
pub(crate) fn choose() {}
