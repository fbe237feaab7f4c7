//! Real files: numbers, ranges, followers, what reaches the disk.

use std::{fs, path::Path};

use futures_util::StreamExt;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::LogFilter;
use crate::{
    domain::{
        deployment::{Deployment, Stage, Status},
        id::DeploymentId,
        secret::Secret,
    },
    redact::Redactor,
    store::{
        Store, StoreError,
        testing::{deployment, line, project, store},
    },
};

async fn deploying() -> (tempfile::TempDir, Store, Deployment) {
    let (dir, store) = store().await;
    let shop = project(&store, "shop").await;
    let one = deployment(&shop, 0);
    store.deployments().create(&one).await.unwrap();
    (dir, store, one)
}

async fn write(store: &Store, deployment: DeploymentId, stage: Stage, texts: impl Iterator<Item = String>) -> u64 {
    let writer = store.logs().writer(deployment, Redactor::none());
    for text in texts {
        writer.write(line(stage, text)).await.unwrap();
    }
    writer.close().await.unwrap()
}

async fn all(store: &Store, deployment: DeploymentId) -> Vec<(u64, String)> {
    let lines = store.logs().read(deployment, 0, usize::MAX, &LogFilter::default()).await.unwrap();
    lines.into_iter().map(|l| (l.number, l.line.text)).collect()
}

fn numbered(range: std::ops::RangeInclusive<u64>) -> Vec<(u64, String)> {
    range.map(|n| (n, n.to_string())).collect()
}

#[tokio::test]
async fn every_line_has_its_number_and_place() {
    let (_dir, store, one) = deploying().await;
    assert_eq!(write(&store, one.id, Stage::Build, (1..=2500).map(|n| n.to_string())).await, 2500);
    assert_eq!(write(&store, one.id, Stage::Swap, (2501..=2503).map(|n| n.to_string())).await, 2503);
    assert_eq!(all(&store, one.id).await, numbered(1..=2503));
    let part = store.logs().read(one.id, 999, 4, &LogFilter::default()).await.unwrap();
    assert_eq!(part.iter().map(|l| l.number).collect::<Vec<_>>(), [999, 1000, 1001, 1002]);
    assert_eq!(store.logs().page(one.id, 2504, &LogFilter::default()).await.unwrap().next, 2504);
    assert_eq!(store.logs().count(DeploymentId::new()).await.unwrap(), 0);
}

#[tokio::test]
async fn lines_are_found_by_stage_source_and_text() {
    let (_dir, store, one) = deploying().await;
    write(&store, one.id, Stage::Build, (1..=1500).map(|n| format!("Step {n}"))).await;
    write(&store, one.id, Stage::Pull, (1..=1500).map(|n| format!("layer {n}"))).await;
    let find = async |filter: LogFilter| store.logs().read(one.id, 1, 9999, &filter).await.unwrap();
    let pull = LogFilter { stage: Some(Stage::Pull), ..LogFilter::default() };
    assert_eq!(find(pull.clone()).await.first().map(|l| l.number), Some(1501));
    assert_eq!(find(pull.clone()).await.len(), 1500);
    let text = LogFilter { contains: Some("STEP 77".into()), ..LogFilter::default() };
    assert_eq!(find(text).await.iter().map(|l| l.number).collect::<Vec<_>>()[..2], [77, 770]);
    let nobody = LogFilter { source: Some("web".into()), ..LogFilter::default() };
    assert_eq!(find(nobody).await, []);
    let last = store.logs().last(one.id, 3, &LogFilter { stage: Some(Stage::Build), ..LogFilter::default() }).await.unwrap();
    assert_eq!(last.iter().map(|l| l.line.text.as_str()).collect::<Vec<_>>(), ["Step 1498", "Step 1499", "Step 1500"]);
}

#[tokio::test]
async fn two_writers_never_share_a_number() {
    let (dir, store, one) = deploying().await;
    let other = Store::open(dir.path()).await.unwrap();
    let (a, b) = tokio::join!(
        write(&store, one.id, Stage::Build, (0..3000).map(|n| format!("a{n}"))),
        write(&other, one.id, Stage::Build, (0..3000).map(|n| format!("b{n}")))
    );
    assert_eq!(a.max(b), 6000);
    let lines = all(&store, one.id).await;
    assert!(lines.iter().map(|l| l.0).eq(1..=6000));
    for source in ["a", "b"] {
        let own: Vec<_> = lines.iter().filter_map(|l| l.1.strip_prefix(source)).map(|n| n.parse::<u32>().unwrap()).collect();
        assert!(own.into_iter().eq(0..3000));
    }
}

#[tokio::test]
async fn followers_get_what_was_and_what_comes_without_gaps() {
    let (dir, store, mut one) = deploying().await;
    let other = Store::open(dir.path()).await.unwrap();
    write(&store, one.id, Stage::Build, (1..=1200).map(|n| n.to_string())).await;
    let followers = [&store, &other].map(|store| {
        let pages = store.logs().follow(one.id, 1100, LogFilter::default());
        tokio::spawn(pages.map(|page| page.unwrap()).concat())
    });
    let writer = store.logs().writer(one.id, Redactor::none());
    for n in 1201..=4000 {
        writer.write(line(Stage::Build, n.to_string())).await.unwrap();
        if n % 500 == 0 {
            tokio::task::yield_now().await;
        }
    }
    writer.close().await.unwrap();
    one.status = Status::Live;
    store.deployments().update(&one).await.unwrap();
    for follower in followers {
        let lines: Vec<_> = follower.await.unwrap().into_iter().map(|l| (l.number, l.line.text)).collect();
        assert_eq!(lines, numbered(1100..=4000));
    }
}

#[tokio::test]
async fn a_closed_log_takes_no_more() {
    let (_dir, store, one) = deploying().await;
    let writer = store.logs().writer(one.id, Redactor::none());
    let sink = writer.sink();
    sink.write(line(Stage::Build, "1")).await.unwrap();
    assert_eq!(writer.close().await.unwrap(), 1);
    assert!(matches!(sink.write(line(Stage::Build, "2")).await, Err(StoreError::LogClosed)));
}

#[tokio::test]
async fn what_was_accepted_is_written_though_the_writer_is_dropped() {
    let (_dir, store, one) = deploying().await;
    let writer = store.logs().writer(one.id, Redactor::none());
    writer.write(line(Stage::Build, "1")).await.unwrap();
    drop(writer);
    let mut pages = store.logs().follow(one.id, 1, LogFilter::default());
    assert_eq!(pages.next().await.unwrap().unwrap()[0].line.text, "1");
}

#[tokio::test]
async fn a_line_that_is_too_long_is_cut_and_says_so() {
    let (_dir, store, one) = deploying().await;
    write(&store, one.id, Stage::Build, ["ü".repeat(50_000)].into_iter()).await;
    let (_, text) = all(&store, one.id).await.remove(0);
    assert!(text.len() < 66_000 && text.ends_with(" [cut, 34464 more bytes]"), "{}", &text[65_530..]);
}

fn holds(dir: &Path, needle: &str) -> bool {
    fs::read_dir(dir).unwrap().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            holds(&path, needle)
        } else {
            fs::read(path).unwrap().windows(needle.len()).any(|w| w == needle.as_bytes())
        }
    })
}

#[tokio::test]
async fn a_secret_reaches_neither_the_log_nor_the_disk() {
    let (dir, store, one) = deploying().await;
    let redactor = Redactor::new([Secret::new("canary-7Q")]).unwrap();
    let writer = store.logs().writer(one.id, redactor);
    for n in 0..50 {
        writer.write(line(Stage::Build, format!("{n} canary-7Q after"))).await.unwrap();
    }
    writer.close().await.unwrap();
    assert_eq!(all(&store, one.id).await[7].1, "7 [redacted] after");
    let blocks = sqlx::query_scalar::<_, Vec<u8>>("SELECT data FROM blocks").fetch_all(store.logs().db.reader()).await.unwrap();
    let plain: Vec<u8> = blocks.into_iter().flat_map(|data| zstd::decode_all(&data[..]).unwrap()).collect();
    assert!(!String::from_utf8(plain).unwrap().contains("canary"));
    assert!(!holds(dir.path(), "canary-7Q"));
    assert!(holds(dir.path(), &one.id.to_string()), "the search must be able to find something");
}

#[tokio::test]
async fn old_and_excess_logs_go_oldest_first() {
    let (_dir, store, _) = deploying().await;
    let ids: Vec<_> = (0..3).map(|_| DeploymentId::new()).collect();
    for (n, id) in ids.iter().enumerate() {
        write(&store, *id, Stage::Build, (1..=2000).map(|n| n.to_string())).await;
        let age = sqlx::query("UPDATE logs SET written = ?, bytes = 100 WHERE deployment = ?")
            .bind(n as i64 * 10 + 1)
            .bind(id.to_string());
        age.execute(store.logs().db.writer()).await.unwrap();
    }
    let kept = async || {
        let mut kept = Vec::new();
        for id in &ids {
            kept.push(store.logs().count(*id).await.unwrap() > 0);
        }
        kept
    };
    let cancel = CancellationToken::new();
    store.logs().retain(5, 1000, &cancel).await.unwrap();
    assert_eq!(kept().await, [false, true, true]);
    store.logs().retain(0, 100, &cancel).await.unwrap();
    assert_eq!(kept().await, [false, false, true]);
    store.logs().retain(0, 100, &cancel).await.unwrap();
    for (id, gone) in ids.iter().zip([true, true, false]) {
        assert_eq!(store.logs().is_thrown_away(*id).await.unwrap(), gone, "it is known that there was one");
    }
    assert!(!store.logs().is_thrown_away(DeploymentId::new()).await.unwrap(), "nothing was ever written");
    assert_eq!(all(&store, ids[2]).await, numbered(1..=2000));
}

#[tokio::test]
async fn small_blocks_are_joined_and_nothing_changes() {
    let (_dir, store, one) = deploying().await;
    for n in 1..=1203 {
        store.logs().append(one.id, vec![line(Stage::Build, n.to_string())]).await.unwrap();
    }
    let blocks =
        async || sqlx::query_scalar::<_, i64>("SELECT count(*) FROM blocks").fetch_one(store.logs().db.reader()).await.unwrap();
    assert_eq!(blocks().await, 1203);
    let later = Timestamp::now() + jiff::SignedDuration::from_hours(1);
    store.logs().tend(later, &CancellationToken::new()).await.unwrap();
    assert_eq!(blocks().await, 2);
    assert_eq!(all(&store, one.id).await, numbered(1..=1203));
    write(&store, one.id, Stage::Build, ["1204".to_owned()].into_iter()).await;
    assert_eq!(all(&store, one.id).await, numbered(1..=1204));
}

#[tokio::test]
async fn a_damaged_block_is_refused_not_shown() {
    let (_dir, store, one) = deploying().await;
    write(&store, one.id, Stage::Build, (1..=100).map(|n| format!("line {n}"))).await;
    let data: Vec<u8> = sqlx::query_scalar("SELECT data FROM blocks").fetch_one(store.logs().db.reader()).await.unwrap();
    for at in 4..data.len() {
        let mut flipped = data.clone();
        flipped[at] = !flipped[at];
        let update = sqlx::query("UPDATE blocks SET data = ?").bind(flipped);
        update.execute(store.logs().db.writer()).await.unwrap();
        let read = store.logs().read(one.id, 1, 10, &LogFilter::default()).await;
        assert!(matches!(read, Err(StoreError::Damaged(_))), "byte {at}");
    }
}
