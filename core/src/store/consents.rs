//! Commands of the ssh configuration that the user agreed to, by digest of their content.
//!
//! Owns: keeping them. Must never know: what runs them.

use jiff::Timestamp;

use super::{StoreError, database::Database, row::ms};

/// The consents given on this laptop.
#[derive(Debug, Clone)]
pub struct Consents {
    pub(super) db: Database,
}

impl Consents {
    /// All digests.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn list(&self) -> Result<Vec<String>, StoreError> {
        let read =
            async { Ok(sqlx::query_scalar("SELECT digest FROM consents ORDER BY digest").fetch_all(self.db.reader()).await?) };
        self.db.read(read).await
    }

    /// Remembers a consent; `what` is the command, kept for the user to read later.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn give(&self, digest: &str, what: &str) -> Result<(), StoreError> {
        self.db
            .write(|| async {
                sqlx::query("INSERT INTO consents (digest, what, given) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
                    .bind(digest)
                    .bind(what)
                    .bind(ms(Timestamp::now()))
                    .execute(self.db.writer())
                    .await?;
                Ok(())
            })
            .await
    }
}
