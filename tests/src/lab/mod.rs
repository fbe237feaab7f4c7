//! What an indie has in the world, on one Linux machine: a server, a build VM, a registry, ECR.
//!
//! Owns: the lab's parts and what of them is public. Must never know: Plimsoll's rooms.

mod base_images;
mod cgroups;
mod ecr;
mod error;
mod faults;
mod machine;
mod network;
mod process;
mod registry;
mod shell;
mod state;
mod storage;
mod world;

pub use self::{
    base_images::{cache, names as base_image_names},
    ecr::Ecr,
    error::LabError,
    machine::{DockerAccess, Machine, MachineOptions},
    network::Subnet,
    process::Process,
    registry::Registry,
    shell::{feed, output, run, until},
    state::{Record, all as labs, labs as labs_folder},
    storage::{Image, Storage, sha256},
    world::{Lab, LabOptions, Owner, take_down},
};
