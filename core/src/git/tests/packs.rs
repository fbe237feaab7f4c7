//! Packs, received as a builder receives them.

use std::path::{Path, PathBuf};

use tokio::io::AsyncReadExt as _;

use crate::{
    domain::commit::CommitId,
    git::{
        Repo,
        fixture::{Fixture, git},
    },
};

/// A repository that gets packs and nothing else.
struct Receiver {
    _folder: tempfile::TempDir,
    repo: PathBuf,
}

impl Receiver {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        assert!(git(folder.path(), &["init", "-q", "--bare", "r.git"], b"").status.success());
        Self { repo: folder.path().join("r.git"), _folder: folder }
    }

    /// Sends a commit and returns the size of its pack.
    async fn receive(&self, from: &Repo, commit: &CommitId, haves: &[CommitId]) -> usize {
        let mut pack = from.pack(commit, haves).await.unwrap();
        let mut bytes = Vec::new();
        pack.stdout.read_to_end(&mut bytes).await.unwrap();
        pack.finish().await.unwrap();
        let output = git(&self.repo, &["index-pack", "--stdin", "--fix-thin"], &bytes);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let shallow = std::fs::read_to_string(self.repo.join("shallow")).unwrap_or_default();
        std::fs::write(self.repo.join("shallow"), format!("{shallow}{commit}\n")).unwrap();
        self.ok(&["update-ref", &format!("refs/plimsoll/{commit}"), commit.as_str()]);
        self.ok(&["fsck", "--connectivity-only", "--no-dangling"]);
        bytes.len()
    }

    fn ok(&self, args: &[&str]) -> String {
        let output = git(&self.repo, args, b"");
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn has(&self, path: &Path) -> bool {
        git(&self.repo, &["cat-file", "-e", path.to_str().unwrap()], b"").status.success()
    }
}

fn source(n: usize) -> String {
    (0..40).map(|line| format!("export const value_{n}_{line} = {};\n", n * 7919 + line * 104_729)).collect()
}

fn large() -> Fixture {
    let fixture = Fixture::new();
    for n in 0..1400 {
        fixture.write(&format!("src/module-{}/file-{n}.ts", n % 40), source(n));
    }
    fixture.commit("first");
    fixture
}

#[tokio::test]
async fn a_one_line_change_in_1400_files_travels_in_under_2_kb() {
    let fixture = large();
    let repo = fixture.open().await;
    let receiver = Receiver::new();
    let first = repo.resolve("HEAD").await.unwrap().id;
    let whole = receiver.receive(&repo, &first, &[]).await;
    fixture.write("src/module-7/file-7.ts", source(7).replacen("value_7_3 = ", "value_7_3 = 1", 1));
    let second = fixture.commit("one line");
    let thin = receiver.receive(&repo, &second, std::slice::from_ref(&first)).await;
    assert!(thin < 2000, "{thin} bytes, the whole has {whole}");
    assert!(whole > 100 * thin, "{whole}");
}

#[tokio::test]
async fn history_stays_at_home() {
    let fixture = Fixture::new();
    for n in 0..30 {
        fixture.write("big", (0..20_000).map(|i| format!("{}\n", i * 31 + n * 77_777)).collect::<String>());
        fixture.commit("more history");
    }
    let repo = fixture.open().await;
    let head = repo.resolve("HEAD").await.unwrap().id;
    let receiver = Receiver::new();
    receiver.receive(&repo, &head, &[]).await;
    assert!(!receiver.has(Path::new(&format!("{head}~1"))));
    assert_eq!(receiver.ok(&["rev-list", "--count", head.as_str()]).trim(), "1");
}

/// The receiver never had the parents of what it has: an old file that comes back must travel again.
#[tokio::test]
async fn a_file_that_comes_back_from_history_arrives() {
    let fixture = Fixture::with_commit();
    fixture.write("flag", "an old content of some length\n");
    fixture.commit("old");
    fixture.write("flag", "something new\n");
    let first = fixture.commit("new");
    let repo = fixture.open().await;
    let receiver = Receiver::new();
    receiver.receive(&repo, &first, &[]).await;
    fixture.write("flag", "an old content of some length\n");
    let second = fixture.commit("back");
    receiver.receive(&repo, &second, &[first]).await;
    assert_eq!(receiver.ok(&["show", &format!("{second}:flag")]), "an old content of some length\n");
}

#[tokio::test]
async fn an_older_commit_and_an_unrelated_one_arrive_too() {
    let fixture = Fixture::with_commit();
    let first = fixture.open().await.resolve("HEAD").await.unwrap().id;
    fixture.write("a", "1");
    let second = fixture.commit("second");
    fixture.git(&["checkout", "-q", "--orphan", "o"]);
    fixture.write("b", "1");
    let orphan = fixture.commit("orphan");
    let repo = fixture.open().await;
    let receiver = Receiver::new();
    let unknown: CommitId = "0123456789".repeat(4).parse().unwrap();
    receiver.receive(&repo, &second, std::slice::from_ref(&unknown)).await;
    receiver.receive(&repo, &first, &[second.clone(), unknown]).await;
    receiver.receive(&repo, &orphan, &[first, second]).await;
}

#[tokio::test]
async fn a_commit_that_is_not_here_is_an_error() {
    let fixture = Fixture::with_commit();
    let mut pack = fixture.open().await.pack(&"0123456789".repeat(4).parse().unwrap(), &[]).await.unwrap();
    let mut bytes = Vec::new();
    pack.stdout.read_to_end(&mut bytes).await.unwrap();
    assert!(pack.finish().await.is_err());
}

#[tokio::test]
async fn a_sha_256_repository_travels_too() {
    let fixture = Fixture::new();
    std::fs::remove_dir_all(fixture.path().join(".git")).unwrap();
    fixture.git(&["init", "-q", "-b", "main", "--object-format=sha256"]);
    fixture.write("a", "1");
    let commit = fixture.commit("first");
    let repo = fixture.open().await;
    assert_eq!(repo.resolve("HEAD").await.unwrap().id.as_str().len(), 64);
    let mut pack = repo.pack(&commit, &[]).await.unwrap();
    let mut bytes = Vec::new();
    pack.stdout.read_to_end(&mut bytes).await.unwrap();
    pack.finish().await.unwrap();
    assert!(bytes.starts_with(b"PACK"));
}
