//! A desktop that lacks something.
//!
//! Owns: what is said then, and what is kept where. Must never know: how the app finds it out.

use std::{fs, path::Path};

use plimsoll_lab::{
    desktop::{App, Desktop, Outcome, Part},
    lab::{Lab, LabOptions, until},
};

use crate::shared::{ANSWER, close_window, picture, program, require};

#[tokio::test(flavor = "multi_thread")]
async fn without_a_keychain_a_password_is_kept_in_memory_alone() -> Outcome<()> {
    let name = format!("tests-desktop-keys-{}", std::process::id());
    let lab = Lab::up(LabOptions { machines: Vec::new(), ecr: false, ..LabOptions::named(&name) }).await?;
    let mut desktop = Desktop::without(&[Part::Keyring]).await?;
    let app = App::start(&mut desktop, &program()).await?;
    let (page, registry) = (&app.page, &lab.registry);
    page.press("Settings").await?;
    page.says("There is no keychain here.", ANSWER).await?;
    page.says("kept in memory until Plimsoll ends", ANSWER).await?;
    page.press("Registries").await?;
    page.press("Add the first registry").await?;
    page.fill("Host", &registry.address).await?;
    page.fill("User", &registry.user).await?;
    page.fill("Password or token", &registry.password).await?;
    page.choose("Plain HTTP").await?;
    page.fill("Name", "registry").await?;
    page.confirm("Add registry").await?;
    // Where to give it the next time.
    page.says("PLIMSOLL_REGISTRY_REGISTRY_PASSWORD", ANSWER).await?;
    picture(&app, "no-keychain").await?;
    page.press("Check registry").await?;
    page.says("answers and takes the login", ANSWER).await?;
    let found = files_with(desktop.folder(), &registry.password)?;
    require(found.is_empty(), &format!("the password is in no file: {found:?}"))?;
    drop(desktop);
    Ok(lab.down().await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_tray_closing_the_window_quits_and_says_so_before() -> Outcome<()> {
    let mut desktop = Desktop::without(&[Part::Tray]).await?;
    let app = App::start(&mut desktop, &program()).await?;
    app.page.press("Settings").await?;
    app.page.says("There is no tray here: closing the window quits.", ANSWER).await?;
    picture(&app, "no-tray").await?;
    close_window(&desktop).await?;
    app.ended(ANSWER).await?;
    let gone = async || match desktop.processes("WebKitWebProcess").len() {
        0 => Ok(()),
        n => Err(format!("{n} run")),
    };
    Ok(until("the end of its webview", ANSWER, gone).await?)
}

/// The files below a folder that hold this text.
pub(crate) fn files_with(folder: &Path, text: &str) -> Outcome<Vec<String>> {
    let mut found = Vec::new();
    let mut below = vec![folder.to_owned()];
    while let Some(folder) = below.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                below.push(entry.path());
            } else if kind.is_file() && fs::read(entry.path())?.windows(text.len()).any(|part| part == text.as_bytes()) {
                found.push(entry.path().display().to_string());
            }
        }
    }
    Ok(found)
}
