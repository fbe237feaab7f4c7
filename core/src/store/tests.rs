//! Opening: fresh, again, newer, damaged; migrations and backups.

use std::{
    borrow::Cow,
    fs,
    path::{Path, PathBuf},
};

use sqlx::{
    SqlStr,
    migrate::{Migration, MigrationType, Migrator},
};
use tokio_util::sync::CancellationToken;

use super::{
    Recovery, Store, StoreError, backup,
    ballast::Ballast,
    database::{Database, Purpose, Sharing, Spec},
    open, repair,
    testing::{deployment, project, store},
};

fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().is_file())
        .map(|entry| (entry.path(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn what_was_stored_is_there_again_without_a_close() {
    let (dir, store) = store().await;
    let shop = project(&store, "shop").await;
    let again = Store::open(dir.path()).await.unwrap();
    assert_eq!(again.projects().list().await.unwrap(), [shop]);
    assert_eq!(again.recovered(), []);
}

#[tokio::test]
async fn many_may_make_the_store_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let opening: Vec<_> = (0..8).map(|n| tokio::spawn(open_and_add(dir.path().to_owned(), n))).collect();
    for one in opening {
        one.await.unwrap();
    }
    let store = Store::open(dir.path()).await.unwrap();
    assert_eq!(store.projects().list().await.unwrap().len(), 8);
}

async fn open_and_add(dir: PathBuf, n: u32) {
    let store = Store::open(&dir).await.unwrap();
    project(&store, &format!("project {n}")).await;
}

#[tokio::test]
async fn state_is_durable_and_strict() {
    let (_dir, store) = store().await;
    let pragma =
        async |db: &Database, query: &'static str| sqlx::query_scalar::<_, i64>(query).fetch_one(db.writer()).await.unwrap();
    let state = store.projects().db;
    assert_eq!(pragma(&state, "PRAGMA synchronous").await, 2);
    assert_eq!(pragma(&state, "PRAGMA foreign_keys").await, 1);
    assert_eq!(pragma(&state, "PRAGMA wal_autocheckpoint").await, 256);
    assert_eq!(pragma(&state, "PRAGMA journal_size_limit").await, 1 << 20);
    for db in [state, store.logs().db] {
        let lax = "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict AND name NOT LIKE 'sqlite%'";
        assert_eq!(pragma(&db, lax).await, 0);
        let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(db.writer()).await.unwrap();
        assert_eq!(mode, "wal");
    }
}

#[tokio::test]
async fn a_newer_file_is_refused_and_not_touched() {
    for name in ["state.db", "logs.db"] {
        let (dir, store) = store().await;
        let file = if name == "state.db" { store.projects().db } else { store.logs().db };
        sqlx::query("PRAGMA user_version = 99").execute(file.writer()).await.unwrap();
        store.close().await;
        let before = files(dir.path());
        let refused = Store::open(dir.path()).await;
        assert!(matches!(refused, Err(StoreError::Newer { found: 99, .. })), "{name}");
        assert!(files(dir.path()) == before, "{name} was touched");
    }
}

#[tokio::test]
async fn a_newer_schema_that_is_only_in_the_wal_is_refused() {
    let (dir, store) = store().await;
    sqlx::query("PRAGMA user_version = 99").execute(store.projects().db.writer()).await.unwrap();
    assert!(matches!(Store::open(dir.path()).await, Err(StoreError::Newer { found: 99, .. })));
}

/// A store with one project in its backup and a second one added later, closed.
async fn backed_up() -> tempfile::TempDir {
    let (dir, store) = store().await;
    project(&store, "in the backup").await;
    store.tend(&CancellationToken::new()).await.unwrap();
    project(&store, "later").await;
    store.close().await;
    dir
}

async fn names(store: &Store) -> Vec<String> {
    store.projects().list().await.unwrap().into_iter().map(|p| p.name.to_string()).collect()
}

fn only(recovered: &[Recovery]) -> &Recovery {
    assert_eq!(recovered.len(), 1, "{recovered:?}");
    &recovered[0]
}

#[tokio::test]
async fn a_damaged_file_is_kept_aside_and_its_backup_restored() {
    let damage: [fn(&mut Vec<u8>); 4] = [
        |bytes| bytes[..16].fill(0),
        |bytes| bytes.truncate(5000),
        |bytes| bytes[100..9000].fill(0xff),
        |bytes| bytes[4096] ^= 0xff,
    ];
    for (n, harm) in damage.into_iter().enumerate() {
        let dir = backed_up().await;
        let path = dir.path().join("state.db");
        let mut bytes = fs::read(&path).unwrap();
        harm(&mut bytes);
        fs::write(&path, &bytes).unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        assert_eq!(names(&store).await, ["in the backup"], "damage {n}");
        let recovery = only(store.recovered());
        assert!(recovery.restored_from.is_some());
        assert!(fs::read(&recovery.quarantined).unwrap() == bytes, "the damaged file is kept as it was");
        project(&store, "after").await;
        store.close().await;
        assert_eq!(Store::open(dir.path()).await.unwrap().recovered(), []);
    }
}

#[tokio::test]
async fn the_wal_of_a_damaged_file_is_not_replayed_over_its_backup() {
    let dir = backed_up().await;
    let store = Store::open(dir.path()).await.unwrap();
    project(&store, "in the wal").await;
    let killed = tempfile::tempdir().unwrap();
    fs::create_dir(killed.path().join("backups")).unwrap();
    for (path, bytes) in files(dir.path()).into_iter().chain(files(&dir.path().join("backups"))) {
        fs::write(killed.path().join(path.strip_prefix(dir.path()).unwrap()), bytes).unwrap();
    }
    let path = killed.path().join("state.db");
    let mut bytes = fs::read(&path).unwrap();
    bytes[..16].fill(0);
    fs::write(&path, bytes).unwrap();
    assert!(fs::metadata(killed.path().join("state.db-wal")).unwrap().len() > 0);
    let store = Store::open(killed.path()).await.unwrap();
    assert_eq!(names(&store).await, ["in the backup"]);
    let quarantined = &only(store.recovered()).quarantined;
    assert!(repair::beside(quarantined, "-wal").exists(), "the WAL is kept with its file");
}

#[tokio::test]
async fn a_damaged_file_is_never_backed_up() {
    let dir = backed_up().await;
    let path = dir.path().join("state.db");
    let mut bytes = fs::read(&path).unwrap();
    // The number of free pages: copying does not read it, a check does.
    bytes[36..40].copy_from_slice(&[0, 0, 0, 9]);
    fs::write(&path, bytes).unwrap();
    let spec = Spec { path: path.clone(), purpose: Purpose::State, schema: schema(&[]) };
    let db = Database::open(&spec, &Ballast::of(dir.path()), Sharing::Shared).await.unwrap();
    let before = backup::list(&path).unwrap();
    assert!(matches!(backup::take(&db).await, Err(StoreError::Damaged(_))));
    assert_eq!(backup::list(&path).unwrap(), before);
    assert!(db.is_suspect(), "the next start checks it, however large it is");
}

#[tokio::test]
async fn a_damaged_backup_is_passed_over() {
    let (dir, store) = store().await;
    project(&store, "good").await;
    backup::take(&store.projects().db).await.unwrap();
    let bad = backup::take(&store.projects().db).await.unwrap();
    store.close().await;
    fs::write(&bad, b"SQLite format 3\0 but not really").unwrap();
    fs::write(dir.path().join("state.db"), b"gone").unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    assert_eq!(names(&store).await, ["good"]);
    assert_ne!(only(store.recovered()).restored_from.as_ref(), Some(&bad));
}

#[tokio::test]
async fn without_a_backup_it_starts_empty_and_says_so() {
    let (dir, store) = store().await;
    project(&store, "lost").await;
    store.close().await;
    fs::write(dir.path().join("state.db"), b"nonsense").unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    assert_eq!(names(&store).await, Vec::<String>::new());
    assert_eq!(only(store.recovered()).restored_from, None);
}

#[tokio::test]
async fn damaged_logs_leave_the_history_alone() {
    let dir = backed_up().await;
    fs::write(dir.path().join("logs.db"), b"nonsense").unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    assert_eq!(names(&store).await, ["in the backup", "later"]);
    assert_eq!(only(store.recovered()).file, dir.path().join("logs.db"));
}

#[tokio::test]
async fn damage_met_while_reading_is_remembered_for_the_next_start() {
    let (_dir, store) = store().await;
    let shop = project(&store, "shop").await;
    let one = deployment(&shop, 0);
    store.deployments().create(&one).await.unwrap();
    let db = store.projects().db;
    sqlx::query("UPDATE deployments SET body = '{'").execute(db.writer()).await.unwrap();
    assert!(!db.is_suspect());
    assert!(matches!(store.deployments().get(one.id).await, Err(StoreError::Damaged(_))));
    assert!(db.is_suspect());
}

#[tokio::test]
async fn backups_are_daily_and_three_are_kept() {
    let (dir, store) = store().await;
    let cancel = CancellationToken::new();
    store.tend(&cancel).await.unwrap();
    store.tend(&cancel).await.unwrap();
    let db = store.projects().db;
    let first = backup::list(db.path()).unwrap();
    assert_eq!(first.len(), 1);
    for _ in 0..3 {
        backup::take(&db).await.unwrap();
    }
    let kept = backup::list(db.path()).unwrap();
    assert_eq!(kept.len(), 3);
    assert!(!kept.contains(&first[0]) && kept.is_sorted_by(|a, b| a > b));
    assert!(files(&dir.path().join("backups")).len() == 3, "no half-written copy is left");
}

fn schema(statements: &[&'static str]) -> &'static Migrator {
    let migration = |(n, sql): (usize, &&'static str)| {
        Migration::new(n as i64 + 1, Cow::Borrowed("test"), MigrationType::Simple, SqlStr::from_static(sql), false)
    };
    let migrations: Vec<_> = statements.iter().enumerate().map(migration).collect();
    Box::leak(Box::new(Migrator { migrations: Cow::Owned(migrations), ..Migrator::DEFAULT }))
}

#[tokio::test]
async fn a_migration_is_whole_or_not_at_all_and_leaves_a_backup() {
    let dir = tempfile::tempdir().unwrap();
    let ballast = Ballast::of(dir.path());
    let spec = |schema| Spec { path: dir.path().join("state.db"), purpose: Purpose::State, schema };
    let first = "CREATE TABLE a (n INTEGER NOT NULL) STRICT; INSERT INTO a VALUES (7)";
    let (db, _) = open::open(&spec(schema(&[first])), &ballast).await.unwrap();
    db.close().await;
    assert_eq!(backup::list(db.path()).unwrap(), Vec::<PathBuf>::new());

    let broken = schema(&[first, "CREATE TABLE b (n INTEGER) STRICT", "CREATE TABLE a (n INTEGER) STRICT"]);
    assert!(matches!(open::open(&spec(broken), &ballast).await, Err(StoreError::Sql(_))));
    let good = schema(&[first, "CREATE TABLE b (n INTEGER) STRICT; INSERT INTO b SELECT n + 1 FROM a"]);
    let (db, recovery) = open::open(&spec(good), &ballast).await.unwrap();
    assert_eq!(recovery, None);
    assert_eq!(sqlx::query_scalar::<_, i64>("SELECT n FROM b").fetch_one(db.reader()).await.unwrap(), 8);
    assert_eq!(backup::list(db.path()).unwrap().len(), 2);
}

#[tokio::test]
async fn the_reserve_is_there_and_comes_back() {
    let (dir, store) = store().await;
    let reserve = dir.path().join("ballast");
    assert_eq!(fs::metadata(&reserve).unwrap().len(), 4 << 20);
    assert!(Ballast::of(dir.path()).drop_it().await);
    assert!(!Ballast::of(dir.path()).drop_it().await);
    drop(store);
    Store::open(dir.path()).await.unwrap();
    assert!(reserve.exists());
}
