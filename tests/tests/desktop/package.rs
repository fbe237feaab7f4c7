//! The package for Debian and Ubuntu, as people install it.
//!
//! Owns: building it, unpacking it, starting what it brings. Must never know: how it is made.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use plimsoll_lab::{
    desktop::{Area, Desktop, Outcome},
    lab::until,
};

use crate::shared::{ANSWER, TITLE, pictures, require};

/// Where the page has text.
const TEXT: Area = (260, 64, 420, 200);
/// Smooth letters have more colours than a plain surface.
const COLOURS: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn the_package_installs_and_its_window_paints() -> Outcome<()> {
    let package = build()?;
    let desktop = Desktop::open().await?;
    let root = desktop.folder().join("root");
    said("dpkg", &["-x", &package, &root.display().to_string()])?;
    fields(&package)?;
    files(&root)?;
    let program = root.join("usr/bin/plimsoll-desktop");
    desktop.start(&program, &[])?;
    let window = desktop.screen.window(TITLE, ANSWER).await?;
    let painted = async || match desktop.screen.picture(window, Some(TEXT)) {
        Ok(picture) if picture.colours() > COLOURS => Ok(()),
        Ok(picture) => Err(format!("{} colours", picture.colours())),
        Err(error) => Err(error.to_string()),
    };
    until("a painted window", ANSWER, painted).await?;
    desktop.screen.picture(window, None)?.save(&pictures()?.join("installed.png"))?;
    let version = said(&root.join("usr/bin/plimsoll").display().to_string(), &["--version"])?;
    require(version.contains(env!("CARGO_PKG_VERSION")), &format!("the command line is there too: {version}"))
}

/// Its name, what it is for, and that everything it depends on can be had.
fn fields(package: &str) -> Outcome<()> {
    let field = |name: &str| said("dpkg-deb", &["-f", package, name]);
    require(field("Package")?.trim() == "plimsoll", "its name")?;
    require(field("Version")?.trim() == env!("CARGO_PKG_VERSION"), "its version")?;
    for dependency in field("Depends")?.trim().split(',') {
        let known = dependency.split('|').any(|one| {
            let name = one.split_whitespace().next().unwrap_or_default();
            said("dpkg-query", &["-W", "-f", "${Status}", name]).is_ok_and(|status| status.contains("installed"))
        });
        require(known, &format!("{dependency} is installed wherever the app runs"))?;
    }
    Ok(())
}

/// What a desktop needs to show it in its menu.
fn files(root: &Path) -> Outcome<()> {
    let programs: Vec<String> = names(&root.join("usr/bin"))?;
    require(programs == ["plimsoll", "plimsoll-desktop"], &format!("only our two programs: {programs:?}"))?;
    let entries = names(&root.join("usr/share/applications"))?;
    let entry = entries.first().ok_or("no entry for the menu")?;
    let entry = fs::read_to_string(root.join("usr/share/applications").join(entry))?;
    for line in ["Name=Plimsoll", "Exec=plimsoll-desktop", "Icon=plimsoll-desktop", "Terminal=false", "Categories=Development;"] {
        require(entry.lines().any(|one| one == line), &format!("{line} in {entry}"))?;
    }
    for size in ["32x32", "128x128", "256x256@2"] {
        let icon = root.join(format!("usr/share/icons/hicolor/{size}/apps/plimsoll-desktop.png"));
        require(icon.exists(), &format!("an icon of {size}"))?;
    }
    let copyright = root.join("usr/share/doc/plimsoll/copyright");
    require(fs::read_to_string(copyright)?.contains("Apache License"), "its license")
}

fn build() -> Outcome<String> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let status = Command::new(repository.join("scripts/bundle")).arg("deb").status()?;
    require(status.success(), "scripts/bundle deb builds it")?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository.join("target"), PathBuf::from);
    let folder = target.join("release/bundle/deb");
    let packages = names(&folder)?.into_iter().filter(|name| name.ends_with(".deb")).collect::<Vec<_>>();
    let [package] = &packages[..] else { return Err(format!("one package, not {packages:?}").into()) };
    Ok(folder.join(package).display().to_string())
}

fn names(folder: &Path) -> Outcome<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn said(program: &str, arguments: &[&str]) -> Outcome<String> {
    let output = Command::new(program).args(arguments).output()?;
    require(output.status.success(), &format!("{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr)))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
