//! Host keys that were accepted, by the address that was dialled.
//!
//! Owns: keeping them. Must never know: what makes a key trustworthy.

use jiff::Timestamp;

use super::{StoreError, database::Database, row::ms};

/// The pinned keys.
#[derive(Debug, Clone)]
pub struct Pinned {
    pub(super) db: Database,
}

/// A key as it was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// e.g. `ssh-ed25519`.
    pub algorithm: String,
    /// The public key, base64 as in `known_hosts`.
    pub key: String,
}

impl Pinned {
    /// The keys of an address, one per algorithm.
    ///
    /// # Errors
    /// When the database cannot be read; the caller must then refuse the connection.
    pub async fn of(&self, host: &str, port: u16) -> Result<Vec<Pin>, StoreError> {
        let read = async {
            let query = sqlx::query_as("SELECT algorithm, key FROM pins WHERE host = ? AND port = ? ORDER BY algorithm");
            let rows: Vec<(String, String)> = query.bind(host).bind(port).fetch_all(self.db.reader()).await?;
            Ok(rows.into_iter().map(|(algorithm, key)| Pin { algorithm, key }).collect())
        };
        self.db.read(read).await
    }

    /// Pins a key in place of every other key of that address.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn replace(&self, host: &str, port: u16, pin: &Pin) -> Result<(), StoreError> {
        self.db
            .write(|| async {
                let mut tx = self.db.begin().await?;
                sqlx::query("DELETE FROM pins WHERE host = ? AND port = ?").bind(host).bind(port).execute(&mut *tx).await?;
                sqlx::query("INSERT INTO pins (host, port, algorithm, key, pinned) VALUES (?, ?, ?, ?, ?)")
                    .bind(host)
                    .bind(port)
                    .bind(&pin.algorithm)
                    .bind(&pin.key)
                    .bind(ms(Timestamp::now()))
                    .execute(&mut *tx)
                    .await?;
                Ok(tx.commit().await?)
            })
            .await
    }
}
