//! What the tests of this room share: a small HTTP server on a real socket, which says what it was asked.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use reqwest::Url;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use super::{GitHub, GithubError, MemoryValidators, Token, Tokens};
use crate::domain::secret::Secret;

/// A request as it came over the wire.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// `GET /x?y HTTP/1.1` and the headers.
    pub(super) head: String,
    pub(super) body: String,
}

impl Asked {
    pub(super) fn line(&self) -> &str {
        self.head.lines().next().unwrap().trim_end_matches(" HTTP/1.1")
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v)
    }
}

/// Answers each request with the next of its texts, byte for byte, and closes; a request after the last one is not answered.
pub(super) struct Server {
    pub(super) url: Url,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub(super) async fn answering<S: Into<String>>(answers: impl IntoIterator<Item = S>) -> Self {
        let answers: Vec<String> = answers.into_iter().map(Into::into).collect();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            let mut answers = answers.into_iter();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let request = request(&mut stream).await;
                heard.lock().unwrap().push(request);
                if let Some(answer) = answers.next() {
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            }
        });
        Self { url, asked, task }
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(super) fn client(&self) -> GitHub {
        client_of(self.url.clone(), Given::token("t0ken-canary"))
    }
}

/// An answer with a JSON body and these headers, each with its line end.
pub(super) fn answer(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
}

pub(super) fn client_of(api: Url, tokens: Given) -> GitHub {
    GitHub::new(api, Arc::new(tokens), Arc::new(MemoryValidators::default())).unwrap()
}

/// Tokens as a test gives them; the first is replaced by the second when it is refused.
pub(super) struct Given(pub(super) Vec<Token>);

impl Given {
    pub(super) fn token(text: &str) -> Self {
        Self(vec![Token { secret: Secret::new(text), generation: 1 }])
    }
}

#[async_trait]
impl Tokens for Given {
    async fn token(&self) -> Result<Token, GithubError> {
        self.0.first().cloned().ok_or(GithubError::NotConnected)
    }

    async fn refused(&self, _: &Token) -> Result<Option<Token>, GithubError> {
        Ok(self.0.get(1).cloned())
    }
}

async fn request(stream: &mut TcpStream) -> Asked {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let asked = Asked { head: head.to_owned(), body: body.to_owned() };
            if asked.body.len() >= asked.header("content-length").map_or(0, |n| n.parse().unwrap()) {
                return asked;
            }
        }
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).await.unwrap();
        assert!(read > 0, "the request broke off");
        bytes.extend_from_slice(&chunk[..read]);
    }
}
