//! Image references as a Compose file writes them.
//!
//! Owns: taking one apart. Must never know: registries.

/// `host/path/name:tag@digest` → `name`.
pub(crate) fn last_part(image: &str) -> &str {
    let without_digest = image.split('@').next().unwrap_or(image);
    let name = without_digest.rsplit('/').next().unwrap_or(without_digest);
    name.split(':').next().unwrap_or(name)
}

/// The tag, if one is written.
pub(crate) fn tag(image: &str) -> Option<&str> {
    let without_digest = image.split('@').next()?;
    without_digest.rsplit('/').next()?.split_once(':').map(|(_, tag)| tag)
}

/// Names a digest.
pub(crate) fn is_pinned(image: &str) -> bool {
    image.contains('@')
}

#[cfg(test)]
mod tests {
    use super::{last_part, tag};

    #[test]
    fn a_port_is_no_tag() {
        assert_eq!((last_part("localhost:5000/a/redis"), tag("localhost:5000/a/redis")), ("redis", None));
        assert_eq!((last_part("postgres:16-alpine"), tag("postgres:16-alpine")), ("postgres", Some("16-alpine")));
        assert_eq!((last_part("r/x:1@sha256:ab"), tag("r/x@sha256:ab")), ("x", None));
    }
}
