//! Bringing a commit's content to a builder, and only what it lacks.
//!
//! Owns: the questions, the packs and counting their bytes. Must never know: what is built from it.

use std::collections::{BTreeMap, BTreeSet};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};

use super::{
    content::{Content, Tree},
    script::Script,
};
use crate::{
    build::{BuildError, BuildJob, SourceReport},
    domain::commit::CommitId,
    git::LfsFile,
    host::{HostError, Running},
};

/// What a builder answered.
#[derive(Default)]
pub(super) struct Prepared {
    /// Its folder for what must not reach a disk.
    pub(super) run: String,
    /// It has no memory for that, so the folder is on a disk.
    pub(super) on_disk: bool,
    ready: BTreeSet<String>,
    haves: BTreeMap<String, Vec<CommitId>>,
    lacks: BTreeSet<String>,
}

/// Brings what is missing.
pub(super) async fn deliver(script: &Script, job: &BuildJob) -> Result<SourceReport, BuildError> {
    let before = script.host().traffic().sent;
    let content = Content::of(job).await?;
    let prepared = prepare(script, job, &content, "source").await?;
    let payload_bytes = send_missing(script, job, &content, &prepared).await?;
    let wire_bytes_up = script.host().traffic().sent.saturating_sub(before);
    Ok(SourceReport { payload_bytes, wire_bytes_up, was_there: payload_bytes == 0 })
}

/// Sends what a builder said it lacks and returns how many bytes that took.
pub(super) async fn send_missing(
    script: &Script,
    job: &BuildJob,
    content: &Content,
    prepared: &Prepared,
) -> Result<u64, BuildError> {
    let mut payload = 0;
    for tree in content.trees.iter().filter(|tree| !prepared.ready.contains(&tree.key)) {
        payload += send_pack(script, tree, prepared.haves.get(&tree.key).map_or(&[], Vec::as_slice)).await?;
    }
    let mut lacks = prepared.lacks.clone();
    for file in &content.large {
        if lacks.remove(&file.oid) {
            payload += send_large(script, job, file).await?;
        }
    }
    Ok(payload)
}

/// Asks in one call what of a commit's content is there.
pub(super) async fn prepare(script: &Script, job: &BuildJob, content: &Content, build: &str) -> Result<Prepared, BuildError> {
    let mut questions = String::new();
    for tree in &content.trees {
        questions.push_str(&format!("commit {} {}\n", tree.key, tree.commit));
    }
    for file in &content.large {
        questions.push_str(&format!("large {}\n", file.oid));
    }
    let output = script.call(&["prepare", &job.project.to_string(), build], questions.as_bytes()).await?;
    if !output.success() {
        return Err(script.error("prepare", output.status, &output.stderr));
    }
    Ok(parse(&output.text()))
}

fn parse(answer: &str) -> Prepared {
    let mut prepared = Prepared::default();
    for line in answer.lines() {
        match line.split_once(' ') {
            None => prepared.on_disk |= line == "disk",
            Some(("run", folder)) => prepared.run = folder.to_owned(),
            Some(("ready", key)) => drop(prepared.ready.insert(key.to_owned())),
            Some(("lacks", oid)) => drop(prepared.lacks.insert(oid.to_owned())),
            Some(("have", pair)) => {
                if let Some((key, Ok(commit))) = pair.split_once(' ').map(|(key, id)| (key, id.parse())) {
                    prepared.haves.entry(key.to_owned()).or_default().push(commit);
                }
            }
            _ => {}
        }
    }
    prepared
}

async fn send_pack(script: &Script, tree: &Tree, haves: &[CommitId]) -> Result<u64, BuildError> {
    let mut pack = tree.repo.pack(&tree.commit, haves).await?;
    let running = script.start(&["receive", &tree.key, tree.commit.as_str()]).await?;
    let sent = send(script, "receive", running, &mut pack.stdout).await;
    // A pack that broke off looks refused to the builder, and a refusal ends git by a signal.
    match (pack.finish().await, sent) {
        (Err(error), sent) if !error.is_signal() || sent.is_ok() => Err(error.into()),
        (_, sent) => sent,
    }
}

async fn send_large(script: &Script, job: &BuildJob, file: &LfsFile) -> Result<u64, BuildError> {
    let failed = |source| BuildError::Io { what: format!("reading {}", file.path), source };
    let mut content = tokio::fs::File::open(&file.content).await.map_err(failed)?;
    let running = script.start(&["large", &job.project.to_string(), &file.oid]).await?;
    send(script, "large", running, &mut content).await
}

/// Feeds a verb with a stream and returns how many bytes went in.
async fn send(
    script: &Script,
    what: &'static str,
    running: Running,
    from: &mut (impl AsyncRead + Unpin),
) -> Result<u64, BuildError> {
    let Running { mut stdin, stdout, stderr, status } = running;
    let feed = async {
        let copied = tokio::io::copy(from, &mut stdin).await;
        let closed = stdin.shutdown().await;
        drop(stdin);
        copied.and_then(|bytes| closed.map(|()| bytes))
    };
    let (copied, _, stderr) = tokio::join!(feed, read_some(stdout), read_some(stderr));
    match status.await? {
        0 => copied.map_err(|error| lost(script, &error)),
        status => Err(script.error(what, status, &stderr)),
    }
}

fn lost(script: &Script, error: &std::io::Error) -> BuildError {
    HostError::ContactLost { host: script.host().name().to_owned(), reason: error.to_string() }.into()
}

/// Reads a stream to its end and keeps the first 64 KiB. A stream that breaks has a status that says why.
async fn read_some(mut stream: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut buffer = vec![0; 8 << 10];
    while let Ok(n @ 1..) = stream.read(&mut buffer).await {
        let room = (64_usize << 10).saturating_sub(kept.len());
        kept.extend_from_slice(&buffer[..n.min(room)]);
    }
    kept
}
