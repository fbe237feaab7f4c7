//! Reading a project's Compose files into a [`Model`].
//!
//! Owns: the order of the steps. Must never know: where the files come from.

use std::collections::BTreeMap;

use super::{
    called, field,
    files::ProjectFiles,
    finding::{Finding, FindingCode, Place},
    load::Loader,
    model::{FileObject, InactiveService, Model, NetworkModel, ReferenceKind, ServiceModel, VolumeModel},
    node::{Entry, Node, Value},
    notes::Notes,
    paths, service,
};
use crate::domain::{name::ServiceName, settings::Settings};

/// The names that Compose looks for, in its order.
const NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
const OVERRIDES: [&str; 4] =
    ["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"];

/// Reads the Compose files that `settings` names (else the standard ones) with `env` for interpolation.
/// Variables that `env` lacks stay visible. Blocks as long as `files` does.
///
/// # Errors
/// Everything that keeps the files from being understood, with lines and remedies; warnings are in [`Model::noticed`].
pub fn read(files: &dyn ProjectFiles, settings: &Settings, env: &BTreeMap<String, String>) -> Result<Model, Vec<Finding>> {
    let mut loader = Loader::new(files);
    let chosen = match settings.compose_files[..] {
        [] => standard_files(&mut loader),
        _ => settings.compose_files.iter().map(|f| paths::normalize(f)).collect(),
    };
    let directory = chosen.first().map_or("", |f| paths::parent(f)).to_owned();
    let document = loader.project(&chosen, &directory, env, &Place::default());
    let mut model = Model { folder: files.folder().to_owned(), directory, files: chosen, ..Model::default() };
    if let Some(document) = document {
        understand(&document, settings, &mut model, &mut loader.notes);
        refer(&model, &mut loader);
        called::note(&document, &mut model, files);
    }
    let has_errors = loader.notes.has_errors();
    let variables = loader.notes.take_variables();
    let mut findings = loader.notes.findings;
    findings.sort_by(|a, b| (a.severity, &a.place).cmp(&(b.severity, &b.place)));
    if has_errors {
        return Err(findings);
    }
    Ok(Model { referenced_files: loader.referenced, variables, noticed: findings, ..model })
}

/// The first standard name that exists and the first override.
fn standard_files(loader: &mut Loader<'_>) -> Vec<String> {
    let exists = |name: &&str| loader.files.read(name).is_ok_and(|found| found.is_some());
    let found: Vec<&str> = NAMES.into_iter().filter(exists).collect();
    let over: Vec<&str> = OVERRIDES.into_iter().filter(exists).collect();
    let Some(main) = found.first() else {
        let text = format!("there is no Compose file: none of {}", NAMES.join(", "));
        let remedy = "Add a compose.yaml, or name the file in plimsoll.toml: compose = [\"…\"].";
        loader.notes.add(Finding::error(FindingCode::FileMissing, &Place::file(NAMES[0]), text, remedy));
        return Vec::new();
    };
    for other in &found[1..] {
        let text = format!("`{main}` is used and `{other}` is not");
        loader.notes.add(Finding::warning(
            FindingCode::Surprising,
            &Place::file(other),
            text,
            "Keep one of the two, or name the files in plimsoll.toml: compose = [\"…\"].",
        ));
    }
    [Some(main), over.first()].into_iter().flatten().map(|f| (*f).to_owned()).collect()
}

fn understand(document: &Node, settings: &Settings, model: &mut Model, notes: &mut Notes) {
    model.name = field::string(document, "name", notes);
    services(document, settings, model, notes);
    model.volumes = objects(document, "volumes", notes, |e, notes| VolumeModel {
        key: e.key.clone(),
        name: field::string(&e.node, "name", notes),
        external: external(&e.node, notes),
        place: e.place.clone(),
    });
    model.networks = objects(document, "networks", notes, |e, notes| NetworkModel {
        key: e.key.clone(),
        name: field::string(&e.node, "name", notes),
        ipv6: field::flag(&e.node, "enable_ipv6", notes) == Some(true),
        external: external(&e.node, notes),
        place: e.place.clone(),
    });
    model.configs = objects(document, "configs", notes, file_object);
    model.secrets = objects(document, "secrets", notes, file_object);
}

fn objects<T>(document: &Node, key: &str, notes: &mut Notes, read: fn(&Entry, &mut Notes) -> T) -> Vec<T> {
    let entries = field::map(document, key, notes).map(Node::entries).unwrap_or_default();
    entries.iter().map(|e| read(e, notes)).collect()
}

fn file_object(entry: &Entry, notes: &mut Notes) -> FileObject {
    FileObject {
        key: entry.key.clone(),
        file: field::string(&entry.node, "file", notes).map(|f| paths::normalize(&f)),
        environment: field::string(&entry.node, "environment", notes),
        external: external(&entry.node, notes),
        place: entry.place.clone(),
    }
}

/// `external: true`, or the old `external: {name: …}`.
fn external(node: &Node, notes: &mut Notes) -> bool {
    match node.get("external") {
        Some(Node { value: Value::Map(_), .. }) => true,
        _ => field::flag(node, "external", notes).unwrap_or(false),
    }
}

fn services(document: &Node, settings: &Settings, model: &mut Model, notes: &mut Notes) {
    let entries = field::map(document, "services", notes).map(Node::entries).unwrap_or_default();
    if entries.is_empty() && !notes.has_errors() {
        let file = model.files.first().map_or("", String::as_str);
        let text = "there is no service";
        notes.add(Finding::error(
            FindingCode::NoServices,
            &Place::file(file),
            text,
            "Write at least one service under `services:`.",
        ));
    }
    for entry in entries {
        if !matches!(entry.node.value, Value::Map(_)) {
            notes.wrong_type(&entry.node, &format!("the service {}", entry.key), "a mapping with `image` or `build`");
            continue;
        }
        let name: ServiceName = match entry.key.parse() {
            Ok(name) => name,
            Err(error) => {
                let text = format!("`{}` cannot be the name of a service: it {error}", entry.key);
                let remedy = "Rename it: letters, digits, `.`, `_` and `-`, beginning with none of `-`.";
                notes.add(Finding::error(FindingCode::InvalidName, &entry.place, text, remedy));
                continue;
            }
        };
        let profiles = service::profiles(&entry.node, notes);
        let on = profiles.is_empty() || profiles.iter().any(|p| settings.profiles.iter().any(|s| s == p || s == "*"));
        if on {
            model.services.push(service::read(entry, name, notes));
        } else {
            model.inactive.push(InactiveService { name: entry.key.clone(), profiles, place: entry.place.clone() });
        }
    }
}

/// Notes which of the project's paths the services that are switched on need.
fn refer(model: &Model, loader: &mut Loader<'_>) {
    let ours = |path: &str| !path.starts_with(['/', '~', '$']);
    for service in &model.services {
        for mount in &service.volumes {
            if let Some(path) = mount.relative_source() {
                loader.refer(path, ReferenceKind::Bind, !mount.create_host_path, &mount.place);
            }
        }
        for file in service.env_files.iter().filter(|f| ours(&f.path)) {
            loader.refer(&file.path, ReferenceKind::EnvFile, file.required, &file.place);
        }
        let used = |o: &&FileObject, names: &[String]| names.contains(&o.key);
        let configs = model.configs.iter().filter(|o| used(o, &service.configs)).map(|o| (o, ReferenceKind::Config));
        let build_secrets = |s: &ServiceModel, key: &str| s.build.iter().flat_map(|b| &b.secrets).any(|b| b.source == key);
        let secrets = model.secrets.iter().filter(|o| used(o, &service.secrets) || build_secrets(service, &o.key));
        for (object, kind) in configs.chain(secrets.map(|o| (o, ReferenceKind::Secret))) {
            if let Some(path) = object.file.as_deref().filter(|p| ours(p)) {
                loader.refer(path, kind, true, &object.place);
            }
        }
    }
}
