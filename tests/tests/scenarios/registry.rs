//! The registry room against a real registry and ECR's stand-in.

use plimsoll_core::{
    domain::{
        image::{Digest, PinnedImage},
        registry::RegistryKind,
        secret::Secret,
    },
    problem::{Code, Problem},
    registry::{Client, RegistryError},
};
use plimsoll_lab::lab::{Lab, LabOptions, run};

use crate::support;

async fn lab(name: &str, ecr: bool) -> Lab {
    Lab::up(LabOptions { machines: Vec::new(), ecr, ..LabOptions::named(name) }).await.expect("a lab")
}

fn digest(c: &str) -> Digest {
    format!("sha256:{}", c.repeat(64)).parse().expect("a digest")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_tells_what_it_has() {
    let lab = lab("registry-oci", false).await;
    let registry = &lab.registry;
    let client = support::client(registry).await;
    client.check().await.expect("the right password");
    assert_eq!(
        client.repository(&"My Shop".parse().expect("a name"), &"api_v2".parse().expect("a name")).await.expect("a name"),
        format!("{}/team/my-shop-api-v2", registry.address)
    );
    client.ensure_repository("any/thing").await.expect("nothing to do");
    let auth = client.auth().await.expect("a login").expect("one");
    assert_eq!((auth.host.as_str(), auth.password.reveal()), (registry.address.as_str(), registry.password.as_str()));

    let repository = format!("{}/shop/api", registry.address);
    let both = support::put_index(registry, "shop/api", "1", &["amd64", "arm64"]).await;
    let pinned = |digest: &Digest| PinnedImage { repository: repository.clone(), digest: digest.clone() };
    assert_eq!(client.resolve(&format!("{repository}:1")).await.expect("an answer"), Some(both.clone()));
    assert_eq!(client.resolve(&format!("{repository}:2")).await.expect("an answer"), None);
    assert_eq!(client.resolve(&format!("{}/no/where:1", registry.address)).await.expect("an answer"), None);
    assert!(
        client.exists(&pinned(&both)).await.expect("an answer")
            && !client.exists(&pinned(&digest("0"))).await.expect("an answer")
    );

    let image =
        client.image(&pinned(&both), &"linux/arm64".parse().expect("a platform")).await.expect("an answer").expect("the index");
    let runs = image.runs.expect("arm64");
    assert_eq!((runs.layers.len(), runs.diff_ids.len(), image.platforms.len()), (1, 1, 2));
    assert_eq!(runs.diff_ids[0], runs.layers[0].digest.as_str(), "the test's layers are not compressed");
    let single = client
        .image(&pinned(&runs.digest), &"linux/arm64".parse().expect("a platform"))
        .await
        .expect("an answer")
        .expect("the image");
    assert_eq!(single.runs.as_ref(), Some(&runs));
    let other = client
        .image(&pinned(&runs.digest), &"linux/amd64".parse().expect("a platform"))
        .await
        .expect("an answer")
        .expect("the image");
    assert_eq!((other.runs, other.platforms.len()), (None, 1));
    assert_eq!(client.image(&pinned(&digest("0")), &"linux/amd64".parse().expect("a platform")).await.expect("an answer"), None);

    // A tag that moves takes nothing with it: what was resolved stays what it was.
    let moved = support::put_index(registry, "shop/api", "1", &["amd64"]).await;
    assert_eq!(client.resolve(&format!("{repository}:1")).await.expect("an answer"), Some(moved));
    assert!(client.exists(&pinned(&both)).await.expect("an answer"));

    assert_failures(&lab, &pinned(&both)).await;
    lab.down().await.expect("down");
}

async fn assert_failures(lab: &Lab, image: &PinnedImage) {
    let registry = &lab.registry;
    let setup = support::setup(support::oci(registry));
    let wrong = Client::open(&setup, Some(Secret::new("wrong"))).await.expect("a client");
    let refused = wrong.exists(image).await.expect_err("a wrong password");
    assert!(matches!(refused, RegistryError::Refused { .. }), "{refused:?}");
    let shown = Problem::from(wrong.check().await.expect_err("a wrong password"));
    assert_eq!(shown.code, Code::RegistryRefused);
    assert!(!shown.detail.contains("wrong"), "{shown}");
    let none = Client::open(&setup, None).await.err().expect("no password");
    assert_eq!(Problem::from(none).code, Code::CredentialsMissing);

    let client = support::client(registry).await;
    registry.stop().expect("stop");
    let silent = client.exists(image).await.expect_err("nobody there");
    assert!(matches!(silent, RegistryError::Unreachable { .. }), "{silent:?}");
    registry.start().await.expect("start");
    assert!(client.exists(image).await.expect("the same client finds it again"));
}

/// AWS reads its keys from the environment, which a test may not change for its siblings: this one runs itself again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ecr_gives_tokens_and_repositories() {
    if let Ok(endpoint) = std::env::var(ENDPOINT) {
        return if std::env::var_os("AWS_ACCESS_KEY_ID").is_some() {
            ecr(&endpoint).await
        } else {
            ecr_without_keys(&endpoint).await
        };
    }
    let lab = lab("registry-ecr", true).await;
    let ecr = lab.ecr.as_ref().expect("an ECR");
    let keyless = ecr.env.iter().filter(|(name, _)| name.as_str() == "AWS_EC2_METADATA_DISABLED");
    for env in [ecr.env.iter().collect::<Vec<_>>(), keyless.collect()] {
        let mut command = tokio::process::Command::new(std::env::current_exe().expect("a path"));
        command.args(["--exact", "registry::ecr_gives_tokens_and_repositories", "--nocapture"]);
        command.env_clear().env("HOME", "/nonexistent").env(ENDPOINT, &ecr.endpoint).envs(env);
        assert!(command.status().await.expect("a run").success());
    }
    lab.down().await.expect("down");
}

const ENDPOINT: &str = "LAB_ECR_ENDPOINT";

async fn ecr_without_keys(endpoint: &str) {
    let kind = |region: Option<&str>| RegistryKind::Ecr {
        region: region.map(str::to_owned),
        profile: None,
        prefix: String::new(),
        endpoint: Some(endpoint.to_owned()),
    };
    let client = Client::open(&support::setup(kind(Some("eu-central-1"))), None).await.expect("a client");
    let keyless = client.host().await.expect_err("no keys");
    assert_eq!(Problem::from(keyless).code, Code::CredentialsMissing);
    let nowhere = Client::open(&support::setup(kind(None)), None).await.err().expect("no region");
    assert_eq!(Problem::from(nowhere).code, Code::SettingsIncomplete);
}

async fn ecr(endpoint: &str) {
    let kind = |region: Option<&str>| RegistryKind::Ecr {
        region: region.map(str::to_owned),
        profile: None,
        prefix: "/team/".to_owned(),
        endpoint: Some(endpoint.to_owned()),
    };
    let client = Client::open(&support::setup(kind(None)), None).await.expect("a client");
    let host = client.host().await.expect("a token");
    assert_eq!(format!("http://{host}"), endpoint);
    let auth = client.auth().await.expect("a token").expect("a login");
    assert_eq!((auth.user.as_str(), &auth.host), ("AWS", &host));
    client.check().await.expect("the token is accepted");

    let repository = client.repository(&"shop".parse().expect("a name"), &"api".parse().expect("a name")).await.expect("a name");
    assert_eq!(repository, format!("{host}/team/shop-api"));
    let image = PinnedImage { repository: repository.clone(), digest: digest("0") };
    assert!(!client.exists(&image).await.expect("no repository, no image"));
    client.ensure_repository(&repository).await.expect("made");
    client.ensure_repository(&repository).await.expect("there already");
    assert!(!client.exists(&image).await.expect("an empty repository"));
    let described = run(&[
        "curl",
        "-sS",
        "-X",
        "POST",
        endpoint,
        "-H",
        "X-Amz-Target: AmazonEC2ContainerRegistry_V20150921.DescribeRepositories",
        "-H",
        "Content-Type: application/x-amz-json-1.1",
        "-H",
        "Authorization: AWS4-HMAC-SHA256 Credential=lab/20250101/eu-central-1/ecr/aws4_request, SignedHeaders=host, Signature=0",
        "-d",
        "{}",
    ])
    .await
    .expect("an answer");
    assert!(
        described.contains("team/shop-api")
            && described.contains("\"imageTagMutability\": \"IMMUTABLE\"")
            && described.contains("\"scanOnPush\": true"),
        "{described}"
    );

    let unsaid = Client::open(
        &support::setup(RegistryKind::Ecr {
            region: None,
            profile: None,
            prefix: String::new(),
            endpoint: Some("http://127.0.0.1:1".to_owned()),
        }),
        None,
    )
    .await
    .expect("a client");
    let silent = unsaid.host().await.expect_err("nobody there");
    assert!(matches!(silent, RegistryError::Unreachable { .. }), "{silent:?}");
}
