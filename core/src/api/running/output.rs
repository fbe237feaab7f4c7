//! What running containers print.
//!
//! Owns: splitting it into lines and keeping secrets out of them. Must never know: who reads.

use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use jiff::Timestamp;
use serde::Serialize;

use super::{containers, find};
use crate::{
    api::Session,
    compose::dotenv,
    deploy::StackState,
    docker::{self, Engine, LineSplitter, LogOptions, LogSource},
    domain::{
        environment::Folders,
        name::{EnvironmentName, ServiceName},
        secret::Secret,
    },
    host::Host,
    problem::{Code, Problem},
    redact::Redactor,
};

/// A line that a container printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ContainerLine {
    /// Its service.
    pub service: ServiceName,
    /// When, by the engine.
    pub at: Option<Timestamp>,
    /// From standard error.
    pub stderr: bool,
    /// The text, redacted.
    pub text: String,
}

/// Whether a stream ends at the present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// It ends with what is there.
    No,
    /// It goes on with what comes.
    Yes,
}

impl From<Follow> for docker::Follow {
    fn from(follow: Follow) -> Self {
        match follow {
            Follow::No => Self::No,
            Follow::Yes => Self::Yes,
        }
    }
}

/// The output of running containers: the last `tail` lines, then what follows if `follow`.
///
/// # Errors
/// When the server cannot be reached or a service is unknown.
pub async fn logs(
    session: &Session,
    project: &str,
    environment: &EnvironmentName,
    services: &[ServiceName],
    tail: u32,
    follow: Follow,
) -> Result<BoxStream<'static, Result<ContainerLine, Problem>>, Problem> {
    let (world, located) = find(session, project, environment).await?;
    let redactor = redactor(&located.state)?;
    let options = LogOptions { follow: follow.into(), tail: Some(tail) };
    let streams = containers(&world, &located, services).await?.into_iter().filter_map(|container| {
        let service: ServiceName = container.service.as_deref()?.parse().ok()?;
        Some(lines(&world.server.engine, &container.id, service, options, redactor.clone()))
    });
    Ok(stream::select_all(streams.collect::<Vec<_>>()).boxed())
}

/// Keeps the values of a stack's variables out of what is shown; they lie in its folder on its server.
pub(in crate::api) async fn redactor_of(host: &dyn Host, folders: &Folders) -> Result<Redactor, Problem> {
    redactor(&StackState::read(host, folders).await?)
}

fn redactor(state: &StackState) -> Result<Redactor, Problem> {
    let text = state.env.as_ref().map(|text| dotenv::read(text.reveal())).transpose()?.unwrap_or_default();
    Redactor::new(text.into_values().map(Secret::new)).map_err(|error| {
        Problem::new(Code::InvalidInput, "The log cannot be shown without secrets", error.to_string(), "Set fewer variables.")
    })
}

/// What a container prints, in lines, redacted.
pub(in crate::api) fn lines(
    engine: &Engine,
    container: &str,
    service: ServiceName,
    options: LogOptions,
    redactor: Redactor,
) -> BoxStream<'static, Result<ContainerLine, Problem>> {
    let chunks = engine.logs(container, options).boxed();
    let splitters = (LineSplitter::default(), LineSplitter::default());
    let batches = stream::unfold((chunks, splitters, false), move |(mut chunks, mut split, over)| {
        let (service, redactor) = (service.clone(), redactor.clone());
        async move {
            if over {
                return None;
            }
            let line = |stderr: bool, text: &str| ContainerLine {
                service: service.clone(),
                at: None,
                stderr,
                text: redactor.text(text).into_owned(),
            };
            let (batch, over) = match chunks.next().await {
                Some(Ok(chunk)) => {
                    let stderr = chunk.source == LogSource::Stderr;
                    let splitter = if stderr { &mut split.1 } else { &mut split.0 };
                    (splitter.push(&chunk.bytes).iter().map(|text| Ok(line(stderr, text))).collect(), false)
                }
                Some(Err(error)) => (vec![Err(Problem::from(error))], true),
                None => {
                    let rest = [(false, split.0.finish()), (true, split.1.finish())];
                    split = (LineSplitter::default(), LineSplitter::default());
                    (rest.into_iter().filter_map(|(stderr, text)| Some(Ok(line(stderr, &text?)))).collect::<Vec<_>>(), true)
                }
            };
            Some((stream::iter(batch), (chunks, split, over)))
        }
    });
    batches.flatten().boxed()
}
