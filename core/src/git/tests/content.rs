//! Files, links, submodules and large files of commits.

use crate::git::{CommitFiles, EntryKind, GitError, Repo, WorkTreeFiles, fixture::Fixture, within};

#[cfg(unix)]
#[tokio::test]
async fn files_are_read_as_committed_and_links_followed() {
    let fixture = Fixture::with_commit();
    fixture.write("dir/real", b"a\0\xff\r\n");
    std::os::unix::fs::symlink("dir/real", fixture.path().join("link")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", fixture.path().join("out")).unwrap();
    let id = fixture.commit("files");
    fixture.write("dir/real", "changed since");
    let repo = fixture.open().await;
    for path in ["dir/real", "link"] {
        assert_eq!(repo.read(&id, path, 99).await.unwrap().as_deref(), Some(&b"a\0\xff\r\n"[..]));
    }
    for path in ["dir", "nope", "out", "dir/real/x", "", "../x", "a\nb"] {
        assert_eq!(repo.read(&id, path, 99).await.unwrap(), None, "{path:?}");
    }
    assert!(matches!(repo.read(&id, "dir/real", 3).await, Err(GitError::TooLarge { size: 5, cap: 3, .. })));
    let kind = |path: &str| fixture.git(&["ls-tree", "HEAD", path]).starts_with("120000");
    assert!(kind("link"));
    let entries = repo.list(&id, "").await.unwrap();
    assert_eq!(entries.iter().find(|e| e.path == "link").unwrap().kind, EntryKind::Symlink);
}

#[tokio::test]
async fn a_prefix_is_a_name_and_no_pattern() {
    let fixture = Fixture::new();
    for path in ["a*/x", "ab/x", "-n/y", "ä b/z"] {
        fixture.write(path, "1");
    }
    let id = fixture.commit("names");
    let repo = fixture.open().await;
    for (prefix, expected) in [("a*", "a*/x"), ("-n", "-n/y"), ("ä b", "ä b/z"), ("ab/x", "ab/x")] {
        let paths: Vec<_> = repo.list(&id, prefix).await.unwrap().into_iter().map(|e| e.path).collect();
        assert_eq!(paths, [expected]);
        assert!(repo.is_tracked(&id, prefix).await.unwrap());
    }
    assert!(repo.is_tracked(&id, "ab/").await.unwrap());
    assert!(!repo.is_tracked(&id, "*").await.unwrap());
}

#[tokio::test]
async fn paths_stay_inside_the_repository() {
    assert_eq!(within("apps/shop", "../.env").unwrap(), "apps/.env");
    assert_eq!(within("", "./a//b/../c").unwrap(), "a/c");
    for path in ["../../../x", "/etc/passwd", "a/../../../../x"] {
        assert!(matches!(within("apps/shop", path), Err(GitError::Outside(_))), "{path}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_project_in_a_folder_reads_relative_to_it() {
    let fixture = Fixture::with_commit();
    fixture.write("apps/shop/compose.yaml", "old");
    fixture.write("common.env", "A=1");
    let commit = fixture.commit("shop");
    fixture.write("apps/shop/compose.yaml", "new");
    std::os::unix::fs::symlink("/etc/hostname", fixture.path().join("apps/shop/out")).unwrap();
    let repo = Repo::open(&fixture.path().join("apps/shop")).await.unwrap();
    let (old, new) = (CommitFiles { repo: repo.clone(), commit }, WorkTreeFiles { repo });
    assert_eq!(old.read("compose.yaml").await.unwrap().as_deref(), Some(&b"old"[..]));
    assert_eq!(new.read("compose.yaml").await.unwrap().as_deref(), Some(&b"new"[..]));
    assert_eq!(old.read("../../common.env").await.unwrap().as_deref(), Some(&b"A=1"[..]));
    assert_eq!(new.read("nope").await.unwrap(), None);
    assert!(matches!(new.read("out").await, Err(GitError::Outside(_))));
}

fn with_submodule() -> (Fixture, Fixture) {
    let inner = Fixture::new();
    inner.write("lib.c", "1");
    inner.commit("lib");
    let outer = Fixture::with_commit();
    outer.git(&["submodule", "--quiet", "add", inner.path().to_str().unwrap(), "vendor/my lib"]);
    outer.commit("submodule");
    (outer, inner)
}

#[tokio::test]
async fn a_submodule_is_found_with_its_recorded_commit() {
    let (outer, inner) = with_submodule();
    let repo = outer.open().await;
    let head = repo.resolve("HEAD").await.unwrap().id;
    let found = repo.submodules(&head).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].path.as_str(), found[0].commit.as_str()), ("vendor/my lib", inner.git(&["rev-parse", "HEAD"]).as_str()));
    assert_eq!(found[0].repo.read(&found[0].commit, "lib.c", 9).await.unwrap().as_deref(), Some(&b"1"[..]));
    // Another commit without it is checked out: git keeps it aside.
    outer.git(&["checkout", "-q", "HEAD~1"]);
    std::fs::remove_dir_all(outer.path().join("vendor")).unwrap();
    assert_eq!(repo.submodules(&head).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_submodule_that_is_not_here_names_the_remedy() {
    let (outer, _inner) = with_submodule();
    let clone = Fixture::new();
    clone.git(&["clone", "-q", outer.path().to_str().unwrap(), "c"]);
    let repo = Repo::open(&clone.path().join("c")).await.unwrap();
    let head = repo.resolve("HEAD").await.unwrap().id;
    let error = repo.submodules(&head).await.unwrap_err();
    assert!(matches!(&error, GitError::SubmoduleMissing { path, .. } if path == "vendor/my lib"), "{error}");
    assert!(crate::problem::Problem::from(error).hint.contains("git submodule update --init"));
}

#[tokio::test]
async fn large_files_are_found_by_content_or_refused_by_name() {
    let fixture = Fixture::with_commit();
    let oid = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
    fixture.write("big file.bin", format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 5\n"));
    fixture.write("readme", format!("about https://git-lfs.github.com/spec/v1: {}\n", "x".repeat(100)));
    let commit = fixture.commit("lfs");
    let repo = fixture.open().await;
    let error = repo.lfs_files(&commit).await.unwrap_err();
    assert!(matches!(&error, GitError::LfsMissing(paths) if paths == &["big file.bin"]), "{error}");
    fixture.write(&format!(".git/lfs/objects/{}/{}/{oid}", &oid[..2], &oid[2..4]), "12345");
    let files = repo.lfs_files(&commit).await.unwrap();
    assert_eq!((files.len(), files[0].path.as_str(), files[0].oid.as_str(), files[0].size), (1, "big file.bin", oid, 5));
    assert_eq!(std::fs::read(&files[0].content).unwrap(), b"12345");
}
