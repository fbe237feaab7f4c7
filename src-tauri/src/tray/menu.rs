//! The model as a menu of the system.
//!
//! Owns: changing as little of it as possible. Must never know: what the entries mean.

use tauri::{
    AppHandle,
    menu::{IsMenuItem, Menu, MenuItem, PredefinedMenuItem, Submenu},
    tray::TrayIcon,
};

use super::{
    icons,
    model::{Entry, Model, Project},
};

/// What the tray shows now.
pub(crate) struct Shown {
    model: Model,
    headline: MenuItem<tauri::Wry>,
    /// What it was made of.
    pub(super) projects: Vec<Project>,
}

impl Shown {
    /// Shows another model.
    pub(super) fn change(&mut self, app: &AppHandle, icon: &TrayIcon, model: Model) -> tauri::Result<()> {
        if self.model.light != model.light {
            icon.set_icon_with_as_template(Some(icons::of(model.light)?), cfg!(target_os = "macos"))?;
        }
        if self.model.headline != model.headline {
            icon.set_tooltip(Some(&model.headline))?;
            self.headline.set_text(label(&model.headline))?;
        }
        // A menu that is open closes when it is replaced.
        if self.model.entries != model.entries {
            let (menu, shown) = build(app, &model)?;
            icon.set_menu(Some(menu))?;
            *self = shown;
        }
        self.model = model;
        Ok(())
    }
}

/// The whole menu.
pub(super) fn build(app: &AppHandle, model: &Model) -> tauri::Result<(Menu<tauri::Wry>, Shown)> {
    let headline = MenuItem::with_id(app, "headline", label(&model.headline), false, None::<&str>)?;
    let menu = Menu::with_items(app, &[&headline, &PredefinedMenuItem::separator(app)?])?;
    for entry in &model.entries {
        menu.append(entry_of(app, entry)?.as_ref())?;
    }
    Ok((menu, Shown { model: model.clone(), headline, projects: Vec::new() }))
}

fn entry_of(app: &AppHandle, entry: &Entry) -> tauri::Result<Box<dyn IsMenuItem<tauri::Wry>>> {
    Ok(match entry {
        Entry::Line => Box::new(PredefinedMenuItem::separator(app)?),
        Entry::Item { text, act } => {
            let id = act.as_ref().and_then(|act| serde_json::to_string(act).ok()).unwrap_or_default();
            Box::new(MenuItem::with_id(app, id, label(text), act.is_some(), None::<&str>)?)
        }
        Entry::Menu { text, entries } => {
            let menu = Submenu::new(app, label(text), true)?;
            for entry in entries {
                menu.append(entry_of(app, entry)?.as_ref())?;
            }
            Box::new(menu)
        }
    })
}

/// A single `&` would underline the next letter.
fn label(text: &str) -> String {
    text.replace('&', "&&")
}
