//! What `plimsoll.toml` may say, how it is refused, and what an edit leaves alone.

use std::time::Duration;

use super::{Change, SettingsError, edit, parse, template};
use crate::{
    compose::{self, FileMap},
    domain::{
        probe::ProbeTarget,
        settings::{BuilderChoice, ReleaseCommand, ServiceSettings, Settings, Strategy},
    },
    problem::Problem,
};

const FULL: &str = r#"# ours
compose = ["compose.yml"]  # the file
profiles = ["worker"]
registry = "lab"

[builder]
kind = "build-vm"
server = "vm"

# where users are
[environments.production]
server = "web-1"
stack = "shop"
url = 'https://example.com'   # public
expect = "{release}"
soak = "1m30s"
keep = 3

[environments.staging]
server = "local"

[services.api]
probe = { http = "/health", port = 8080, expect = "{release}" }
deadline = "60s"
strategy = "blue-green"
drain = "500ms"

[services."web.v2"]
probe = { tcp = 80 }
overlap = true

[services.worker]
probe = { command = ["sh", "-c", "exit 0"] }

[services.db]
probe = { docker = true }

[release]
service = "api"
command = ["python", "migrate.py", ""]
"#;

fn full() -> Settings {
    parse(FULL).expect("valid")
}

#[test]
fn the_image_of_the_switches_is_haproxys_own_unless_another_is_named() {
    assert_eq!(full().switch_image(), "docker.io/library/haproxy:2.8");
    let named = parse("[switch]\nimage = \"r.example/haproxy:3\"\n").expect("valid");
    assert_eq!(named.switch_image(), "r.example/haproxy:3");
}

#[test]
fn everything_is_read() {
    let settings = full();
    let production = &settings.environments[&"production".parse().unwrap()];
    assert_eq!(settings.builder, Some(BuilderChoice::BuildVm { server: "vm".parse().unwrap() }));
    assert_eq!((production.soak, production.keep), (Duration::from_secs(90), 3));
    assert_eq!(production.stack.as_ref().map(|s| s.as_str()), Some("shop"));
    let staging = &settings.environments[&"staging".parse().unwrap()];
    assert_eq!((staging.soak, staging.keep, &staging.url), (Duration::from_secs(60), 5, &None));
    let api = &settings.services[&"api".parse().unwrap()];
    let probe = ProbeTarget::Http {
        service: "api".parse().unwrap(),
        port: 8080,
        path: "/health".into(),
        expect: Some("{release}".into()),
    };
    assert_eq!((api.probe.as_ref(), api.strategy), (Some(&probe), Some(Strategy::BlueGreen)));
    assert!(settings.services[&"web.v2".parse().unwrap()].overlap);
    assert_eq!(settings.release_command.unwrap().command, ["python", "migrate.py", ""]);
    assert_eq!(parse("").unwrap(), Settings::default());
}

#[test]
fn what_is_not_allowed_is_refused_with_its_line() {
    let production = "[environments.production]\nserver = \"a\"\n";
    for (text, line, mentions) in [
        ("compose = [\"a\"\n\nregistry = 1", 3, ""),
        ("registri = \"lab\"", 1, "registry"),
        ("\n[builder]\nkind = \"vm\"", 3, "build-vm"),
        ("[builder]\nkind = \"build-vm\"", 1, "server"),
        ("[builder]\nkind = \"local\"\nserver = \"x\"", 3, "build VM"),
        ("[builder]", 1, "kind"),
        ("[environments.production]\nurl = \"https://x\"", 1, "server"),
        ("[environments.\"a b\"]\nserver = \"x\"", 1, "a b"),
        (&format!("{production}soak = 60"), 3, "30s"),
        (&format!("{production}soak = \"1 minute\""), 3, "30s"),
        (&format!("{production}keep = 0"), 3, "1 to 100"),
        (&format!("{production}url = \"example.com\""), 3, "https://"),
        (&format!("{production}expect = \"ok\""), 1, "url"),
        (&format!("{production}stack = \"My Shop\""), 3, "lower-case"),
        (&format!("{production}sever = \"b\""), 3, "server"),
        ("[services.api]\nprobe = { http = \"/\" }", 2, "port"),
        ("[services.api]\nprobe = { http = \"health\", port = 1 }", 2, "/health"),
        ("[services.api]\nprobe = { http = \"/\", port = 70000 }", 2, "65535"),
        ("[services.api]\nprobe = { http = \"/\", tcp = 1 }", 2, "exactly one"),
        ("[services.api]\nprobe = { tcp = 1, expect = \"x\" }", 2, "http probe"),
        ("[services.api]\nprobe = { docker = false }", 2, "true"),
        ("[services.api]\nprobe = { command = [] }", 2, "program"),
        ("[services.api]\nprobe = \"tcp\"", 2, "table"),
        ("[services.\"--help\"]\n", 1, "begins with"),
        ("[services.api]\nstrategy = \"rolling\"", 2, "blue-green"),
        ("[switch]\nimage = \"-x\"", 2, "haproxy"),
        ("[services.api]\noverlap = \"yes\"", 2, "true or false"),
        ("[release]\nservice = \"api\"", 1, "command"),
        ("[release]\nservice = \"api\"\ncommand = \"./migrate --all\"", 3, "list"),
        ("release = 1", 1, "table"),
    ] {
        let error = parse(text).expect_err(text);
        let at = match &error {
            SettingsError::Syntax { at, .. } | SettingsError::UnknownKey { at, .. } => at,
            SettingsError::Value { at, .. } | SettingsError::Missing { at, .. } => at,
            SettingsError::File { .. } => panic!("{error}"),
        };
        assert_eq!(at.line, line, "{text}\n{error}");
        let problem = Problem::from(error);
        let said = format!("{} {}", problem.detail, problem.hint);
        assert!(said.contains(mentions) && said.contains(&format!("line {line}")), "{text}\n{said}");
    }
}

#[test]
fn an_edit_changes_its_own_lines_and_no_other() {
    let mut production = full().environments[&"production".parse().unwrap()].clone();
    production.url = Some("https://shop.example.com".into());
    let changes = [
        Change::Environment("production".parse().unwrap(), production),
        Change::Registry(Some("hub".parse().unwrap())),
        Change::RemoveEnvironment("staging".parse().unwrap()),
        Change::Service("db".parse().unwrap(), ServiceSettings::default()),
    ];
    let expected = FULL
        .replace("registry = \"lab\"", "registry = \"hub\"")
        .replace("'https://example.com'   # public", "\"https://shop.example.com\"   # public")
        .replace("[environments.staging]\nserver = \"local\"\n\n", "")
        .replace("[services.db]\nprobe = { docker = true }\n\n", "");
    assert_eq!(edit(FULL, &changes).unwrap(), expected);
}

#[test]
fn saying_the_same_again_changes_nothing() {
    let settings = full();
    let mut changes = vec![
        Change::ComposeFiles(settings.compose_files.clone()),
        Change::Profiles(settings.profiles.clone()),
        Change::Registry(settings.registry.clone()),
        Change::Builder(settings.builder.clone()),
        Change::ReleaseCommand(settings.release_command.clone()),
    ];
    changes.extend(settings.environments.iter().map(|(n, e)| Change::Environment(n.clone(), e.clone())));
    changes.extend(settings.services.iter().map(|(n, s)| Change::Service(n.clone(), s.clone())));
    assert_eq!(edit(FULL, &changes).unwrap(), FULL);
    assert_eq!(parse(&edit("", &changes).unwrap()).unwrap(), settings);
}

#[test]
fn a_file_that_is_broken_is_not_edited() {
    assert!(edit("regstry = 1", &[Change::Registry(None)]).is_err());
    let command = ReleaseCommand { service: "api".parse().unwrap(), command: Vec::new() };
    assert!(edit("", &[Change::ReleaseCommand(Some(command))]).is_err());
}

#[test]
fn saving_keeps_the_rest_of_the_file_and_its_permissions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(super::FILE);
    assert_eq!(super::load(&path).unwrap(), None);
    super::save(&path, &[Change::Registry(Some("a".parse().unwrap()))]).unwrap();
    let mode = || std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions()) & 0o777;
    assert_eq!(mode() & 0o400, 0o400);
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o664)).unwrap();
    super::save(&path, &[Change::Profiles(vec!["x".into()])]).unwrap();
    assert_eq!((mode(), super::load(&path).unwrap().unwrap().profiles), (0o664, vec!["x".to_owned()]));
}

#[test]
fn the_first_file_is_valid_and_so_is_what_it_suggests() {
    let file = "services:\n  api:\n    build: .\n    ports: ['80:8000']\n  \"w.x\":\n    build: .\n    expose: [3000]\n  db:\n    image: postgres:16\n";
    let files = FileMap([("compose.yaml".to_owned(), file.as_bytes().to_vec())].into());
    let model = compose::read(&files, &Settings::default(), &Default::default()).unwrap();
    let text = template(&model, &Settings::default()).unwrap();
    assert_eq!(parse(&text).unwrap(), Settings::default());
    let is_toml = |line: &str| line.starts_with('[') || line.contains(" = ");
    let uncommented: Vec<&str> = text.lines().map(|l| l.strip_prefix("# ").filter(|l| is_toml(l)).unwrap_or(l)).collect();
    let suggested = parse(&uncommented.join("\n")).unwrap_or_else(|e| panic!("{e}\n{text}"));
    assert!(suggested.registry.is_some() && suggested.builder.is_some() && suggested.release_command.is_some(), "{text}");
    assert_eq!(suggested.services.len(), 2, "{text}");
    let text = template(&model, &full()).unwrap();
    assert_eq!(parse(&text).unwrap(), full(), "{text}");
}
