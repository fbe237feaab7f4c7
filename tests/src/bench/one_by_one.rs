//! The peer of the log: each line a row, each row a transaction, with the same care for the disk.
//!
//! Owns: its table. Must never know: who prints the lines.

use std::path::Path;

use plimsoll_core::domain::event::LogLine;
use sqlx::{
    ConnectOptions as _, Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use super::{Outcome, numbers::Numbers};

const TABLE: &str = "CREATE TABLE lines (
    deployment TEXT NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, stage TEXT NOT NULL, source TEXT, text TEXT NOT NULL,
    PRIMARY KEY (deployment, number)
) STRICT";
const INSERT: &str = "INSERT INTO lines (deployment, number, at, stage, source, text) VALUES (?, ?, ?, ?, ?, ?)";

/// A log in a file of its own.
pub(super) struct OneByOne {
    connection: SqliteConnection,
    deployment: String,
    number: i64,
}

impl OneByOne {
    /// An empty log.
    pub(super) async fn open(file: &Path, deployment: &str) -> Outcome<Self> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal);
        let mut connection = options.connect().await?;
        sqlx::query(TABLE).execute(&mut connection).await?;
        Ok(Self { connection, deployment: deployment.to_owned(), number: 0 })
    }

    /// Stores a line.
    pub(super) async fn write(&mut self, line: &LogLine) -> Outcome<()> {
        self.number += 1;
        sqlx::query(INSERT)
            .bind(&self.deployment)
            .bind(self.number)
            .bind(line.at.as_millisecond())
            .bind(line.stage.to_string())
            .bind(&line.source)
            .bind(&line.text)
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// Reads it back and closes it.
    pub(super) async fn read_back(mut self) -> Outcome<Numbers> {
        let mut numbers = Numbers::default();
        let query = sqlx::query_scalar("SELECT text FROM lines WHERE deployment = ? ORDER BY number").bind(&self.deployment);
        let texts: Vec<String> = query.fetch_all(&mut self.connection).await?;
        texts.iter().for_each(|text| numbers.read(text));
        self.connection.close().await?;
        Ok(numbers)
    }
}
