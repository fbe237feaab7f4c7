//! Many Compose files, each as a workflow or as the reasons why there is none; and files that were broken on purpose.

use std::{collections::BTreeMap, fs, path::Path};

use super::*;
use crate::{
    compose::{self, FileMap, Model},
    domain::{name::ServiceName, settings::Settings},
};

/// A case of its own: the Compose file, and what differs from the usual.
struct Case {
    file: &'static str,
    name: &'static str,
    server: &'static str,
    registry: Registry,
    checkout: Checkout,
    choices: Choices,
    folder: &'static str,
}

fn ecr() -> Registry {
    Registry::ecr("123456789012.dkr.ecr.eu-central-1.amazonaws.com", None).expect("it says its region")
}

fn case(file: &'static str) -> Case {
    let choices = Choices { branch: Some("main".to_owned()), ..Choices::default() };
    Case { file, name: file, server: "linux/arm64", registry: ecr(), checkout: Checkout::default(), choices, folder: "" }
}

fn cases() -> Vec<Case> {
    let files = [
        "shop",
        "one",
        "secrets",
        "contexts",
        "inline",
        "inline_alone",
        "target",
        "operators",
        "quotes",
        "expressions",
        "unicode",
        "names",
        "thirty",
        "extras",
        "caches",
        "pulled",
        "anchors",
        "listed",
        "reserved",
    ];
    let chosen = |change: fn(&mut Choices)| {
        let mut choices = case("shop").choices;
        change(&mut choices);
        choices
    };
    let shop = || case("shop");
    let mut cases: Vec<Case> = files.into_iter().map(case).collect();
    cases.extend([
        Case { folder: "deploy", ..case("monorepo") },
        Case { name: "shop_amd64", server: "linux/amd64", ..shop() },
        Case { name: "shop_riscv64", server: "linux/riscv64", ..shop() },
        Case { name: "shop_armv7", server: "linux/arm/v7", ..shop() },
        Case { name: "shop_emulated", choices: chosen(|c| c.runner = Runner::Emulate), ..shop() },
        Case { name: "shop_keys", choices: chosen(|c| c.login = Login::Keys), ..shop() },
        Case {
            name: "shop_role",
            choices: chosen(|c| c.login = Login::Role(Some("arn:aws:iam::123456789012:role/ci/push".to_owned()))),
            ..shop()
        },
        Case { name: "shop_room", choices: chosen(|c| c.room = Room::Cleared), ..shop() },
        Case { name: "shop_cache_in_the_registry", choices: chosen(|c| c.cache = Cache::Registry), ..shop() },
        Case { name: "shop_asked_for_alone", choices: chosen(|c| c.branch = None), ..shop() },
        Case { name: "shop_odd_branch", choices: chosen(|c| c.branch = Some("release/1.x+wip!".to_owned())), ..shop() },
        Case { name: "shop_login", registry: Registry::Login { host: "ghcr.io".to_owned() }, ..shop() },
        Case { name: "shop_open", registry: Registry::Open { host: "registry.example.com:5000".to_owned() }, ..shop() },
        Case { name: "shop_lfs_and_submodules", checkout: Checkout { lfs: true, submodules: true }, ..shop() },
    ]);
    cases
}

/// What the environment has; of these, a workflow may know the names alone.
fn values() -> BTreeMap<String, String> {
    let pairs =
        [("SET", "canary-one"), ("set", "canary-two"), ("OTHER", "canary-three"), ("EMPTY", ""), ("NPM_TOKEN", "canary-four")];
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn model(file: &str, folder: &str, values: &BTreeMap<String, String>) -> Model {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/workflow/testdata").join(format!("{file}.yml"));
    let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let files = FileMap([("compose.yml".to_owned(), text)].into());
    let mut model = compose::read(&files, &Settings::default(), values).unwrap_or_else(|found| panic!("{file}: {found:#?}"));
    folder.clone_into(&mut model.folder);
    model
}

fn planned(case: &Case) -> Result<Plan, Vec<Refusal>> {
    let (real, public) = (model(case.file, case.folder, &values()), model(case.file, case.folder, &BTreeMap::new()));
    let host = case.registry.host();
    let pushed = |(n, name): (usize, &ServiceName)| {
        let repository = format!("{host}/shop-{}", name.as_str().to_ascii_lowercase());
        (name.clone(), Pushed { repository, inputs: format!("{:08x}", 0x1234_5678 + n) })
    };
    let pushed: BTreeMap<_, _> = real.built().map(|service| &service.name).enumerate().map(pushed).collect();
    let sources = Sources {
        project: &"it's \"my\" $(shop) ${{ x }}".parse().expect("a name"),
        environment: &EnvironmentName::production(),
        server: case.server.parse().expect("a platform"),
        model: &real,
        public: &public,
        variables: Variables::of(&values()),
        pushed: &pushed,
        registry: case.registry.clone(),
        checkout: case.checkout,
    };
    Plan::new(&sources, &case.choices)
}

fn workflow(case: &Case) -> (Plan, String) {
    let plan = planned(case).unwrap_or_else(|refused| panic!("{}: {refused:?}", case.name));
    let text = document(&plan).text();
    (plan, text)
}

#[test]
fn every_compose_file_as_a_workflow() {
    let cases = cases();
    assert!(cases.len() > 20);
    for case in &cases {
        let (plan, text) = workflow(case);
        assert_eq!(check::check(&plan, &text), Vec::<String>::new(), "{}", case.name);
        assert!(!text.contains("canary"), "{} holds a value:\n{text}", case.name);
        assert_eq!(Choices::of(&text).as_ref(), Some(&case.choices), "{}", case.name);
        assert_eq!(merged(&document(&plan), Some(&text)).drift, Drift::Current, "{}", case.name);
        insta::assert_snapshot!(case.name, text);
    }
}

#[test]
fn what_a_runner_cannot_do_is_refused_by_name() {
    let files = ["remote", "ssh", "outside", "private", "siblings", "secrets", "names", "nothing"];
    let told = files.map(|file| {
        let name: &'static str = Box::leak(format!("refused_{file}").into_boxed_str());
        let refused = planned(&case(name)).expect_err(file);
        format!("{file}\n{}", refused.iter().map(|refusal| format!("  {refusal}\n")).collect::<String>())
    });
    insta::assert_snapshot!("refused", told.concat());
    for branch in ["", "a b", "a*", "x[1]", "-d", "a\\b", "${{ x }}"] {
        let choices = Choices { branch: Some(branch.to_owned()), ..Choices::default() };
        assert!(planned(&Case { choices, ..case("one") }).is_err(), "{branch}");
    }
}

/// What somebody could break by hand, and no other judge would say a word.
#[test]
fn every_mutant_is_caught() {
    let (plan, good) = workflow(&case("secrets"));
    let mutants = [
        ("gate without needs", "    needs: [build]\n", ""),
        ("gate with a condition", "    needs: [build]\n", "    needs: [build]\n    if: always()\n"),
        ("gate without a service", "SERVICES: \"api web plain\"", "SERVICES: \"api web\""),
        (
            "a leg less",
            "          - service: plain\n            repository: shop-plain\n",
            "          - repository: shop-plain\n",
        ),
        ("other inputs", "12345678", "12345670"),
        ("fail-fast", "fail-fast: false", "fail-fast: true"),
        ("no id-token", "      id-token: write", "      #"),
        ("more permissions", "      contents: read", "      packages: write\n      contents: read"),
        ("permissions for all", "\npermissions: {}", "\npermissions: write-all"),
        ("an input that is none", "          secret-envs:", "          secret-env:"),
        ("a tag instead of a commit", "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1", "actions/checkout@v7"),
        ("another commit", "actions/checkout@3d3c42e5", "actions/checkout@00000000"),
        (
            "an expression in a script",
            "run: |\n          if [[ ! $COMMIT",
            "run: |\n          echo ${{ inputs.commit }}\n          if [[ ! $COMMIT",
        ),
        ("another tag", "tag=${COMMIT:0:12}-$INPUTS", "tag=latest"),
        ("no timeout", "    timeout-minutes: 60\n", ""),
        ("the token stays", "persist-credentials: false", "persist-credentials: true"),
        ("another environment", "    environment: production\n", "    environment: staging\n"),
        ("no nonce", "      nonce:\n", "      mark:\n"),
        ("a nameless run", "run-name: ", "#"),
        ("one group for all", "group: \"plimsoll-", "group: \"x-"),
        ("a secret that nothing fills", "secrets.PLIMSOLL_BUILD_NPM_TOKEN", "secrets.PLIMSOLL_BUILD_NPM_TOKEM"),
        ("no login", "aws-actions/amazon-ecr-login@", "example/login@"),
        ("two documents", "jobs:\n", "---\njobs:\n"),
        ("another registry", "REGISTRY: ", "REGISTRY: x"),
    ];
    for (name, from, to) in mutants {
        assert!(good.contains(from), "{name}: nothing to change");
        assert_ne!(check::check(&plan, &good.replacen(from, to, 1)), Vec::<String>::new(), "{name} survives");
    }
}

#[test]
fn a_file_remembers_its_choices_and_forgets_what_it_cannot_read() {
    assert_eq!(Choices::of("name: x\n"), None);
    assert_eq!(Choices::of("# choices: {\"later\":1}\n"), None);
}

#[test]
fn ecr_says_where_it_is() {
    let ecr = |region: &str, account: Option<&str>, host: &str| {
        Some(Registry::Ecr { host: host.to_owned(), region: region.to_owned(), account: account.map(str::to_owned) })
    };
    for host in ["1.dkr.ecr.eu-west-1.amazonaws.com", "1.dkr.ecr.cn-north-1.amazonaws.com.cn"] {
        let region = host.split('.').nth(3).expect("a region");
        assert_eq!(Registry::ecr(host, Some("other")), ecr(region, Some("1"), host));
    }
    assert_eq!(Registry::ecr("127.0.0.1:5100", Some("eu-west-1")), ecr("eu-west-1", None, "127.0.0.1:5100"));
    assert_eq!(Registry::ecr("127.0.0.1:5100", None), None);
}

#[test]
fn projects_of_one_repository_have_files_of_their_own() {
    let environment = EnvironmentName::production();
    assert_eq!(path("", &environment), ".github/workflows/plimsoll-production.yml");
    assert_eq!(path("apps/shop", &environment), ".github/workflows/plimsoll-apps-shop-production.yml");
}
