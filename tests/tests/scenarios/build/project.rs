//! A repository with everything that a checkout can get wrong: a submodule, a large file, odd names, links, modes.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use plimsoll_core::{
    build::{BuildJob, BuildSecret, BuildTarget, Built},
    domain::{id::ProjectId, platform::Platform, registry::RegistryAuth, secret::Secret},
    git::Repo,
};
use plimsoll_lab::lab::{Lab, sha256};
use serde_json::json;
use tempfile::TempDir;

use crate::support;

/// The value of the build secret `npm`.
pub(crate) const PASSWORD_OF_NPM: &str = "npm-t0ken-$&'\"\n>>>???";
const LARGE: &[u8] = b"the real content of a large file\n";

pub(crate) struct Project {
    folder: TempDir,
    id: ProjectId,
    base: String,
}

impl Project {
    /// Services `api` and `web`, committed.
    pub(crate) fn new(lab: &Lab) -> Self {
        let project =
            Self { folder: tempfile::tempdir().expect("a folder"), id: ProjectId::new(), base: lab.registry.base("busybox") };
        project.write_library();
        let root = project.root();
        git(&root, &["init", "-q", "-b", "main"]);
        git(
            &root,
            &["submodule", "--quiet", "add", project.folder.path().join("lib").to_str().expect("text"), "api/vendor/my lib"],
        );
        for n in 0..300 {
            project.write(&format!("api/src/file-{n}.txt"), &format!("{n}\n").repeat(n % 50 + 1));
        }
        project.write("api/odd/$(id) 'x' -n.txt", "odd");
        project.write("api/run.sh", "#!/bin/sh\necho ran\n");
        fs::set_permissions(root.join("api/run.sh"), fs::Permissions::from_mode(0o755)).expect("a mode");
        std::os::unix::fs::symlink("run.sh", root.join("api/link")).expect("a link");
        project.write(".gitattributes", "*.bin filter=lfs export-ignore\n");
        project.write_large();
        project.write("api/Dockerfile", &project.api_dockerfile());
        project.run_in_web("echo hello from web");
        project
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("shop")
    }

    fn write(&self, path: &str, content: &str) {
        let file = self.root().join(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, content).expect("a file");
    }

    fn write_library(&self) {
        let lib = self.folder.path().join("lib");
        fs::create_dir_all(&lib).expect("a folder");
        fs::create_dir_all(self.root()).expect("a folder");
        fs::write(lib.join("lib.c"), "int x;\n").expect("a file");
        git(&lib, &["init", "-q", "-b", "main"]);
        git(&lib, &["add", "-A"]);
        git(&lib, &["commit", "-q", "-m", "lib"]);
    }

    fn write_large(&self) {
        let oid = sha256(LARGE);
        let oid = oid.trim_start_matches("sha256:");
        let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {}\n", LARGE.len());
        self.write("api/big.bin", &pointer);
        self.write(&format!(".git/lfs/objects/{}/{}/{oid}", &oid[..2], &oid[2..4]), std::str::from_utf8(LARGE).expect("text"));
    }

    /// Fails unless every file is what the commit says.
    fn api_dockerfile(&self) -> String {
        let base = &self.base;
        let expected = PASSWORD_OF_NPM.len();
        format!(
            "FROM {base} AS tools\nRUN echo tools >/tools\n\
             FROM {base}\nRUN echo hello from api\nCOPY . /app\n\
             RUN cd /app && grep -q 'real content' big.bin && grep -q 'int x' 'vendor/my lib/lib.c' && \
             grep -q odd odd/*x*.txt && [ \"$(./link)\" = ran ] && [ \"$(stat -c %a run.sh src/file-1.txt src)\" = \"$(printf '755\\n644\\n755')\" ] && \
             [ ! -e .git ]\n\
             RUN --mount=type=secret,id=npm [ \"$(wc -c </run/secrets/npm)\" = {expected} ]\n\
             COPY --from=tools /tools /tools\n"
        )
    }

    /// Gives `web` one command to run, and commits.
    pub(crate) fn run_in_web(&self, command: &str) {
        self.write("web/Dockerfile", &format!("FROM {}\nRUN {command}\n", self.base));
        self.commit();
    }

    /// Changes one line of `api`, and commits.
    pub(crate) fn change_one_line(&self) {
        let file = "api/src/file-49.txt";
        let text = fs::read_to_string(self.root().join(file)).expect("a file");
        self.write(file, &text.replacen("49\n", "forty-nine\n", 1));
        self.commit();
    }

    fn commit(&self) {
        git(&self.root(), &["add", "-A"]);
        git(&self.root(), &["commit", "-q", "-m", "change"]);
    }

    /// The head as a job.
    pub(crate) async fn job(&self, lab: &Lab) -> BuildJob {
        let repo = Repo::open(&self.root()).await.expect("a repository");
        let commit = repo.resolve("HEAD").await.expect("a commit").id;
        let registry = &lab.registry;
        let tag = |service: &str| format!("{}/shop/{service}:{}", registry.address, commit.short());
        let bake = json!({"target": {
            "api": {"context": "api", "tags": [tag("api")], "secret": ["id=npm"]},
            "web": {"context": "web", "tags": [tag("web")]},
        }});
        let target = |name: &str| BuildTarget { service: name.parse().expect("a name"), target: name.to_owned() };
        BuildJob {
            project: self.id,
            repo,
            commit,
            bake: bake.to_string(),
            services: vec![target("api"), target("web")],
            platform: Platform::from_uname(std::env::consts::ARCH).expect("a platform"),
            auths: vec![RegistryAuth {
                host: registry.address.clone(),
                user: registry.user.clone(),
                password: Secret::new(&registry.password),
            }],
            secrets: vec![BuildSecret { id: "npm".to_owned(), value: Secret::new(PASSWORD_OF_NPM) }],
        }
    }

    /// Waits until the registry has every image of the commit.
    pub(crate) async fn until_pushed(&self, lab: &Lab) {
        let job = self.job(lab).await;
        let client = support::client(&lab.registry).await;
        for target in &job.services {
            let tag = format!("{}/shop/{}:{}", lab.registry.address, target.service, job.commit.short());
            support::until("image", async || client.resolve(&tag).await.expect("an answer")).await;
        }
    }

    /// The registry has, under the commit's tag, exactly the digests that the build reported.
    pub(crate) async fn assert_pushed(&self, lab: &Lab, built: &Built) {
        let job = self.job(lab).await;
        assert_eq!(built.digests.len(), job.services.len());
        let client = support::client(&lab.registry).await;
        for (service, digest) in &built.digests {
            let tag = format!("{}/shop/{service}:{}", lab.registry.address, job.commit.short());
            assert_eq!(client.resolve(&tag).await.expect("an answer").as_ref(), Some(digest), "{tag}");
        }
    }
}

fn git(folder: &Path, args: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@b", "-c", "protocol.file.allow=always"])
        .args(args)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .expect("git");
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
}
