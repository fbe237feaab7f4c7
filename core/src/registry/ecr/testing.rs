//! An ECR of one account for this room's tests: a real HTTP server with repositories, IAM denials and a clock of its own.
//! It judges by AWS's documentation; nothing of the room is used in it but the names of digests.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use aws_sdk_ecr::config::Credentials;
use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use super::{Access, Ecr, loader};
use crate::domain::image::Digest;

/// How far a request's date may be off.
const TOLERATED: SignedDuration = SignedDuration::from_mins(5);
const PAGE: usize = 100;

/// The account, for as long as this lives.
pub(crate) struct Aws {
    endpoint: String,
    state: Arc<Mutex<State>>,
    serving: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    repositories: BTreeMap<String, Repository>,
    denied: BTreeSet<String>,
    ahead: SignedDuration,
    /// Of every request, in order.
    asked: Vec<String>,
    refused_for_their_date: usize,
}

#[derive(Default)]
struct Repository {
    immutable: bool,
    policy: Option<String>,
    preview: Option<Vec<Digest>>,
    images: Vec<Stored>,
}

struct Stored {
    digest: Digest,
    manifest: String,
    tags: BTreeSet<String>,
    pushed: Timestamp,
}

type Answer = Result<Value, (&'static str, String)>;

/// A manifest of an image that shares its base with all others.
pub(crate) fn image(n: u32) -> String {
    let blob = |text: &str, size: u64| json!({"mediaType": "x", "digest": sha256(text), "size": size});
    json!({"schemaVersion": 2, "config": blob(&n.to_string(), 100), "layers": [blob("base", 1_000_000)]}).to_string()
}

/// A manifest of an index.
pub(crate) fn index(children: &[&Digest]) -> String {
    let children: Vec<Value> = children.iter().map(|digest| json!({"digest": digest.as_str(), "size": 1})).collect();
    json!({"schemaVersion": 2, "manifests": children}).to_string()
}

fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().fold("sha256:".to_owned(), |hex, byte| hex + &format!("{byte:02x}"))
}

impl Aws {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Self { endpoint, state, serving }
    }

    /// A client with keys of its own: the environment's are nobody's business here.
    pub(crate) async fn ecr(&self) -> Ecr {
        let access = Access { region: Some("eu-west-1"), profile: None, endpoint: Some(&self.endpoint) };
        let keys = Credentials::new("key", "secret", None, None, "test");
        Ecr::over(loader(access).credentials_provider(keys), Timestamp::now).await.expect("a client")
    }

    pub(crate) fn put_repository(&self, name: &str, immutable: bool) {
        let made = Repository { immutable, ..Repository::default() };
        self.lock().repositories.insert(name.to_owned(), made);
    }

    /// Lays an image in, pushed so many days ago.
    pub(crate) fn put(&self, repository: &str, manifest: String, tags: &[&str], days: i64) -> Digest {
        let digest: Digest = sha256(&manifest).parse().expect("a digest");
        let pushed = Timestamp::now() - SignedDuration::from_hours(24 * days);
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let stored = Stored { digest: digest.clone(), manifest, tags, pushed };
        self.lock().repositories.get_mut(repository).expect("a repository").images.push(stored);
        digest
    }

    /// IAM allows it no more.
    pub(crate) fn deny(&self, action: &str) {
        self.lock().denied.insert(action.to_owned());
    }

    /// AWS's clock goes so much ahead of this machine's.
    pub(crate) fn ahead(&self, by: SignedDuration) {
        self.lock().ahead = by;
    }

    pub(crate) fn refused_for_their_date(&self) -> usize {
        self.lock().refused_for_their_date
    }

    /// The tags of an image; `None` if it is gone.
    pub(crate) fn tags(&self, repository: &str, digest: &Digest) -> Option<Vec<String>> {
        let state = self.lock();
        let image = state.repositories[repository].images.iter().find(|image| image.digest == *digest)?;
        Some(image.tags.iter().cloned().collect())
    }

    pub(crate) fn policy(&self, repository: &str) -> Option<String> {
        self.lock().repositories[repository].policy.clone()
    }

    pub(crate) fn put_policy(&self, repository: &str, text: &str) {
        self.lock().repositories.get_mut(repository).expect("a repository").policy = Some(text.to_owned());
    }

    /// What a preview of any policy tells from now on.
    pub(crate) fn preview_tells(&self, repository: &str, expiring: &[&Digest]) {
        let expiring = expiring.iter().map(|digest| (*digest).clone()).collect();
        self.lock().repositories.get_mut(repository).expect("a repository").preview = Some(expiring);
    }

    /// How often an action was asked for.
    pub(crate) fn asked(&self, action: &str) -> usize {
        self.lock().asked.iter().filter(|asked| *asked == action).count()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no panic")
    }
}

impl Drop for Aws {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut stream = BufReader::new(stream);
    while let Some((headers, body)) = request(&mut stream).await {
        let (status, date, answer) = answer(&headers, &body, &mut state.lock().expect("no panic"));
        let text = answer.to_string();
        let head = format!(
            "HTTP/1.1 {status} X\r\nDate: {date}\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: {}\r\n\r\n{text}",
            text.len()
        );
        if stream.write_all(head.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn request(stream: &mut BufReader<TcpStream>) -> Option<(BTreeMap<String, String>, Value)> {
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => headers.extend(line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()))),
        }
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some((headers, serde_json::from_slice(&body).ok()?))
}

fn answer(headers: &BTreeMap<String, String>, body: &Value, state: &mut State) -> (u16, String, Value) {
    let now = Timestamp::now() + state.ahead;
    let date = now.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let signed = DateTime::strptime("%Y%m%dT%H%M%SZ", &headers["x-amz-date"]).expect("a date");
    let signed = signed.to_zoned(TimeZone::UTC).expect("a time").timestamp();
    let action = headers["x-amz-target"].rsplit('.').next().unwrap_or_default().to_owned();
    state.asked.push(action.clone());
    let off = now.duration_since(signed).abs() > TOLERATED;
    if off {
        state.refused_for_their_date += 1;
        let text = format!("Signature expired: {signed} is now earlier than {now}");
        return (403, date, json!({"__type": "InvalidSignatureException", "message": text}));
    }
    if state.denied.contains(&action) {
        let resource = body["repositoryName"]
            .as_str()
            .map_or("*".to_owned(), |name| format!("arn:aws:ecr:eu-west-1:123456789012:repository/{name}"));
        let text = format!(
            "User: arn:aws:iam::123456789012:user/anna is not authorized to perform: ecr:{action} on resource: {resource} because \
             no identity-based policy allows the ecr:{action} action"
        );
        return (400, date, json!({"__type": "AccessDeniedException", "message": text}));
    }
    match act(&action, body, state) {
        Ok(value) => (200, date, value),
        Err((code, message)) => (400, date, json!({"__type": code, "message": message})),
    }
}

fn act(action: &str, body: &Value, state: &mut State) -> Answer {
    let name = body["repositoryName"].as_str().unwrap_or_default();
    match action {
        "GetAuthorizationToken" => Ok(json!({"authorizationData": [{"authorizationToken": "QVdTOng=",
            "proxyEndpoint": "https://123456789012.dkr.ecr.eu-west-1.amazonaws.com", "expiresAt": 4_102_444_800_u64}]})),
        "CreateRepository" if state.repositories.contains_key(name) => Err(("RepositoryAlreadyExistsException", name.to_owned())),
        "CreateRepository" => {
            let immutable = body["imageTagMutability"] == "IMMUTABLE";
            state.repositories.insert(name.to_owned(), Repository { immutable, ..Repository::default() });
            Ok(json!({"repository": {"repositoryName": name}}))
        }
        "DescribeRepositories" => describe_repositories(body, state),
        _ => {
            let missing = || ("RepositoryNotFoundException", format!("no {name}"));
            in_repository(action, body, state.repositories.get_mut(name).ok_or_else(missing)?)
        }
    }
}

fn describe_repositories(body: &Value, state: &State) -> Answer {
    let wanted = body["repositoryNames"].as_array();
    if let Some(missing) = wanted.into_iter().flatten().find(|name| !state.repositories.contains_key(name.as_str().unwrap())) {
        return Err(("RepositoryNotFoundException", missing.to_string()));
    }
    let shown = state.repositories.iter().filter(|(name, _)| wanted.is_none_or(|all| all.iter().any(|one| one == *name)));
    let shown = shown.map(|(name, repository)| {
        let mutability = if repository.immutable { "IMMUTABLE" } else { "MUTABLE" };
        json!({"repositoryName": name, "imageTagMutability": mutability,
            "imageScanningConfiguration": {"scanOnPush": repository.immutable}})
    });
    Ok(json!({"repositories": shown.collect::<Vec<_>>()}))
}

fn in_repository(action: &str, body: &Value, repository: &mut Repository) -> Answer {
    match action {
        "DescribeImages" => repository.describe(body),
        "BatchGetImage" => Ok(repository.get(body)),
        "PutImage" => repository.put(body),
        "BatchDeleteImage" => Ok(repository.delete(body)),
        "GetLifecyclePolicy" => match &repository.policy {
            Some(text) => Ok(json!({"lifecyclePolicyText": text})),
            None => Err(("LifecyclePolicyNotFoundException", "none".to_owned())),
        },
        "PutLifecyclePolicy" => {
            repository.policy = body["lifecyclePolicyText"].as_str().map(str::to_owned);
            Ok(json!({}))
        }
        "StartLifecyclePolicyPreview" => Ok(json!({"status": "IN_PROGRESS"})),
        "GetLifecyclePolicyPreview" => {
            let expiring = repository.preview.iter().flatten();
            let results = expiring.map(|digest| json!({"imageDigest": digest.as_str(), "action": {"type": "EXPIRE"}}));
            Ok(json!({"status": "COMPLETE", "previewResults": results.collect::<Vec<_>>()}))
        }
        other => panic!("{other} is not played"),
    }
}

impl Repository {
    fn describe(&self, body: &Value) -> Answer {
        let from: usize = body["nextToken"].as_str().map_or(0, |token| token.parse().expect("our own"));
        let named = match body["imageIds"].as_array().and_then(|ids| ids.first()) {
            Some(id) => Some(self.find(id).ok_or(("ImageNotFoundException", id.to_string()))?),
            None => None,
        };
        let shown = self.images.iter().enumerate().filter(|(at, _)| named.is_none_or(|named| named == *at));
        let details = shown.skip(from).take(PAGE).map(|(_, image)| {
            json!({"imageDigest": image.digest.as_str(), "imageTags": image.tags, "imageSizeInBytes": 1000,
                "imagePushedAt": image.pushed.as_second()})
        });
        let mut answer = json!({"imageDetails": details.collect::<Vec<_>>()});
        if named.is_none() && from + PAGE < self.images.len() {
            answer["nextToken"] = (from + PAGE).to_string().into();
        }
        Ok(answer)
    }

    fn get(&self, body: &Value) -> Value {
        let ids = body["imageIds"].as_array().expect("ids");
        assert!(ids.len() <= 100, "ECR takes no more at once");
        let (mut images, mut failures) = (Vec::new(), Vec::new());
        for id in ids {
            match self.find(id) {
                Some(at) => images.push(json!({"imageId": {"imageDigest": self.images[at].digest.as_str()},
                    "imageManifest": self.images[at].manifest, "imageManifestMediaType": "application/vnd.oci.image.manifest.v1+json"})),
                None => failures.push(json!({"imageId": id, "failureCode": "ImageNotFound"})),
            }
        }
        json!({"images": images, "failures": failures})
    }

    fn put(&mut self, body: &Value) -> Answer {
        let manifest = body["imageManifest"].as_str().expect("a manifest");
        let (digest, tag) = (sha256(manifest), body["imageTag"].as_str().expect("a tag"));
        let at = self.images.iter().position(|image| image.digest.as_str() == digest);
        let at = at.ok_or(("LayersNotFoundException", digest))?;
        if self.images.iter().any(|image| image.tags.contains(tag)) && self.immutable {
            return Err(("ImageTagAlreadyExistsException", tag.to_owned()));
        }
        if self.images[at].tags.contains(tag) {
            return Err(("ImageAlreadyExistsException", tag.to_owned()));
        }
        for image in &mut self.images {
            image.tags.remove(tag);
        }
        self.images[at].tags.insert(tag.to_owned());
        Ok(json!({"image": {"imageId": {"imageTag": tag}}}))
    }

    /// By tag the tag goes, and with the last one the image; by digest the image, unless an index names it.
    fn delete(&mut self, body: &Value) -> Value {
        let ids = body["imageIds"].as_array().expect("ids");
        assert!(ids.len() <= 100, "ECR takes no more at once");
        let (mut gone, mut failures) = (Vec::new(), Vec::new());
        for id in ids {
            let Some(at) = self.find(id) else {
                failures.push(json!({"imageId": id, "failureCode": "ImageNotFound"}));
                continue;
            };
            if let Some(tag) = id["imageTag"].as_str() {
                self.images[at].tags.remove(tag);
                gone.push(id.clone());
                if !self.images[at].tags.is_empty() {
                    continue;
                }
            }
            let digest = self.images[at].digest.clone();
            if self.images.iter().any(|image| image.digest != digest && image.manifest.contains(digest.as_str())) {
                failures.push(json!({"imageId": id, "failureCode": "ImageReferencedByManifestList", "failureReason": "named"}));
            } else {
                self.images.remove(at);
                gone.push(json!({"imageDigest": digest.as_str()}));
            }
        }
        json!({"imageIds": gone, "failures": failures})
    }

    fn find(&self, id: &Value) -> Option<usize> {
        self.images.iter().position(|image| {
            id["imageDigest"].as_str().is_none_or(|digest| digest == image.digest.as_str())
                && id["imageTag"].as_str().is_none_or(|tag| image.tags.contains(tag))
        })
    }
}
