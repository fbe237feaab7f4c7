//! Stage 7: the server pulls every image by digest and keeps it by a tag of ours.
//!
//! Owns: pulling, tagging, and the record that follows. Must never know: the swap.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;

use super::{halt::Halt, logins::auth_for, recorder::Recorder, world::World};
use crate::{
    docker::{EngineError, release_repository},
    domain::{
        deployment::Stage,
        event::{Progress, ProgressUnit, StepEventKind},
        image::PinnedImage,
        name::ServiceName,
        release::Release,
    },
    problem::{Code, Problem},
    registry::{ImageName, RegistryError},
};

/// A pull that breaks is repeated: the engine keeps finished layers.
const TRIES: u32 = 4;

/// The images of a release on the server: their ids there and the tags that keep them.
pub(super) struct Pulled {
    pub(super) image_ids: BTreeMap<ServiceName, String>,
    pub(super) tags: BTreeMap<ServiceName, String>,
}

/// Pulls what is missing, tags everything.
pub(super) async fn run(world: &World, release: &Release, recorder: &mut Recorder) -> Result<Pulled, Halt> {
    let held = try_join_all(release.services.values().map(|image| held(world, &image.image))).await?;
    let mut image_ids = BTreeMap::new();
    for ((service, image), held) in release.services.iter().zip(held) {
        let same = |other: &&ServiceName| release.services[*other].image == image.image;
        let id = match held.or_else(|| image_ids.get(image_ids.keys().find(same)?).cloned()) {
            Some(id) => id,
            None => fetch(world, service, &image.image, recorder).await?,
        };
        image_ids.insert(service.clone(), id);
    }
    let tags = try_join_all(image_ids.iter().map(|(service, id)| tag(world, release, service, id))).await?;
    Ok(Pulled { image_ids, tags: tags.into_iter().collect() })
}

async fn tag(world: &World, release: &Release, service: &ServiceName, id: &str) -> Result<(ServiceName, String), Halt> {
    let repository = release_repository(&world.project.name, service);
    world.server.engine.tag(id, &repository, release.id.as_str()).await?;
    Ok((service.clone(), format!("{repository}:{}", release.id)))
}

/// The image's id, if it is there. A question that was cut off is asked once more.
async fn held(world: &World, image: &PinnedImage) -> Result<Option<String>, Halt> {
    let facts = match world.server.engine.held(image).await {
        Err(error) if error.is_passing() => world.server.engine.held(image).await?,
        answer => answer?,
    };
    Ok(facts.map(|facts| facts.id))
}

async fn fetch(world: &World, service: &ServiceName, image: &PinnedImage, recorder: &mut Recorder) -> Result<String, Halt> {
    let stage = Stage::Pull;
    let started = std::time::Instant::now();
    recorder.event(StepEventKind::StepStarted { stage, step: "pull".into(), service: Some(service.clone()) }).await?;
    let mut left = TRIES;
    loop {
        left -= 1;
        let Err(error) = pull_once(world, service, image, recorder).await? else { break };
        if left == 0 || !error.is_passing() {
            return Err(failed(service, error).into());
        }
        let text = format!("the pull of {service} broke and is repeated: {error}");
        recorder.event(StepEventKind::Note { stage, text }).await?;
    }
    let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let step = StepEventKind::StepFinished {
        stage,
        step: "pull".into(),
        service: Some(service.clone()),
        ms,
        ok: true,
        note: String::new(),
    };
    recorder.event(step).await?;
    held(world, image).await?.ok_or_else(|| vanished(service).into())
}

async fn pull_once(
    world: &World,
    service: &ServiceName,
    image: &PinnedImage,
    recorder: &Recorder,
) -> Result<Result<(), EngineError>, Halt> {
    let name: ImageName = image.to_string().parse().map_err(RegistryError::from)?;
    let auth = auth_for(world, name.host()).await?;
    let sender = recorder.progress();
    let mut progress = |p: crate::docker::PullProgress| {
        let total = (p.total.0 > 0).then_some(p.total.0);
        let _ = sender.send(Progress {
            stage: Stage::Pull,
            subject: service.to_string(),
            done: p.fetched.0,
            total,
            unit: ProgressUnit::Bytes,
        });
    };
    Ok(world.server.engine.pull(image, auth.as_ref(), &mut progress).await)
}

fn failed(service: &ServiceName, error: EngineError) -> Problem {
    let mut problem = Problem::from(error);
    problem.title = format!("The image of {service} cannot be pulled: {}", problem.title);
    problem
}

fn vanished(service: &ServiceName) -> Problem {
    Problem::new(
        Code::PullFailed,
        format!("The image of {service} vanished after its pull"),
        "the engine reported success and does not have it",
        "Look for a clean-up job on the server, then deploy again.",
    )
}
