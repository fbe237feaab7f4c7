//! Bringing a file to the newest schema.
//!
//! Owns: the order and the all-or-nothing of migrations. Must never know: what is in them.

use sqlx::{AssertSqlSafe, raw_sql};

use super::{StoreError, backup, database::Database};

/// Applies every migration the file does not have, in one transaction, after a backup.
pub(crate) async fn run(database: &Database) -> Result<(), StoreError> {
    let spec = database.spec();
    let newest = spec.newest();
    let found: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(database.writer()).await?;
    if found > newest {
        return Err(StoreError::Newer { file: spec.path.clone(), found, known: newest });
    }
    if found == newest {
        return Ok(());
    }
    if found > 0 {
        backup::take(database).await?;
    }
    database.write(|| apply(database, newest)).await
}

async fn apply(database: &Database, newest: i64) -> Result<(), StoreError> {
    let mut tx = database.begin().await?;
    let found: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *tx).await?;
    for migration in database.spec().schema.iter().filter(|m| m.version > found) {
        raw_sql(migration.sql.clone()).execute(&mut *tx).await?;
    }
    raw_sql(AssertSqlSafe(format!("PRAGMA user_version = {newest}"))).execute(&mut *tx).await?;
    Ok(tx.commit().await?)
}
