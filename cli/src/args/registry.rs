//! `plimsoll registry …`
//!
//! Owns: its arguments. Must never know: registry protocols.

use clap::{Args, Subcommand};

/// What to do with registries.
#[derive(Debug, Subcommand)]
pub(crate) enum RegistryCommand {
    /// Add a registry after logging in to it once
    #[command(after_help = "\
Examples:
  plimsoll registry add ghcr oci ghcr.io --prefix anna --user anna --password-stdin < token
  plimsoll registry add lab oci 127.0.0.1:5000 --plain-http
  plimsoll registry add aws ecr --region eu-west-1 --profile shop")]
    Add {
        /// What you call it; plimsoll.toml refers to it by this name
        name: String,
        #[command(subcommand)]
        place: RegistryWhere,
    },
    /// List registries
    #[command(after_help = "Examples:\n  plimsoll registry list\n  plimsoll registry list --json")]
    List,
    /// Log in once, to see that a registry answers and takes the password
    #[command(after_help = "Examples:\n  plimsoll registry check ghcr\n  plimsoll registry check ghcr --json")]
    Check {
        /// The registry
        name: String,
    },
    /// Change where a registry is, or who logs in to it, after logging in once
    Edit(RegistryEdit),
    /// What lies in an ECR, what it takes and what it costs
    #[command(after_help = "\
Examples:
  plimsoll registry images aws
  plimsoll registry images aws --json

A layer that several images of a repository share counts once. The cost is an estimate: it is
storage alone, at the usual price.")]
    Images {
        /// The registry
        name: String,
    },
    /// Delete images of an ECR that nothing needs
    #[command(after_help = "\
Examples:
  plimsoll registry clean aws --plan
  plimsoll registry clean aws

The servers of all environments are asked first. What serves or can be restored stays, with the
images that an index names. So does what bears a tag of your own, is younger than a day, or may
be needed where a server does not answer.")]
    Clean {
        /// The registry
        name: String,
        /// Only show what would go, and why the rest stays
        #[arg(long)]
        plan: bool,
        /// Answer yes to the question whether to delete it
        #[arg(short = 'y', long)]
        yes: bool,
    },
    /// Let an ECR delete old builds by itself, and never what is deployed or can be restored
    #[command(after_help = "\
Examples:
  plimsoll registry lifecycle aws
  plimsoll registry lifecycle aws --yes

Images that are deployed or can be restored get a tag that keeps them. Then rules are put in
force: builds that nothing keeps go after 30 days, images without a tag after 7. AWS is asked
first what that would delete. Another policy is shown, and replaced only after a yes.")]
    Lifecycle {
        /// The registry
        name: String,
        /// Answer yes to the question whether to go on
        #[arg(short = 'y', long)]
        yes: bool,
    },
    /// Forget a registry and its password; nothing in the registry changes
    #[command(after_help = "Examples:\n  plimsoll registry remove ghcr\n  plimsoll registry remove ghcr --yes")]
    Remove {
        /// The registry
        name: String,
        /// Answer yes to the question whether to remove it
        #[arg(short = 'y', long)]
        yes: bool,
    },
}

/// `registry edit`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll registry edit lab --host 10.0.0.7:5000 --tls
  plimsoll registry edit ghcr --user bert --password-stdin < token
  plimsoll registry edit aws --region eu-central-1

What is not named stays as it is; an empty text takes it away.")]
pub(crate) struct RegistryEdit {
    /// The registry
    pub(crate) name: String,
    /// host or host:port
    #[arg(long)]
    pub(crate) host: Option<String>,
    /// Path before the repository
    #[arg(long)]
    pub(crate) prefix: Option<String>,
    /// Login name
    #[arg(long)]
    pub(crate) user: Option<String>,
    /// Read the password from standard input
    #[arg(long)]
    pub(crate) password_stdin: bool,
    /// Speak plain HTTP
    #[arg(long, conflicts_with = "tls")]
    pub(crate) plain_http: bool,
    /// Speak TLS again
    #[arg(long)]
    pub(crate) tls: bool,
    /// Of ECR: e.g. eu-west-1
    #[arg(long)]
    pub(crate) region: Option<String>,
    /// Of ECR: a profile of the AWS configuration
    #[arg(long)]
    pub(crate) profile: Option<String>,
    /// Of ECR: another endpoint of its API
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
}

/// What a registry is and where.
#[derive(Debug, Subcommand)]
pub(crate) enum RegistryWhere {
    /// Any OCI registry: Docker Hub, GHCR, one of your own
    Oci(OciArgs),
    /// Amazon ECR, through the standard AWS credentials
    Ecr(EcrArgs),
}

/// `registry add NAME oci`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll registry add ghcr oci ghcr.io --prefix anna --user anna --password-stdin < token
  plimsoll registry add hub oci docker.io --prefix anna --user anna
  plimsoll registry add lab oci 127.0.0.1:5000 --plain-http

The password is read from standard input, or asked for. It is kept in the keychain.")]
pub(crate) struct OciArgs {
    /// host or host:port
    pub(crate) host: String,
    /// Path before the repository, e.g. a Docker Hub user
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) prefix: String,
    /// Login name
    #[arg(long)]
    pub(crate) user: Option<String>,
    /// Read the password from standard input
    #[arg(long, requires = "user")]
    pub(crate) password_stdin: bool,
    /// Speak plain HTTP
    #[arg(long)]
    pub(crate) plain_http: bool,
}

/// `registry add NAME ecr`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll registry add aws ecr
  plimsoll registry add aws ecr --region eu-west-1 --profile shop --prefix shop")]
pub(crate) struct EcrArgs {
    /// e.g. eu-west-1; the profile's by default
    #[arg(long)]
    pub(crate) region: Option<String>,
    /// A profile of the AWS configuration
    #[arg(long)]
    pub(crate) profile: Option<String>,
    /// Path before the repository
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) prefix: String,
    /// Another endpoint of the ECR API
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
}
