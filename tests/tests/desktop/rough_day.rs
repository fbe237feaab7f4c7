//! A day on which things go wrong around the app.
//!
//! Owns: what is broken, and what must be said in place. Must never know: how the page is driven.

use std::fs;

use plimsoll_lab::{
    desktop::{App, Desktop, Outcome, Part},
    lab::{Lab, LabOptions, until},
};

use crate::{
    shared::{ANSWER, DEPLOYMENT, close_window, command_line, picture, pictures, program, require},
    shop::{Shop, ssh_config},
};

const ESCAPE: u32 = 0xff1b;
const RETURN: u32 = 0xff0d;
/// What it prints would like to be more than text.
const PRINT: &str = "import sys, time\nsys.stdout.buffer.write(b'<img src=x onerror=window.pwned=1>\\x1b[31m\\x1b]0;pwned\\x07')\n\
    sys.stdout.buffer.write('\\u202egnp.live\\n'.encode())\nsys.stdout.flush()\ntime.sleep(600)";
/// Somebody's stack, as plain Compose would have left it there.
const BY_HAND: &str = "docker login -u \"$1\" --password-stdin \"$2\" >/dev/null 2>&1 && \
    docker run -d --name by-hand --label com.docker.compose.project=shop \"$3\" sleep 100000 && docker logout \"$2\" >/dev/null";
/// Engines take any text for a label.
const STACK: &str = "com.docker.compose.project=<img src=x onerror=window.pwned=2>\u{202e}";
const QUESTION: &str = "Quit Plimsoll?";

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_said_in_place_and_nothing_is_lost() -> Outcome<()> {
    let name = format!("tests-desktop-rough-{}", std::process::id());
    let lab = Lab::up(LabOptions { ecr: false, ..LabOptions::named(&name) }).await?;
    let mut desktop = Desktop::without(&[Part::Tray]).await?;
    let shop = Shop::check_out(&lab, &desktop.folder().join("home/shop")).await?;
    // Long enough to leave in the middle of the swap.
    shop.edit("plimsoll.toml", "soak = \"5s\"", "soak = \"20s\"")?;
    shop.commit("Watch it for longer")?;
    desktop.set("PLIMSOLL_SSH_CONFIG", &ssh_config(&lab, desktop.folder())?.display().to_string());
    desktop.set("PLIMSOLL_REGISTRY_REGISTRY_PASSWORD", &lab.registry.password);
    introduce(&lab, &desktop, &shop).await?;
    let app = App::start(&mut desktop, &program()).await?;
    let day = Day { lab, desktop, shop, app };
    day.in_mid_rebase().await?;
    day.runs_already().await?;
    let day = day.left_in_the_swap().await?;
    day.folder_gone().await?;
    day.server_gone().await?;
    day.container_with_a_hostile_log().await?;
    day.diagnostics().await?;
    drop((day.app, day.desktop));
    Ok(day.lab.down().await?)
}

/// What a first run does, from the command line.
async fn introduce(lab: &Lab, desktop: &Desktop, shop: &Shop) -> Outcome<()> {
    let plimsoll = command_line().display().to_string();
    for machine in &lab.machines {
        let key = machine.host_key("ed25519").await?;
        desktop.run(&plimsoll, &["server", "add", &machine.name, &machine.name, "--host-key", &key])?;
    }
    let registry = &lab.registry;
    desktop
        .run(&plimsoll, &["registry", "add", "registry", "oci", &registry.address, "--user", &registry.user, "--plain-http"])?;
    desktop.run(&plimsoll, &["project", "add", &shop.folder()])?;
    Ok(())
}

struct Day {
    lab: Lab,
    desktop: Desktop,
    shop: Shop,
    app: App,
}

impl Day {
    async fn in_mid_rebase(&self) -> Outcome<()> {
        let page = &self.app.page;
        self.shop.conflict()?;
        page.press("shop").await?;
        page.press("Deploy").await?;
        page.says("The repository is in the middle of something", ANSWER).await?;
        page.says("Finish or abort the rebase", ANSWER).await?;
        picture(&self.app, "mid-rebase").await?;
        self.shop.git(&["rebase", "--abort"]).map(|_| ())
    }

    /// What runs there already is nobody's to replace unasked; after a no nothing has changed.
    async fn runs_already(&self) -> Outcome<()> {
        let (page, server, registry) = (&self.app.page, self.lab.machine("server")?, &self.lab.registry);
        let start = ["sh", "-c", BY_HAND, "start", &registry.user, &registry.address, &registry.base("busybox")];
        let started = server.exec_with(&start, registry.password.as_bytes()).await?;
        require(started.status.success(), &format!("{started:?}"))?;
        page.press("shop").await?;
        page.press("Deploy").await?;
        page.says("Take over what runs as shop in production?", DEPLOYMENT).await?;
        page.says("volumes and networks stay as they are", ANSWER).await?;
        picture(&self.app, "runs-already").await?;
        page.confirm("Cancel").await?;
        page.says("cancelled", ANSWER).await?;
        require(self.shop.front_page().await.is_err(), "nothing of the shop is there")
    }

    /// Closing in mid-swap asks; left, the server finishes, and the next start reads how it ended.
    async fn left_in_the_swap(mut self) -> Outcome<Self> {
        let page = &self.app.page;
        page.press("shop").await?;
        page.press("Deploy").await?;
        page.says("Take over what runs as shop", DEPLOYMENT).await?;
        page.confirm("Take over").await?;
        page.has("//*[@role='log']", ANSWER).await?;
        page.says("swapping", DEPLOYMENT).await?;
        close_window(&self.desktop).await?;
        let question = self.desktop.screen.window(QUESTION, ANSWER).await?;
        self.desktop.screen.key(question, ESCAPE)?;
        self.desktop.screen.no_window(QUESTION, ANSWER).await?;
        page.says("swapping", ANSWER).await?;
        close_window(&self.desktop).await?;
        let question = self.desktop.screen.window(QUESTION, ANSWER).await?;
        self.desktop.screen.key(question, RETURN)?;
        self.app.ended(ANSWER).await?;
        let served = async || match self.shop.front_page().await {
            Ok(page) if page.contains("The shop is open") => Ok(()),
            other => Err(format!("{other:?}")),
        };
        until("the end of the swap on the server", DEPLOYMENT, served).await?;
        self.app = App::start(&mut self.desktop, &program()).await?;
        self.app.page.press("shop").await?;
        self.app.page.says("live ", DEPLOYMENT).await?;
        // Nobody watched its end, and all that is told of one that was watched is told of it.
        self.app.page.says("ran its release command", ANSWER).await?;
        self.app.page.says("Notes of the day", ANSWER).await?;
        picture(&self.app, "read-after-quit").await?;
        Ok(self)
    }

    async fn folder_gone(&self) -> Outcome<()> {
        let page = &self.app.page;
        let (here, away) = (self.shop.folder(), format!("{}-away", self.shop.folder()));
        fs::rename(&here, &away)?;
        page.says("shop cannot be read", ANSWER).await?;
        page.says("What runs goes on.", ANSWER).await?;
        // What is remembered of it is still there.
        page.says("Notes of the day", ANSWER).await?;
        picture(&self.app, "folder-gone").await?;
        fs::rename(&away, &here)?;
        let back = async || match page.text().await {
            Ok(text) if !text.contains("cannot be read") => Ok(()),
            other => Err(format!("{other:?}")),
        };
        until("the folder again", ANSWER, back).await.map_err(Into::into)
    }

    /// While its page is open.
    async fn server_gone(&self) -> Outcome<()> {
        let (page, server) = (&self.app.page, self.lab.machine("server")?);
        page.press("Servers").await?;
        page.press("server").await?;
        page.says("reachable", ANSWER).await?;
        page.says("asked every 5 s", ANSWER).await?;
        server.sh("kill \"$(cat /run/sshd.pid)\"").await?;
        server.kill_sshd_connections().await?;
        page.says("What follows may have changed since.", ANSWER).await?;
        page.says("Server does not answer", ANSWER).await?;
        picture(&self.app, "server-gone").await?;
        server.sh("/usr/sbin/sshd").await?;
        server.wait_for_ssh().await?;
        // Nobody has to ask again.
        let well = async || match page.text().await {
            Ok(text) if !text.contains("What follows may have changed since.") => Ok(()),
            other => Err(format!("{other:?}")),
        };
        Ok(until("the server again", ANSWER, well).await?)
    }

    async fn container_with_a_hostile_log(&self) -> Outcome<()> {
        let (page, server) = (&self.app.page, self.lab.machine("server")?);
        // One that is there, whoever logs in.
        let image = server.exec(&["docker", "inspect", "-f", "{{.Image}}", "shop-worker-1"]).await?;
        let run = [
            "docker",
            "run",
            "-d",
            "--name",
            "hostile",
            "--label",
            STACK,
            "--entrypoint",
            "python3",
            image.trim(),
            "-u",
            "-c",
            PRINT,
        ];
        server.exec(&run).await?;
        page.press("Servers").await?;
        page.press("server").await?;
        page.says("<img src=x onerror=window.pwned=2>", ANSWER).await?;
        page.press("Show the log of hostile").await?;
        page.says("<img src=x onerror=window.pwned=1>", ANSWER).await?;
        picture(&self.app, "hostile-container").await?;
        let look = "return [window.pwned ?? null, document.title.includes('pwned'), document.querySelectorAll('img').length]";
        let found = page.run(look).await?;
        require(found == serde_json::json!([null, false, 0]), &format!("it is only text: {found}"))?;
        let log = page.run("return document.querySelector('[role=log]').textContent").await?;
        let log = log.as_str().unwrap_or_default();
        require(!log.contains(['\u{1b}', '\u{202e}', '\u{7}']), &format!("nothing in it steers: {log:?}"))
    }

    /// Copied from the settings: what helps, and nothing that is its owner's.
    async fn diagnostics(&self) -> Outcome<()> {
        let page = &self.app.page;
        page.press("Settings").await?;
        page.press("Copy diagnostics").await?;
        page.says("Diagnostics copied", ANSWER).await?;
        let text = self.desktop.screen.clipboard().await?;
        std::fs::write(pictures()?.join("diagnostics.txt"), &text)?;
        for part in [
            &format!("Plimsoll desktop {}", env!("CARGO_PKG_VERSION")),
            "keychain: open",
            "keep in the tray",
            "projects: 1, unreadable: 0",
            "server 1: ssh, ",
            "registry 1: oci with a user",
            "repository_unusable: The repository is in the middle of something",
        ] {
            require(text.contains(part), &format!("“{part}” in {text}"))?;
        }
        let server = self.lab.machine("server")?;
        for secret in [&self.lab.registry.password, &self.lab.registry.user, &server.ip.to_string(), &self.shop.folder()] {
            require(!text.contains(secret.as_str()), &format!("“{secret}” is not in {text}"))?;
        }
        Ok(())
    }
}
