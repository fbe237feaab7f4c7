//! The compose room against the real Compose and the real bake: what we understand of a file is what they make of it.
//!
//! Neither needs an engine for this, so no lab is brought up.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use proptest::prelude::*;

use plimsoll_core::{
    compose::{self, Folder, Healthcheck, Model, MountKind, ServiceModel, bake, dotenv, errors, overlay, rendered::Rendered},
    domain::{image::PinnedImage, settings::Settings},
    settings,
};

/// Where Docker's packages put plugins.
fn plugin(name: &str) -> PathBuf {
    let home = std::env::var("HOME").unwrap_or_default();
    let folders = [
        "/usr/libexec/docker/cli-plugins".to_owned(),
        "/usr/lib/docker/cli-plugins".to_owned(),
        format!("{home}/.docker/cli-plugins"),
    ];
    let found = folders.iter().map(|f| Path::new(f).join(name)).find(|p| p.exists());
    found.unwrap_or_else(|| panic!("{name} is in none of {folders:?}: run scripts/setup"))
}

/// `docker compose` with a clean environment.
fn compose(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(plugin("docker-compose"));
    command.current_dir(folder).env_clear().env("PATH", "/usr/bin:/bin").env("HOME", "/nowhere").args(arguments);
    command.output().expect("docker-compose starts")
}

struct Case {
    folder: PathBuf,
    settings: Settings,
    env: BTreeMap<String, String>,
    model: Model,
}

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src/compose/testdata/good");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root).expect("testdata").map(|e| e.expect("an entry").path()).collect();
    folders.sort();
    folders.iter().map(|folder| case(&folder.canonicalize().expect("a folder"))).collect()
}

fn case(folder: &Path) -> Case {
    let settings = settings::load(&folder.join(settings::FILE)).expect("settings").unwrap_or_default();
    let env = std::fs::read_to_string(folder.join("server.env")).map(|t| dotenv::read(&t).expect("env")).unwrap_or_default();
    let files = Folder { path: folder.to_owned(), in_repository: "a/b/c".to_owned() };
    let model = compose::read(&files, &settings, &env).expect("a model");
    Case { folder: folder.to_owned(), settings, env, model }
}

impl Case {
    fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["-p".to_owned(), "stack".to_owned()];
        let mut add = |flag: &str, value: String| arguments.extend([flag.to_owned(), value]);
        self.model.files.iter().for_each(|f| add("-f", f.clone()));
        self.settings.profiles.iter().for_each(|p| add("--profile", p.clone()));
        if !self.env.is_empty() {
            add("--env-file", "server.env".to_owned());
        }
        arguments
    }

    fn rendered(&self) -> Rendered {
        let arguments = self.arguments();
        let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        arguments.extend(["config", "--format", "json"]);
        let output = compose(&self.folder, &arguments);
        assert!(output.status.success(), "{}: {}", self.folder.display(), String::from_utf8_lossy(&output.stderr));
        Rendered::parse(&output.stdout).expect("the rendered model")
    }

    /// A path of the model as Compose shows it.
    fn absolute(&self, path: &str) -> String {
        if path.starts_with('/') {
            return path.to_owned();
        }
        let mut whole = self.folder.clone();
        for part in path.split('/').filter(|p| *p != ".") {
            match part {
                ".." => _ = whole.pop(),
                part => whole.push(part),
            }
        }
        whole.to_string_lossy().into_owned()
    }
}

type Facts = BTreeMap<&'static str, BTreeSet<String>>;

/// What both sides say about a service, in one shape.
fn ours(case: &Case, service: &ServiceModel) -> Facts {
    let known = |text: &Option<String>| text.clone().into_iter().filter(|t| !t.contains("${")).collect::<BTreeSet<_>>();
    let build = service.build.iter();
    let mounts = service.volumes.iter().map(|m| {
        let source = match m.kind {
            MountKind::Bind => m.relative_source().map(|s| case.absolute(s)).or_else(|| m.source.clone()),
            _ => m.source.clone(),
        };
        format!("{} {} {}", source.unwrap_or_default(), m.target, m.read_only)
    });
    let port = |p: &compose::PortModel| {
        let text = |t: &Option<String>| t.clone().unwrap_or_default();
        format!("{}:{}:{}/{}", text(&p.host_ip), text(&p.published), p.target.unwrap_or_default(), p.protocol)
    };
    let depends = service.depends_on.iter().filter(|d| case.model.services.iter().any(|s| s.name.as_str() == d.service));
    BTreeMap::from([
        ("image", known(&service.image)),
        ("context", build.clone().map(|b| if b.remote { b.context.clone() } else { case.absolute(&b.context) }).collect()),
        (
            "dockerfile",
            build
                .clone()
                .filter(|b| b.dockerfile_inline.is_none())
                .map(|b| b.dockerfile.clone().unwrap_or("Dockerfile".into()))
                .collect(),
        ),
        ("target", build.clone().filter_map(|b| b.target.clone()).collect()),
        ("args", build.flat_map(|b| args(case, b)).collect()),
        ("ports", service.ports.iter().map(port).collect()),
        ("mounts", mounts.collect()),
        ("depends_on", depends.map(|d| format!("{} {:?} {}", d.service, d.condition, d.required)).collect()),
        ("health", BTreeSet::from([(service.healthcheck == Healthcheck::Declared).to_string()])),
        ("labels", service.labels.iter().map(|(k, v)| format!("{k}={v}")).collect()),
        ("network_mode", service.network_mode.clone().into_iter().collect()),
        ("restart", service.restart.clone().into_iter().collect()),
        ("replicas", BTreeSet::from([service.replicas.unwrap_or(1).to_string()])),
        ("container_name", service.container_name.clone().into_iter().collect()),
    ])
}

fn args(case: &Case, build: &compose::BuildModel) -> Vec<String> {
    let inputs = bake::Inputs {
        services: case.model.services.iter().map(|s| s.name.clone()).collect(),
        variables: case.env.clone(),
        ..bake::Inputs::default()
    };
    let bake = bake::render(&case.model, &inputs).expect("a bake file");
    let owner = case.model.services.iter().find(|s| s.build.as_ref() == Some(build)).expect("its service");
    let json: serde_json::Value = serde_json::from_str(&bake.json).expect("JSON");
    let args = json["target"][&bake.targets[&owner.name]]["args"].as_object().cloned().unwrap_or_default();
    args.iter().map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or_default())).collect()
}

fn theirs(rendered: &Rendered, name: &plimsoll_core::domain::name::ServiceName) -> Facts {
    let service = &rendered.services[name];
    let build = service.build.iter();
    let text = |t: &Option<String>| t.clone().unwrap_or_default();
    let args =
        build.clone().flat_map(|b| b.args.iter().filter_map(|(k, v)| Some(format!("{k}={}", v.as_ref()?.replace("$$", "$")))));
    BTreeMap::from([
        ("image", service.image.clone().into_iter().collect()),
        ("context", build.clone().map(|b| b.context.clone()).collect()),
        ("dockerfile", build.clone().filter_map(|b| b.dockerfile.clone()).collect()),
        ("target", build.clone().filter_map(|b| b.target.clone()).collect()),
        ("args", args.collect()),
        (
            "ports",
            service
                .ports
                .iter()
                .map(|p| format!("{}:{}:{}/{}", text(&p.host_ip), text(&p.published), p.target, p.protocol))
                .collect(),
        ),
        ("mounts", service.volumes.iter().map(|m| format!("{} {} {}", text(&m.source), m.target, m.read_only)).collect()),
        (
            "depends_on",
            service
                .depends_on
                .iter()
                .filter(|(n, _)| rendered.services.keys().any(|k| k.as_str() == *n))
                .map(|(n, d)| format!("{n} {:?} {}", d.condition, d.required))
                .collect(),
        ),
        ("health", BTreeSet::from([service.has_healthcheck().to_string()])),
        ("labels", service.labels.iter().map(|(k, v)| format!("{k}={}", v.replace("$$", "$"))).collect()),
        ("network_mode", service.network_mode.clone().into_iter().collect()),
        ("restart", service.restart.clone().into_iter().collect()),
        ("replicas", BTreeSet::from([service.replicas().to_string()])),
        ("container_name", service.container_name.clone().into_iter().collect()),
    ])
}

#[test]
fn our_model_is_what_compose_makes_of_the_file() {
    for case in cases() {
        let rendered = case.rendered();
        let names: BTreeSet<_> = case.model.services.iter().map(|s| s.name.clone()).collect();
        assert_eq!(names, rendered.services.keys().cloned().collect(), "{}", case.folder.display());
        for service in &case.model.services {
            let (ours, theirs) = (ours(&case, service), theirs(&rendered, &service.name));
            assert_eq!(ours, theirs, "{} of {}", service.name, case.folder.display());
        }
        assert_eq!(
            case.model.volumes.iter().filter(|v| v.external).map(|v| v.name.clone()).collect::<Vec<_>>(),
            rendered.volumes.values().filter(|v| v.external).map(|v| v.name.clone()).collect::<Vec<_>>(),
        );
    }
}

#[test]
fn what_we_call_an_error_compose_refuses_too() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src/compose/testdata/broken");
    // Compose accepts these, and only a deployment does not: paths outside the repository, and what the engine finds out.
    let ours_alone = ["outside.yaml", "outside_bind.yaml", "same_port.yaml", "help.yaml", "no_services.yaml"];
    for entry in std::fs::read_dir(root).expect("testdata") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::copy(&path, folder.path().join("compose.yaml")).expect("a copy");
        let output = compose(folder.path(), &["-p", "x", "config"]);
        assert_eq!(
            output.status.success(),
            ours_alone.contains(&name.as_str()),
            "{name}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        if !output.status.success() {
            let failure = errors::classify(output.status.code().unwrap_or(-1), &String::from_utf8_lossy(&output.stderr));
            assert!(
                matches!(failure, errors::RenderFailure::Invalid { .. } | errors::RenderFailure::Other { .. }),
                "{name}: {failure:?}"
            );
        }
    }
}

/// Values in the environment of two services: through `env_file` and through interpolation.
fn as_compose_reads_them(text: &str, names: &[&String]) -> [BTreeMap<String, Option<String>>; 2] {
    let folder = tempfile::tempdir().expect("a folder");
    let mentions: BTreeMap<&String, String> = names.iter().map(|name| (*name, format!("${{{name}}}"))).collect();
    let file = serde_json::json!({"services": {"a": {"image": "x", "env_file": "values.env"}, "b": {"image": "x", "environment": mentions}}});
    std::fs::write(folder.path().join("values.env"), text).expect("a file");
    std::fs::write(folder.path().join("compose.yaml"), file.to_string()).expect("a file");
    let output = compose(folder.path(), &["-p", "x", "--env-file", "values.env", "config", "--format", "json"]);
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
    let rendered = Rendered::parse(&output.stdout).expect("the rendered model");
    let of = |name: &str| {
        let service = &rendered.services[&name.parse().expect("a name")];
        service.environment.iter().map(|(k, v)| (k.clone(), v.as_ref().map(|v| v.replace("$$", "$")))).collect()
    };
    [of("a"), of("b")]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_value_reaches_compose_unchanged(
        values in prop::collection::vec(r#"([\\"'$#={}:?` \t\n\ra-z0-9é☃]|\PC|[\x01-\x1f]){0,24}"#, 120),
    ) {
        let variables: BTreeMap<String, String> = values.into_iter().enumerate().map(|(n, v)| (format!("V{n}"), v)).collect();
        let text = dotenv::write(&variables).expect("no NUL in it");
        let expected: BTreeMap<String, Option<String>> = variables.iter().map(|(k, v)| (k.clone(), Some(v.clone()))).collect();
        let names: Vec<&String> = variables.keys().collect();
        for found in as_compose_reads_them(&text, &names) {
            prop_assert_eq!(&found, &expected);
        }
    }

    #[test]
    fn any_build_argument_reaches_bake_unchanged(values in prop::collection::vec(r#"[\\"'$%{}~ \na-zé☃日😀]{0,24}"#, 60)) {
        let args: BTreeMap<String, String> = values.iter().enumerate().map(|(n, v)| (format!("A{n}"), v.replace('$', "$$"))).collect();
        let file = serde_json::json!({"services": {"a.b": {"build": {"context": ".", "args": args}}}}).to_string();
        let files = compose::FileMap(BTreeMap::from([("compose.yaml".to_owned(), file.into_bytes())]));
        let model = compose::read(&files, &Settings::default(), &BTreeMap::new()).expect("a model");
        let printed = printed(&model, &BTreeMap::new());
        for (n, value) in values.iter().enumerate() {
            prop_assert_eq!(printed["target"]["a_b"]["args"][format!("A{n}")].as_str(), Some(value.as_str()));
        }
    }
}

/// What `bake --print` makes of our bake file.
fn printed(model: &Model, variables: &BTreeMap<String, String>) -> serde_json::Value {
    let names = || model.services.iter().map(|s| s.name.clone());
    let inputs = bake::Inputs {
        services: names().collect(),
        tags: names().map(|n| (n.clone(), vec![format!("localhost:5000/team/{}:1", n.as_str().to_lowercase())])).collect(),
        platforms: vec!["linux/arm64".parse().expect("a platform")],
        variables: variables.clone(),
        secret_files: BTreeMap::from([("token".to_owned(), "x, y/token".to_owned())]),
    };
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bake.json");
    std::fs::write(&file, bake::render(model, &inputs).expect("a bake file").json).expect("a file");
    let mut command = Command::new(plugin("docker-buildx"));
    for secret in ["x, y/token", "a/b/c/keys/id"] {
        let path = folder.path().join(secret);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, "s").expect("a file");
    }
    let agent = folder.path().join("agent");
    let _listening = std::os::unix::net::UnixListener::bind(&agent).expect("a socket");
    command.args(["bake", "--print", "-f"]).arg(&file).current_dir(folder.path());
    command.env("HOME", folder.path()).env("SSH_AUTH_SOCK", &agent);
    let output = command.output().expect("docker-buildx starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn bake_reads_our_file_as_it_is_meant() {
    for case in cases().into_iter().filter(|c| c.model.built().count() > 0) {
        let printed = printed(&case.model, &case.env);
        let targets = printed["target"].as_object().expect("targets");
        assert_eq!(targets.len(), case.model.built().count(), "{}", case.folder.display());
        assert!(targets.values().all(|t| t["platforms"] == serde_json::json!(["linux/arm64"]) && t["tags"][0].is_string()));
    }
    let find = |name: &str| cases().into_iter().find(|c| c.folder.ends_with(name)).expect(name);
    let inline = printed(&find("inline").model, &BTreeMap::new());
    assert_eq!(inline["target"]["app"]["dockerfile-inline"], "FROM busybox\nRUN echo ${HOME} > /x\nCOPY . /app\n");
    assert_eq!(inline["target"]["remote"]["context"], "https://github.com/docker/awesome-compose.git#master:nginx");
    let objects = printed(&find("objects").model, &BTreeMap::new());
    let app = &objects["target"]["app"];
    assert_eq!(app["secret"], serde_json::json!(["id=token,\"src=x, y/token\"", "id=id_key,src=a/b/c/keys/id"]));
    assert_eq!((&app["shm-size"], &app["no-cache"]), (&"128m".into(), &true.into()));
    let monorepo = printed(&find("monorepo").model, &BTreeMap::new());
    assert_eq!(monorepo["target"]["api"]["context"], "a/b/c");
    assert_eq!(monorepo["target"]["api"]["contexts"]["shared"], "a/b/c/libs/shared");
}

#[test]
fn the_override_pins_images_and_moves_untracked_paths_and_nothing_else() {
    let case = cases().into_iter().find(|c| c.folder.ends_with("nginx")).expect("nginx");
    let digest = format!("sha256:{}", "ab".repeat(32));
    let pinned = PinnedImage { repository: "localhost:5000/team/x".to_owned(), digest: digest.parse().expect("a digest") };
    let inputs = overlay::Inputs {
        images: case.model.services.iter().map(|s| (s.name.clone(), pinned.clone())).collect(),
        moved: BTreeMap::from([
            ("html".to_owned(), "/srv/fixed/$html".to_owned()),
            ("nginx/conf.d".to_owned(), "/srv/fixed/nginx/conf.d".to_owned()),
        ]),
    };
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("overlay.json");
    std::fs::write(&file, overlay::render(&case.model, &inputs)).expect("a file");
    let arguments = case.arguments();
    let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let file = file.to_string_lossy().into_owned();
    let before = case.rendered();
    arguments.extend(["-f", &file, "config", "--format", "json"]);
    let output = compose(&case.folder, &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let after = Rendered::parse(&output.stdout).expect("the rendered model");
    let nginx = "nginx".parse().expect("a name");
    for (name, service) in &after.services {
        assert_eq!(service.image, Some(pinned.to_string()));
        assert_eq!((&service.ports, &service.depends_on), (&before.services[name].ports, &before.services[name].depends_on));
    }
    let mounts: Vec<_> = after.services[&nginx]
        .volumes
        .iter()
        .map(|m| (m.source.clone().unwrap_or_default(), m.target.as_str(), m.read_only))
        .collect();
    let expected = [
        ("/srv/fixed/nginx/conf.d".to_owned(), "/etc/nginx/conf.d", true),
        ("/srv/fixed/$$html".to_owned(), "/usr/share/nginx/html", true),
        (String::new(), "/var/cache/nginx", false),
    ];
    assert_eq!(mounts, expected);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let bind = &json["services"]["nginx"]["volumes"][1]["bind"];
    assert_eq!((&bind["propagation"], &bind["create_host_path"]), (&"rslave".into(), &serde_json::Value::Null));
}
