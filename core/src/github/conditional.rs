//! Asking whether something is new: an answer that says "no" does not count against GitHub's limits.
//!
//! Owns: validators, and when they are remembered. Must never know: where they are kept.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::{
    Class, GitHub, Read,
    error::Result,
    request::{Answer, Known},
};

/// What is known of what was read last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fresh<T> {
    /// It is new. Give the mark to [`GitHub::remember`] once this is stored: told earlier, a crash in between would lose it.
    New(T, Mark),
    /// It is what was remembered.
    Same,
}

/// Which answer was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Of what.
    pub url: String,
    /// Of the token that it was read with; with another token the validator is another one.
    pub generation: u64,
    /// GitHub's validator; a proxy may have taken it away.
    pub etag: Option<String>,
    /// What the answer was, so that one that came without a validator is known again.
    pub content: [u8; 32],
}

/// Where marks are kept.
#[async_trait]
pub trait Validators: Send + Sync {
    /// The mark of what was read last at this address.
    async fn get(&self, url: &str) -> Option<Mark>;

    /// Keeps a mark in place of the one before.
    async fn put(&self, mark: Mark);
}

/// Marks of this process only.
#[derive(Debug, Default)]
pub struct MemoryValidators(Mutex<HashMap<String, Mark>>);

#[async_trait]
impl Validators for MemoryValidators {
    async fn get(&self, url: &str) -> Option<Mark> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(url).cloned()
    }

    async fn put(&self, mark: Mark) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(mark.url.clone(), mark);
    }
}

impl GitHub {
    /// Reads something unless it is what was remembered.
    ///
    /// # Errors
    /// When GitHub does not answer, or not with it.
    pub async fn look<T: DeserializeOwned>(&self, read: &Read<T>, class: Class) -> Result<Fresh<T>> {
        let ask = self.ask(Method::GET, &read.path, class)?.narrowed(read);
        let known = self.validators.get(ask.url.as_str()).await;
        let condition = known.as_ref().and_then(Mark::condition);
        let answer = self.send(&ask, condition.as_ref()).await?;
        if answer.status == StatusCode::NOT_MODIFIED {
            return Ok(Fresh::Same);
        }
        let mark = Mark::of(ask.url.as_str(), &answer);
        let value = answer.value(&ask)?;
        let unchanged = known.is_some_and(|known| known.content == mark.content && known.etag == mark.etag);
        Ok(if unchanged { Fresh::Same } else { Fresh::New(value, mark) })
    }

    /// From now on this answer is no news.
    pub async fn remember(&self, mark: Mark) {
        self.validators.put(mark).await;
    }
}

impl Mark {
    fn of(url: &str, answer: &Answer) -> Self {
        Self {
            url: url.to_owned(),
            generation: answer.generation,
            etag: answer.etag().map(str::to_owned),
            content: Sha256::digest(&answer.body).into(),
        }
    }

    fn condition(&self) -> Option<Known> {
        Some((self.generation, self.etag.clone()?))
    }
}
