//! The job that builds: one leg for each service.
//!
//! Owns: where it runs, what it may do, and its steps. Must never know: the gate.

use super::RUNNER;
use crate::workflow::{
    choices::{Cache, Login, Room},
    matrix,
    pins::{AWS, BUILD, BUILDX, CHECKOUT, ECR, LOGIN, QEMU, UPLOAD},
    plan::{Plan, Registry},
    secret_name,
    text::{indented, scalar},
    trust::role_arn,
};

/// The secrets that hold the keys to AWS.
pub(in crate::workflow) const AWS_KEYS: [&str; 2] = ["PLIMSOLL_AWS_ACCESS_KEY_ID", "PLIMSOLL_AWS_SECRET_ACCESS_KEY"];
/// The secrets that hold the login to another registry.
pub(in crate::workflow) const LOGIN_SECRETS: [&str; 2] = ["PLIMSOLL_REGISTRY_USER", "PLIMSOLL_REGISTRY_PASSWORD"];

/// Everything above the steps.
pub(in crate::workflow) fn head(plan: &Plan) -> String {
    format!(
        "\
name: build ${{{{ matrix.service }}}}
runs-on: {}
environment: {}
timeout-minutes: 60
permissions:
  contents: read # the commit
{}strategy:
  fail-fast: false
  matrix:
    include:
{}",
        runner(plan),
        scalar(plan.environment.as_str()),
        if uses_role(plan) { "  id-token: write # the role in AWS, for this repository and environment alone\n" } else { "" },
        indented(&matrix::entries(plan), 6),
    )
}

fn runner(plan: &Plan) -> String {
    let (environment, server) = (&plan.environment, &plan.server);
    match (server.to_string().as_str(), plan.is_native()) {
        ("linux/arm64", true) => format!("{RUNNER}-arm # native: {environment} is {server}"),
        (_, true) => format!("{RUNNER} # native: {environment} is {server}"),
        ("linux/arm64", false) => format!("{RUNNER} # emulated, as chosen: {environment} is {server}"),
        (_, false) => format!("{RUNNER} # emulated: {environment} is {server}, for which GitHub has no runner"),
    }
}

fn uses_role(plan: &Plan) -> bool {
    matches!((&plan.registry, &plan.choices.login), (Registry::Ecr { .. }, Login::Role(_)))
}

/// The steps before the user's own.
pub(in crate::workflow) fn prepare(plan: &Plan) -> String {
    [checkout(plan), name(plan), room(plan), values(plan), emulation(plan), login(plan), buildx(), there()].concat()
}

/// The steps after the user's own.
pub(in crate::workflow) fn push(plan: &Plan) -> String {
    [inline(plan), build(plan), note()].concat()
}

fn checkout(plan: &Plan) -> String {
    let mut step = format!(
        "- name: Check out\n  uses: {}\n  with:\n    ref: ${{{{ env.COMMIT }}}}\n    persist-credentials: false\n",
        CHECKOUT.uses()
    );
    if plan.checkout.submodules {
        step.push_str("    submodules: recursive\n");
    }
    if plan.checkout.lfs {
        step.push_str("    lfs: true\n");
    }
    step
}

/// The tag is the one that a deployment looks for; an image for other platforms than the server's gets another.
fn name(plan: &Plan) -> String {
    format!(
        r#"- name: Name the image
  id: image
  env:
    REPOSITORY: ${{{{ matrix.repository }}}}
    INPUTS: ${{{{ matrix.inputs }}}}
    SERVER: {}
  run: |
    if [[ ! $COMMIT =~ ^[0-9a-f]{{40}}$ ]]; then echo "::error::$COMMIT is no full commit id"; exit 1; fi
    if [[ ! $PLATFORMS =~ ^[a-z0-9/,]+$ ]]; then echo "::error::$PLATFORMS is no list of platforms"; exit 1; fi
    [ "$(git rev-parse HEAD)" = "$COMMIT" ]
    tag=${{COMMIT:0:12}}-$INPUTS
    if [ "$PLATFORMS" != "$SERVER" ]; then tag=$tag-${{PLATFORMS//[\/,]/_}}; fi
    echo "name=$REGISTRY/$REPOSITORY" >>"$GITHUB_OUTPUT"
    echo "tag=$tag" >>"$GITHUB_OUTPUT"
"#,
        plan.server
    )
}

fn room(plan: &Plan) -> String {
    if plan.choices.room == Room::AsItIs {
        return String::new();
    }
    "\
- name: Make room on the disk # images are large
  run: |
    sudo rm -rf /usr/share/dotnet /usr/local/lib/android /opt/ghc /usr/local/.ghcup /opt/hostedtoolcache/CodeQL
    df -h /
"
    .to_owned()
}

/// A value that is missing would be built into the image as an empty text.
fn values(plan: &Plan) -> String {
    let variables = plan.variables();
    if variables.is_empty() {
        return String::new();
    }
    let known = variables.iter().map(|variable| {
        let secret = secret_name(variable);
        format!("    HAS_{variable}: ${{{{ secrets.{secret} != '' }}}}\n")
    });
    format!(
        r#"- name: Ask whether the values are there
  env:
    VALUES: ${{{{ matrix.values }}}}
{}  run: |
    read -ra names <<<"$VALUES"
    for name in "${{names[@]}}"; do
      has=HAS_$name
      if [ "${{!has}}" != true ]; then echo "::error::the secret PLIMSOLL_BUILD_${{name^^}} is not set"; exit 1; fi
    done
"#,
        known.collect::<String>()
    )
}

fn emulation(plan: &Plan) -> String {
    let (when, why) = if plan.is_native() {
        (format!("  if: env.PLATFORMS != '{}'\n", plan.server), " # other platforms than this runner's were asked for")
    } else {
        (String::new(), "")
    };
    format!("- name: Set up emulation{why}\n{when}  uses: {}\n  with:\n    platforms: ${{{{ env.PLATFORMS }}}}\n", QEMU.uses())
}

fn login(plan: &Plan) -> String {
    match &plan.registry {
        Registry::Open { .. } => String::new(),
        Registry::Login { host } => format!(
            "- name: Log in to the registry\n  uses: {}\n  with:\n    registry: {}\n    username: ${{{{ secrets.{} }}}}\n    \
             password: ${{{{ secrets.{} }}}}\n",
            LOGIN.uses(),
            scalar(host),
            LOGIN_SECRETS[0],
            LOGIN_SECRETS[1],
        ),
        Registry::Ecr { region, account, .. } => format!(
            "- name: Log in to AWS\n  uses: {}\n  with:\n    aws-region: {region}\n    mask-aws-account-id: false # the image's name \
             has it\n{}- name: Log in to ECR\n  uses: {}\n",
            AWS.uses(),
            aws(plan, region, account.as_deref().unwrap_or_default()),
            ECR.uses()
        ),
    }
}

fn aws(plan: &Plan, region: &str, account: &str) -> String {
    match &plan.choices.login {
        Login::Role(Some(role)) => format!("    role-to-assume: {}\n", scalar(role)),
        Login::Role(None) => {
            format!("    role-to-assume: {}\n", scalar(&role_arn(region, account, &plan.project, &plan.environment)))
        }
        Login::Keys => format!(
            "    aws-access-key-id: ${{{{ secrets.{} }}}}\n    aws-secret-access-key: ${{{{ secrets.{} }}}}\n",
            AWS_KEYS[0], AWS_KEYS[1]
        ),
    }
}

fn buildx() -> String {
    format!("- name: Set up Buildx\n  uses: {}\n", BUILDX.uses())
}

/// Tags are never pushed twice, so that a run that is repeated does no harm.
fn there() -> String {
    "\
- name: Ask whether it is there
  id: there
  env:
    IMAGE: ${{ steps.image.outputs.name }}:${{ steps.image.outputs.tag }}
  run: |
    if digest=$(docker buildx imagetools inspect \"$IMAGE\" --format '{{.Manifest.Digest}}'); then
      echo \"digest=$digest\" >>\"$GITHUB_OUTPUT\"
    fi
"
    .to_owned()
}

fn inline(plan: &Plan) -> String {
    if !matrix::has(plan, "inline") {
        return String::new();
    }
    "\
- name: Write the Dockerfile
  if: matrix.inline != ''
  env:
    DOCKERFILE: ${{ matrix.inline }}
  run: printf '%s' \"$DOCKERFILE\" >\"$RUNNER_TEMP/Dockerfile\"
"
    .to_owned()
}

/// Inputs of the action that are a field of the matrix, where any leg has it.
const FIELDS: [(&str, &str); 11] = [
    ("target", "target"),
    ("build-args", "args"),
    ("secret-envs", "secret_envs"),
    ("secret-files", "secret_files"),
    ("build-contexts", "contexts"),
    ("labels", "labels"),
    ("network", "network"),
    ("shm-size", "shm_size"),
    ("ulimit", "ulimits"),
    ("no-cache", "no_cache"),
    ("pull", "pull"),
];

fn build(plan: &Plan) -> String {
    let mut step =
        format!("- name: Build and push\n  id: push\n  if: steps.there.outputs.digest == ''\n  uses: {}\n", BUILD.uses());
    let environment = matrix::environment(plan);
    if !environment.is_empty() {
        step.push_str(&format!("  env:\n{}", indented(&environment, 4)));
    }
    step.push_str("  with:\n    context: ${{ matrix.context }}\n");
    step.push_str(&format!("    file: {}\n", file(plan)));
    step.push_str("    platforms: ${{ env.PLATFORMS }}\n");
    for (input, field) in FIELDS.iter().filter(|(_, field)| matrix::has(plan, field)) {
        step.push_str(&format!("    {input}: ${{{{ matrix.{field}{} }}}}\n", otherwise(field)));
    }
    step.push_str("    tags: ${{ steps.image.outputs.name }}:${{ steps.image.outputs.tag }}\n    push: true\n");
    step.push_str("    provenance: false # one manifest for each platform: its digest is what the server pulls\n");
    step.push_str(&cache(plan));
    step
}

/// A flag is a word to the action, and an empty one is none.
fn otherwise(field: &str) -> &'static str {
    if matches!(field, "no_cache" | "pull") { " || 'false'" } else { "" }
}

fn file(plan: &Plan) -> &'static str {
    match (matrix::has(plan, "inline"), matrix::has(plan, "file")) {
        (false, _) => "${{ matrix.file }}",
        (true, false) => "${{ runner.temp }}/Dockerfile",
        (true, true) => "${{ matrix.file || format('{0}/Dockerfile', runner.temp) }}",
    }
}

/// The Compose file's own caches win over ours.
fn cache(plan: &Plan) -> String {
    let scope = format!("type=gha,scope={}-", plan.environment);
    let (from, to) = match plan.choices.cache {
        Cache::Gha => (
            format!("format('{scope}{{0}}', matrix.service)"),
            format!("format('{scope}{{0}},mode=max,ignore-error=true', matrix.service)"),
        ),
        Cache::Registry => (
            "format('type=registry,ref={0}:cache', steps.image.outputs.name)".to_owned(),
            "format('type=registry,ref={0}:cache,mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true', \
             steps.image.outputs.name)"
                .to_owned(),
        ),
    };
    let own = |field: &str| if matrix::has(plan, field) { format!("matrix.{field} || ") } else { String::new() };
    format!("    cache-from: ${{{{ {}{from} }}}}\n    cache-to: ${{{{ {}{to} }}}}\n", own("cache_from"), own("cache_to"))
}

/// One file for each leg, so that those that are there are known when others fail.
fn note() -> String {
    format!(
        r#"- name: Note the digest
  env:
    SERVICE: ${{{{ matrix.service }}}}
    NAME: ${{{{ steps.image.outputs.name }}}}
    DIGEST: ${{{{ steps.there.outputs.digest || steps.push.outputs.digest }}}}
  run: |
    mkdir -p "$RUNNER_TEMP/digests"
    jq -n --arg s "$SERVICE" --arg n "$NAME" --arg d "$DIGEST" --arg c "$COMMIT" --arg p "$PLATFORMS" \
      '{{service: $s, repository: $n, digest: $d, commit: $c, platforms: $p}}' >"$RUNNER_TEMP/digests/$SERVICE.json"
- name: Hand the digest over
  uses: {}
  with:
    name: digest-${{{{ matrix.service }}}}
    path: ${{{{ runner.temp }}}}/digests/${{{{ matrix.service }}}}.json
    if-no-files-found: error
    overwrite: true
    retention-days: 30
"#,
        UPLOAD.uses()
    )
}

#[cfg(test)]
mod tests {
    use super::FIELDS;
    use crate::workflow::pins::BUILD;

    #[test]
    fn the_action_knows_every_input() {
        assert!(FIELDS.iter().all(|(input, _)| BUILD.inputs.contains(input)));
    }
}
