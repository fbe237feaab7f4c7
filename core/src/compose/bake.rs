//! The bake file for a builder: the `build:` sections and nothing else.
//!
//! Owns: how a build section is said in bake's JSON. Must never know: runtime variables, registries, who runs it.
//!
//! bake reads JSON strings as HCL templates, hence [`literal`]. It resolves relative paths against the folder it is
//! started in, which is the checkout of the whole repository. What it reads from a file it normalizes to Unicode's form C.
//! buildx 0.13 passes over keys that it does not know, `network` among them; newer ones read it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    model::{BuildModel, Model, ServiceModel},
    paths,
    template::{Template, Values},
};
use crate::domain::{name::ServiceName, platform::Platform};

/// What a bake file is made from, the Compose model aside.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// Which services to build; those without a build section are left out.
    pub services: Vec<ServiceName>,
    /// Full image references to push to, per service.
    pub tags: BTreeMap<ServiceName, Vec<String>>,
    /// For which platforms.
    pub platforms: Vec<Platform>,
    /// Build variables: the only ones that arguments are interpolated from.
    pub variables: BTreeMap<String, String>,
    /// Where the builder finds a top-level secret, by its key; others are looked for in the checkout or in the environment.
    pub secret_files: BTreeMap<String, String>,
}

/// A bake file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bake {
    /// Its text, JSON.
    pub json: String,
    /// Which target builds which service.
    pub targets: BTreeMap<ServiceName, String>,
}

/// Why no bake file can be made. A fragment fit for "cannot prepare the build because …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BakeError {
    /// A build argument needs a variable that is not among the build variables.
    #[error("the build of `{service}` needs the variable `{name}`")]
    VariableMissing {
        /// Whose build.
        service: ServiceName,
        /// The variable.
        name: String,
        /// What the Compose file says about it.
        message: String,
    },
    /// A build argument cannot be understood.
    #[error("the build argument `{argument}` of `{service}` cannot be read: {reason}")]
    Argument {
        /// Whose build.
        service: ServiceName,
        /// Which argument.
        argument: String,
        /// Why.
        reason: String,
    },
    /// A path leads out of the repository.
    #[error("the build of `{service}` reads `{path}`, which lies outside the repository")]
    Outside {
        /// Whose build.
        service: ServiceName,
        /// The path as it is in the model.
        path: String,
    },
}

/// Writes the bake file for the chosen services. A group `default` names all targets.
///
/// # Errors
/// When an argument cannot be filled in or a path leads out of the repository.
pub fn render(model: &Model, inputs: &Inputs) -> Result<Bake, BakeError> {
    let mut targets = BTreeMap::new();
    let mut written = Map::new();
    for service in model.services.iter().filter(|s| inputs.services.contains(&s.name)) {
        let Some(build) = &service.build else { continue };
        let name = target_name(&service.name, &written);
        written.insert(name.clone(), Target { model, inputs, service, build }.render()?);
        targets.insert(service.name.clone(), name);
    }
    let names: Vec<&String> = targets.values().collect();
    let file = json!({ "group": { "default": { "targets": names } }, "target": written });
    Ok(Bake { json: format!("{file:#}\n"), targets })
}

/// bake takes `[A-Za-z0-9_-]+`, and `default` is the group.
fn target_name(service: &ServiceName, taken: &Map<String, Value>) -> String {
    let base = service.as_str().replace('.', "_");
    let mut name = base.clone();
    let mut n = 2;
    while name == "default" || taken.contains_key(&name) {
        name = format!("{base}_{n}");
        n += 1;
    }
    name
}

struct Target<'a> {
    model: &'a Model,
    inputs: &'a Inputs,
    service: &'a ServiceModel,
    build: &'a BuildModel,
}

impl Target<'_> {
    fn render(&self) -> Result<Value, BakeError> {
        let build = self.build;
        let mut target = Map::new();
        target.insert("context".into(), literal(&self.folder(&build.context, build.remote)?));
        put_text(&mut target, "dockerfile", build.dockerfile.as_deref());
        put_text(&mut target, "dockerfile-inline", build.dockerfile_inline.as_deref());
        put_text(&mut target, "target", build.target.as_deref());
        put_text(&mut target, "network", build.network.as_deref());
        put_text(&mut target, "shm-size", build.shm_size.as_deref());
        put_map(&mut target, "args", self.args()?);
        put_map(&mut target, "contexts", self.contexts()?);
        put_map(&mut target, "labels", build.labels.clone());
        put_list(&mut target, "secret", &self.secrets()?);
        put_list(&mut target, "ssh", &build.ssh);
        put_list(&mut target, "cache-from", &build.cache_from);
        put_list(&mut target, "cache-to", &build.cache_to);
        put_list(&mut target, "ulimits", &build.ulimits);
        put_list(&mut target, "tags", self.inputs.tags.get(&self.service.name).map_or(&[][..], Vec::as_slice));
        let platforms: Vec<String> = self.inputs.platforms.iter().map(Platform::to_string).collect();
        put_list(&mut target, "platforms", &platforms);
        for (key, on) in [("no-cache", build.no_cache), ("pull", build.pull)] {
            if on {
                target.insert(key.into(), json!(true));
            }
        }
        Ok(Value::Object(target))
    }

    fn args(&self) -> Result<BTreeMap<String, String>, BakeError> {
        let values = &self.inputs.variables;
        let mut args = BTreeMap::new();
        for (name, written) in &self.build.args {
            match written {
                Some(written) => args.insert(name.clone(), self.argument(name, written, values)?),
                None => values.get(name).and_then(|value| args.insert(name.clone(), value.clone())),
            };
        }
        Ok(args)
    }

    fn argument(&self, name: &str, written: &str, values: &Values) -> Result<String, BakeError> {
        let template = Template::parse(written).map_err(|e| BakeError::Argument {
            service: self.service.name.clone(),
            argument: name.to_owned(),
            reason: e.to_string(),
        })?;
        template.evaluate(values).map_err(|unset| BakeError::VariableMissing {
            service: self.service.name.clone(),
            name: unset.name,
            message: unset.message,
        })
    }

    fn contexts(&self) -> Result<BTreeMap<String, String>, BakeError> {
        let local = |path: &str| paths::is_remote(path) || path.contains("://") || path.starts_with("target:");
        let resolve = |(name, path): (&String, &String)| Ok((name.clone(), self.folder(path, local(path))?));
        self.build.additional_contexts.iter().map(resolve).collect()
    }

    fn secrets(&self) -> Result<Vec<String>, BakeError> {
        let mut lines = Vec::new();
        for secret in &self.build.secrets {
            let declared = self.model.secrets.iter().find(|s| s.key == secret.source);
            let source = match (self.inputs.secret_files.get(&secret.source), declared) {
                (Some(path), _) => format!("src={path}"),
                (None, Some(object)) => match (&object.file, &object.environment) {
                    (Some(file), _) => format!("src={}", self.folder(file, false)?),
                    (None, Some(variable)) => format!("env={variable}"),
                    (None, None) => continue,
                },
                (None, None) => continue,
            };
            lines.push(format!("{},{}", csv_field(&format!("id={}", secret.id)), csv_field(&source)));
        }
        Ok(lines)
    }

    fn folder(&self, path: &str, remote: bool) -> Result<String, BakeError> {
        if remote {
            return Ok(path.to_owned());
        }
        paths::in_repository(&self.model.folder, path)
            .ok_or_else(|| BakeError::Outside { service: self.service.name.clone(), path: path.to_owned() })
    }
}

/// A text as an HCL template that evaluates to exactly this text.
fn literal(text: &str) -> Value {
    if !text.contains("${") && !text.contains("%{") {
        return Value::String(text.to_owned());
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '$' => escaped.push_str("${\"$\"}"),
            '%' => escaped.push_str("${\"%\"}"),
            c => escaped.push(c),
        }
    }
    Value::String(escaped)
}

fn csv_field(text: &str) -> String {
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

fn put_text(target: &mut Map<String, Value>, key: &str, text: Option<&str>) {
    if let Some(text) = text {
        target.insert(key.to_owned(), literal(text));
    }
}

fn put_list(target: &mut Map<String, Value>, key: &str, items: &[String]) {
    if !items.is_empty() {
        target.insert(key.to_owned(), items.iter().map(|i| literal(i)).collect());
    }
}

fn put_map(target: &mut Map<String, Value>, key: &str, items: BTreeMap<String, String>) {
    if !items.is_empty() {
        target.insert(key.to_owned(), Value::Object(items.into_iter().map(|(k, v)| (k, literal(&v))).collect()));
    }
}
