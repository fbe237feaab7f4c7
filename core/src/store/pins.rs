//! Host keys that were accepted, by the address that was dialled.
//!
//! Owns: keeping them. Must never know: what makes a key trustworthy.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{StoreError, database::Database, row::ms};
use crate::host::{PinnedKey, Pins};

/// The pinned keys.
#[derive(Debug, Clone)]
pub struct Pinned {
    pub(super) db: Database,
}

impl Pinned {
    /// The keys of an address, one per algorithm.
    ///
    /// # Errors
    /// When the database cannot be read; the caller must then refuse the connection.
    pub async fn of(&self, host: &str, port: u16) -> Result<Vec<PinnedKey>, StoreError> {
        let read = async {
            let query = "SELECT algorithm, fingerprint FROM pins WHERE host = ? AND port = ? ORDER BY algorithm";
            let rows: Vec<(String, String)> = sqlx::query_as(query).bind(host).bind(port).fetch_all(self.db.reader()).await?;
            Ok(rows.into_iter().map(|(algorithm, fingerprint)| PinnedKey { algorithm, fingerprint }).collect())
        };
        self.db.read(read).await
    }

    /// Pins a key in place of every other key of that address.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn replace(&self, host: &str, port: u16, key: &PinnedKey) -> Result<(), StoreError> {
        self.db
            .write(|| async {
                let mut tx = self.db.begin().await?;
                sqlx::query("DELETE FROM pins WHERE host = ? AND port = ?").bind(host).bind(port).execute(&mut *tx).await?;
                sqlx::query("INSERT INTO pins (host, port, algorithm, fingerprint, pinned) VALUES (?, ?, ?, ?, ?)")
                    .bind(host)
                    .bind(port)
                    .bind(&key.algorithm)
                    .bind(&key.fingerprint)
                    .bind(ms(Timestamp::now()))
                    .execute(&mut *tx)
                    .await?;
                Ok(tx.commit().await?)
            })
            .await
    }
}

#[async_trait]
impl Pins for Pinned {
    async fn pinned(&self, host: &str, port: u16) -> Result<Vec<PinnedKey>, String> {
        self.of(host, port).await.map_err(|e| e.to_string())
    }

    async fn pin(&self, host: &str, port: u16, key: &PinnedKey) -> Result<(), String> {
        self.replace(host, port, key).await.map_err(|e| e.to_string())
    }
}
