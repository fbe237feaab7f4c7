//! A keychain that is locked.
//!
//! Owns: what is said then, and that no password is lost or written elsewhere. Must never know: how a keychain is asked.

use plimsoll_lab::{
    desktop::{App, Desktop, Outcome, Page},
    lab::{Lab, LabOptions, Registry},
};

use crate::{
    shared::{ANSWER, picture, program, require},
    without::files_with,
};

/// Names of registries: one that was added while the keychain was open, one while it was locked.
const EARLIER: &str = "depot";
const LATER: &str = "quay";

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_keychain_is_named_and_keeps_what_it_has() -> Outcome<()> {
    let name = format!("tests-desktop-locked-{}", std::process::id());
    let lab = Lab::up(LabOptions { machines: Vec::new(), ecr: false, ..LabOptions::named(&name) }).await?;
    let mut desktop = Desktop::open().await?;
    let app = App::start(&mut desktop, &program()).await?;
    add(&app.page, &lab.registry, EARLIER).await?;
    app.page.says(EARLIER, ANSWER).await?;
    require(desktop.keyring.secrets().await? == [lab.registry.password.clone()], "the password is in the keychain")?;
    desktop.keyring.lock().await?;
    locked(&app, &lab.registry).await?;
    let found = files_with(desktop.folder(), &lab.registry.password)?;
    require(found.is_empty(), &format!("the password is in no file: {found:?}"))?;
    desktop.keyring.unlock().await?;
    require(desktop.keyring.secrets().await? == [lab.registry.password.clone()], "the keychain has what it had")?;
    app.page.press("Settings").await?;
    app.page.says("Passwords are in the system's keychain.", ANSWER).await?;
    drop(desktop);
    Ok(lab.down().await?)
}

/// It is said in the settings; a password that is given now is used, but not kept.
async fn locked(app: &App, registry: &Registry) -> Outcome<()> {
    let page = &app.page;
    page.press("Settings").await?;
    page.says("The system's keychain is locked: unlock it", ANSWER).await?;
    page.says("kept in memory until Plimsoll ends", ANSWER).await?;
    picture(app, "locked-keychain").await?;
    add(page, registry, LATER).await?;
    page.says("the keychain is locked", ANSWER).await?;
    page.says("PLIMSOLL_REGISTRY_QUAY_PASSWORD", ANSWER).await?;
    picture(app, "locked-keychain-registry").await?;
    page.press(&format!("Check {LATER}")).await?;
    page.says("answers and takes the login", ANSWER).await?;
    // What is in there can be given for now; who does not is told why it is not known.
    page.press(&format!("Check {EARLIER}")).await?;
    page.says(&format!("Password of {} at {}", registry.user, registry.address), ANSWER).await?;
    page.confirm("Cancel").await?;
    page.says(&format!("No password is known for the registry `{EARLIER}`"), ANSWER).await
}

async fn add(page: &Page, registry: &Registry, name: &str) -> Outcome<()> {
    page.press("Registries").await?;
    page.press(if name == EARLIER { "Add the first registry" } else { "Add registry" }).await?;
    page.fill("Host", &registry.address).await?;
    page.fill("User", &registry.user).await?;
    page.fill("Password or token", &registry.password).await?;
    page.choose("Plain HTTP").await?;
    page.fill("Name", name).await?;
    page.confirm("Add registry").await
}
