//! Memory that only the start needed.
//!
//! Owns: on Linux, unmapping the code of the program and its libraries, most of which runs once, when GTK and the webview's
//! libraries begin; what runs again is mapped again, from the same files. Must never know: when that is worth it.

use std::ops::Range;

/// What is linked with the program stays mapped where it is until the process ends.
const LINKED: [&str; 4] = ["plimsoll-desktop", "libwebkit2gtk-", "libjavascriptcoregtk-", "libgtk-3."];

/// Gives the mapped code back.
pub(crate) fn give_back() {
    for part in code(&std::fs::read_to_string("/proc/self/maps").unwrap_or_default()) {
        #[expect(unsafe_code, reason = "there is no safe way to give mapped memory back")]
        // SAFETY: these are files that are linked with this program, so nothing else takes their place while it runs; nobody
        // writes to mapped code, so read again it is the same.
        unsafe {
            let at = std::ptr::with_exposed_provenance_mut(part.start);
            // A kernel that refuses leaves it as it is.
            let _ = rustix::mm::madvise(at, part.len(), rustix::mm::Advice::LinuxDontNeed);
        }
    }
}

/// Where the linked files are mapped to be run and not to be written: they differ from nothing that is on the disk (proc(5)).
fn code(maps: &str) -> Vec<Range<usize>> {
    let of = |line: &str| {
        let mut fields = line.split_whitespace();
        let (addresses, rights) = (fields.next()?, fields.next()?);
        let file = fields.nth(3)?;
        let (start, end) = addresses.split_once('-')?;
        let range = usize::from_str_radix(start, 16).ok()?..usize::from_str_radix(end, 16).ok()?;
        let name = file.rsplit_once('/')?.1;
        (rights == "r-xp" && LINKED.iter().any(|linked| name.starts_with(linked))).then_some(range)
    };
    maps.lines().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::{code, give_back};

    #[test]
    fn only_code_that_is_linked_is_given_back() {
        let maps = "\
55aa00000000-55aa00010000 r--p 00000000 fe:00 1234 /usr/bin/plimsoll-desktop
55aa00010000-55aa00030000 r-xp 00010000 fe:00 1234 /usr/bin/plimsoll-desktop
55aa00030000-55aa00040000 rw-p 00030000 fe:00 1234 /usr/bin/plimsoll-desktop
7f0000000000-7f0000001000 rwxp 00000000 00:00 0
7f0000010000-7f0000020000 r-xp 00002000 fe:00 99 /usr/lib/libgtk-3.so.0.2406.32
7f0000030000-7f0000040000 r-xp 00002000 fe:00 99 /usr/lib/gio/modules/libgvfsdbus.so
7ffc00000000-7ffc00002000 r-xp 00000000 00:00 0 [vdso]
";
        assert_eq!(code(maps), [0x55aa_0001_0000..0x55aa_0003_0000, 0x7f00_0001_0000..0x7f00_0002_0000]);
        assert!(code("nonsense\n").is_empty());
    }

    #[test]
    fn what_was_given_back_runs_again() {
        assert!(!code(&std::fs::read_to_string("/proc/self/maps").unwrap()).is_empty(), "the webview's library is linked");
        give_back();
        assert_eq!(format!("{}", 6 * 7), "42");
    }
}
