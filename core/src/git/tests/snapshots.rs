//! `--dirty`: the work tree as a commit.

use crate::git::fixture::Fixture;

async fn names(fixture: &Fixture, commit: &crate::domain::commit::CommitId) -> Vec<String> {
    fixture.open().await.list(commit, "").await.unwrap().into_iter().map(|entry| entry.path).collect()
}

fn dirty() -> Fixture {
    let fixture = Fixture::new();
    fixture.write(".gitignore", "ignored\nnode_modules/\n");
    for name in ["kept", "changed", "deleted", "staged"] {
        fixture.write(name, "old");
    }
    fixture.commit("first");
    fixture.write("changed", "new");
    fixture.write("staged", "new");
    fixture.git(&["add", "staged"]);
    std::fs::remove_file(fixture.path().join("deleted")).unwrap();
    fixture.write("un tracked/$(id) *.txt", "new");
    fixture.write("ignored", "secret");
    fixture.write("node_modules/x", "1");
    fixture
}

#[tokio::test]
async fn it_holds_changes_and_untracked_files_but_nothing_ignored() {
    let fixture = dirty();
    let repo = fixture.open().await;
    let snapshot = repo.snapshot().await.unwrap();
    let expected = [".gitignore", "changed", "kept", "staged", "un tracked/$(id) *.txt"];
    assert_eq!(names(&fixture, &snapshot.id).await, expected);
    assert!(snapshot.dirty);
    assert_eq!(snapshot.branch.as_deref(), Some("main"));
    for path in ["changed", "staged", "un tracked/$(id) *.txt"] {
        assert_eq!(repo.read(&snapshot.id, path, 99).await.unwrap().as_deref(), Some(&b"new"[..]), "{path}");
    }
}

#[tokio::test]
async fn nothing_of_the_repository_knows_it() {
    let fixture = dirty();
    let index = std::fs::read(fixture.path().join(".git/index")).unwrap();
    let (status, refs) = (fixture.git(&["status", "--porcelain"]), fixture.git(&["for-each-ref"]));
    let repo = fixture.open().await;
    let first = repo.snapshot().await.unwrap();
    assert_eq!(std::fs::read(fixture.path().join(".git/index")).unwrap(), index);
    assert_eq!(fixture.git(&["status", "--porcelain"]), status);
    assert_eq!(fixture.git(&["for-each-ref"]), refs);
    assert!(fixture.git(&["branch", "--all", "--contains", first.id.as_str()]).is_empty());
    assert_eq!(repo.snapshot().await.unwrap().id, first.id, "the same work is the same commit");
}

#[tokio::test]
async fn without_changes_it_is_the_head() {
    let fixture = Fixture::with_commit();
    let repo = fixture.open().await;
    let snapshot = repo.snapshot().await.unwrap();
    assert_eq!(snapshot, repo.resolve("HEAD").await.unwrap());
    assert!(!snapshot.dirty);
}

#[tokio::test]
async fn a_file_in_place_of_a_folder_and_a_repository_inside() {
    let fixture = Fixture::with_commit();
    fixture.write("folder/x", "1");
    fixture.commit("folder");
    std::fs::remove_dir_all(fixture.path().join("folder")).unwrap();
    fixture.write("folder", "now a file");
    fixture.git(&["init", "-q", "nested"]);
    fixture.write("nested/x", "1");
    crate::git::fixture::git(&fixture.path().join("nested"), &["add", "-A"], b"");
    crate::git::fixture::git(&fixture.path().join("nested"), &["commit", "-q", "-m", "x"], b"");
    let snapshot = fixture.open().await.snapshot().await.unwrap();
    assert_eq!(names(&fixture, &snapshot.id).await, ["compose.yaml", "folder"]);
}
