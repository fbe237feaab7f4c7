//! Gives every command its own permission, so that the window may call those of the capability and no other.

const COMMANDS: &[&str] = &include!("src/commands/names.in");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=src/commands/names.in");
    something_to_show()?;
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest))?;
    Ok(())
}

/// The built screens are not committed, and the program does not compile without some.
fn something_to_show() -> std::io::Result<()> {
    let folder = std::path::Path::new("../ui/dist");
    let page = folder.join("index.html");
    if page.exists() {
        return Ok(());
    }
    std::fs::create_dir_all(folder)?;
    std::fs::write(page, "<!doctype html><title>Plimsoll</title><p>The screens are not built: npm --prefix ui run build</p>\n")
}
