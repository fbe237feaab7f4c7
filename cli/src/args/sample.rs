//! `plimsoll sample …`
//!
//! Owns: its arguments. Must never know: what the sample is made of.

use clap::Subcommand;

/// What to do with the sample.
#[derive(Debug, Subcommand)]
pub(crate) enum SampleCommand {
    /// Set the sample up on this machine's own Docker, ready to be deployed
    #[command(after_help = "\
Examples:
  plimsoll sample up
  plimsoll sample up --yes && plimsoll deploy shop

A registry is started in a container on 127.0.0.1; PLIMSOLL_SAMPLE_REGISTRY_IMAGE names another image than
registry:2. PLIMSOLL_SAMPLE_PYTHON_IMAGE, …_REDIS_IMAGE and …_CADDY_IMAGE replace the images of the shop.")]
    Up {
        /// Answer yes to the question whether to start it
        #[arg(short = 'y', long)]
        yes: bool,
    },
    /// Take the sample away: its containers, its data, its registry, its project
    #[command(after_help = "Examples:\n  plimsoll sample down\n  plimsoll sample down --yes")]
    Down {
        /// Answer yes to the question whether to remove it
        #[arg(short = 'y', long)]
        yes: bool,
    },
}
