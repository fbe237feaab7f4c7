//! The settings of this laptop's app: one row.
//!
//! Owns: keeping them. Must never know: what they mean.

use serde_json::{Map, Value};

use super::{
    StoreError,
    database::Database,
    row::{decode, encode},
};
use crate::domain::preferences::Preferences;

/// The settings of the app.
#[derive(Debug, Clone)]
pub struct PreferencesRow {
    pub(super) db: Database,
}

impl PreferencesRow {
    /// As they were set last; the defaults before that.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn read(&self) -> Result<Preferences, StoreError> {
        let read = async {
            let body: Option<String> =
                sqlx::query_scalar("SELECT body FROM preferences").fetch_optional(self.db.reader()).await?;
            body.map_or_else(|| Ok(Preferences::default()), |body| completed(&body))
        };
        self.db.read(read).await
    }

    /// Replaces them.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn write(&self, preferences: &Preferences) -> Result<(), StoreError> {
        let body = &encode(preferences)?;
        self.db
            .write(|| async {
                let set =
                    "INSERT INTO preferences (one, body) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET body = excluded.body";
                sqlx::query(set).bind(body).execute(self.db.writer()).await?;
                Ok(())
            })
            .await
    }
}

/// What another version stored: its unknown fields are dropped, missing ones take their default.
fn completed(body: &str) -> Result<Preferences, StoreError> {
    let stored: Map<String, Value> = decode(body)?;
    let mut whole: Map<String, Value> = decode(&encode(&Preferences::default())?)?;
    whole.extend(stored);
    decode(&encode(&whole)?)
}

#[cfg(test)]
mod tests {
    use crate::{domain::preferences::Preferences, store::testing::store};

    #[tokio::test]
    async fn what_was_set_last_holds() {
        let (_dir, store) = store().await;
        assert_eq!(store.preferences().read().await.unwrap(), Preferences::default());
        for zoom in [80, 200] {
            let wanted = Preferences { zoom, ..Preferences::default() };
            store.preferences().write(&wanted).await.unwrap();
            assert_eq!(store.preferences().read().await.unwrap(), wanted);
        }
    }

    #[tokio::test]
    async fn fields_of_another_version_do_no_harm() {
        let (_dir, store) = store().await;
        let db = store.preferences().db;
        sqlx::query("INSERT INTO preferences VALUES (1, '{\"zoom\":150,\"new\":1}')").execute(db.writer()).await.unwrap();
        assert_eq!(store.preferences().read().await.unwrap(), Preferences { zoom: 150, ..Preferences::default() });
    }
}
