//! The names that Plimsoll gives to images on a server, in the grammar of image names.

use super::{Result, error::EngineError};
use crate::domain::{
    image::path_component,
    name::{Name, ServiceName},
};

/// Everything of ours begins with this.
pub(super) const PREFIX: &str = "plimsoll/";

/// `plimsoll/PROJECT/SERVICE`: the repository under which a release's images are kept on a server.
#[must_use]
pub fn release_repository(project: &Name, service: &ServiceName) -> String {
    format!("{PREFIX}{}/{}", path_component(project.as_str()), path_component(service.as_str()))
}

/// Refuses what is no image name before it becomes part of a request's path.
pub(super) fn checked(reference: &str) -> Result<&str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-/:@".contains(c);
    let valid = !reference.is_empty()
        && reference.chars().all(allowed)
        && !reference.split('/').any(|part| part.is_empty() || part.starts_with('.'));
    if valid { Ok(reference) } else { Err(EngineError::InvalidName(reference.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::{checked, release_repository};

    #[test]
    fn any_project_name_becomes_a_repository() {
        let name = |p: &str, s: &str| release_repository(&p.parse().expect("name"), &s.parse().expect("service"));
        assert_eq!(name("My Shop's $(id)", "api"), "plimsoll/my-shop-s-id/api");
        assert_eq!(name("店", "_Web.v2_"), "plimsoll/x/web-v2");
    }

    #[test]
    fn only_image_names_reach_a_path() {
        for good in ["postgres:16", "127.0.0.1:5000/a/b@sha256:00", "sha256:00", "a__b/c--d"] {
            assert!(checked(good).is_ok(), "{good}");
        }
        for bad in ["", "../../containers", "a/../b", "a?x=1", "a#b", "a b", "a//b", "/a", "ä"] {
            assert!(checked(bad).is_err(), "{bad}");
        }
    }
}
