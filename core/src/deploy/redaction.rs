//! What must not be seen of an environment.
//!
//! Owns: the list of texts kept out of logs and history. Must never know: where anything is stored.

use std::collections::BTreeSet;

use super::{halt::Halt, world::World};
use crate::{
    domain::{registry::RegistryAuth, secret::Secret},
    problem::{Code, Problem},
    redact::Redactor,
};

/// Every value of the environment, build secrets and the passwords of registries. Left are booleans and short numbers, which
/// stand in every log and hide nothing, and what is public anyway: names of images, and build arguments, which every image
/// shows in its history.
pub(super) async fn of<'a>(
    world: &World,
    values: impl Iterator<Item = &'a String>,
    logins: &[RegistryAuth],
    public: &BTreeSet<&str>,
) -> Result<Redactor, Halt> {
    let telling = values.filter(|value| telling(value) && !public.contains(value.as_str()));
    let mut secrets: Vec<Secret> = telling.map(Secret::new).collect();
    secrets.extend(logins.iter().map(|login| login.password.clone()));
    if let Some(registry) = &world.registry {
        // A registry that cannot be asked for its login now fails where it is needed, with its own error.
        secrets.extend(registry.auth().await.ok().flatten().map(|auth| auth.password));
    }
    Redactor::new(secrets).map_err(|error| {
        Problem::new(
            Code::InvalidInput,
            "The environment has too many variables to keep them out of the log",
            error.to_string(),
            "Move some of them into a file that only the server has.",
        )
        .into()
    })
}

fn telling(value: &str) -> bool {
    let word = value.trim();
    let number = word.len() <= 5 && word.bytes().all(|b| b.is_ascii_digit());
    !(number || matches!(word, "true" | "false" | "production" | "development" | "localhost"))
}
