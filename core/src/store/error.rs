//! What can go wrong with the store, told apart by SQLite's result codes.
//!
//! Owns: the room's error and its way out as a Problem. Must never know: which table was used.

use std::path::PathBuf;

use crate::problem::{Code, Problem};

/// Why the store did not do as asked. Messages are fragments fit for "failed to …".
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No space is left for the database, the reserve included.
    #[error("no space left for the database")]
    Full,
    /// The database file, or a row in it, is not what was written.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// A newer Plimsoll wrote the database.
    #[error("{} has schema {found}, this program knows {known}", file.display())]
    Newer {
        /// The database.
        file: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema that this program knows.
        known: i64,
    },
    /// Something has that name already.
    #[error("a {what} called `{name}` exists already")]
    Conflict {
        /// `server`, `project`, …
        what: &'static str,
        /// The name.
        name: String,
    },
    /// Nothing has that name or id.
    #[error("there is no {what} `{name}`")]
    NotFound {
        /// `server`, `project`, …
        what: &'static str,
        /// The name or id.
        name: String,
    },
    /// Several things begin or end like that.
    #[error("`{name}` stands for more than one {what}")]
    Ambiguous {
        /// `deployment`, …
        what: &'static str,
        /// What was asked for.
        name: String,
    },
    /// An event does not follow the last one.
    #[error("event {got} does not follow, {expected} is next")]
    Gap {
        /// The next number.
        expected: u64,
        /// The number that came.
        got: u64,
    },
    /// Another process held the database for too long.
    #[error("another process is using the database")]
    Busy,
    /// The SQLite library is too old to be trusted with a WAL.
    #[error("SQLite {0} is too old, 3.51.3 is needed")]
    OldSqlite(String),
    /// The text is too long to look for.
    #[error("the text is too long to look for")]
    Unsearchable,
    /// The log writer has ended, after an error or because it was closed.
    #[error("the log is closed")]
    LogClosed,
    /// A file beside the database cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Any other answer of SQLite.
    #[error("{0}")]
    Sql(#[source] sqlx::Error),
}

impl StoreError {
    /// A file operation's error; a full disk is told apart.
    pub(crate) fn io(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Io { path: path.into(), source },
        }
    }
}

const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const NOT_A_DATABASE: i32 = 26;
const IOERR_SHORT_READ: i32 = 10 | (2 << 8);
const IOERR_SHM_SIZE: i32 = 10 | (19 << 8);

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|e| e.code()).and_then(|code| code.parse::<i32>().ok());
        match (code, &error) {
            (Some(FULL | IOERR_SHM_SIZE), _) => Self::Full,
            (Some(IOERR_SHORT_READ), _) => Self::Damaged(error.to_string()),
            (Some(code), _) if matches!(code & 0xff, CORRUPT | NOT_A_DATABASE) => Self::Damaged(error.to_string()),
            (Some(code), _) if matches!(code & 0xff, BUSY | LOCKED) => Self::Busy,
            (_, sqlx::Error::PoolTimedOut) => Self::Busy,
            (_, sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)) => Self::Damaged(error.to_string()),
            _ => Self::Sql(error),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let detail = error.to_string();
        let (code, title, hint) = match &error {
            StoreError::Full => (
                Code::LaptopDiskFull,
                "This laptop's disk is full".to_owned(),
                "Free some space on this laptop, then run it again.".to_owned(),
            ),
            StoreError::Damaged(_) => (
                Code::DatabaseDamaged,
                "This laptop's database is damaged".to_owned(),
                "Start Plimsoll again: it keeps the damaged file aside and restores the last good backup.".to_owned(),
            ),
            StoreError::Newer { .. } => (
                Code::DatabaseNewer,
                "This laptop's database belongs to a newer Plimsoll".to_owned(),
                "Update this Plimsoll, or point PLIMSOLL_HOME at another folder. Nothing was changed.".to_owned(),
            ),
            StoreError::Conflict { what, name } => {
                (Code::AlreadyExists, format!("The {what} `{name}` exists already"), "Choose another name.".to_owned())
            }
            StoreError::NotFound { what, name } => {
                (Code::NotFound, format!("There is no {what} `{name}`"), format!("List what there is and choose a {what}."))
            }
            StoreError::Ambiguous { what, name } => {
                (Code::InvalidInput, format!("`{name}` stands for more than one {what}"), "Give more of its id.".to_owned())
            }
            StoreError::Unsearchable => {
                (Code::InvalidInput, "That text is too long to look for".to_owned(), "Look for a part of it.".to_owned())
            }
            StoreError::Busy => (
                Code::TimedOut,
                "Another Plimsoll is using the database".to_owned(),
                "Wait for the other one to finish, then run it again.".to_owned(),
            ),
            StoreError::Io { path, .. } => (
                Code::LocalFile,
                "A file of this laptop's data cannot be used".to_owned(),
                format!("Check who owns {} and whether it is writable.", path.display()),
            ),
            StoreError::Gap { .. } | StoreError::OldSqlite(_) | StoreError::LogClosed | StoreError::Sql(_) => (
                Code::Internal,
                "This laptop's database does not do as asked".to_owned(),
                "Run it again; if it stays, report it with this text.".to_owned(),
            ),
        };
        Self::new(code, title, detail, hint)
    }
}
