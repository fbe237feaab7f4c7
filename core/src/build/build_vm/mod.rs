//! A machine with Docker and buildx that builds and pushes.
//!
//! Owns: that machine's part of a build. Must never know: what becomes of the images.

mod content;
mod order;
mod outcome;
mod run;
mod script;
mod source;

use std::sync::Arc;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

pub(super) use script::Script;

use super::{BuildError, BuildJob, BuildSink, Builder, Built, Ended, SourceReport, platforms};
use crate::{
    domain::{platform::Platform, server::DockerAccess},
    host::Host,
};

/// A builder on any host: a build VM over ssh, or this machine.
pub struct BuildVm {
    script: Script,
    label: String,
}

impl BuildVm {
    /// Builds on a server with the role *build*.
    #[must_use]
    pub fn new(host: Arc<dyn Host>, access: &DockerAccess) -> Self {
        let label = format!("build VM {}", host.name());
        Self { script: Script::new(host, access), label }
    }

    /// The same under another label.
    pub(super) fn labelled(host: Arc<dyn Host>, access: &DockerAccess, label: &str) -> Self {
        Self { script: Script::new(host, access), label: label.to_owned() }
    }
}

#[async_trait]
impl Builder for BuildVm {
    fn label(&self) -> String {
        self.label.clone()
    }

    async fn platforms(&self) -> Result<Vec<Platform>, BuildError> {
        platforms::ask(&self.script).await
    }

    async fn source(&self, job: &BuildJob, cancel: &CancellationToken) -> Result<Ended<SourceReport>, BuildError> {
        // Nothing but objects is left behind by a source that is cut off, so dropping it is enough.
        match cancel.run_until_cancelled(source::deliver(&self.script, job)).await {
            Some(report) => report.map(Ended::Done),
            None => Ok(Ended::Cancelled),
        }
    }

    async fn build(&self, job: &BuildJob, sink: &dyn BuildSink, cancel: &CancellationToken) -> Result<Ended<Built>, BuildError> {
        run::build(&self.script, job, sink, cancel).await
    }
}
