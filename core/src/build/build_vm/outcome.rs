//! What became of a build.
//!
//! Owns: from status, metadata and progress to digests or the reason. Must never know: streams.

use serde_json::Value;

use super::script::{Script, is_full};
use crate::{
    build::{BuildError, BuildJob, Built, FailedBuild, progress::Tracker},
    domain::image::Digest,
};

/// buildx has one status for whatever went wrong.
const BAKE_FAILED: i32 = 1;

/// What was built, or why not.
pub(super) fn of(script: &Script, job: &BuildJob, status: i32, answer: &[u8], tracker: &Tracker) -> Result<Built, BuildError> {
    match status {
        0 => digests(script, job, answer, tracker),
        BAKE_FAILED => Err(reason(script, tracker.failure())),
        status => Err(script.error("build", status, tracker.said().as_bytes())),
    }
}

fn digests(script: &Script, job: &BuildJob, answer: &[u8], tracker: &Tracker) -> Result<Built, BuildError> {
    let unexpected = || script.error("build", 0, answer);
    let metadata: Value = serde_json::from_slice(answer).map_err(|_| unexpected())?;
    let mut built = Built::default();
    for target in &job.services {
        let digest = metadata.get(&target.target).and_then(|of| of.get("containerimage.digest"));
        let digest: Digest = digest.and_then(Value::as_str).and_then(|text| text.parse().ok()).ok_or_else(unexpected)?;
        built.digests.insert(target.service.clone(), digest);
    }
    for step in tracker.clipped() {
        let note = format!("BuildKit clipped the output of `{step}`; raise BUILDKIT_STEP_LOG_MAX_SIZE for its engine");
        if !built.notes.contains(&note) {
            built.notes.push(note);
        }
    }
    Ok(built)
}

/// BuildKit has no codes for these: their texts are those of the kernel and of registries.
fn reason(script: &Script, failed: FailedBuild) -> BuildError {
    let refusals = ["unauthorized", "denied", "no basic auth credentials", "authorization failed", "403 forbidden"];
    let text = failed.reason.to_ascii_lowercase();
    let printed = || failed.last_lines.iter().any(|line| is_full(line));
    let at_registry = ["pushing ", "exporting ", "load metadata ", "FROM "].iter().any(|at| failed.step.contains(at));
    if is_full(&text) || printed() {
        return BuildError::NoSpace { builder: script.host().name().to_owned(), detail: failed.to_string() };
    }
    if at_registry && refusals.iter().any(|refusal| text.contains(refusal)) {
        return BuildError::RegistryRefused { step: failed.step, reason: failed.reason };
    }
    BuildError::Failed(Box::new(failed))
}
