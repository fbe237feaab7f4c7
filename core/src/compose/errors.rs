//! Why `docker compose config` failed.
//!
//! Owns: the one place that looks at a program's message text, because Compose has an exit status for a missing env file (14) and
//! one for everything else that is wrong with a file (15), and no more. Texts as printed by Compose 2.26; one that is not
//! recognized becomes [`RenderFailure::Invalid`] or [`RenderFailure::Other`] with the text as it is.
//! Must never know: who ran it.

/// Why there is no rendered file. A fragment fit for "cannot render … because …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderFailure {
    /// `${NAME:?…}` and no value.
    #[error("{}", needed(.name, .message))]
    VariableRequired {
        /// The variable.
        name: String,
        /// What the file says about it.
        message: String,
    },
    /// A required `env_file` does not exist.
    #[error("the env_file {path} does not exist")]
    EnvFileMissing {
        /// As Compose names it.
        path: String,
    },
    /// Compose does not accept the file.
    #[error("{text}")]
    Invalid {
        /// What Compose printed.
        text: String,
    },
    /// Something else went wrong: no such program, killed, …
    #[error("{text}")]
    Other {
        /// What was printed.
        text: String,
    },
}

const ENV_FILE_MISSING: i32 = 14;
const INVALID_FILE: i32 = 15;

/// Understands a failure from the exit status and standard error.
#[must_use]
pub fn classify(status: i32, stderr: &str) -> RenderFailure {
    let text = without_warnings(stderr);
    if status == ENV_FILE_MISSING
        && let Some(path) = missing_env_file(&text)
    {
        return RenderFailure::EnvFileMissing { path };
    }
    if let Some((name, message)) = required_variable(&text) {
        return RenderFailure::VariableRequired { name, message };
    }
    match status {
        ENV_FILE_MISSING | INVALID_FILE => RenderFailure::Invalid { text },
        _ => RenderFailure::Other { text },
    }
}

fn needed(name: &str, message: &str) -> String {
    if message.is_empty() {
        format!("the variable {name} is required")
    } else {
        format!("the variable {name} is required: {message}")
    }
}

/// Compose logs warnings (`time="…" level=warning msg=…`) before the error.
fn without_warnings(stderr: &str) -> String {
    let is_warning = |line: &&str| line.starts_with("time=\"") && line.contains("level=warning");
    stderr.lines().filter(|line| !is_warning(line)).collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// `[error while interpolating PATH: ]required variable NAME is missing a value[: MESSAGE]`
fn required_variable(text: &str) -> Option<(String, String)> {
    let (_, after) = text.split_once("required variable ")?;
    let (name, message) = after.split_once(" is missing a value")?;
    Some((name.to_owned(), message.trim_start_matches(':').trim().to_owned()))
}

/// `env file PATH not found: …`
fn missing_env_file(text: &str) -> Option<String> {
    let (path, _) = text.strip_prefix("env file ")?.split_once(" not found: ")?;
    Some(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{RenderFailure, classify};

    #[test]
    fn a_required_variable_is_named_with_its_message() {
        let stderr = "time=\"2026-11-20T03:53:13Z\" level=warning msg=\"The \\\"X\\\" variable is not set. Defaulting to a blank \
                      string.\"\nerror while interpolating services.a.image: required variable DB is missing a value: set it please\n";
        let expected = RenderFailure::VariableRequired { name: "DB".into(), message: "set it please".into() };
        assert_eq!(classify(15, stderr), expected);
        let in_env_file = classify(15, "required variable NEED is missing a value\n");
        assert_eq!(in_env_file, RenderFailure::VariableRequired { name: "NEED".into(), message: String::new() });
    }

    #[test]
    fn a_missing_env_file_is_named() {
        let stderr = "env file /srv/a b/nope.env not found: stat /srv/a b/nope.env: no such file or directory\n";
        assert_eq!(classify(14, stderr), RenderFailure::EnvFileMissing { path: "/srv/a b/nope.env".into() });
    }

    #[test]
    fn the_rest_keeps_its_words() {
        for stderr in [
            "yaml: line 1: did not find expected ',' or '}'",
            "validating /srv/compose.yaml: services.a Additional property prots is not allowed",
            "service \"a\" depends on undefined service \"b\": invalid compose project",
            "services must be a mapping",
        ] {
            assert_eq!(classify(15, stderr), RenderFailure::Invalid { text: stderr.into() });
        }
        let text = "docker: 'compose' is not a docker command.".to_owned();
        assert_eq!(classify(1, &text), RenderFailure::Other { text });
    }
}
