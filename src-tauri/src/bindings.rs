//! The TypeScript side of the commands: `ui/src/lib/bindings.ts`.
//!
//! Owns: writing that file, and knowing when it is stale. Must never know: what the commands do.

use std::path::Path;

use plimsoll_core::problem::Code;
use specta_typescript::Typescript;
use tauri_specta::{Builder, ErrorHandlingMode, collect_events};

use crate::{
    commands,
    feed::{Changed, Trouble},
    goto::Going,
    questions::QuestionsChanged,
};

/// The file.
pub const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/src/lib/bindings.ts");

/// All commands and events with their types.
pub(crate) fn builder() -> Builder<tauri::Wry> {
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    Builder::new()
        .commands(commands::all())
        .events(collect_events![Changed, Going, QuestionsChanged, Trouble])
        .constant("CODES", codes)
        .error_handling(ErrorHandlingMode::Throw)
        .dangerously_cast_bigints_to_number()
        .disable_serde_phases()
}

/// Writes the bindings.
///
/// # Errors
/// When a type has no counterpart in TypeScript, or the file cannot be written.
pub fn write(path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let header = "// Made by `cargo run -p plimsoll-desktop --example export-bindings`; do not change by hand.\n// @ts-nocheck";
    Ok(builder().export(Typescript::default().header(header), path)?)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::{PATH, write};
    use crate::commands::NAMES;

    #[test]
    fn bindings_are_fresh() {
        let dir = tempfile::tempdir().unwrap();
        let fresh = dir.path().join("bindings.ts");
        write(&fresh).unwrap();
        let same = fs::read_to_string(PATH).is_ok_and(|kept| kept == fs::read_to_string(&fresh).unwrap());
        assert!(same, "run `cargo run -p plimsoll-desktop --example export-bindings`");
    }

    #[test]
    fn every_command_has_its_permission_and_no_other_is_given() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("bindings.ts");
        write(&file).unwrap();
        let text = fs::read_to_string(&file).unwrap();
        let called: BTreeSet<&str> = text.split("__TAURI_INVOKE<").skip(1).filter_map(|call| call.split('"').nth(1)).collect();
        let named: BTreeSet<&str> = NAMES.iter().copied().collect();
        assert_eq!(called, named);
        let capability = Path::new(env!("CARGO_MANIFEST_DIR")).join("capabilities/main.json");
        let capability = fs::read_to_string(capability).unwrap();
        let allowed: BTreeSet<String> =
            capability.split('"').filter_map(|word| word.strip_prefix("allow-")).map(|word| word.replace('-', "_")).collect();
        assert_eq!(allowed, named.into_iter().map(str::to_owned).collect());
    }
}
