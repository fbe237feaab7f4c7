//! The only error that leaves core: what happened, why, what to do next.
//!
//! Owns: the codes and the shape. Must never know: terminals, windows, HTTP.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What happened, why, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Problem {
    /// Stable, for programs and for the copy table.
    pub code: Code,
    /// What happened, present tense, one line, no full stop.
    pub title: String,
    /// Why: the cause as it was reported, quoted; may have several lines.
    pub detail: String,
    /// What to do next, an imperative sentence.
    pub hint: String,
}

impl Problem {
    /// Puts one together.
    #[must_use]
    pub fn new(code: Code, title: impl Into<String>, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, title: title.into(), detail: detail.into(), hint: hint.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.title, self.detail)
    }
}

impl std::error::Error for Problem {}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident => $text:literal,)*) => {
        /// Every kind of problem, by the room it comes from.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "specta", derive(specta::Type))]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl Code {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its stable text.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

codes! {
    /// A bug of ours.
    Internal => "internal",
    /// A name, reference or setting that the user gave is not valid.
    InvalidInput => "invalid_input",
    /// Nothing has that name.
    NotFound => "not_found",
    /// Something has that name already.
    AlreadyExists => "already_exists",
    /// `plimsoll.toml` cannot be read.
    SettingsInvalid => "settings_invalid",
    /// A setting that this act needs is missing.
    SettingsIncomplete => "settings_incomplete",
    /// The host did not answer.
    HostUnreachable => "host_unreachable",
    /// The host's key is not known yet.
    HostKeyUnknown => "host_key_unknown",
    /// The host shows another key, or a key of another type, than the pinned one.
    HostKeyChanged => "host_key_changed",
    /// The host refused the login.
    AuthRefused => "auth_refused",
    /// A private key needs its passphrase.
    KeyLocked => "key_locked",
    /// The ssh configuration would run a command that was not consented to.
    SshConsentNeeded => "ssh_consent_needed",
    /// The connection broke and did not come back.
    ContactLost => "contact_lost",
    /// A command on a host failed.
    CommandFailed => "command_failed",
    /// Something took longer than its deadline.
    TimedOut => "timed_out",
    /// The engine does not answer on that machine.
    EngineDown => "engine_down",
    /// A required program is missing on that machine.
    RequirementMissing => "requirement_missing",
    /// The folder is no git repository, or has no commit, or is in mid-rebase.
    RepositoryUnusable => "repository_unusable",
    /// The reference names no commit.
    CommitUnknown => "commit_unknown",
    /// The Compose file cannot be read.
    ComposeInvalid => "compose_invalid",
    /// A variable that the Compose file requires is not set.
    VariableMissing => "variable_missing",
    /// A file that the release needs exists neither in git nor on the server.
    FileMissing => "file_missing",
    /// The registry does not answer.
    RegistryUnreachable => "registry_unreachable",
    /// The registry refuses these credentials.
    RegistryRefused => "registry_refused",
    /// The AWS credentials lack a right.
    AwsDenied => "aws_denied",
    /// No password is known for the registry.
    CredentialsMissing => "credentials_missing",
    /// The keychain is locked or absent.
    KeychainUnavailable => "keychain_unavailable",
    /// No account of GitHub is connected.
    GithubNotConnected => "github_not_connected",
    /// GitHub refuses the token, or what was asked for.
    GithubRefused => "github_refused",
    /// The token lacks a permission.
    GithubPermission => "github_permission",
    /// GitHub does not answer, or is not well.
    GithubUnreachable => "github_unreachable",
    /// GitHub allows no more requests for now.
    GithubRateLimited => "github_rate_limited",
    /// GitHub has no such repository, or does not show it to this token.
    GithubRepository => "github_repository",
    /// The build failed.
    BuildFailed => "build_failed",
    /// Building there is refused: it is the machine that serves.
    BuildRefused => "build_refused",
    /// The builder cannot build for the server's platform.
    BuilderPlatform => "builder_platform",
    /// An image of the release does not exist in the registry.
    ImageMissing => "image_missing",
    /// An image exists only for another platform.
    WrongPlatform => "wrong_platform",
    /// Not enough free bytes.
    DiskFull => "disk_full",
    /// Not enough free inodes.
    InodesFull => "inodes_full",
    /// Not enough free memory for old and new together.
    MemoryShort => "memory_short",
    /// Somebody else is deploying to this environment.
    Locked => "locked",
    /// The pull failed.
    PullFailed => "pull_failed",
    /// The release command failed.
    ReleaseCommandFailed => "release_command_failed",
    /// A service did not become healthy in time.
    Unhealthy => "unhealthy",
    /// A container of the new release keeps crashing.
    CrashLoop => "crash_loop",
    /// A container of the new release was killed for its memory.
    OutOfMemory => "out_of_memory",
    /// What runs is not what was asked for.
    WrongImage => "wrong_image",
    /// The swap failed for another reason.
    SwapFailed => "swap_failed",
    /// The undo failed too; the detail says exactly what runs.
    RollbackFailed => "rollback_failed",
    /// The release can no longer be restored.
    NotRestorable => "not_restorable",
    /// The database of this laptop is damaged; a backup was restored.
    DatabaseDamaged => "database_damaged",
    /// The database belongs to a newer Plimsoll.
    DatabaseNewer => "database_newer",
    /// The laptop's disk is full.
    LaptopDiskFull => "laptop_disk_full",
    /// A program this laptop needs is missing.
    ToolMissing => "tool_missing",
    /// Reading or writing a local file failed.
    LocalFile => "local_file",
    /// Plimsoll ended before the swap began.
    Interrupted => "interrupted",
    /// The user said no, or nobody was there to say yes.
    ConsentMissing => "consent_missing",
    /// Builders of this kind are not available yet.
    Unsupported => "unsupported",
}
