//! This machine as the builder, behind a check of its disk.
//!
//! Owns: that check. Must never know: how a build goes.

use std::sync::Arc;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::{BuildError, BuildJob, BuildSink, BuildVm, Builder, Built, Ended, SourceReport};
use crate::{
    domain::{bytes::Bytes, platform::Platform, server::DockerAccess},
    host::Host,
};

/// Builds on this machine.
pub struct Local {
    vm: BuildVm,
}

impl Local {
    /// This machine, if it has room: `free` where its engine keeps images, `needed` from earlier builds.
    ///
    /// # Errors
    /// [`BuildError::LittleSpace`].
    pub fn checked(host: Arc<dyn Host>, access: &DockerAccess, free: Bytes, needed: Bytes) -> Result<Self, BuildError> {
        if free < needed {
            return Err(BuildError::LittleSpace { free, needed });
        }
        Ok(Self { vm: BuildVm::labelled(host, access, "this machine") })
    }
}

#[async_trait]
impl Builder for Local {
    fn label(&self) -> String {
        self.vm.label()
    }

    async fn platforms(&self) -> Result<Vec<Platform>, BuildError> {
        self.vm.platforms().await
    }

    async fn source(&self, job: &BuildJob, cancel: &CancellationToken) -> Result<Ended<SourceReport>, BuildError> {
        self.vm.source(job, cancel).await
    }

    async fn build(&self, job: &BuildJob, sink: &dyn BuildSink, cancel: &CancellationToken) -> Result<Ended<Built>, BuildError> {
        self.vm.build(job, sink, cancel).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Local;
    use crate::{
        build::{BuildError, Builder},
        domain::{bytes::Bytes, server::DockerAccess},
        host::local::LocalHost,
        problem::{Code, Problem},
    };

    #[test]
    fn too_little_space_is_refused_with_both_numbers() {
        let local =
            |free, needed| Local::checked(Arc::new(LocalHost::new("here")), &DockerAccess::Sudo, Bytes(free), Bytes(needed));
        assert_eq!(local(10_000, 10_000).unwrap().label(), "this machine");
        let Err(error) = local(9_000_000, 10_000_000) else { panic!("it must be refused") };
        assert!(matches!(error, BuildError::LittleSpace { .. }));
        let problem = Problem::from(error);
        assert_eq!((problem.code, problem.detail.as_str()), (Code::DiskFull, "9.00 MB are free, about 10.0 MB are needed"));
    }
}
