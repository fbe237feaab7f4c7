//! What came of cases so far, so that a run that was cut goes on.
//!
//! Owns: its file. Must never know: cases.

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Mutex,
};

use plimsoll_lab::lab::run;

use super::{super::cli::program, lanes::tell, seed, verdict::Row};

/// Rows by case; in memory alone, or in a file as well.
pub(super) struct Ledger {
    file: Option<PathBuf>,
    rows: Mutex<BTreeMap<String, Row>>,
}

impl Ledger {
    /// One that is forgotten.
    pub(super) fn in_memory() -> Self {
        Self { file: None, rows: Mutex::default() }
    }

    /// The one of this program, this seed and this table, with what it holds already. Another build begins anew.
    pub(super) async fn kept(name: &str) -> Self {
        let sum = run(&["sha256sum", &program().to_string_lossy()]).await.expect("a program");
        let file = format!("{name}-{}-{}.jsonl", seed::seed(), &sum[..12]);
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("matrix").join(file);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        let text = fs::read_to_string(&file).unwrap_or_default();
        // The last line of a run that was killed may be half a line.
        let rows = text.lines().filter_map(|line| serde_json::from_str::<Row>(line).ok());
        let rows = rows.map(|row| (row.case.clone(), row)).collect();
        tell(&file.display().to_string());
        Self { file: Some(file), rows: Mutex::new(rows) }
    }

    pub(super) fn has(&self, case: &str) -> bool {
        self.rows.lock().expect("nobody panics in here").contains_key(case)
    }

    pub(super) fn add(&self, row: Row) {
        if let Some(file) = &self.file {
            let line = serde_json::to_string(&row).expect("it is plain data");
            let mut file = fs::OpenOptions::new().create(true).append(true).open(file).expect("a file");
            writeln!(file, "{line}").expect("room for a line");
        }
        self.rows.lock().expect("nobody panics in here").insert(row.case.clone(), row);
    }

    pub(super) fn rows(&self) -> Vec<Row> {
        self.rows.lock().expect("nobody panics in here").values().cloned().collect()
    }
}
