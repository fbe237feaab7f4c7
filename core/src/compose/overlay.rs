//! The override that turns a project's Compose files into a release's: exact images, and untracked paths where they stay.
//!
//! Owns: that file. Labels are left alone on purpose: they are part of Compose's configuration hash, and a release's id
//! in one would recreate containers that did not change. Must never know: who renders it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    model::{FileObject, Model, MountKind, MountModel, ServiceModel},
    template::literal,
};
use crate::domain::{image::PinnedImage, name::ServiceName};

/// What an override is made from, the Compose model aside.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// The exact image of every service.
    pub images: BTreeMap<ServiceName, PinnedImage>,
    /// Referenced paths that git does not track ([`super::ReferencedFile::path`]) and where they stay on the server, absolute.
    pub moved: BTreeMap<String, String>,
}

/// Writes the override. It is JSON, which Compose reads as YAML; the `env_file` paths stay as they are.
#[must_use]
pub fn render(model: &Model, inputs: &Inputs) -> String {
    let services: Map<String, Value> = model
        .services
        .iter()
        .map(|s| (s.name.to_string(), service(s, inputs)))
        .filter(|(_, v)| v.as_object().is_some_and(|o| !o.is_empty()))
        .collect();
    let mut file = Map::from_iter([("services".to_owned(), Value::Object(services))]);
    for (key, objects) in [("configs", &model.configs), ("secrets", &model.secrets)] {
        let moved = moved_objects(objects, inputs);
        if !moved.is_empty() {
            file.insert(key.to_owned(), Value::Object(moved));
        }
    }
    format!("{:#}\n", Value::Object(file))
}

fn service(service: &ServiceModel, inputs: &Inputs) -> Value {
    let mut out = Map::new();
    if let Some(image) = inputs.images.get(&service.name) {
        out.insert("image".to_owned(), json!(literal(&image.to_string())));
        out.insert("pull_policy".to_owned(), json!("never"));
    }
    let mounts: Vec<Value> = service.volumes.iter().filter_map(|mount| moved_mount(mount, inputs)).collect();
    if !mounts.is_empty() {
        out.insert("volumes".to_owned(), Value::Array(mounts));
    }
    Value::Object(out)
}

/// Compose replaces a mount by the later one with the same target as a whole, so every option is repeated.
fn moved_mount(mount: &MountModel, inputs: &Inputs) -> Option<Value> {
    let source = inputs.moved.get(mount.source.as_deref().filter(|_| mount.kind == MountKind::Bind)?)?;
    let mut bind = json!({ "create_host_path": mount.create_host_path });
    for (key, option) in [("propagation", &mount.propagation), ("selinux", &mount.selinux)] {
        if let Some(option) = option {
            bind[key] = json!(option);
        }
    }
    Some(json!({
        "type": "bind", "source": literal(source), "target": literal(&mount.target), "read_only": mount.read_only, "bind": bind,
    }))
}

fn moved_objects(objects: &[FileObject], inputs: &Inputs) -> Map<String, Value> {
    let moved = |o: &FileObject| Some((o.key.clone(), json!({ "file": literal(inputs.moved.get(o.file.as_deref()?)?) })));
    objects.iter().filter_map(moved).collect()
}
