//! Stage 5: the whole set exists for the server's platform and fits, or nothing moves.
//!
//! Owns: asking the registry and the server for the facts of that decision. Must never know: how images came to be.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::{halt::Halt, images, logins::client_at, preflight::disk_short, resolve::Compose, world::World};
use crate::{
    domain::{
        bytes::Bytes,
        image::PinnedImage,
        name::ServiceName,
        release::{ImageOrigin, ReleaseImage},
        server::ServerFacts,
    },
    plan::{
        deploy::ImageAction,
        fit::missing,
        gate::{self, Sought, gate},
        images::WantedImage,
        room::{Fit, fits, needed_for},
    },
    problem::{Code, Problem},
    registry::{self, ImageName, RegistryError},
};

/// How many images are asked for at once.
const AT_ONCE: usize = 8;

/// Every service's exact image, proven to exist for the server's platform and to fit.
pub(super) struct Opened {
    pub(super) images: BTreeMap<ServiceName, ReleaseImage>,
    /// Compressed bytes that the server lacks.
    pub(super) missing: Bytes,
}

/// Opens, or says for every service why not.
pub(super) async fn open(
    world: &World,
    compose: &Compose,
    built: &BTreeMap<ServiceName, PinnedImage>,
    facts: &ServerFacts,
) -> Result<Opened, Halt> {
    let images = assemble(world, compose, built).await?;
    let sought = seek(world, compose, &images).await?;
    let report = gate(&sought).map_err(|failures| gate::problem(&failures, &compose.platform))?;
    let held = world.server.engine.all_chain_ids().await?;
    let missing = missing(report.images.values(), &held).bytes();
    if let Some(free) = facts.disk_free
        && let Fit::Short { .. } = fits(needed_for(missing), free)
    {
        return Err(disk_short(world.server.server.name.as_str(), needed_for(missing), free).into());
    }
    Ok(Opened { images, missing })
}

async fn assemble(
    world: &World,
    compose: &Compose,
    built: &BTreeMap<ServiceName, PinnedImage>,
) -> Result<BTreeMap<ServiceName, ReleaseImage>, Halt> {
    let mut images = BTreeMap::new();
    for (service, decision) in &compose.decisions {
        let kept = compose.serving().and_then(|release| release.services.get(service));
        let image = match (decision.action, &compose.wanted[service], kept) {
            (ImageAction::Keep | ImageAction::Restore, _, Some(kept)) => kept.clone(),
            (_, WantedImage::Pull { reference }, _) => ReleaseImage {
                image: images::pin(world, reference).await?,
                origin: ImageOrigin::Pulled { reference: reference.clone() },
            },
            (_, WantedImage::Build { inputs }, _) => ReleaseImage {
                image: built.get(service).cloned().ok_or_else(|| not_built(service))?,
                origin: ImageOrigin::Built { commit: compose.commit.id.clone(), inputs: inputs.clone() },
            },
        };
        images.insert(service.clone(), image);
    }
    Ok(images)
}

/// Asks the registry for each image. One that serves right now and is on the server needs no registry.
async fn seek(
    world: &World,
    compose: &Compose,
    images: &BTreeMap<ServiceName, ReleaseImage>,
) -> Result<BTreeMap<ServiceName, Sought>, Halt> {
    let public = Arc::new(registry::Client::public());
    let asked: Vec<_> = images.iter().map(|(service, image)| seek_one(world, compose, &public, service, image)).collect();
    Ok(stream::iter(asked).buffer_unordered(AT_ONCE).try_collect::<Vec<_>>().await?.into_iter().flatten().collect())
}

async fn seek_one(
    world: &World,
    compose: &Compose,
    public: &Arc<registry::Client>,
    service: &ServiceName,
    image: &ReleaseImage,
) -> Result<Option<(ServiceName, Sought)>, Halt> {
    let kept = compose.decisions[service].action == ImageAction::Keep;
    if kept && world.server.engine.inspect_image(&image.image.to_string()).await?.is_some() {
        return Ok(None);
    }
    let name: ImageName = image.image.to_string().parse().map_err(RegistryError::from)?;
    let client = client_at(world, name.host()).await?.unwrap_or_else(|| public.clone());
    let found = client.image(&image.image, &compose.platform).await?;
    Ok(Some((service.clone(), Sought { image: image.image.clone(), found })))
}

fn not_built(service: &ServiceName) -> Problem {
    Problem::new(
        Code::ImageMissing,
        format!("The builder gave no digest for {service}"),
        "its build ended without an image",
        "Look at the build's log, then deploy again.",
    )
}
