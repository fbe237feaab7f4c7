//! Finding repositories, how they stand, what references name.

use crate::git::{GitError, Head, Operation, Repo, fixture::Fixture};

#[tokio::test]
async fn a_folder_inside_finds_its_root() {
    let fixture = Fixture::with_commit();
    fixture.write("apps/my shop/x", "1");
    let repo = Repo::open(&fixture.path().join("apps/my shop")).await.unwrap();
    assert_eq!((repo.root(), repo.folder()), (fixture.path().as_path(), "apps/my shop"));
}

#[tokio::test]
async fn a_linked_work_tree_is_a_work_tree() {
    let fixture = Fixture::with_commit();
    fixture.git(&["worktree", "add", "-q", "-b", "side", "linked"]);
    fixture.write("linked/compose.yaml", "changed in the linked one");
    let repo = Repo::open(&fixture.path().join("linked")).await.unwrap();
    let state = repo.state().await.unwrap();
    assert!(matches!(&state.head, Head::Branch { name, .. } if name == "side"));
    assert_eq!((state.changed, state.untracked), (1, 0));
    let snapshot = repo.snapshot().await.unwrap();
    assert_eq!(repo.read(&snapshot.id, "compose.yaml", 99).await.unwrap().as_deref(), Some(&b"changed in the linked one"[..]));
}

#[tokio::test]
async fn what_is_no_repository_is_named() {
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(Repo::open(empty.path()).await, Err(GitError::NotARepository(_))));
    assert!(matches!(Repo::open(&empty.path().join("gone")).await, Err(GitError::Vanished(_))));
    let bare = Fixture::new();
    bare.git(&["init", "-q", "--bare", "b"]);
    assert!(matches!(Repo::open(&bare.path().join("b")).await, Err(GitError::Bare(_))));
}

#[tokio::test]
async fn a_repository_without_commits() {
    let fixture = Fixture::new();
    let repo = fixture.open().await;
    let state = repo.state().await.unwrap();
    assert_eq!(state.head, Head::Unborn { branch: "main".to_owned() });
    assert!(matches!(state.settled(), Err(GitError::Unborn)));
    assert!(matches!(repo.resolve("HEAD").await, Err(GitError::Unborn)));
    assert!(matches!(repo.snapshot().await, Err(GitError::Unborn)));
}

#[tokio::test]
async fn the_middle_of_a_rebase_and_of_a_merge() {
    let fixture = conflicting();
    assert!(!fixture.try_git(&["rebase", "other"]).status.success());
    let repo = fixture.open().await;
    let state = repo.state().await.unwrap();
    assert_eq!((state.operation, state.unmerged), (Some(Operation::Rebase), 1));
    assert!(matches!(state.settled(), Err(GitError::InProgress(Operation::Rebase))));
    assert!(matches!(repo.snapshot().await, Err(GitError::Unmerged(1))));
    fixture.git(&["rebase", "--abort"]);
    assert!(!fixture.try_git(&["merge", "other"]).status.success());
    assert_eq!(repo.state().await.unwrap().operation, Some(Operation::Merge));
    fixture.git(&["merge", "--abort"]);
    assert!(!fixture.try_git(&["cherry-pick", "other"]).status.success());
    assert_eq!(repo.state().await.unwrap().operation, Some(Operation::CherryPick));
}

fn conflicting() -> Fixture {
    let fixture = Fixture::with_commit();
    fixture.git(&["switch", "-q", "-c", "other"]);
    fixture.write("compose.yaml", "other");
    fixture.commit("other");
    fixture.git(&["switch", "-q", "main"]);
    fixture.write("compose.yaml", "mine");
    fixture.commit("mine");
    fixture
}

#[tokio::test]
async fn what_is_not_committed_is_counted() {
    let fixture = Fixture::with_commit();
    let repo = fixture.open().await;
    assert!(!repo.state().await.unwrap().is_dirty());
    fixture.write("compose.yaml", "changed");
    fixture.write("new", "1");
    fixture.write("staged", "1");
    fixture.git(&["add", "staged"]);
    let state = repo.state().await.unwrap();
    assert_eq!((state.changed, state.untracked), (2, 1));
    fixture.git(&["checkout", "-q", "--detach"]);
    assert!(matches!(repo.state().await.unwrap().head, Head::Detached { .. }));
}

#[tokio::test]
async fn every_kind_of_reference_is_resolved() {
    let fixture = Fixture::with_commit();
    let first = fixture.git(&["rev-parse", "HEAD"]);
    let second = fixture.commit("second $(id) 'x'");
    fixture.git(&["tag", "-a", "v1", "-m", "v1", &first]);
    fixture.git(&["branch", "$(id)"]);
    fixture.git(&["branch", "feature/x"]);
    let repo = fixture.open().await;
    for (reference, id, branch) in [
        ("HEAD", second.as_str(), Some("main")),
        ("HEAD~1", &first, None),
        ("v1", &first, None),
        (second.short(), second.as_str(), None),
        ("$(id)", second.as_str(), Some("$(id)")),
        ("feature/x", second.as_str(), Some("feature/x")),
    ] {
        let commit = repo.resolve(reference).await.unwrap();
        assert_eq!((commit.id.as_str(), commit.branch.as_deref()), (id, branch), "{reference}");
    }
    let commit = repo.resolve("HEAD").await.unwrap();
    assert_eq!((commit.subject.as_str(), commit.author.as_str(), commit.dirty), ("second $(id) 'x'", "A", false));
}

#[tokio::test]
async fn what_is_no_reference_is_refused() {
    let fixture = Fixture::with_commit();
    let repo = fixture.open().await;
    // Git allows such a branch; a command would read it as an option.
    let id = fixture.git(&["rev-parse", "HEAD"]);
    fixture.git(&["update-ref", "refs/heads/-x", &id]);
    for reference in ["-x", "--all", "", " ", "a\nb", "HEAD\0"] {
        assert!(matches!(repo.resolve(reference).await, Err(GitError::InvalidReference(_))), "{reference:?}");
    }
    for reference in ["nope", "HEAD~9", "HEAD:compose.yaml", "deadbeef", "main..main", "@{upstream}"] {
        assert!(matches!(repo.resolve(reference).await, Err(GitError::UnknownCommit(_))), "{reference:?}");
    }
    assert_eq!(repo.resolve("refs/heads/-x").await.unwrap().branch.as_deref(), Some("-x"));
}

#[tokio::test]
async fn commits_ahead_are_listed_newest_first() {
    let fixture = Fixture::with_commit();
    let repo = fixture.open().await;
    let first = repo.resolve("HEAD").await.unwrap().id;
    fixture.commit("second");
    let third = fixture.commit("");
    assert_eq!(third, repo.resolve("HEAD").await.unwrap().id);
    let subjects: Vec<String> = repo.ahead(&first, &third).await.unwrap().into_iter().map(|c| c.subject).collect();
    assert_eq!(subjects, ["", "second"]);
    assert!(repo.ahead(&third, &first).await.unwrap().is_empty());
}

#[tokio::test]
async fn no_program_of_the_configuration_runs() {
    let fixture = Fixture::with_commit();
    let canary = fixture.path().join("canary");
    let program = format!("sh -c 'touch \"{}\"; cat'", canary.display());
    for key in [
        "core.fsmonitor",
        "core.pager",
        "diff.external",
        "filter.f.clean",
        "filter.f.smudge",
        "filter.f.process",
        "diff.d.textconv",
        "credential.helper",
        "gpg.program",
        "core.sshCommand",
        "uploadpack.packObjectsHook",
    ] {
        fixture.git(&["config", key, &program]);
    }
    fixture.git(&["config", "log.showSignature", "true"]);
    fixture.git(&["config", "filter.f.required", "true"]);
    for hook in ["post-index-change", "reference-transaction", "pre-commit", "post-checkout"] {
        fixture.write(&format!(".git/hooks/{hook}"), format!("#!/bin/sh\n{program}\n"));
        executable(&fixture.path().join(".git/hooks").join(hook));
    }
    fixture.write(".gitattributes", "* filter=f diff=d\n");
    fixture.write("compose.yaml", "changed\n");
    let repo = fixture.open().await;
    assert!(repo.state().await.unwrap().is_dirty());
    let snapshot = repo.snapshot().await.unwrap();
    repo.ahead(&repo.resolve("HEAD").await.unwrap().id, &snapshot.id).await.unwrap();
    assert_eq!(repo.read(&snapshot.id, "compose.yaml", 99).await.unwrap().as_deref(), Some(&b"changed\n"[..]));
    assert!(!canary.exists());
}

#[cfg(unix)]
fn executable(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
