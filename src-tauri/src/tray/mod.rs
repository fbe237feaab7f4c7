//! The icon in the tray and its menu.
//!
//! Owns: showing the model, and doing what an entry says. Must never know: how the state is worked out.

mod icons;
mod menu;
mod model;
mod there;

use std::{
    sync::{Mutex, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use plimsoll_core::{
    api::{
        Session, changes, deployments,
        deployments::What,
        projects::{self, ProjectRow},
        settings,
    },
    domain::{
        deployment::Status,
        event::StepEvent,
        id::DeploymentId,
        name::{EnvironmentName, Name},
    },
};
use tauri::{AppHandle, Manager as _, tray::TrayIconBuilder};

use self::{
    menu::Shown,
    model::{Act, Model, Project},
};
use crate::{
    commands,
    goto::{Goto, go},
    notice, quit,
    state::Desktop,
    window, words,
};

const ID: &str = "main";
const HOUR: Duration = Duration::from_secs(3600);

/// Puts the icon into the tray, now or when there is one.
pub(crate) fn begin(app: &AppHandle) {
    note(app, there::is_there());
    let watched = app.clone();
    there::watch(move |there| note(&watched, there));
}

/// One that comes back shows the icon again by itself.
fn note(app: &AppHandle, there: bool) {
    let known = app.tray_by_id(ID).is_some();
    let shown = there && (known || put(app));
    let desktop = app.state::<Desktop>();
    desktop.tray.store(shown, Ordering::Relaxed);
    if let (true, false, Ok(session)) = (shown, known, desktop.session().cloned()) {
        let app = app.clone();
        tauri::async_runtime::spawn(async move { refresh(&app, &session).await });
    }
}

fn put(app: &AppHandle) -> bool {
    let model = Model::of(Vec::new(), false);
    let built = menu::build(app, &model).and_then(|(menu, shown)| {
        app.manage(Mutex::new(shown));
        TrayIconBuilder::with_id(ID)
            .icon(icons::of(model.light)?)
            .icon_as_template(cfg!(target_os = "macos"))
            .tooltip(&model.headline)
            .menu(&menu)
            .on_menu_event(|app, event| press(app, event.id().as_ref()))
            .build(app)
    });
    built.is_ok()
}

/// Shows the projects as they are now.
pub(crate) async fn refresh(app: &AppHandle, session: &Session) {
    let Ok(projects) = look(session).await else { return };
    show(app, session, projects).await;
}

/// Shows where the deployments in flight are now; nothing else is looked at, because this happens with each of their steps.
pub(crate) async fn step(app: &AppHandle, session: &Session) {
    let Some(shown) = app.try_state::<Mutex<Shown>>() else { return };
    let projects = shown.lock().unwrap_or_else(PoisonError::into_inner).projects.clone();
    show(app, session, projects).await;
}

async fn show(app: &AppHandle, session: &Session, mut projects: Vec<Project>) {
    let Some(icon) = app.tray_by_id(ID) else { return };
    for project in &mut projects {
        (project.step, project.failed_at) = match &project.row.latest {
            Some(latest) if latest.status == Status::Running => (words::step(&events(session, latest.id).await), None),
            Some(latest) if matches!(latest.status, Status::Failed | Status::RolledBack) => {
                let known = project.failed_at;
                (None, if known.is_some() { known } else { words::failed_at(&events(session, latest.id).await) })
            }
            _ => (None, None),
        };
    }
    let model = Model::of(projects.clone(), app.state::<Desktop>().is_quiet());
    let shown = app.state::<Mutex<Shown>>();
    let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
    // A tray that does not take a change shows the next one.
    let _ = shown.change(app, &icon, model);
    shown.projects = projects;
}

async fn events(session: &Session, id: DeploymentId) -> Vec<StepEvent> {
    deployments::so_far(session, id, 0).await.unwrap_or_default()
}

async fn look(session: &Session) -> Result<Vec<Project>, plimsoll_core::problem::Problem> {
    let mut seen = Vec::new();
    for row in projects::list(session).await? {
        let url = url(session, &row).await;
        seen.push(Project { row, step: None, failed_at: None, url });
    }
    Ok(seen)
}

async fn url(session: &Session, row: &ProjectRow) -> Option<String> {
    let found = settings::read(session, row.project.name.as_str()).await.ok()?;
    found.settings.environments.into_values().find_map(|place| place.url)
}

/// Does what the pressed entry says.
fn press(app: &AppHandle, id: &str) {
    let Ok(act) = serde_json::from_str::<Act>(id) else { return };
    match act {
        Act::Deploy { project, environment } => deploy(app, project, environment),
        Act::OpenSite { url } => {
            let acting = app.state::<Desktop>().acting();
            tauri::async_runtime::spawn(async move {
                let opened = commands::open(url.as_ref()).await;
                drop(acting);
                opened
            });
        }
        Act::Open { project } => go(app, Goto::Project { name: project }),
        Act::RollBack { project } => go(app, Goto::RollBack { name: project }),
        Act::Show => window::show(app),
        Act::Pause => pause(app),
        Act::Quit => quit::ask(app),
    }
}

/// Deploys what is checked out; what keeps it from starting is told by a notification.
fn deploy(app: &AppHandle, project: Name, environment: EnvironmentName) {
    // From this moment on: who was pressed just before the app begins anew is heard.
    let acting = app.state::<Desktop>().acting();
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let request = commands::request(project.to_string(), environment, What::Commit("HEAD".to_owned()));
        let done = match &acting {
            Ok(_) => commands::start(&app, request).await,
            Err(problem) => Err(problem.clone()),
        };
        drop(acting);
        match done {
            Ok(started) => nothing_to_do(&app, started.id).await,
            Err(problem) => notice::tell(&app, words::refused(project.as_str(), &problem)),
        }
    });
}

/// Whoever pressed it here sees no page: an end without any change, which nobody else wants to hear of, is told too.
async fn nothing_to_do(app: &AppHandle, id: DeploymentId) {
    let desktop = app.state::<Desktop>();
    let Ok(session) = desktop.session().cloned() else { return };
    if let Some(flight) = desktop.flights.get(id) {
        flight.ended().await;
    }
    let Ok(Some((project, one))) = changes::deployment(&session, id).await else { return };
    if let Some(notice) = words::nothing_to_do(&project, &one) {
        notice::show(app, &session, notice, Some(id)).await;
    }
}

/// Notifications pause for an hour, or go on.
fn pause(app: &AppHandle) {
    let desktop = app.state::<Desktop>();
    let until = (!desktop.is_quiet()).then(|| Instant::now() + HOUR);
    *desktop.quiet_until.lock().unwrap_or_else(PoisonError::into_inner) = until;
    let (Ok(session), app) = (desktop.session().cloned(), app.clone()) else { return };
    tauri::async_runtime::spawn(async move {
        refresh(&app, &session).await;
        if until.is_some() {
            tokio::time::sleep(HOUR).await;
            refresh(&app, &session).await;
        }
    });
}
