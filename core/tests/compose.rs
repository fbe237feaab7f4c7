//! Tests over whole Compose files: `testdata/good` must read without an error, every file of `testdata/broken` must give the
//! error that its first line expects, at that line. What the real Compose makes of the good ones is compared in the `tests` crate.

use std::{collections::BTreeMap, path::PathBuf};

use plimsoll_core::{
    compose::{
        FileMap, Finding, FindingCode, Folder, Model, ServiceModel, Severity, check, dotenv, errors_of, is_worker, one_shot,
        probes, read, stateful,
    },
    domain::{probe::ProbeTarget, settings::Settings},
    settings,
};
use proptest::prelude::*;

fn testdata(kind: &str) -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/compose/testdata").join(kind);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).expect("testdata").map(|e| e.expect("entry").path()).collect();
    paths.sort();
    paths
}

fn case(folder: &std::path::Path) -> (Result<Model, Vec<Finding>>, Settings) {
    let settings = settings::load(&folder.join(settings::FILE)).expect("settings").unwrap_or_default();
    let env =
        std::fs::read_to_string(folder.join("server.env")).map(|text| dotenv::read(&text).expect("env")).unwrap_or_default();
    let files = Folder { path: folder.to_owned(), in_repository: "apps/shop".to_owned() };
    (read(&files, &settings, &env), settings)
}

fn good(name: &str) -> Model {
    let folder = testdata("good").into_iter().find(|p| p.ends_with(name)).expect(name);
    case(&folder).0.expect(name)
}

/// A file read without any variable.
fn text(content: &str) -> Result<Model, Vec<Finding>> {
    let files = FileMap(BTreeMap::from([("compose.yaml".to_owned(), content.as_bytes().to_vec())]));
    read(&files, &Settings::default(), &BTreeMap::new())
}

fn findings(content: &str) -> Vec<Finding> {
    text(content).map_or_else(|found| found, |model| check(&model, &Settings::default()))
}

#[test]
fn good_files_have_no_errors() {
    let cases = testdata("good");
    assert!(cases.len() >= 18, "{}", cases.len());
    for folder in cases {
        let (model, settings) = case(&folder);
        let model = model.unwrap_or_else(|found| panic!("{}: {found:#?}", folder.display()));
        let errors = errors_of(&check(&model, &settings));
        assert!(errors.is_empty(), "{}: {errors:#?}", folder.display());
        assert!(!model.services.is_empty(), "{}", folder.display());
    }
}

#[test]
fn broken_files_are_explained_at_their_line() {
    let cases = testdata("broken");
    assert!(cases.len() >= 20, "{}", cases.len());
    for path in cases {
        let content = std::fs::read_to_string(&path).expect("a file");
        let expected = content.lines().next().and_then(|l| l.strip_prefix("# expect: ")).expect("an expectation").to_owned();
        let found = findings(&content);
        let shown = |f: &Finding| {
            let code = serde_json::to_value(f.code).expect("a code");
            format!("{} {}", code.as_str().unwrap_or_default(), f.place.line)
        };
        let first = found.first().unwrap_or_else(|| panic!("{}: nothing found", path.display()));
        assert_eq!((shown(first), first.severity), (expected, Severity::Error), "{}: {found:#?}", path.display());
        assert!(first.remedy.ends_with(['.', ']']) && !first.text.ends_with('.'), "{first:?}");
    }
}

#[test]
fn deep_nesting_is_an_error_and_not_a_crash() {
    let deep = format!("services: {}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(findings(&deep)[0].severity, Severity::Error);
    let deep: String = (0..2_000).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
    assert_eq!(findings(&deep)[0].severity, Severity::Error);
}

#[test]
fn variables_are_listed_with_their_need() {
    let model = good("django");
    let of = |name: &str| model.variables.iter().find(|v| v.name == name).expect(name);
    assert!(of("POSTGRES_PASSWORD").required);
    assert_eq!(of("POSTGRES_PASSWORD").message.as_deref(), Some("set a database password"));
    assert_eq!(of("WORKERS").default.as_deref(), Some("3"));
    assert!(of("GIT_SHA").build_only && !of("WORKERS").build_only);
    assert!(model.variables.iter().all(|v| v.name != "POSTGRES_USER"), "`$$` is no variable");
}

#[test]
fn what_a_release_needs_is_listed_once() {
    let model = good("caddy");
    let binds: Vec<&str> = model.referenced_files.iter().map(|r| r.path.as_str()).collect();
    assert_eq!(binds, ["compose.yaml", "Caddyfile", "site"]);
    let model = good("monorepo");
    let paths: Vec<&str> = model.referenced_files.iter().map(|r| r.path.as_str()).collect();
    assert_eq!(paths, ["deploy/compose.yml", "deploy/compose.prod.yml", "deploy/api.env"]);
}

#[test]
fn profiles_switch_services_on_and_off() {
    let model = good("profiles");
    let on: Vec<&str> = model.services.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(on, ["api", "worker", "prometheus", "soft"]);
    assert_eq!(model.inactive[0].profiles, ["debug"]);
}

#[test]
fn a_number_that_loses_digits_is_pointed_out() {
    let model = good("scalars");
    let found: Vec<&str> = model.noticed.iter().map(|f| f.text.as_str()).collect();
    assert_eq!(found, ["`3.10` is read as the number 3.1", "`.5` is read as the number 0.5", "`1.50` is read as the number 1.5"]);
}

#[test]
fn services_play_their_parts() {
    let parts = |name: &str| -> Vec<(String, bool, bool, bool)> {
        let model = good(name);
        let part = |s: &ServiceModel| (s.name.to_string(), stateful(s), is_worker(s), one_shot(&model, &s.name));
        model.services.iter().map(part).collect()
    };
    let expect =
        |rows: &[(&str, bool, bool, bool)]| rows.iter().map(|(n, a, b, c)| ((*n).to_owned(), *a, *b, *c)).collect::<Vec<_>>();
    assert_eq!(
        parts("rails"),
        expect(&[
            ("app", false, false, false),
            ("migrate", false, true, true),
            ("sidekiq", false, true, false),
            ("db", true, true, false),
        ])
    );
    assert_eq!(
        parts("traefik"),
        expect(&[("traefik", false, false, false), ("app", false, true, false)]),
        "a mounted socket is no data"
    );
}

#[test]
fn probes_are_chosen_in_order() {
    let probe = |name: &str, text: &str| {
        let model = good(name);
        let chosen = probes(&model, &settings::parse(text).expect("settings"));
        model.services.iter().map(|s| chosen[&s.name].clone()).collect::<Vec<_>>()
    };
    let tcp = |service: &str, port| Some(ProbeTarget::Tcp { service: service.parse().expect("a name"), port });
    let docker = |service: &str| Some(ProbeTarget::Docker { service: service.parse().expect("a name") });
    assert_eq!(probe("django", ""), [docker("web"), None, None, docker("db"), None]);
    assert_eq!(probe("caddy", ""), [tcp("caddy", 80), tcp("api", 8000), tcp("web", 3000)]);
    let declared = probe("caddy", "[services.api]\nprobe = { docker = true }");
    assert_eq!(declared[1], docker("api"));
}

proptest! {
    #[test]
    fn no_file_makes_it_panic(lines in prop::collection::vec(r#" {0,8}(services|[a-z]{1,3}|build|ports|volumes|env_file|extends|include|<<|-|"a"|depends_on): ?[&*!\[\]{}$:'"a-z0-9./~|>,-]{0,12}|\PC{0,20}"#, 0..12)) {
        let _ = findings(&lines.join("\n"));
    }

    #[test]
    fn no_value_makes_it_panic(key in "build|ports|volumes|env_file|extends|image|expose|depends_on|healthcheck|deploy|networks|stop_grace_period|scale", value in r#"[$\{\}\[\]:/.,'"a-z0-9é~-]{0,16}"#) {
        let quoted = serde_json::to_string(&value).expect("JSON");
        for value in [quoted.clone(), format!("[{quoted}]"), value.clone(), format!("{{a: {quoted}, target: {quoted}, type: bind, test: {quoted}}}")] {
            let _ = findings(&format!("services:\n  a:\n    image: x\n    {key}: {value}\n"));
        }
    }
}

#[test]
fn a_slip_gets_its_remedy() {
    let found = findings("services:\n  api:\n    image: x\n    depends_on: [databse]\n  database:\n    image: postgres:16\n");
    assert!(found[0].remedy.contains("Write database"), "{found:?}");
    let found = findings("services:\n  api:\n    image: x\n    enviroment: {A: 1}\n");
    assert!(found[0].remedy.contains("`environment`"), "{found:?}");
}

#[test]
fn advice_is_given_where_it_helps() {
    let found = findings("services:\n  api:\n    build: .\n    ports: ['80:80']\n  db:\n    image: postgres\n");
    let codes: Vec<_> = found.iter().map(|f| (f.severity, f.code, f.place.line)).collect();
    assert_eq!(codes, [(Severity::Advice, FindingCode::NoHealthcheck, 2), (Severity::Advice, FindingCode::UnpinnedImage, 5)]);
}
