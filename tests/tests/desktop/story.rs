//! One developer's first day with the app, from the first start to a rollback and the day after.
//!
//! Owns: what is done and what must be seen. Must never know: how the page is driven.

use plimsoll_lab::{
    desktop::{App, Desktop, Outcome},
    lab::{Lab, LabOptions, Machine, until},
};

use crate::{
    shared::{ANSWER, DEPLOYMENT, TITLE, close_window, picture, program, require},
    shop::{Shop, ssh_config},
};

#[tokio::test(flavor = "multi_thread")]
async fn from_the_first_start_to_a_rollback_and_the_day_after() -> Outcome<()> {
    let name = format!("tests-desktop-{}", std::process::id());
    let lab = Lab::up(LabOptions { ecr: false, ..LabOptions::named(&name) }).await?;
    let mut desktop = Desktop::open().await?;
    let shop = Shop::check_out(&lab, &desktop.folder().join("home/shop")).await?;
    desktop.set("PLIMSOLL_SSH_CONFIG", &ssh_config(&lab, desktop.folder())?.display().to_string());
    desktop.set("PLIMSOLL_CHOSEN_FOLDER", &shop.folder());
    let app = App::start(&mut desktop, &program()).await?;
    let mut story = Story { lab, desktop, shop, app };
    let first = story.first_run().await?;
    story.keychain_has_the_password().await?;
    let second = story.deploy_from_the_tray(&first).await?;
    story.broken(&second).await?;
    story.roll_back_by_hand(&first).await?;
    let story = story.second_start_brings_the_window_back().await?.the_day_after(&first).await?;
    Ok(story.lab.down().await?)
}

struct Story {
    lab: Lab,
    desktop: Desktop,
    shop: Shop,
    app: App,
}

impl Story {
    /// A newcomer's way to the first deployment; the commit that is live then.
    async fn first_run(&self) -> Outcome<String> {
        let page = &self.app.page;
        page.says("Your projects will be here", ANSWER).await?;
        self.picture("empty").await?;
        page.press("Set up the first project").await?;
        page.press("Choose folder…").await?;
        page.says("5 services", ANSWER).await?;
        self.picture("understood").await?;
        page.press_until("Continue", "Step 2 of 5", ANSWER).await?;
        self.meet(self.lab.machine("server")?).await?;
        page.says("plimsoll.toml names server as the server.", ANSWER).await?;
        page.says("Docker 20.10", ANSWER).await?;
        self.picture("server-checked").await?;
        page.press_until("Continue", "Step 3 of 5", ANSWER).await?;
        self.add_registry().await?;
        page.press_until("Continue", "Step 4 of 5", ANSWER).await?;
        page.choose("Another machine").await?;
        self.meet(self.lab.machine("vm")?).await?;
        page.says("plimsoll.toml names it as the builder.", ANSWER).await?;
        page.press_until("Continue", "Step 5 of 5", ANSWER).await?;
        page.says("This is what would happen", ANSWER).await?;
        page.has("//button[normalize-space()='Deploy' and not(@aria-disabled)]", ANSWER).await?;
        self.picture("plan").await?;
        page.press_until("Deploy", "no release serves yet", ANSWER).await?;
        self.watch_it_go_live().await
    }

    /// Chooses a machine from ~/.ssh/config and trusts it, having compared its fingerprint.
    async fn meet(&self, machine: &Machine) -> Outcome<()> {
        let page = &self.app.page;
        page.pick(&format!("{} (", machine.name)).await?;
        page.press("Connect").await?;
        page.says(&machine.host_key("ed25519").await?, ANSWER).await?;
        self.picture(&format!("fingerprint-{}", machine.name)).await?;
        page.press("Trust and add").await
    }

    async fn add_registry(&self) -> Outcome<()> {
        let (page, registry) = (&self.app.page, &self.lab.registry);
        page.fill("Host", &registry.address).await?;
        page.fill("User", &registry.user).await?;
        page.fill("Password or token", &registry.password).await?;
        page.choose("Plain HTTP").await?;
        page.fill("Name", "registry").await?;
        page.press("Add registry").await?;
        page.says("plimsoll.toml names registry as the registry.", ANSWER).await
    }

    async fn watch_it_go_live(&self) -> Outcome<String> {
        let page = &self.app.page;
        // What the build prints comes while it builds.
        page.says("checking web.py", DEPLOYMENT).await?;
        self.picture("deploying").await?;
        page.says("live after", DEPLOYMENT).await?;
        self.picture("live").await?;
        self.is_served("The shop is open<").await?;
        Ok(page.run("return document.querySelector('h1').innerText").await?.as_str().unwrap_or_default().trim().to_owned())
    }

    async fn keychain_has_the_password(&self) -> Outcome<()> {
        let secrets = self.desktop.keyring.secrets().await?;
        require(secrets.contains(&self.lab.registry.password), "the registry's password is in the secret service")
    }

    /// Without a window: the tray's menu starts it, a notification tells the end, a click on that opens the window there.
    async fn deploy_from_the_tray(&mut self, first: &str) -> Outcome<String> {
        let desktop = &self.desktop;
        self.close_to_the_tray().await?;
        self.shop.edit("web/web.py", "The shop is open", "The shop is open day and night")?;
        let second = self.shop.commit("Open day and night")?;
        require(second != first, "there is another commit")?;
        desktop.tray.press(&["shop", "Deploy"], ANSWER).await?;
        // One of the deployment before may still come: its window went a moment after its end.
        let notice = desktop.notices.wait(&second, DEPLOYMENT).await?;
        require(notice.contains("shop is live"), &format!("the notification says how it ended: {notice}"))?;
        self.is_served("day and night").await?;
        self.click_the_notification().await?;
        let page = &self.app.page;
        page.shows(&format!("{second} serves")).await?;
        page.shows("live after").await?;
        Ok(second)
    }

    /// A commit whose app never gets healthy: a notification says so to who has gone, the cause is told behind it, and what
    /// served before serves.
    async fn broken(&mut self, serving: &str) -> Outcome<()> {
        let page = &self.app.page;
        self.shop.edit("web/web.py", "serve(\"web\"", "raise SystemExit(\"error: the till has no drawer\")\nserve(\"web\"")?;
        let third = self.shop.commit("A new till")?;
        page.press("shop").await?;
        // The repository is watched: nobody has to ask again.
        page.shows("A new till").await?;
        self.picture("ahead").await?;
        page.press("Deploy").await?;
        page.has("//*[@role='log']", ANSWER).await?;
        page.shows(&third).await?;
        self.close_to_the_tray().await?;
        let notice = self.desktop.notices.wait("shop was rolled back", DEPLOYMENT).await?;
        require(notice.contains("What served before serves"), &format!("the notification says what serves: {notice}"))?;
        self.click_the_notification().await?;
        let page = &self.app.page;
        page.shows(&third).await?;
        page.shows("rolled back").await?;
        // It never came so far as to serve.
        page.shows(&format!("{serving} serves, unchanged")).await?;
        page.has("//section[contains(@class, 'problem')]//dt[.='Cause']", ANSWER).await?;
        page.says("the till has no drawer", ANSWER).await?;
        self.picture("rolled-back").await?;
        self.is_served("day and night").await
    }

    async fn roll_back_by_hand(&self, first: &str) -> Outcome<()> {
        let page = &self.app.page;
        page.press("shop").await?;
        page.press(&format!("Roll back to {first}")).await?;
        page.says(&format!("Roll back shop to {first}?"), ANSWER).await?;
        // It came with a migration, which no rollback undoes.
        page.says("Not undone: 1 release command ran since", ANSWER).await?;
        self.picture("rollback").await?;
        page.confirm(&format!("Roll back to {first}")).await?;
        page.has("//*[@role='log']", ANSWER).await?;
        page.says("brought back in", DEPLOYMENT).await?;
        self.is_served("The shop is open<").await
    }

    /// A second start ends at once; the first one's window is there again.
    async fn second_start_brings_the_window_back(mut self) -> Outcome<Self> {
        self.close_to_the_tray().await?;
        // As long as one waits for a click the app stays as it is; the last one may come after the window went.
        let small = async || {
            self.desktop.notices.dismiss().await.map_err(|error| error.to_string())?;
            match self.app.runs_with("--tray") {
                true => self.desktop.tray.labels().await.map(drop).map_err(|error| error.to_string()),
                false => Err("it is as it was".to_owned()),
            }
        };
        until("the app without a page, in the tray", ANSWER, small).await?;
        let mut second = self.desktop.start(&program(), &[])?;
        let ended = async || match second.try_wait() {
            Ok(Some(status)) if status.success() => Ok(()),
            other => Err(format!("{other:?}")),
        };
        until("the end of the second start", ANSWER, ended).await?;
        self.desktop.screen.window(TITLE, ANSWER).await?;
        require(self.desktop.processes("plimsoll-desktop").len() == 1, "there is one app")?;
        self.app.reopened(&self.desktop).await?;
        self.app.page.shows("Projects").await?;
        Ok(self)
    }

    /// Quit from the tray and started again: everything is where it was.
    async fn the_day_after(mut self, serving: &str) -> Outcome<Self> {
        self.desktop.tray.press(&["Quit"], ANSWER).await?;
        self.app.ended(ANSWER).await?;
        self.app = App::start(&mut self.desktop, &program()).await?;
        let page = &self.app.page;
        page.press("shop").await?;
        page.says(&format!("live {serving}"), ANSWER).await?;
        for subject in ["Rolled back to: The shop", "A new till", "Open day and night"] {
            page.shows(subject).await?;
        }
        self.picture("history").await?;
        Ok(self)
    }

    /// The window comes, and shows what the newest one is about.
    async fn click_the_notification(&mut self) -> Outcome<()> {
        self.desktop.notices.click().await?;
        self.desktop.screen.window(TITLE, ANSWER).await?;
        self.app.reopened(&self.desktop).await
    }

    /// The window goes and its webview with it; the app stays in the tray.
    async fn close_to_the_tray(&self) -> Outcome<()> {
        let desktop = &self.desktop;
        close_window(desktop).await?;
        desktop.screen.no_window(TITLE, ANSWER).await?;
        let gone = async || match desktop.processes("WebKitWebProcess").len() {
            0 => Ok(()),
            n => Err(format!("{n} run")),
        };
        until("the end of the webview", ANSWER, gone).await?;
        require(desktop.processes("plimsoll-desktop").len() == 1, "the app goes on")
    }

    async fn is_served(&self, text: &str) -> Outcome<()> {
        let page = self.shop.front_page().await?;
        require(page.contains(text), &format!("users get “{text}”: {page}"))
    }

    async fn picture(&self, name: &str) -> Outcome<()> {
        picture(&self.app, name).await
    }
}
