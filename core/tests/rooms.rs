//! The direction of imports, read off the sources, and what core must not depend on.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Rooms by rank: a room may import rooms of a lower rank, and itself.
const RANKS: &[(&str, u32)] = &[
    // `problem` is what errors of every room become, and deployments carry one.
    ("problem", 0),
    ("domain", 0),
    ("plan", 1),
    ("tls", 1),
    ("failpoint", 1),
    ("paths", 1),
    ("redact", 1),
    ("host", 2),
    ("docker", 3),
    ("compose", 3),
    ("settings", 4),
    ("git", 3),
    ("registry", 3),
    ("secrets", 3),
    ("store", 3),
    // Its tokens are kept by `secrets`.
    ("github", 4),
    ("build", 5),
    ("runner", 5),
    ("probe", 5),
    ("workflow", 5),
    ("deploy", 6),
    ("api", 7),
];

#[test]
fn inner_rooms_never_import_outer_ones() {
    let mut wrong = Vec::new();
    for (room, file) in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = fs::read_to_string(&file).unwrap();
        for used in imports(&text) {
            let allowed = used == room || rank(&used) < rank(&room) || (rank(&used), rank(&room)) == (0, 0);
            if !allowed {
                wrong.push(format!("{room} imports {used} in {}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_has_a_rank() {
    let rooms: Vec<String> =
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).into_iter().map(|(room, _)| room).collect();
    for room in rooms.iter().filter(|room| *room != "lib") {
        assert!(RANKS.iter().any(|(name, _)| name == room), "{room} has no rank");
    }
}

#[test]
fn only_their_rooms_know_these_libraries() {
    let owners =
        [("sqlx", "store"), ("bollard", "docker"), ("russh", "host"), ("oci_client", "registry"), ("aws_sdk_ecr", "registry")];
    for (room, file) in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = fs::read_to_string(&file).unwrap();
        for (library, owner) in owners {
            let used = text.lines().any(|line| {
                let line = line.trim_start();
                !line.starts_with("//") && (line.contains(&format!("{library}::")) || line.starts_with(&format!("use {library}")))
            });
            assert!(!used || room == owner, "{} uses {library}, which belongs to {owner}", file.display());
        }
    }
}

#[test]
fn core_does_not_depend_on_tauri() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo).args(["tree", "-p", "plimsoll-core", "--prefix", "none", "-e", "normal"]).output().unwrap();
    let tree = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && tree.contains("tokio"), "cargo tree did not answer");
    assert!(!tree.lines().any(|line| line.starts_with("tauri")), "core depends on tauri");
}

fn rank(room: &str) -> u32 {
    RANKS.iter().find(|(name, _)| *name == room).map_or(u32::MAX, |(_, rank)| *rank)
}

/// Every source file with the room it belongs to.
fn files(src: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    let mut folders = vec![src.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let first = path.strip_prefix(src).expect("it is in there").components().next().expect("a name");
                found.push((Path::new(&first).file_stem().expect("a name").to_string_lossy().into_owned(), path));
            }
        }
    }
    found
}

/// The rooms named after `crate::`, in `use` lines and in paths; groups `crate::{a, b::c}` included.
fn imports(text: &str) -> Vec<String> {
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut rooms = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => rooms.extend(group_heads(group)),
            None => rooms.push(word(rest)),
        }
    }
    rooms.retain(|room| RANKS.iter().any(|(name, _)| name == room));
    rooms
}

fn group_heads(group: &str) -> Vec<String> {
    let (mut depth, mut heads, mut start) = (0_usize, Vec::new(), true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => start = true,
            c if start && c.is_alphabetic() => {
                heads.push(word(&group[at..]));
                start = false;
            }
            _ => {}
        }
    }
    heads
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}
