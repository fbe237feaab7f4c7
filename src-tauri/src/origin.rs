//! Where the window may go.
//!
//! Owns: which addresses are the app's own. Must never know: what is shown there. Our policy for content does not keep a page
//! from leaving; this does: whatever another page shows, or is told by its address, would be told from within our window.

use tauri::Url;

/// Whether an address is of the page that is compiled in, or of `dev`, which serves it while it is written.
pub(crate) fn is_own(url: &Url, dev: Option<&Url>) -> bool {
    let bundled = match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        // Windows has no schemes of one's own.
        "http" | "https" => url.host_str() == Some("tauri.localhost") && url.port().is_none(),
        _ => false,
    };
    bundled || dev.is_some_and(|dev| dev.origin() == url.origin() && url.origin().is_tuple())
}

#[cfg(test)]
mod tests {
    use tauri::Url;

    use super::is_own;

    fn own(url: &str, dev: Option<&str>) -> bool {
        is_own(&Url::parse(url).unwrap(), dev.map(|dev| Url::parse(dev).unwrap()).as_ref())
    }

    #[test]
    fn the_page_that_is_compiled_in_is_ours_on_every_platform() {
        for url in [
            "tauri://localhost",
            "tauri://localhost/index.html#/projects",
            "http://tauri.localhost/",
            "https://tauri.localhost/x",
        ] {
            assert!(own(url, None), "{url}");
        }
    }

    #[test]
    fn nothing_else_is() {
        let others = [
            "http://localhost:5173/",
            "https://example.com/?secret=1",
            "http://tauri.localhost.example.com/",
            "file:///etc/passwd",
        ];
        let tricks = [
            "data:text/html,x",
            "about:blank",
            "tauri://elsewhere/",
            "http://tauri.localhost:81/",
            "http://tauri.localhost@example.com/",
        ];
        for url in others.into_iter().chain(tricks) {
            assert!(!own(url, None), "{url}");
        }
    }

    #[test]
    fn while_it_is_written_it_comes_from_there_alone() {
        let dev = Some("http://localhost:5173");
        assert!(own("http://localhost:5173/#/servers", dev));
        assert!(!own("http://localhost:5174/", dev) && !own("http://localhost/", dev));
    }
}
