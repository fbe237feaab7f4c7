//! The actions that a workflow uses, each at one commit.
//!
//! Owns: those commits and which inputs each action knows there. Must never know: what they are used for.

/// One action at one commit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Action {
    pub(super) name: &'static str,
    commit: &'static str,
    version: &'static str,
    /// Those of its inputs that we use: a runner only warns of one that it does not know.
    pub(super) inputs: &'static [&'static str],
}

impl Action {
    /// As `uses:` names it.
    pub(super) fn uses(&self) -> String {
        format!("{}@{} # {}", self.name, self.commit, self.version)
    }

    pub(super) fn reference(&self) -> String {
        format!("{}@{}", self.name, self.commit)
    }
}

pub(super) const CHECKOUT: Action = Action {
    name: "actions/checkout",
    commit: "3d3c42e5aac5ba805825da76410c181273ba90b1",
    version: "v7.0.1",
    inputs: &["ref", "persist-credentials", "submodules", "lfs"],
};
pub(super) const QEMU: Action = Action {
    name: "docker/setup-qemu-action",
    commit: "96fe6ef7f33517b61c61be40b68a1882f3264fb8",
    version: "v4.2.0",
    inputs: &["platforms"],
};
pub(super) const BUILDX: Action = Action {
    name: "docker/setup-buildx-action",
    commit: "37fe631027851001ddb9b187196cc803df7f5f0e",
    version: "v4.3.0",
    inputs: &[],
};
pub(super) const LOGIN: Action = Action {
    name: "docker/login-action",
    commit: "4907a6ddec9925e35a0a9e82d7399ccc52663121",
    version: "v4.1.0",
    inputs: &["registry", "username", "password"],
};
pub(super) const AWS: Action = Action {
    name: "aws-actions/configure-aws-credentials",
    commit: "e6de054238d6b7531b4efff3b6587d9aade6a06c",
    version: "v6.2.3",
    inputs: &["role-to-assume", "aws-region", "aws-access-key-id", "aws-secret-access-key", "mask-aws-account-id"],
};
pub(super) const ECR: Action = Action {
    name: "aws-actions/amazon-ecr-login",
    commit: "03f1aad4c6c7ffd436567f42f9384779290529bd",
    version: "v2.1.7",
    inputs: &[],
};
pub(super) const BUILD: Action = Action {
    name: "docker/build-push-action",
    commit: "53b7df96c91f9c12dcc8a07bcb9ccacbed38856a",
    version: "v7.3.0",
    inputs: &[
        "context",
        "file",
        "target",
        "platforms",
        "build-args",
        "build-contexts",
        "labels",
        "network",
        "shm-size",
        "ulimit",
        "no-cache",
        "pull",
        "secret-envs",
        "secret-files",
        "tags",
        "push",
        "provenance",
        "cache-from",
        "cache-to",
    ],
};
pub(super) const UPLOAD: Action = Action {
    name: "actions/upload-artifact",
    commit: "043fb46d1a93c77aae656e7c1c64a875d1fc6a0a",
    version: "v7.0.1",
    inputs: &["name", "path", "if-no-files-found", "overwrite", "retention-days"],
};
pub(super) const DOWNLOAD: Action = Action {
    name: "actions/download-artifact",
    commit: "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c",
    version: "v8.0.1",
    inputs: &["pattern", "merge-multiple", "path"],
};

/// All of them.
pub(super) const ALL: [Action; 9] = [CHECKOUT, QEMU, BUILDX, LOGIN, AWS, ECR, BUILD, UPLOAD, DOWNLOAD];
