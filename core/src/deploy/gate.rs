//! Stage 5: the whole set exists for the server's platform and fits, or nothing moves.
//!
//! Owns: asking the registry and the server for the facts of that decision. Must never know: how images came to be.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::{
    halt::Halt,
    images,
    logins::client_at,
    preflight::disk_short,
    resolve::Compose,
    switching::{Switching, is_switch_image},
    world::World,
};
use crate::{
    domain::{
        bytes::Bytes,
        image::{Declared, PinnedImage},
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
    /// How each service is swapped, now that its image is known.
    pub(super) switching: Switching,
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
    let mut images = assemble(world, compose, built).await?;
    let mut asked = seek(world, compose, &images).await?;
    let switching = choose(world, compose, &asked);
    match switching.wanted(&world.settings) {
        None => images.retain(|name, _| !is_switch_image(name)),
        Some((name, reference)) if !images.contains_key(&name) => {
            let switch = BTreeMap::from([(name.clone(), pinned(world, &reference).await?)]);
            asked.extend(seek(world, compose, &switch).await?);
            images.extend(switch);
        }
        Some(_) => {}
    }
    let sought = asked.into_iter().filter(|(name, _)| images.contains_key(name));
    let sought = sought.filter_map(|(name, asked)| Some((name, asked.sought?))).collect();
    let report = gate(&sought).map_err(|failures| gate::problem(&failures, &compose.platform))?;
    let held = world.server.engine.all_chain_ids().await?;
    let missing = missing(report.images.values(), &held).bytes();
    if let Some(free) = facts.disk_free
        && let Fit::Short { .. } = fits(needed_for(missing), free)
    {
        return Err(disk_short(world.server.server.name.as_str(), needed_for(missing), free).into());
    }
    Ok(Opened { images, switching, missing })
}

fn choose(world: &World, compose: &Compose, asked: &BTreeMap<ServiceName, Asked>) -> Switching {
    let declared = asked.iter().filter_map(|(name, asked)| Some((name.clone(), asked.declared.clone()?))).collect();
    Switching::choose(&compose.stack, &compose.model, &declared, world)
}

async fn pinned(world: &World, reference: &str) -> Result<ReleaseImage, Halt> {
    let origin = ImageOrigin::Pulled { reference: reference.to_owned() };
    Ok(ReleaseImage { image: images::pin(world, reference).await?, origin })
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
            (_, WantedImage::Pull { reference }, _) if is_switch_image(service) => {
                pinned(world, reference).await.map_err(|halt| of_switches(reference, halt))?
            }
            (_, WantedImage::Pull { reference }, _) => pinned(world, reference).await?,
            (_, WantedImage::Build { inputs }, _) => ReleaseImage {
                image: built.get(service).cloned().ok_or_else(|| not_built(service))?,
                origin: ImageOrigin::Built { commit: compose.commit.id.clone(), inputs: inputs.clone() },
            },
        };
        images.insert(service.clone(), image);
    }
    Ok(images)
}

/// What is known of an image.
struct Asked {
    /// What the registry said, where it was asked.
    sought: Option<Sought>,
    /// What the image declares, where it is there.
    declared: Option<Declared>,
}

/// Asks the registry for each image. One that serves right now and is on the server needs no registry.
async fn seek(
    world: &World,
    compose: &Compose,
    images: &BTreeMap<ServiceName, ReleaseImage>,
) -> Result<BTreeMap<ServiceName, Asked>, Halt> {
    let public = Arc::new(registry::Client::public());
    let asked: Vec<_> = images.iter().map(|(service, image)| seek_one(world, compose, &public, service, image)).collect();
    stream::iter(asked).buffer_unordered(AT_ONCE).try_collect().await
}

async fn seek_one(
    world: &World,
    compose: &Compose,
    public: &Arc<registry::Client>,
    service: &ServiceName,
    image: &ReleaseImage,
) -> Result<(ServiceName, Asked), Halt> {
    let kept = compose.decisions.get(service).is_some_and(|decision| decision.action == ImageAction::Keep);
    if kept && let Some(held) = world.server.engine.held(&image.image).await? {
        return Ok((service.clone(), Asked { sought: None, declared: Some(held.declared) }));
    }
    let name: ImageName = image.image.to_string().parse().map_err(RegistryError::from)?;
    let client = client_at(world, name.host()).await?.unwrap_or_else(|| public.clone());
    let found = client.image(&image.image, &compose.platform).await?;
    let declared = found.as_ref().and_then(|found| found.runs.as_ref()).map(|runs| runs.declared.clone());
    Ok((service.clone(), Asked { sought: Some(Sought { image: image.image.clone(), found }), declared }))
}

fn of_switches(reference: &str, halt: Halt) -> Halt {
    let Halt::Problem(mut problem) = halt else { return halt };
    problem.title = format!("The image of the switches, {reference}: {}", problem.title);
    "Name another one in plimsoll.toml, `[switch] image`; or say `strategy = \"recreate\"` for the services that get a switch."
        .clone_into(&mut problem.hint);
    Halt::Problem(problem)
}

fn not_built(service: &ServiceName) -> Problem {
    Problem::new(
        Code::ImageMissing,
        format!("The builder gave no digest for {service}"),
        "its build ended without an image",
        "Look at the build's log, then deploy again.",
    )
}
