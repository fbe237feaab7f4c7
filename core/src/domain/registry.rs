//! Registries.
//!
//! Owns: which kinds there are and how one is named. Must never know: HTTP, AWS or passwords.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{id::RegistryId, name::Name, secret::Secret};

/// A place where images are pushed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Registry {
    /// Its id on this laptop.
    pub id: RegistryId,
    /// What the user calls it; `plimsoll.toml` refers to it by this name.
    pub name: Name,
    /// What it is.
    pub kind: RegistryKind,
    /// When it was added.
    pub added: Timestamp,
}

/// What a registry is and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum RegistryKind {
    /// Any registry of the OCI distribution API with basic auth or none.
    Oci {
        /// `host` or `host:port`.
        host: String,
        /// Path before the repository, e.g. a Docker Hub user. May be empty.
        prefix: String,
        /// Login name; the password is in the keychain.
        user: Option<String>,
        /// Spoken to over plain HTTP.
        plain_http: bool,
    },
    /// Amazon ECR, through the standard AWS credential chain.
    Ecr {
        /// e.g. `eu-west-1`; `None` takes the profile's.
        region: Option<String>,
        /// A profile of the AWS configuration.
        profile: Option<String>,
        /// Path before the repository. May be empty.
        prefix: String,
        /// Another endpoint of the ECR API (VPC endpoints, tests).
        endpoint: Option<String>,
    },
}

/// A login to one registry host, as it travels with a request. Never stored, never printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryAuth {
    /// `host` or `host:port`, as image names begin.
    pub host: String,
    /// Login name.
    pub user: String,
    /// Password or token.
    pub password: Secret,
}
