//! An app of two services behind switches, one of which needs the other: half of a release could serve.
//!
//! Owns: its files, and asking both what they are. Must never know: what happens to it.

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use plimsoll_lab::lab::{Machine, run, until};
use serde_json::Value;

use super::super::{
    app::App,
    cli::{Cli, Finished},
};

/// Serves a page, one that asks the peer by its name, and one for a health check.
const SERVE: &str = r#"mkdir -p /tmp/www/cgi-bin
printf '%s\n' "${RELEASE:-}" "$(cat /page)" "${GREETING:-}" >/tmp/www/index.html
echo fine >/tmp/www/health
cat >/tmp/www/cgi-bin/peer <<'END'
#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\n'
# Debian's static wget cannot resolve names, nor count seconds.
address=$(nslookup api | sed -n 's/^Address: \([0-9.]*\)$/\1/p' | head -n 1)
exec wget -q -O - "http://$address:8080/"
END
chmod 755 /tmp/www/cgi-bin/peer
[ ! -e /sick ] || . /sick
exec httpd -f -p 8080 -h /tmp/www
"#;
const API: &str = "  api:
    <<: *ends
    build: { context: ., dockerfile: web/Dockerfile }
    environment: { RELEASE: '${PLIMSOLL_RELEASE:-dev}' }
    expose: ['8080']
  worker:
";
const API_SETTINGS: &str = "drain = \"2s\"
[services.api]
probe = { http = \"/\", port = 8080 }
deadline = \"20s\"
drain = \"2s\"
[services.worker]
";
const RELEASE_COMMAND: &str = "[release]\nservice = \"api\"\ncommand = [\"sh\", \"-c\", \"echo migrated\"]\n";
/// What a server that has just come back may take for a first answer.
const SOON: Duration = Duration::from_secs(30);

/// The app, live.
pub(super) struct Pair {
    pub(super) app: App,
    /// The number of its latest page.
    pages: Cell<u32>,
    laptops: RefCell<Option<[Cli; 2]>>,
}

/// Why nothing whole serves.
#[derive(Debug)]
pub(super) enum Half {
    /// One is of another release than the other.
    Mixed(String),
    /// Somebody does not answer.
    Silent(String),
}

impl Pair {
    /// One on this server, not yet deployed.
    pub(super) async fn on(name: &str, server: &Machine) -> Self {
        let app = App::on(name, server).await;
        app.write("serve.sh", SERVE);
        let pair = Self { app, pages: Cell::new(1), laptops: RefCell::default() };
        pair.app.write("compose.yaml", &pair.compose());
        pair.app.write("plimsoll.toml", &pair.settings());
        pair.app.commit("a pair");
        pair
    }

    /// Its Compose file.
    pub(super) fn compose(&self) -> String {
        self.app.compose().replace("  worker:\n", API).replace("depends_on: [db]", "depends_on: [db, api]")
    }

    /// Its `plimsoll.toml`.
    pub(super) fn settings(&self) -> String {
        // A case may have to share its machine with many others.
        self.app.settings(RELEASE_COMMAND).replace("[services.worker]\n", API_SETTINGS).replace("20s", "60s")
    }

    /// One that serves.
    pub(super) async fn live_on(name: &str, server: &Machine) -> Self {
        let pair = Self::on(name, server).await;
        pair.app.deploy(&[]).await.is(0, "live");
        pair
    }

    /// A commit with another page in every service; the page.
    pub(super) fn next(&self) -> String {
        self.pages.set(self.pages.get() + 1);
        let page = format!("v{}", self.pages.get());
        self.app.next(&page);
        page
    }

    /// The page that all of it serves: `web` at its public port, `api` as `web` finds it by its name, the worker by what is in
    /// it; and each of the images that the server calls current, without a stray beside them.
    pub(super) async fn serves(&self) -> Result<String, Half> {
        let web = self.told("").await?;
        let api = self.told("cgi-bin/peer").await?;
        if web != api {
            return Err(Half::Mixed(format!("web serves {web:?}, api {api:?}")));
        }
        let worker = self.inside_the_worker().await?;
        if worker != web[1] {
            return Err(Half::Mixed(format!("web serves {web:?}, the worker {worker:?}")));
        }
        Ok(self.app.serves().await)
    }

    /// Release and page of who answers there.
    async fn told(&self, path: &str) -> Result<[String; 2], Half> {
        let url = format!("http://{}:{}/{path}", self.app.server.ip, self.app.port);
        let mut answer = String::new();
        let asked = until("an answer", SOON, async || {
            answer = run(&["curl", "-fsS", "--max-time", "10", &url]).await.map_err(|error| error.to_string())?;
            if answer.lines().count() > 1 { Ok(()) } else { Err(format!("{url} says {answer:?}")) }
        });
        asked.await.map_err(|error| Half::Silent(error.to_string()))?;
        let mut lines = answer.lines().map(str::to_owned);
        Ok(std::array::from_fn(|_| lines.next().unwrap_or_default()))
    }

    async fn inside_the_worker(&self) -> Result<String, Half> {
        let name = format!("{}-worker-1", self.app.name);
        let inside = self.app.server.exec(&["docker", "exec", &name, "cat", "/page"]).await;
        inside.map(|page| page.trim().to_owned()).map_err(|error| Half::Silent(format!("the worker: {error}")))
    }

    /// The newest deployment's record here, and its journal on the server; each has its end.
    pub(super) async fn newest(&self) -> Value {
        let newest = self.app.newest().await;
        assert!(newest["finished"].is_string(), "it has no end in the history: {newest}");
        let id = newest["deployment"].as_str().or(newest["id"].as_str()).expect("an id").to_owned();
        if let Some(journal) = self.app.on_server(&format!("deployments/{id}/journal")).await {
            is_whole(&journal);
        }
        newest
    }

    /// Two more laptops; the first time they are set up.
    pub(super) async fn laptops(&self) -> [Cli; 2] {
        if let Some(laptops) = self.laptops.borrow().clone() {
            return laptops;
        }
        let laptops = [self.app.another_laptop("second").await, self.app.another_laptop("third").await];
        self.laptops.replace(Some(laptops.clone()));
        laptops
    }

    /// Runs a command of the program that must need nobody's help.
    pub(super) async fn run(&self, words: &[&str]) -> Finished {
        self.app.cli.run(words).await
    }
}

/// Numbered without gaps, with one end, which is last. A line that was torn has no dot and counts as none.
fn is_whole(journal: &str) {
    let lines: Vec<Vec<&str>> = journal.lines().map(|line| line.split('\t').collect()).collect();
    let lines: Vec<&Vec<&str>> = lines.iter().filter(|fields| fields.len() == 7 && fields[6] == ".").collect();
    for (number, fields) in lines.iter().enumerate() {
        assert_eq!(fields[0], (number + 1).to_string(), "{journal}");
    }
    let ends: Vec<usize> = lines.iter().enumerate().filter(|(_, fields)| fields[2] == "finished").map(|(at, _)| at).collect();
    assert_eq!(ends, [lines.len() - 1], "{journal}");
}
