//! JSON for programs.
//!
//! Owns: the lines that `--json` prints. Must never know: terminals.
//!
//! Every line is one JSON value; times are RFC 3339, durations milliseconds, sizes bytes, ids and digests strings.
//! Text from elsewhere (branches, logs) arrives unchanged, as JSON strings. New types and new fields may come; known
//! ones keep their meaning.
//!
//! # `deploy --json` and `rollback --json`
//!
//! One object per event, told apart by `type`. Numbered events carry `index` (0, 1, 2, …, without gaps)
//! and `at`; those that the server told also `journal`, their number there, and `at` by the server's clock.
//!
//! | `type` | fields | meaning |
//! |---|---|---|
//! | `started` | `deployment` | the deployment began |
//! | `resolved` | `commit {id, subject, author, at, branch, dirty}` | the commit is known |
//! | `release_known` | `release`, `previous` | the release is known, and the one that serves |
//! | `stage_started` | `stage`, `estimate_ms` | a stage began; the estimate comes from the project's history |
//! | `stage_finished` | `stage`, `ms`, `note` | a stage ended well |
//! | `stage_skipped` | `stage`, `reason` | a stage had nothing to do |
//! | `stage_failed` | `stage`, `ms` | a stage failed; the problem comes with `finished` |
//! | `step_started` | `stage`, `step`, `service` | a step inside a stage began |
//! | `step_finished` | `stage`, `step`, `service`, `ms`, `ok`, `note` | it ended |
//! | `source_sent` | `payload_bytes`, `wire_bytes_up` | what travelled to the builder; the wire's count has ssh's own in it |
//! | `note` | `stage`, `text` | a fact worth keeping |
//! | `detached` | `reason` | the server goes on without this process |
//! | `progress` | `stage`, `subject`, `done`, `total`, `unit` | not numbered; the latest amount (`bytes` or `steps`) |
//! | `log` | `at`, `stage`, `source`, `text` | not numbered; a line of output, only with `-v` |
//! | `finished` | `status`, `deployment`, `release`, `stages`, `problem` | not numbered; always the last line |
//!
//! `stage` is one of `resolve preflight source build gate stage pull swap record`. `stages` of `finished` holds
//! `{step, ms}` for every stage that ran. `status` is `live`, `nothing_to_do`, `rolled_back`, `failed` or `cancelled`;
//! with exit status 5 it is `running`: contact is lost or was given up, the server goes on and `plimsoll resume` tells
//! the end. `problem` is `null` or `{code, title, detail, hint}`.
//!
//! With `--plan` the only line is `{"type":"plan", …}`: the plan with its services, reasons and warnings.
//!
//! # Every command
//!
//! | `type` | fields | meaning |
//! |---|---|---|
//! | `error` | `problem` | the act was not done (for a deployment: it did not begin); the exit status says how bad |
//!
//! `logs` prints one object per line: of a deployment `{number, at, stage, source, text}`, of containers
//! `{service, at, stderr, text}`, as `server logs` does. `server show` is `{load, containers}`, `env get` `{name, value}`,
//! `diagnostics` `{text}`. Lists and all other answers are one value on one line, without `type`.

use std::io::{self, Write};

use plimsoll_core::{
    domain::{
        deployment::{Stage, Status},
        event::{LogLine, Progress},
        id::DeploymentId,
        release::ReleaseId,
    },
    plan::deploy::DeployPlan,
    problem::Problem,
};
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use crate::render::{neutral::harmless, story::Story};

/// What `deploy --help` says about `--json`.
pub(crate) const DEPLOY_LONG_HELP: &str = "\
Examples:
  plimsoll deploy shop
  plimsoll deploy shop --plan
  plimsoll deploy shop --commit v1.4 --env staging
  plimsoll deploy shop --service api --service worker
  plimsoll deploy shop --json | tail -n 1

Stopping:
  Before the swap Ctrl-C stops and cleans up. During the swap it asks whether the server goes on alone (detach) or
  undoes it. Without a terminal SIGINT undoes; SIGTERM and SIGHUP detach.

With --json every line is an object with a type; numbered events carry index and at:
  started         deployment
  resolved        commit {id, subject, author, at, branch, dirty}
  release_known   release, previous
  stage_started   stage, estimate_ms
  stage_finished  stage, ms, note
  stage_skipped   stage, reason
  stage_failed    stage, ms
  step_started    stage, step, service
  step_finished   stage, step, service, ms, ok, note
  source_sent     payload_bytes, wire_bytes_up
  note            stage, text
  detached        reason
  progress        stage, subject, done, total, unit (bytes or steps); not numbered
  log             at, stage, source, text; not numbered, only with -v
  plan            the plan; the only line with --plan
  error           problem; the only line when the deployment cannot begin
  finished        status, deployment, release, stages [{step, ms}], problem; always the last line
Stages: resolve preflight source build gate stage pull swap record.
Status: live, nothing_to_do, rolled_back, failed, cancelled; running with exit status 5.
Problem: null or {code, title, detail, hint}.

Exit status:
  0 live or nothing to do, 1 failed or rolled back with the old release proven serving, 2 usage,
  3 refused before anything moved, 4 neither release proven serving, 5 contact lost while the server goes on,
  130 cancelled";

/// A line that is not a numbered event.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Line<'a> {
    /// The latest amount of something.
    Progress(&'a Progress),
    /// A line of output.
    Log(&'a LogLine),
    /// What would happen.
    Plan(&'a DeployPlan),
    /// The act was not done.
    Error { problem: &'a Problem },
    /// The end.
    Finished {
        status: Status,
        deployment: Option<DeploymentId>,
        release: Option<&'a ReleaseId>,
        stages: Vec<StageTime>,
        problem: Option<&'a Problem>,
    },
}

/// A stage that ran.
#[derive(Debug, Serialize)]
pub(crate) struct StageTime {
    step: Stage,
    ms: u64,
}

/// The last line of a deployment.
pub(crate) fn finished(story: &Story) -> Line<'_> {
    Line::Finished {
        status: story.settled_status(),
        deployment: story.deployment,
        release: story.release.as_ref(),
        stages: story.stages.iter().map(|(step, ms)| StageTime { step: *step, ms: *ms }).collect(),
        problem: story.problem.as_ref(),
    }
}

/// One value on one line, without its end. What a terminal would obey is escaped; the value stays the same.
pub(crate) fn line(value: &impl Serialize) -> Vec<u8> {
    let mut line = Vec::new();
    let written = value.serialize(&mut Serializer::with_formatter(&mut line, Escaped));
    debug_assert!(written.is_ok(), "every answer is serializable: {written:?}");
    line
}

struct Escaped;

impl Formatter for Escaped {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        for c in fragment.chars() {
            let mut units = [0; 2];
            match c {
                _ if harmless(c) => write!(out, "{c}")?,
                _ => c.encode_utf16(&mut units).iter().try_for_each(|unit| write!(out, "\\u{unit:04x}"))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::line;
    use crate::render::neutral::harmless;

    #[test]
    fn json_says_the_same_and_shows_nothing_to_obey() {
        let text = "a\u{9b}2J \u{1b}]0;x\u{7}\u{7f} \u{202e}\u{e0041} \"größe\" \\ 修";
        let line = String::from_utf8(line(&text)).unwrap();
        assert!(line.chars().all(harmless), "{line:?}");
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
    }
}
