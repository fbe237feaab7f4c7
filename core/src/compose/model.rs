//! What a project's Compose files say, as far as a deployment needs it.
//!
//! Owns: the types. Values are interpolated with what is known here; what only the server knows stays visible as `${NAME}`.
//! Must never know: how they are read or used.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    finding::{Finding, Place},
    paths,
};
use crate::domain::name::ServiceName;

/// A project's Compose files, merged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// The top-level `name:`.
    pub name: Option<String>,
    /// Where the project's folder lies in its repository: empty at the root.
    pub folder: String,
    /// The folder that relative paths in the files start from, relative to the project's folder: empty, or that of the first file.
    pub directory: String,
    /// The Compose files in the order in which they are passed with `-f`, relative to the project's folder.
    pub files: Vec<String>,
    /// The services that the chosen profiles switch on, in the order of the files.
    pub services: Vec<ServiceModel>,
    /// Services that stay out because none of their profiles is switched on.
    pub inactive: Vec<InactiveService>,
    /// Top-level volumes.
    pub volumes: Vec<VolumeModel>,
    /// Top-level networks.
    pub networks: Vec<NetworkModel>,
    /// Top-level configs.
    pub configs: Vec<FileObject>,
    /// Top-level secrets.
    pub secrets: Vec<FileObject>,
    /// Every path of this project that the files name, in order, each (path, kind) once.
    pub referenced_files: Vec<ReferencedFile>,
    /// Every variable that the files mention, in order, each name once.
    pub variables: Vec<VariableUse>,
    /// What was odd while reading; [`super::check`] passes it on.
    pub noticed: Vec<Finding>,
}

impl Model {
    /// The service of that name, if it is switched on.
    #[must_use]
    pub fn service(&self, name: &ServiceName) -> Option<&ServiceModel> {
        self.services.iter().find(|s| s.name == *name)
    }

    /// The services that are built from this repository.
    pub fn built(&self) -> impl Iterator<Item = &ServiceModel> {
        self.services.iter().filter(|s| s.build.is_some())
    }

    /// The services whose image is only pulled.
    pub fn pulled(&self) -> impl Iterator<Item = &ServiceModel> {
        self.services.iter().filter(|s| s.build.is_none() && s.image.is_some())
    }
}

/// One service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceModel {
    /// Its name.
    pub name: ServiceName,
    /// Where it begins.
    pub place: Place,
    /// `image:`.
    pub image: Option<String>,
    /// `build:`.
    pub build: Option<BuildModel>,
    /// Published ports; ranges are spread out.
    pub ports: Vec<PortModel>,
    /// Ports that are only told to other containers, without protocol; those that are no number are left out.
    pub expose: Vec<u16>,
    /// Ports by which the stack's own proxies call it, as far as their files or its labels tell.
    pub called: Vec<u16>,
    /// Ports by which other services name it, in their environment or command.
    pub named: Vec<u16>,
    /// `healthcheck:`.
    pub healthcheck: Healthcheck,
    /// Ports of its own that its health check asks by plain HTTP.
    pub http_checked: Vec<u16>,
    /// It says itself what runs in it (`command`, `entrypoint`), whatever its image is made for.
    pub own_command: bool,
    /// It has an address of its own choice in a network, IP or MAC.
    pub fixed_address: bool,
    /// Services whose network, processes or volumes it uses as its own.
    pub joins: Vec<String>,
    /// Mounts.
    pub volumes: Vec<MountModel>,
    /// `tmpfs:`, as written.
    pub tmpfs: Vec<String>,
    /// `depends_on`, and what `links`, `volumes_from` and `network_mode: service:` imply.
    pub depends_on: Vec<Dependency>,
    /// `env_file`.
    pub env_files: Vec<EnvFile>,
    /// Top-level configs it uses.
    pub configs: Vec<String>,
    /// Top-level secrets it uses.
    pub secrets: Vec<String>,
    /// `network_mode`.
    pub network_mode: Option<String>,
    /// Networks it joins.
    pub networks: Vec<String>,
    /// `restart`.
    pub restart: Option<String>,
    /// `deploy.replicas` or `scale`.
    pub replicas: Option<u32>,
    /// `deploy.resources.limits.memory` or `mem_limit`, as written.
    pub memory_limit: Option<String>,
    /// `container_name`.
    pub container_name: Option<String>,
    /// `profiles`.
    pub profiles: Vec<String>,
    /// `labels`.
    pub labels: BTreeMap<String, String>,
    /// `platform`.
    pub platform: Option<String>,
    /// `stop_grace_period`.
    pub stop_grace: Option<Duration>,
}

impl ServiceModel {
    /// The ports by which other containers are told to come, exposed ones first.
    pub fn told_ports(&self) -> impl Iterator<Item = u16> {
        self.expose.iter().chain(&self.called).copied()
    }
}

/// A service that no chosen profile switches on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InactiveService {
    /// Its name as written.
    pub name: String,
    /// What would switch it on.
    pub profiles: Vec<String>,
    /// Where it begins.
    pub place: Place,
}

/// How a service's image is built.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildModel {
    /// Where it begins.
    pub place: Place,
    /// A folder relative to the project's folder, normalized (`.`, `api`, `../shared`), or a URL.
    pub context: String,
    /// The context is a URL or otherwise not a folder of this project.
    pub remote: bool,
    /// Relative to the context; `None` means `Dockerfile`.
    pub dockerfile: Option<String>,
    /// The Dockerfile itself.
    pub dockerfile_inline: Option<String>,
    /// The stage to build.
    pub target: Option<String>,
    /// Build arguments as written, *not* interpolated; `None` takes the build variable of the same name.
    pub args: BTreeMap<String, Option<String>>,
    /// Build secrets.
    pub secrets: Vec<BuildSecret>,
    /// `ssh`, as written.
    pub ssh: Vec<String>,
    /// Named contexts; folders relative to the project's folder, others as written.
    pub additional_contexts: BTreeMap<String, String>,
    /// `cache_from`.
    pub cache_from: Vec<String>,
    /// `cache_to`.
    pub cache_to: Vec<String>,
    /// `platforms`.
    pub platforms: Vec<String>,
    /// `labels`.
    pub labels: BTreeMap<String, String>,
    /// `tags`.
    pub tags: Vec<String>,
    /// `network`.
    pub network: Option<String>,
    /// `shm_size`, as written.
    pub shm_size: Option<String>,
    /// `ulimits`, `name=soft:hard`.
    pub ulimits: Vec<String>,
    /// `no_cache`.
    pub no_cache: bool,
    /// `pull`.
    pub pull: bool,
}

impl BuildModel {
    /// The Dockerfile's path in the repository, for a project in `folder`; `None` where it is written inline or lies elsewhere.
    #[must_use]
    pub fn dockerfile_in(&self, folder: &str) -> Option<String> {
        if self.remote || self.dockerfile_inline.is_some() {
            return None;
        }
        let path = paths::join(&self.context, self.dockerfile.as_deref().unwrap_or("Dockerfile"));
        paths::in_repository(folder, &path)
    }
}

/// A secret that a build may read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildSecret {
    /// The id that `RUN --mount=type=secret,id=…` names.
    pub id: String,
    /// The top-level secret.
    pub source: String,
}

/// One published port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortModel {
    /// The container's port; `None` while a variable hides it.
    pub target: Option<u16>,
    /// The host's port: a number, a range, or a text with an unresolved variable; `None` means any free one.
    pub published: Option<String>,
    /// The host's address.
    pub host_ip: Option<String>,
    /// `tcp` or `udp`.
    pub protocol: String,
    /// Where it is written.
    pub place: Place,
}

impl PortModel {
    /// The host's port, where it is one number.
    #[must_use]
    pub fn published_port(&self) -> Option<u16> {
        self.published.as_deref()?.parse().ok()
    }
}

/// What the Compose file says about a service's health.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Healthcheck {
    /// Nothing; the image may have one.
    #[default]
    None,
    /// A check of its own.
    Declared,
    /// `disable: true` or `test: NONE`.
    Disabled,
}

/// One mount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountModel {
    /// What it is.
    pub kind: MountKind,
    /// Volume name, path (relative ones relative to the project's folder, normalized), or `None` for anonymous and tmpfs.
    pub source: Option<String>,
    /// The path in the container.
    pub target: String,
    /// Mounted read-only.
    pub read_only: bool,
    /// Of a bind mount: `rshared`, `rslave`, …
    pub propagation: Option<String>,
    /// Of a bind mount: `z` or `Z`.
    pub selinux: Option<String>,
    /// Of a bind mount: a missing source is made as an empty folder (always so in the short form).
    pub create_host_path: bool,
    /// Where it is written.
    pub place: Place,
}

impl MountModel {
    /// A bind mount of a path of this project (not an absolute one, not one in somebody's home).
    #[must_use]
    pub fn relative_source(&self) -> Option<&str> {
        let source = self.source.as_deref().filter(|_| self.kind == MountKind::Bind)?;
        (!source.starts_with(['/', '~', '$', '\\']) && !source.contains(':')).then_some(source)
    }
}

/// What is mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MountKind {
    /// A named or anonymous volume.
    Volume,
    /// A path of the host.
    Bind,
    /// Memory.
    Tmpfs,
    /// A named pipe, a cluster volume, an image.
    Other,
}

/// Another service that has to be there first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependency {
    /// Its name as written.
    pub service: String,
    /// When it counts as there.
    pub condition: Condition,
    /// Without it this one is not started (`required: false` otherwise).
    pub required: bool,
    /// Where it is written.
    pub place: Place,
}

/// When a dependency counts as there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// It was started.
    #[default]
    ServiceStarted,
    /// Its health check is good.
    ServiceHealthy,
    /// It ended with status 0.
    ServiceCompletedSuccessfully,
}

/// A file of variables for a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvFile {
    /// Relative to the project's folder, normalized; or absolute.
    pub path: String,
    /// The service does not start without it.
    pub required: bool,
    /// Where it is written.
    pub place: Place,
}

/// A top-level volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeModel {
    /// Its key.
    pub key: String,
    /// `name:`, where it differs from what Compose derives.
    pub name: Option<String>,
    /// Made by somebody else.
    pub external: bool,
    /// Where it is written.
    pub place: Place,
}

/// A top-level network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkModel {
    /// Its key.
    pub key: String,
    /// `name:`.
    pub name: Option<String>,
    /// Made by somebody else.
    pub external: bool,
    /// Its containers have IPv6 addresses too.
    pub ipv6: bool,
    /// Where it is written.
    pub place: Place,
}

/// A top-level config or secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileObject {
    /// Its key.
    pub key: String,
    /// `file:`, relative to the project's folder, normalized; or absolute.
    pub file: Option<String>,
    /// `environment:`, the variable that holds it.
    pub environment: Option<String>,
    /// Made by somebody else.
    pub external: bool,
    /// Where it is written.
    pub place: Place,
}

/// A path of this project that the Compose files name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferencedFile {
    /// Relative to the project's folder, normalized; may begin with `../`.
    pub path: String,
    /// What it is for.
    pub kind: ReferenceKind,
    /// The release cannot run without it.
    pub required: bool,
    /// Where it is named.
    pub place: Place,
}

/// What a referenced path is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceKind {
    /// A Compose file itself (given, `include`d or `extends`-ed from).
    Compose,
    /// The source of a bind mount.
    Bind,
    /// An `env_file` of a service.
    EnvFile,
    /// The `env_file` of an `include`.
    IncludeEnvFile,
    /// The file of a config.
    Config,
    /// The file of a secret.
    Secret,
}

/// A variable that the Compose files mention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariableUse {
    /// Its name.
    pub name: String,
    /// `${NAME:?…}` or `${NAME?…}` somewhere: nothing runs without it.
    pub required: bool,
    /// The text after `?`, if any.
    pub message: Option<String>,
    /// What is used without it, from `${NAME:-…}`, where every use has a default.
    pub default: Option<String>,
    /// Only build sections mention it.
    pub build_only: bool,
    /// The first mention.
    pub place: Place,
}
