//! The table of servers.
//!
//! Owns: its statements. Must never know: what a server is used for.

use super::{
    StoreError,
    named::{Named, Table},
    row::{decode, encode},
};
use crate::domain::{
    id::ServerId,
    name::Name,
    server::{Server, ServerFacts},
};

/// The servers this laptop knows.
pub type Servers = Table<Server>;

impl Named for Server {
    type Id = ServerId;
    const WHAT: &'static str = "server";
    const INSERT: &'static str = "INSERT INTO servers (id, name, body) VALUES (?, ?, ?)";
    const LIST: &'static str = "SELECT body FROM servers ORDER BY name";
    const FIND: &'static str = "SELECT body FROM servers WHERE name = ?";
    const GET: &'static str = "SELECT body FROM servers WHERE id = ?";
    const UPDATE: &'static str = "UPDATE servers SET name = ?, body = ? WHERE id = ?";
    const DELETE: &'static str = "DELETE FROM servers WHERE id = ?";

    fn id(&self) -> ServerId {
        self.id
    }

    fn name(&self) -> &Name {
        &self.name
    }

    fn set_name(&mut self, name: Name) {
        self.name = name;
    }
}

impl Servers {
    /// Remembers what the last check of a server found.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such server.
    pub async fn set_facts(&self, id: ServerId, facts: &ServerFacts) -> Result<(), StoreError> {
        let body = &encode(facts)?;
        self.db
            .write(|| async {
                let update = sqlx::query("UPDATE servers SET facts = ? WHERE id = ?").bind(body).bind(id.to_string());
                let known = update.execute(self.db.writer()).await?.rows_affected() > 0;
                if known { Ok(()) } else { Err(StoreError::NotFound { what: Server::WHAT, name: id.to_string() }) }
            })
            .await
    }

    /// What the last check found; `None` before the first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn facts(&self, id: ServerId) -> Result<Option<ServerFacts>, StoreError> {
        let read = async {
            let query = sqlx::query_scalar("SELECT facts FROM servers WHERE id = ? AND facts IS NOT NULL");
            let body: Option<String> = query.bind(id.to_string()).fetch_optional(self.db.reader()).await?;
            body.map(|body| decode(&body)).transpose()
        };
        self.db.read(read).await
    }
}
