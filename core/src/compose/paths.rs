//! Paths of a project, as text with `/` between the parts.
//!
//! Owns: joining, normalizing, and whether a path stays in the repository. Must never know: any file system.

/// `a/./b/../c` → `a/c`; leading `..` stay; nothing left is `.`. Absolute paths stay absolute.
pub(crate) fn normalize(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (absolute, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// `path` as seen from `folder`, normalized.
pub(crate) fn join(folder: &str, path: &str) -> String {
    if path.starts_with('/') || folder.is_empty() { normalize(path) } else { normalize(&format!("{folder}/{path}")) }
}

/// The folder of a file; empty for one at the root.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A path of the project as a path of the repository; `None` when it leads out of it.
pub(crate) fn in_repository(folder: &str, path: &str) -> Option<String> {
    let whole = join(folder, path);
    let outside = whole == ".." || whole.starts_with("../") || whole.starts_with(['/', '~']);
    (!outside).then_some(whole)
}

/// A build context that is no folder of this project: a URL, a git remote, an image.
pub(crate) fn is_remote(context: &str) -> bool {
    const SCHEMES: [&str; 7] = ["http://", "https://", "git://", "ssh://", "docker-image://", "oci-layout://", "service:"];
    SCHEMES.iter().any(|scheme| context.starts_with(scheme)) || context.starts_with("github.com/") || context.starts_with("git@")
}

#[cfg(test)]
mod tests {
    use super::{in_repository, join, normalize};

    #[test]
    fn dots_are_resolved() {
        for (path, expected) in
            [("./a/../b/", "b"), (".", "."), ("", "."), ("../x/./y", "../x/y"), ("/a/../../b", "/b"), ("../../z", "../../z")]
        {
            assert_eq!(normalize(path), expected, "{path}");
        }
        assert_eq!(join("apps/shop", "../lib"), "apps/lib");
    }

    #[test]
    fn only_what_stays_inside_is_in_the_repository() {
        assert_eq!(in_repository("apps/shop", "../lib").as_deref(), Some("apps/lib"));
        assert_eq!(in_repository("apps/shop", "../../../etc"), None);
        assert_eq!(in_repository("", ".."), None);
        assert_eq!(in_repository("", "/etc"), None);
        assert_eq!(in_repository("", ".").as_deref(), Some("."));
    }
}
