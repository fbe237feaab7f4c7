//! Texts of others that would like to be more than text.
//!
//! Owns: such texts, and that they stay what they are. Must never know: how they are drawn.

use std::{fs, process::Command, time::Duration};

use jiff::Timestamp;
use plimsoll_core::{
    domain::{commit::Commit, deployment::Stage, event::LogLine},
    store::Store,
};
use plimsoll_lab::desktop::{App, Desktop, Outcome, Page};
use tokio::{net::TcpListener, time::timeout};

use crate::shared::{ANSWER, commit, picture, program, remembered, require};

/// A branch may be called so.
const BRANCH: &str = "<img/src=x/onerror=window.pwned=1>\u{202e}gpj";
const SUBJECT: &str = "<script>window.pwned=1</script> \u{1b}[2J\u{1b}]0;pwned\u{7} \u{202e}live";
const AUTHOR: &str = "<b onmouseover=window.pwned=1>Eve</b>";

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_others_stay_texts() -> Outcome<()> {
    let mut desktop = Desktop::open().await?;
    let folder = desktop.folder().join("home/shop");
    fs::create_dir(&folder)?;
    fs::write(folder.join("compose.yml"), "services:\n  web:\n    image: nginx\n")?;
    for arguments in [
        vec!["init", "-q", "-b", BRANCH],
        vec!["add", "-A"],
        vec!["-c", &format!("user.name={AUTHOR}"), "-c", "user.email=eve@example.com", "commit", "-q", "-m", SUBJECT],
    ] {
        require(Command::new("git").arg("-C").arg(&folder).args(arguments).status()?.success(), "git does it")?;
    }
    let store = Store::open(&desktop.data().join("store")).await?;
    let (_, deployment) = remembered(&store, &folder, hostile_commit()?).await?;
    store.logs().append(deployment.id, lines()).await?;
    store.close().await;
    desktop.set("PLIMSOLL_CHOSEN_FOLDER", &folder.display().to_string());
    let app = App::start(&mut desktop, &program()).await?;
    let page = &app.page;
    page.says("<script>window.pwned=1</script>", ANSWER).await?;
    page.run(&format!("location.hash = '#/deployments/{}'", deployment.id)).await?;
    page.says("<img src=x onerror=window.pwned=1>", ANSWER).await?;
    page.says("the end", ANSWER).await?;
    picture(&app, "hostile-log").await?;
    is_only_text(page).await?;
    page.press("shop").await?;
    page.says("<script>window.pwned=1</script>", ANSWER).await?;
    picture(&app, "hostile-project").await?;
    is_only_text(page).await?;
    page.run("location.hash = '#/setup'").await?;
    page.fill("Name", "other").await?;
    page.press("Choose folder…").await?;
    page.says("<img/src=x/onerror=window.pwned=1>", ANSWER).await?;
    picture(&app, "hostile-branch").await?;
    is_only_text(page).await?;
    goes_nowhere_else(page).await
}

/// Not even a page that is no longer ours to trust gets the window to another address, or another window.
async fn goes_nowhere_else(page: &Page) -> Outcome<()> {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}/?secret=1", elsewhere.local_addr()?);
    page.run(&format!("location.href = '{address}'")).await?;
    page.run(&format!("window.open('{address}')")).await?;
    // Only a page that stayed can still do this.
    page.run("location.hash = '#/settings'").await?;
    page.says("Copy diagnostics", ANSWER).await?;
    let asked = timeout(Duration::from_secs(1), elsewhere.accept()).await.is_ok();
    require(!asked, "nobody was told anything at another address")
}

/// Nothing ran, and nothing was made of it that could.
async fn is_only_text(page: &Page) -> Outcome<()> {
    let found = page
        .run(
            "return [window.pwned ?? null, document.title.includes('pwned'),
               document.querySelectorAll('img[src=x], b[onmouseover], body script, body iframe').length,
               document.documentElement.scrollWidth <= innerWidth]",
        )
        .await?;
    require(found == serde_json::json!([null, false, 0, true]), &format!("it is only text: {found}"))
}

fn hostile_commit() -> Outcome<Commit> {
    Ok(Commit { subject: SUBJECT.into(), author: AUTHOR.into(), branch: Some(BRANCH.into()), ..commit()? })
}

fn lines() -> Vec<LogLine> {
    let long = "x".repeat(64 << 10);
    let texts = [
        &long,
        "<img src=x onerror=window.pwned=1><script>window.pwned=1</script>",
        "\u{1b}[31mred\u{1b}[0m \u{1b}[2J\u{1b}[H\u{1b}]0;pwned\u{7}\u{1b}]8;;javascript:window.pwned=1\u{7}link\u{1b}]8;;\u{7}",
        "\u{202e}drawkcab\u{202c} \u{2066}isolated",
        "\u{0}\u{1}\u{fffd}\u{fffd}\u{7f} binary",
        "the end",
    ];
    let line = |text: &str| LogLine {
        at: Timestamp::now(),
        stage: Stage::Build,
        source: Some("<i>web</i>".to_owned()),
        text: text.to_owned(),
    };
    texts.into_iter().map(line).collect()
}
