//! Names of images: where a service is pushed, what a pulled one is pinned to.
//!
//! Owns: those lookups. Must never know: whether an image exists for a platform; that is the gate's.

use super::{halt::Halt, logins::auth_for, resolve::Compose, world::World};
use crate::{
    domain::{
        image::{Digest, PinnedImage},
        name::ServiceName,
    },
    plan::images::WantedImage,
    problem::{Code, Problem},
    registry::{self, ImageName, RegistryError},
};

/// Where a service is pushed and under which tag: its commit and the hash of its other inputs, so that a tag is never
/// pushed twice with different content (ECR's tags are immutable).
pub(super) async fn push_name(world: &World, compose: &Compose, service: &ServiceName) -> Result<(String, String), Halt> {
    let repository = registry_of(world)?.repository(&world.project.name, service).await?;
    let inputs = match compose.wanted.get(service) {
        Some(WantedImage::Build { inputs }) => &inputs[..8],
        _ => "",
    };
    Ok((repository, format!("{}-{inputs}", &compose.commit.id.as_str()[..12])))
}

/// What a pulled reference stands for right now.
pub(super) async fn pin(world: &World, reference: &str) -> Result<PinnedImage, Halt> {
    let name: ImageName = reference.parse().map_err(RegistryError::from)?;
    let digest = match name.digest() {
        Some(digest) => digest,
        None => ask(world, reference, &name).await?,
    };
    Ok(name.at(digest))
}

/// The server is asked to ask: what it would get is what counts. A registry that is down is no reason to fail when the
/// server holds the image already.
async fn ask(world: &World, reference: &str, name: &ImageName) -> Result<Digest, Halt> {
    let auth = auth_for(world, name.host()).await?;
    match world.server.engine.distribution(reference, auth.as_ref()).await {
        Ok(found) => Ok(found.digest),
        Err(error) => match held(world, reference, name).await? {
            Some(digest) => Ok(digest),
            None => Err(error.into()),
        },
    }
}

async fn held(world: &World, reference: &str, name: &ImageName) -> Result<Option<Digest>, Halt> {
    let facts = world.server.engine.inspect_image(reference).await?;
    let digests = facts.map(|facts| facts.digests).unwrap_or_default();
    Ok(digests
        .iter()
        .filter_map(|text| text.parse::<ImageName>().ok())
        .find_map(|held| if held.repository() == name.repository() { held.digest() } else { None }))
}

/// The project's registry.
pub(super) fn registry_of(world: &World) -> Result<&registry::Client, Problem> {
    world.registry.as_deref().ok_or_else(|| {
        Problem::new(
            Code::SettingsIncomplete,
            "The project has no registry to push to",
            "plimsoll.toml names none",
            "Add one with `plimsoll registry add`, then write `registry = \"NAME\"` into plimsoll.toml.",
        )
    })
}
