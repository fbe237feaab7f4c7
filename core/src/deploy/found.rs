//! A stack that plain Compose runs, kept as a release before anything of it is replaced: so there is a way back to it.
//!
//! Owns: putting that release together from what runs and the file it came from. Must never know: what is deployed over it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    halt::Halt,
    render::{CONFIG_HASH, compose_words, config_hashes},
    resolve::hex,
    swap,
    world::World,
};
use crate::{
    compose::rendered::RenderedError,
    docker::{ContainerFacts, ContainerState, release_repository},
    domain::{
        commit::Commit,
        environment::Folders,
        image::PinnedImage,
        name::{ServiceName, StackName},
        record::{ReleaseRecord, ServiceKind, ServiceRecord},
        release::{ImageOrigin, Release, ReleaseId, ReleaseImage},
        settings::EnvironmentSettings,
    },
    host::{Command, Output},
    registry::ImageName,
};

const DEADLINE: std::time::Duration = std::time::Duration::from_secs(60);

/// What became of it.
pub(super) enum Kept {
    /// Nothing runs there.
    Nothing,
    /// The release.
    As(ReleaseId),
    /// Why what runs cannot be kept, in words.
    Not(String),
}

/// Keeps what runs as the release that serves. Nothing that runs is touched.
pub(super) async fn keep(world: &World, stack: &StackName, folders: &Folders) -> Result<Kept, Halt> {
    let containers = world.server.engine.containers_of(stack).await?;
    let running: Vec<ContainerFacts> =
        containers.into_iter().filter(|it| !it.one_off && it.state == ContainerState::Running).collect();
    if running.is_empty() {
        return Ok(Kept::Nothing);
    }
    let file = File { world, stack, running: &running };
    let file = match file.read().await? {
        Ok(file) => file,
        Err(why) => return Ok(Kept::Not(why)),
    };
    let images = images(world, &running).await?;
    let release = Release::new(commit(), images, hex(&Sha256::digest(file.to_string())), String::new(), Timestamp::now());
    let tags = tag(world, &release, &running).await?;
    let folder = folders.release(release.id.as_str());
    let host = world.server.host.as_ref();
    host.put(&format!("{folder}/compose.json"), exact(file, &running).to_string().as_bytes(), 0o600).await?;
    host.put(&format!("{folder}/.env"), b"", 0o600).await?;
    let hashes = config_hashes(&world.server, stack, &format!("{folder}/compose.json")).await?;
    let record = ReleaseRecord {
        project: world.project.name.clone(),
        services: services(&running, &hashes),
        probes: swap::probes(&BTreeMap::new(), &world.settings, &EnvironmentSettings { expect: None, ..world.place.clone() }),
        release_command: None,
        release_command_needs: Vec::new(),
        tags,
        release,
    };
    host.put(&format!("{folder}/release.json"), &serde_json::to_vec_pretty(&record).unwrap_or_default(), 0o600).await?;
    host.put(&format!("{folder}/live"), Timestamp::now().as_millisecond().to_string().as_bytes(), 0o600).await?;
    host.put(&folders.current(), format!("{}\n", record.release.id).as_bytes(), 0o600).await?;
    Ok(Kept::As(record.release.id))
}

/// The file that a stack came from, on its server.
struct File<'a> {
    world: &'a World,
    stack: &'a StackName,
    running: &'a [ContainerFacts],
}

impl File<'_> {
    /// The file as Compose renders it, if it still says what runs.
    async fn read(&self) -> Result<Result<Value, String>, Halt> {
        let Some(words) = self.words() else {
            return Ok(Err("its containers do not come from one Compose file on the server".to_owned()));
        };
        let (rendered, hashes) = tokio::try_join!(self.ask(&words, &["--format", "json"]), self.ask(&words, &["--hash", "*"]))?;
        if let Some(failed) = [&rendered, &hashes].into_iter().find(|output| !output.success()) {
            let said = String::from_utf8_lossy(&failed.stderr);
            return Ok(Err(format!("its Compose file cannot be read: {}", said.lines().last().unwrap_or_default())));
        }
        let hashes = hashes.text();
        let says = |it: &&ContainerFacts| {
            let line = format!(
                "{} {}",
                it.service.as_deref().unwrap_or_default(),
                it.labels.get(CONFIG_HASH).map_or("", String::as_str)
            );
            hashes.lines().any(|said| said == line)
        };
        if let Some(other) = self.running.iter().find(|it| !says(it)) {
            return Ok(Err(format!("{} runs with another configuration than its Compose file has by now", other.name)));
        }
        let document: Value = serde_json::from_slice(&rendered.stdout).map_err(RenderedError::from)?;
        Ok(whole(document))
    }

    /// The words before `config`: the labels by which Compose itself remembers where a container came from.
    fn words(&self) -> Option<Vec<String>> {
        let label = |name: &str| {
            let name = format!("com.docker.compose.project.{name}");
            let values: BTreeSet<Option<&String>> = self.running.iter().map(|it| it.labels.get(&name)).collect();
            let mut values = values.into_iter();
            values.next().filter(|_| values.next().is_none())
        };
        let (files, folder) = (label("config_files")??, label("working_dir")??);
        let mut words = vec!["compose".to_owned(), "-p".to_owned(), self.stack.to_string()];
        words.extend(["--project-directory".to_owned(), folder.clone()]);
        let mut each =
            |option: &str, paths: &str| words.extend(paths.split(',').flat_map(|it| [option.to_owned(), it.to_owned()]));
        each("-f", files);
        label("environment_file")?.into_iter().for_each(|paths| each("--env-file", paths));
        Some(words)
    }

    async fn ask(&self, words: &[String], what: &[&str]) -> Result<Output, Halt> {
        let mut words = words.to_vec();
        words.extend(["--profile", "*", "config"].into_iter().chain(what.iter().copied()).map(str::to_owned));
        let machine = &self.world.server;
        Ok(machine.host.run(Command::new(compose_words(machine, words)).deadline(DEADLINE)).await?)
    }
}

/// A file that says everything: a secret that is made of a variable is nowhere but in the shell that started the stack.
fn whole(document: Value) -> Result<Value, String> {
    let made = |section: &str| {
        let objects = document[section].as_object().into_iter().flatten();
        objects.filter(|(_, object)| object.get("environment").is_some()).map(|(name, _)| name.clone()).next()
    };
    match made("secrets").or_else(|| made("configs")) {
        Some(name) => Err(format!("{name} was made of a variable that only the shell knew which started it")),
        None => Ok(document),
    }
}

/// The file with what runs, and with exactly the images that run.
fn exact(mut document: Value, running: &[ContainerFacts]) -> Value {
    let image = |name: &str| running.iter().find(|it| it.service.as_deref() == Some(name)).map(|it| it.image_id.clone());
    if let Some(services) = document.get_mut("services").and_then(Value::as_object_mut) {
        services.retain(|name, _| image(name).is_some());
        for (name, service) in services.iter_mut() {
            if let (Some(service), Some(image)) = (service.as_object_mut(), image(name)) {
                service.remove("depends_on");
                service.remove("build");
                service.extend([("image".to_owned(), json!(image)), ("pull_policy".to_owned(), json!("never"))]);
            }
        }
    }
    document
}

/// The images that run. One without a digest was built there: its own id stands for it.
async fn images(world: &World, running: &[ContainerFacts]) -> Result<BTreeMap<ServiceName, ReleaseImage>, Halt> {
    let mut images = BTreeMap::new();
    for container in running {
        let Some(name) = name_of(container) else { continue };
        let facts = world.server.engine.inspect_image(&container.image_id).await?;
        let pinned = facts.iter().flat_map(|facts| &facts.digests).find_map(|text| {
            let name: ImageName = text.parse().ok()?;
            Some(name.at(name.digest()?))
        });
        let own = || {
            let repository = release_repository(&world.project.name, &name);
            Some(PinnedImage { repository, digest: container.image_id.parse().ok()? })
        };
        let Some(image) = pinned.or_else(own) else { continue };
        images.insert(name, ReleaseImage { image, origin: ImageOrigin::Pulled { reference: container.image_ref.clone() } });
    }
    Ok(images)
}

/// Names for the images, or the next clean-up of the server would take them.
async fn tag(world: &World, release: &Release, running: &[ContainerFacts]) -> Result<BTreeMap<ServiceName, String>, Halt> {
    let mut tags = BTreeMap::new();
    for (name, container) in running.iter().filter_map(|container| Some((name_of(container)?, container))) {
        let repository = release_repository(&world.project.name, &name);
        world.server.engine.tag(&container.image_id, &repository, release.id.as_str()).await?;
        tags.insert(name, format!("{repository}:{}", release.id));
    }
    Ok(tags)
}

fn services(running: &[ContainerFacts], hashes: &BTreeMap<ServiceName, String>) -> Vec<ServiceRecord> {
    let mut services: BTreeMap<ServiceName, ServiceRecord> = BTreeMap::new();
    for (name, container) in running.iter().filter_map(|container| Some((name_of(container)?, container))) {
        let record = services.entry(name.clone()).or_insert_with(|| ServiceRecord {
            config_hash: hashes.get(&name).cloned().unwrap_or_default(),
            found_hash: container.labels.get(CONFIG_HASH).cloned(),
            kind: ServiceKind::Long,
            image_id: container.image_id.clone(),
            replicas: 0,
            healthcheck: container.health.is_some(),
            depends_on: Vec::new(),
            overlap: false,
            switch: None,
            name,
        });
        record.replicas += 1;
    }
    services.into_values().collect()
}

fn name_of(container: &ContainerFacts) -> Option<ServiceName> {
    container.service.as_deref()?.parse().ok()
}

/// No commit made it.
fn commit() -> Commit {
    Commit {
        id: "0".repeat(40).parse().unwrap_or_else(|_| unreachable!("forty digits")),
        subject: "as it was found on the server".to_owned(),
        author: String::new(),
        at: Timestamp::now(),
        branch: None,
        dirty: false,
    }
}
