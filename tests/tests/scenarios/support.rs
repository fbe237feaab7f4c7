//! What the scenarios of several rooms need: a host of the lab, its registry, images to put there.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use plimsoll_core::{
    domain::{
        id::RegistryId,
        image::Digest,
        registry::{Registry as Setup, RegistryKind},
        secret::Secret,
    },
    host::{self, ConnectOptions, Host, NeverAsk, PinnedKey, Pins},
    registry::Client,
};
use plimsoll_lab::lab::{Image, Machine, Registry, sha256};
use serde_json::json;

/// A registry set up with its login.
pub(crate) fn setup(kind: RegistryKind) -> Setup {
    Setup { id: RegistryId::new(), name: "lab".parse().expect("a name"), kind, added: jiff::Timestamp::now() }
}

/// The lab's registry as a user sets it up.
pub(crate) fn oci(registry: &Registry) -> RegistryKind {
    RegistryKind::Oci {
        host: registry.address.clone(),
        prefix: "team".to_owned(),
        user: Some(registry.user.clone()),
        plain_http: true,
    }
}

/// A client of the lab's registry.
pub(crate) async fn client(registry: &Registry) -> Client {
    Client::open(&setup(oci(registry)), Some(Secret::new(&registry.password))).await.expect("a client")
}

/// An index with one image per architecture; its digest.
pub(crate) async fn put_index(registry: &Registry, repository: &str, tag: &str, architectures: &[&str]) -> Digest {
    let mut entries = Vec::new();
    for architecture in architectures {
        let layer = tar("arch", architecture.as_bytes());
        let (tag, diff_id) = (format!("{tag}-{architecture}"), sha256(&layer));
        let image = Image { repository, tag: &tag, architecture, config: json!({}), layer: &layer, diff_id: &diff_id };
        let digest = registry.storage().put(&image).expect("an image");
        let size = manifest(registry, repository, &digest).await.len();
        entries.push(json!({"mediaType": "application/vnd.docker.distribution.manifest.v2+json", "digest": digest, "size": size,
            "platform": {"os": "linux", "architecture": architecture}}));
    }
    let kind = "application/vnd.docker.distribution.manifest.list.v2+json";
    let list = json!({"schemaVersion": 2, "mediaType": kind, "manifests": entries}).to_string();
    let request = reqwest::Client::new().put(url(registry, repository, tag)).header("content-type", kind).body(list.clone());
    let answer = request.basic_auth(&registry.user, Some(&registry.password)).send().await.expect("an answer");
    assert_eq!(answer.status(), 201);
    sha256(list.as_bytes()).parse().expect("a digest")
}

async fn manifest(registry: &Registry, repository: &str, digest: &str) -> Vec<u8> {
    let accept = "application/vnd.docker.distribution.manifest.v2+json";
    let request = reqwest::Client::new().get(url(registry, repository, digest)).header("accept", accept);
    let answer = request.basic_auth(&registry.user, Some(&registry.password)).send().await.expect("an answer");
    answer.bytes().await.expect("a manifest").to_vec()
}

fn url(registry: &Registry, repository: &str, reference: &str) -> String {
    format!("http://{}/v2/{repository}/manifests/{reference}", registry.address)
}

/// An uncompressed tar with one file: engines take layers in any compression, none included.
pub(crate) fn tar(name: &str, content: &[u8]) -> Vec<u8> {
    let mut header = [0_u8; 512];
    let mut field = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    field(0, name);
    field(100, "0000644\0");
    field(108, "0000000\0");
    field(116, "0000000\0");
    field(124, &format!("{:011o}\0", content.len()));
    field(136, "00000000000\0");
    field(148, "        ");
    field(156, "0");
    field(257, "ustar\x0000");
    let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut tar = [&header[..], content].concat();
    tar.resize(tar.len().next_multiple_of(512) + 1024, 0);
    tar
}

/// Asks until there is an answer, for at most 30 s.
pub(crate) async fn until<T>(what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
    let waiting = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap_or_else(|_| panic!("no {what} within 30 s"))
}

/// A machine of the lab over ssh, its key pinned.
pub(crate) async fn ssh(machine: &Machine) -> Arc<dyn Host> {
    let fingerprint = machine.host_key("ed25519").await.expect("a host key");
    let key = PinnedKey { algorithm: "ssh-ed25519".to_owned(), fingerprint };
    let folder = machine.key.parent().expect("a folder");
    let config = folder.join("ssh_config");
    let options = ConnectOptions {
        pins: Arc::new(Pinned(BTreeMap::from([(machine.ip.to_string(), key)]))),
        consent: Vec::new(),
        passphrase: Arc::new(NeverAsk),
        ssh_config: Some(config),
        known_hosts: folder.join("known_hosts-of-tests"),
    };
    let lab = folder.file_name().expect("a lab").to_string_lossy();
    let destination = format!("{lab}-{}", machine.name).parse().expect("a destination");
    host::connect(&destination, &machine.name, &options).await.expect("a connection")
}

struct Pinned(BTreeMap<String, PinnedKey>);

#[async_trait]
impl Pins for Pinned {
    async fn pinned(&self, host: &str, _port: u16) -> Result<Vec<PinnedKey>, String> {
        Ok(self.0.get(host).cloned().into_iter().collect())
    }

    async fn pin(&self, _: &str, _: u16, _: &PinnedKey) -> Result<(), String> {
        Err("these are fixed".to_owned())
    }
}
