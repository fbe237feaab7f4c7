//! The tray's icons: templates on macOS, which draws them in its own colours; plates of their own elsewhere.
//!
//! Owns: which file is which light. Must never know: when it changes.

use tauri::image::Image;

use super::model::Light;

macro_rules! icon {
    ($name:literal) => {
        include_bytes!(concat!("../../../icons/tray/", $name, ".png"))
    };
}

/// The icon of a light.
pub(super) fn of(light: Light) -> tauri::Result<Image<'static>> {
    #[cfg(target_os = "macos")]
    let bytes: &[u8] = match light {
        Light::Idle => icon!("idle-template"),
        Light::Live => icon!("live-template"),
        Light::Failed => icon!("failed-template"),
        Light::Deploying => icon!("deploying-1-template"),
    };
    #[cfg(not(target_os = "macos"))]
    let bytes: &[u8] = match light {
        Light::Idle => icon!("idle"),
        Light::Live => icon!("live"),
        Light::Failed => icon!("failed"),
        Light::Deploying => icon!("deploying"),
    };
    Image::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::{Light, of};

    #[test]
    fn each_light_is_a_picture_of_its_own() {
        let pictures: Vec<_> = [Light::Idle, Light::Live, Light::Failed, Light::Deploying]
            .into_iter()
            .map(|light| of(light).unwrap().rgba().to_vec())
            .collect();
        for (n, picture) in pictures.iter().enumerate() {
            assert!(!pictures[..n].contains(picture));
        }
    }
}
