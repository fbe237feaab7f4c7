//! Tables of things that have an id and a unique name: servers, projects, registries.
//!
//! Owns: what can be done with any of them. Must never know: what they are.

use std::marker::PhantomData;

use serde::{Serialize, de::DeserializeOwned};

use super::{
    StoreError,
    database::Database,
    row::{decode, encode},
};
use crate::domain::name::Name;

/// A thing with an id and a name, and the statements of its table.
pub trait Named: Serialize + DeserializeOwned + Send + Sync + Unpin {
    /// Its id's type.
    type Id: ToString + Copy + Send + Sync;
    /// What it is called in messages.
    const WHAT: &'static str;
    /// `id, name, body`.
    const INSERT: &'static str;
    /// Bodies by name.
    const LIST: &'static str;
    /// Body by name.
    const FIND: &'static str;
    /// Body by id.
    const GET: &'static str;
    /// `name, body` where `id`.
    const UPDATE: &'static str;
    /// By id.
    const DELETE: &'static str;

    /// Its id.
    fn id(&self) -> Self::Id;
    /// Its name.
    fn name(&self) -> &Name;
    /// Gives it another name.
    fn set_name(&mut self, name: Name);
}

/// The table of one kind.
#[derive(Debug, Clone)]
pub struct Table<T> {
    pub(super) db: Database,
    kind: PhantomData<fn() -> T>,
}

impl<T: Named> Table<T> {
    pub(super) fn new(db: Database) -> Self {
        Self { db, kind: PhantomData }
    }

    /// Adds one.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the name is taken.
    pub async fn add(&self, thing: &T) -> Result<(), StoreError> {
        let body = &encode(thing)?;
        self.db
            .write(|| async {
                let insert = sqlx::query(T::INSERT).bind(thing.id().to_string()).bind(thing.name().as_str()).bind(body);
                insert.execute(self.db.writer()).await.map_err(|e| taken::<T>(e, thing.name()))?;
                Ok(())
            })
            .await
    }

    /// All of them by name.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn list(&self) -> Result<Vec<T>, StoreError> {
        let bodies = self.db.read(async {
            let bodies: Vec<String> = sqlx::query_scalar(T::LIST).fetch_all(self.db.reader()).await?;
            bodies.iter().map(|body| decode(body)).collect()
        });
        bodies.await
    }

    /// The one with this name, if any.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn find(&self, name: &str) -> Result<Option<T>, StoreError> {
        self.one(T::FIND, name.to_owned()).await
    }

    /// The one with this name.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn named(&self, name: &str) -> Result<T, StoreError> {
        self.find(name).await?.ok_or_else(|| missing::<T>(name.to_owned()))
    }

    /// The one with this id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn get(&self, id: T::Id) -> Result<T, StoreError> {
        self.one(T::GET, id.to_string()).await?.ok_or_else(|| missing::<T>(id.to_string()))
    }

    /// Gives it another name and returns it as it is now.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none, [`StoreError::Conflict`] when the name is taken.
    pub async fn rename(&self, id: T::Id, name: &Name) -> Result<T, StoreError> {
        self.change(id, |thing| thing.set_name(name.clone())).await
    }

    /// Stores it anew under its id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none, [`StoreError::Conflict`] when its name is taken.
    pub async fn change(&self, id: T::Id, change: impl Fn(&mut T) + Sync + Send) -> Result<T, StoreError> {
        let change = &change;
        self.db
            .write(|| async move {
                let mut tx = self.db.begin().await?;
                let body: Option<String> = sqlx::query_scalar(T::GET).bind(id.to_string()).fetch_optional(&mut *tx).await?;
                let mut thing: T = decode(&body.ok_or_else(|| missing::<T>(id.to_string()))?)?;
                change(&mut thing);
                let update = sqlx::query(T::UPDATE).bind(thing.name().as_str()).bind(encode(&thing)?).bind(id.to_string());
                update.execute(&mut *tx).await.map_err(|e| taken::<T>(e, thing.name()))?;
                tx.commit().await?;
                Ok(thing)
            })
            .await
    }

    /// Forgets it, and what belongs to it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn remove(&self, id: T::Id) -> Result<(), StoreError> {
        self.db
            .write(|| async {
                let gone = sqlx::query(T::DELETE).bind(id.to_string()).execute(self.db.writer()).await?.rows_affected();
                if gone == 0 { Err(missing::<T>(id.to_string())) } else { Ok(()) }
            })
            .await
    }

    async fn one(&self, statement: &'static str, key: String) -> Result<Option<T>, StoreError> {
        let read = async {
            let body: Option<String> = sqlx::query_scalar(statement).bind(key).fetch_optional(self.db.reader()).await?;
            body.map(|body| decode(&body)).transpose()
        };
        self.db.read(read).await
    }
}

fn missing<T: Named>(name: String) -> StoreError {
    StoreError::NotFound { what: T::WHAT, name }
}

fn taken<T: Named>(error: sqlx::Error, name: &Name) -> StoreError {
    if error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation) {
        StoreError::Conflict { what: T::WHAT, name: name.to_string() }
    } else {
        error.into()
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        domain::{id::ProjectId, project::Project},
        store::{
            StoreError, Table,
            testing::{deployment, environment, project, release, store},
        },
    };

    #[tokio::test]
    async fn a_name_is_taken_once() {
        let (_dir, store) = store().await;
        let shop = project(&store, "shop").await;
        let blog = project(&store, "a blog").await;
        let twin = Project { id: ProjectId::new(), ..shop.clone() };
        let again = store.projects().add(&twin).await;
        assert!(matches!(again, Err(StoreError::Conflict { what: "project", name }) if name == "shop"));
        let rename = store.projects().rename(blog.id, &shop.name).await;
        assert!(matches!(rename, Err(StoreError::Conflict { .. })));
        assert_eq!(store.projects().list().await.unwrap(), [blog, shop]);
    }

    #[tokio::test]
    async fn a_renamed_thing_keeps_its_id() {
        let (_dir, store) = store().await;
        let shop = project(&store, "shop").await;
        let renamed = store.projects().rename(shop.id, &"store $(id)".parse().unwrap()).await.unwrap();
        assert_eq!(renamed.id, shop.id);
        assert_eq!(store.projects().find("shop").await.unwrap(), None);
        assert_eq!(store.projects().named("store $(id)").await.unwrap(), renamed);
        assert_eq!(store.projects().get(shop.id).await.unwrap(), renamed);
    }

    #[tokio::test]
    async fn what_is_removed_takes_its_history_along() {
        let (_dir, store) = store().await;
        let (shop, blog) = (project(&store, "shop").await, project(&store, "blog").await);
        for one in [&shop, &blog] {
            store.deployments().create(&deployment(one, 0)).await.unwrap();
            store.releases().add(&environment(one), &release("r")).await.unwrap();
        }
        store.projects().remove(shop.id).await.unwrap();
        assert_eq!(store.deployments().list(&Default::default()).await.unwrap().len(), 1);
        assert_eq!(store.releases().list(&environment(&shop), 9).await.unwrap(), []);
        assert_eq!(store.releases().list(&environment(&blog), 9).await.unwrap(), [release("r")]);
        let again = Table::remove(&store.projects(), shop.id).await;
        assert!(matches!(again, Err(StoreError::NotFound { what: "project", .. })));
    }
}
