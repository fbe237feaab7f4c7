//! Core's questions, put to the person through the page.
//!
//! Owns: which questions are open. Must never know: how they look. An act that core asks about goes on only after an answer
//! to that very question, so the page cannot delete anything by a call alone.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use plimsoll_core::{
    api::{Answer, Ask, Question},
    domain::secret::Secret,
};
use serde::{Deserialize, Serialize};
use specta::Type;
use tauri_specta::Event;
use tokio::sync::oneshot;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case", tag = "type")]
pub(crate) enum Asked {
    /// Yes or no.
    Confirm {
        /// About what.
        question: Question,
    },
    /// A text that must not be seen.
    Secret {
        /// Which, in words: "Passphrase of /home/ann/.ssh/id_ed25519".
        prompt: String,
    },
}

/// A question that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub(crate) struct OpenQuestion {
    /// By which it is answered.
    pub(crate) id: u32,
    /// What is asked.
    pub(crate) asked: Asked,
}

/// What the person said.
#[derive(Clone, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "said")]
pub(crate) enum Said {
    /// Yes, or go on.
    Yes,
    /// No, or cancel.
    No,
    /// The text that was asked for.
    Text {
        /// It.
        text: String,
    },
}

/// Tells the page that the open questions are others now (`questions_open`).
#[derive(Debug, Clone, Serialize, Deserialize, Type, Event)]
pub(crate) struct QuestionsChanged;

struct Waiting {
    asked: Asked,
    answer: oneshot::Sender<Said>,
}

/// Tells whoever shows questions that there is one more, or one less; says whether anybody can be asked.
type Tell = dyn Fn() -> bool + Send + Sync;

/// The open questions. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Questions {
    open: Arc<Mutex<(u32, BTreeMap<u32, Waiting>)>>,
    tell: Arc<Tell>,
    told: Arc<AtomicBool>,
}

impl Questions {
    /// With someone to tell.
    pub(crate) fn new(tell: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self { open: Arc::default(), tell: Arc::new(tell), told: Arc::default() }
    }

    /// Those that wait, oldest first.
    pub(crate) fn open(&self) -> Vec<OpenQuestion> {
        self.lock().1.iter().map(|(id, waiting)| OpenQuestion { id: *id, asked: waiting.asked.clone() }).collect()
    }

    /// Whether a secret was given: it is remembered by this process alone.
    pub(crate) fn has_told_secrets(&self) -> bool {
        self.told.load(Ordering::Relaxed)
    }

    /// Answers one; `false` when it does not wait any more.
    pub(crate) fn answer(&self, id: u32, said: Said) -> bool {
        let waiting = self.lock().1.remove(&id);
        let heard = waiting.is_some_and(|waiting| waiting.answer.send(said).is_ok());
        (self.tell)();
        heard
    }

    /// The page is gone: nobody is there to answer.
    pub(crate) fn abandon(&self) {
        self.lock().1.clear();
    }

    async fn put(&self, asked: Asked) -> Option<Said> {
        let (answer, answered) = oneshot::channel();
        let id = {
            let mut open = self.lock();
            open.0 += 1;
            let id = open.0;
            open.1.insert(id, Waiting { asked, answer });
            id
        };
        // An act that is given up takes its question along.
        let _gone = Gone { questions: self.clone(), id };
        if !(self.tell)() {
            return None;
        }
        answered.await.ok()
    }

    fn lock(&self) -> MutexGuard<'_, (u32, BTreeMap<u32, Waiting>)> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Gone {
    questions: Questions,
    id: u32,
}

impl Drop for Gone {
    fn drop(&mut self) {
        if self.questions.lock().1.remove(&self.id).is_some() {
            (self.questions.tell)();
        }
    }
}

#[async_trait]
impl Ask for Questions {
    async fn confirm(&self, question: Question) -> Answer {
        match self.put(Asked::Confirm { question }).await {
            Some(Said::Yes) => Answer::Yes,
            Some(Said::No | Said::Text { .. }) => Answer::No,
            None => Answer::Nobody,
        }
    }

    async fn secret(&self, prompt: &str) -> Option<Secret> {
        match self.put(Asked::Secret { prompt: prompt.to_owned() }).await {
            Some(Said::Text { text }) => {
                self.told.store(true, Ordering::Relaxed);
                Some(Secret::new(text))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_core::api::{Answer, Ask, Question};

    use super::{Questions, Said};

    fn delete() -> Question {
        Question::Delete { what: "the server web".into(), consequences: Vec::new(), typed: None }
    }

    #[tokio::test]
    async fn an_answer_reaches_its_question_once() {
        let questions = Questions::new(|| true);
        let asking = tokio::spawn({
            let questions = questions.clone();
            async move { (questions.confirm(delete()).await, questions.secret("Password").await) }
        });
        for said in [Said::Yes, Said::Text { text: "s3cret".into() }] {
            let id = loop {
                if let [one] = &questions.open()[..] {
                    break one.id;
                }
                tokio::task::yield_now().await;
            };
            assert!(questions.answer(id, said.clone()));
            assert!(!questions.answer(id, said));
        }
        let (yes, secret) = asking.await.unwrap();
        assert_eq!((yes, secret.unwrap().reveal()), (Answer::Yes, "s3cret"));
    }

    #[tokio::test]
    async fn without_a_page_nobody_is_asked() {
        assert_eq!(Questions::new(|| false).confirm(delete()).await, Answer::Nobody);
    }

    #[tokio::test]
    async fn a_page_that_goes_leaves_no_one_waiting() {
        let questions = Questions::new(|| true);
        let asking = tokio::spawn({
            let questions = questions.clone();
            async move { questions.confirm(delete()).await }
        });
        while questions.open().is_empty() {
            tokio::task::yield_now().await;
        }
        questions.abandon();
        assert_eq!(asking.await.unwrap(), Answer::Nobody);
    }
}
