//! Newer versions of the app: where they are asked for, and when one may be put in place.
//!
//! Owns: those two decisions. Must never know: windows, how an update is unpacked.

use plimsoll_core::{
    domain::name::Name,
    problem::{Code, Problem},
};

/// Where newer versions are asked for, and the public half of the key that signs them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Source {
    /// With `{{target}}`, `{{arch}}` and `{{current_version}}` in it.
    pub(crate) address: &'static str,
    /// As `tauri signer generate` prints it.
    pub(crate) key: &'static str,
}

/// As this build was made; `None` where a packager brings updates.
pub(crate) const SOURCE: Option<Source> = source(option_env!("PLIMSOLL_UPDATE_URL"), option_env!("PLIMSOLL_UPDATE_KEY"));

/// An address without a key, or a key without an address, is none: nothing unsigned is ever put in place.
const fn source(address: Option<&'static str>, key: Option<&'static str>) -> Option<Source> {
    match (address, key) {
        (Some(address), Some(key)) if !address.is_empty() && !key.is_empty() => Some(Source { address, key }),
        _ => None,
    }
}

/// Where updates come from when this build names no place to ask.
pub(crate) fn elsewhere() -> Problem {
    Problem::new(
        Code::Unsupported,
        "Newer versions come from where Plimsoll was installed",
        "this build names no place to ask for them",
        "Use the package manager that installed it, or install the newer version by hand.",
    )
}

/// When an update is put in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum When {
    /// Nothing is interrupted by it.
    Now,
    /// As soon as these projects' deployments have ended.
    After(Vec<Name>),
}

/// Decides it: `flights` are carried out by this process, `worked_on` by any process of this laptop.
pub(crate) fn when(flights: usize, worked_on: Vec<Name>) -> When {
    if flights == 0 && worked_on.is_empty() { When::Now } else { When::After(worked_on) }
}

#[cfg(test)]
mod tests {
    use super::{When, source, when};

    #[test]
    fn an_update_waits_for_every_deployment_whoever_carries_it_out() {
        let shop = || vec!["shop".parse().unwrap()];
        assert_eq!(when(0, Vec::new()), When::Now);
        assert_eq!(when(0, shop()), When::After(shop()));
        assert_eq!(when(1, shop()), When::After(shop()));
        // Begun this very moment, not recorded yet.
        assert_eq!(when(1, Vec::new()), When::After(Vec::new()));
    }

    #[test]
    fn without_both_halves_there_is_no_source() {
        assert!(source(Some("https://x"), Some("k")).is_some());
        for (address, key) in [(None, None), (Some("https://x"), None), (None, Some("k")), (Some(""), Some(""))] {
            assert_eq!(source(address, key), None);
        }
    }
}
