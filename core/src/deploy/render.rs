//! The release's Compose file, rendered on the server where the variables are.
//!
//! Owns: running `docker compose config` there under a clean environment. Must never know: what becomes of the result.

use std::{collections::BTreeMap, time::Duration};

use super::{halt::Halt, machine::Machine};
use crate::{
    compose::{Model, dotenv, errors::classify, overlay, rendered::Rendered},
    docker::compose_cli,
    domain::{
        environment::Folders,
        image::PinnedImage,
        name::{ServiceName, StackName},
        secret::Secret,
    },
    host::Command,
};

/// The label of a container with the hash of its service's configuration.
pub(super) const CONFIG_HASH: &str = "com.docker.compose.config-hash";

const DEADLINE: Duration = Duration::from_secs(60);
/// An exported variable must never beat the release's own: Compose starts from nothing but these two.
const CLEAN: &str = "exec env -i PATH=\"$PATH\" HOME=\"$HOME\" \"$@\"";

/// What is rendered.
pub(super) struct Rendering<'a> {
    pub(super) machine: &'a Machine,
    pub(super) folders: &'a Folders,
    pub(super) stack: &'a StackName,
    pub(super) model: &'a Model,
    pub(super) profiles: &'a [String],
    /// The work folder's name; the sources were delivered there.
    pub(super) name: &'a str,
    /// Referenced path -> place below the stack's folder.
    pub(super) moved: &'a BTreeMap<String, String>,
}

/// A rendered Compose file: as text, with every secret in it, and as far as we understand it.
pub(super) struct Document {
    pub(super) text: Secret,
    pub(super) model: Rendered,
}

impl Rendering<'_> {
    /// Renders with these images and variables.
    ///
    /// # Errors
    /// What Compose says about the file: a variable that is not set, a file that is missing, an invalid value.
    pub(super) async fn run(
        &self,
        images: &BTreeMap<ServiceName, PinnedImage>,
        variables: &BTreeMap<String, String>,
    ) -> Result<Document, Halt> {
        let host = self.machine.host.as_ref();
        let work = self.folders.work(self.name);
        let (overlay_path, env_path) = (format!("{work}/overlay.json"), format!("{work}/env"));
        let inputs = overlay::Inputs { images: images.clone(), moved: self.absolute() };
        host.put(&overlay_path, overlay::render(self.model, &inputs).as_bytes(), 0o600).await?;
        host.put(&env_path, dotenv::write(variables)?.as_bytes(), 0o600).await?;
        let output = host.run(self.command(&work, &overlay_path, &env_path)).await?;
        if !output.success() {
            return Err(classify(output.status, &String::from_utf8_lossy(&output.stderr)).into());
        }
        let model = Rendered::parse(&output.stdout)?;
        Ok(Document { text: Secret::new(String::from_utf8_lossy(&output.stdout)), model })
    }

    fn absolute(&self) -> BTreeMap<String, String> {
        self.moved.iter().map(|(path, place)| (path.clone(), format!("{}/{place}", self.folders.root()))).collect()
    }

    fn command(&self, work: &str, overlay: &str, env: &str) -> Command {
        let mut folder = format!("{work}/source");
        if !self.model.folder.is_empty() {
            folder = format!("{folder}/{}", self.model.folder);
        }
        let directory = format!("{folder}/{}", self.model.directory);
        let mut words = ["compose", "-p", self.stack.as_str(), "--project-directory", &directory].map(str::to_owned).to_vec();
        for file in &self.model.files {
            words.extend(["-f".to_owned(), format!("{folder}/{file}")]);
        }
        words.extend(["-f", overlay, "--env-file", env].map(str::to_owned));
        for profile in self.profiles {
            words.extend(["--profile".to_owned(), profile.clone()]);
        }
        words.extend(["config", "--format", "json"].map(str::to_owned));
        Command::new(compose_words(self.machine, words)).deadline(DEADLINE)
    }
}

/// Compose's words as its machine runs them: with nothing of the login's variables.
pub(super) fn compose_words(machine: &Machine, words: Vec<String>) -> Vec<String> {
    let clean = ["sh", "-c", CLEAN, "compose"].map(str::to_owned);
    clean.into_iter().chain(compose_cli(&machine.access)).chain(words).collect()
}

/// Compose's own hash of each service's configuration, as it labels containers.
///
/// # Errors
/// When Compose refuses the file.
pub(super) async fn config_hashes(
    machine: &Machine,
    stack: &StackName,
    compose: &str,
) -> Result<BTreeMap<ServiceName, String>, Halt> {
    let words = ["compose", "-p", stack.as_str(), "-f", compose, "--profile", "*", "config", "--hash", "*"];
    let words = compose_words(machine, words.map(str::to_owned).to_vec());
    let output = machine.host.run(Command::new(words).deadline(DEADLINE)).await?;
    if !output.success() {
        return Err(classify(output.status, &String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(output.text().lines().filter_map(hash_line).collect())
}

fn hash_line(line: &str) -> Option<(ServiceName, String)> {
    let (name, hash) = line.split_once(' ')?;
    Some((name.parse().ok()?, hash.to_owned()))
}
