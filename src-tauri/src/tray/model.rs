//! What the tray shows, worked out from what is known of the projects.
//!
//! Owns: the words, the order, which light. Must never know: menus of any system.

use plimsoll_core::{
    api::projects::ProjectRow,
    domain::{
        deployment::{Deployment, Stage, Status},
        name::{EnvironmentName, Name},
    },
};
use serde::{Deserialize, Serialize};

use crate::words;

/// Projects shown at once; the others are one menu deeper.
const SHOWN: usize = 12;

/// What the icon says at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Light {
    /// Nothing was deployed yet.
    Idle,
    /// Everything that was deployed serves.
    Live,
    /// The last deployment of a project was not let in.
    Failed,
    /// A deployment is on its way.
    Deploying,
}

/// What a press on an entry means; travels as the entry's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "act")]
pub(crate) enum Act {
    /// Deploy what is checked out.
    Deploy { project: Name, environment: EnvironmentName },
    /// Open the public address.
    OpenSite { url: String },
    /// Open the project's page.
    Open { project: Name },
    /// Open the question whether to roll back.
    RollBack { project: Name },
    /// Open the window.
    Show,
    /// Pause notifications for an hour, or go on with them.
    Pause,
    /// Quit.
    Quit,
}

/// An entry of a menu; without an act it cannot be pressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    Item { text: String, act: Option<Act> },
    Menu { text: String, entries: Vec<Entry> },
    Line,
}

/// The tray.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Model {
    pub(crate) light: Light,
    /// The state of everything in words: the first entry, and what is shown on hover.
    pub(crate) headline: String,
    /// Everything below the headline.
    pub(crate) entries: Vec<Entry>,
}

/// A project, as far as the tray is concerned.
#[derive(Clone)]
pub(crate) struct Project {
    pub(crate) row: ProjectRow,
    /// Where its deployment in flight is: "build api".
    pub(crate) step: Option<String>,
    /// The stage that its last deployment failed at.
    pub(crate) failed_at: Option<Stage>,
    /// Its public address.
    pub(crate) url: Option<String>,
}

impl Model {
    /// The tray for these projects.
    pub(crate) fn of(mut projects: Vec<Project>, quiet: bool) -> Self {
        // What needs eyes first, then what was deployed last.
        projects.sort_by_key(|project| std::cmp::Reverse((light(&project.row), started(&project.row))));
        let light = projects.first().map_or(Light::Idle, |project| light(&project.row));
        let headline = headline(&projects);
        let mut entries: Vec<Entry> = projects.iter().take(SHOWN).map(menu).collect();
        if projects.len() > SHOWN {
            let more = projects.iter().skip(SHOWN).map(menu).collect();
            entries.push(Entry::Menu { text: "More projects".to_owned(), entries: more });
        }
        if !entries.is_empty() {
            entries.push(Entry::Line);
        }
        let pause = if quiet { "Resume notifications" } else { "Pause notifications for 1 hour" };
        entries.extend([item("Open Plimsoll", Act::Show), item(pause, Act::Pause), item("Quit", Act::Quit)]);
        Self { light, headline, entries }
    }
}

fn item(text: &str, act: Act) -> Entry {
    Entry::Item { text: text.to_owned(), act: Some(act) }
}

fn menu(project: &Project) -> Entry {
    let row = &project.row;
    let name = &row.project.name;
    let busy = light(row) == Light::Deploying;
    let deploy = |environment: &EnvironmentName| {
        let text = if row.environments.len() > 1 { format!("Deploy to {environment}") } else { "Deploy".to_owned() };
        let act = Act::Deploy { project: name.clone(), environment: environment.clone() };
        Entry::Item { text, act: (!busy).then_some(act) }
    };
    let mut entries: Vec<Entry> = row.environments.iter().map(|(environment, _)| deploy(environment)).collect();
    entries.extend(project.url.clone().map(|url| item("Open site", Act::OpenSite { url })));
    entries.push(item("Open", Act::Open { project: name.clone() }));
    let back = (!busy && row.unreadable.is_none() && !row.serving.is_empty()).then(|| Act::RollBack { project: name.clone() });
    entries.push(Entry::Item { text: "Roll back…".to_owned(), act: back });
    Entry::Menu { text: format!("{name}: {}", state(project)), entries }
}

fn headline(projects: &[Project]) -> String {
    let of = |wanted: Light| projects.iter().filter(move |project| light(&project.row) == wanted);
    let (deploying, failed) = (of(Light::Deploying).count(), of(Light::Failed).count());
    match (of(Light::Deploying).next(), of(Light::Failed).next()) {
        (Some(_), _) if deploying > 1 => format!("Deploying {deploying} projects"),
        (Some(one), _) => format!("Deploying {}{}", one.row.project.name, prefixed(": ", one.step.as_deref())),
        (None, Some(_)) if failed > 1 => format!("{failed} projects failed"),
        (None, Some(one)) => format!("{} {}", one.row.project.name, state(one)),
        (None, None) if projects.is_empty() => "No projects yet".to_owned(),
        (None, None) => quiet(projects),
    }
}

/// Nothing happens, and nothing has failed.
fn quiet(projects: &[Project]) -> String {
    let mut blind = projects.iter().filter(|project| project.row.unreadable.is_some());
    match (blind.next(), blind.count()) {
        (Some(one), 0) => format!("{} {}", one.row.project.name, state(one)),
        (Some(_), more) => format!("{} projects cannot be read", more + 1),
        (None, _) if projects.iter().all(|project| light(&project.row) == Light::Idle) => "Nothing deployed yet".to_owned(),
        (None, _) => "All live".to_owned(),
    }
}

/// A project's state in words.
fn state(project: &Project) -> String {
    let serving = project.row.serving.first().map(words::what);
    let serves = prefixed("; ", serving.as_ref().map(|what| format!("{what} serves")).as_deref());
    match light(&project.row) {
        Light::Deploying => format!("deploying{}", prefixed(", ", project.step.as_deref())),
        Light::Failed => {
            let what = project.row.latest.as_ref().map(words::what).unwrap_or_default();
            let at = project.failed_at.map(|stage| format!(" at {stage}")).unwrap_or_default();
            format!("failed{at} with {what}{serves}")
        }
        // The folder or the file is out of reach; the site is not.
        Light::Live | Light::Idle if project.row.unreadable.is_some() => format!("cannot be read{serves}"),
        Light::Live => format!("live{}", prefixed(" ", serving.as_deref())),
        Light::Idle => "never deployed".to_owned(),
    }
}

fn prefixed(prefix: &str, text: Option<&str>) -> String {
    text.map(|text| format!("{prefix}{text}")).unwrap_or_default()
}

fn light(row: &ProjectRow) -> Light {
    match row.latest.as_ref().map(|latest| latest.status) {
        Some(Status::Running) => Light::Deploying,
        Some(Status::Failed | Status::RolledBack) => Light::Failed,
        _ if row.serving.is_empty() => Light::Idle,
        _ => Light::Live,
    }
}

fn started(row: &ProjectRow) -> Option<jiff::Timestamp> {
    row.latest.as_ref().map(|latest: &Deployment| latest.started)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use plimsoll_core::{
        api::projects::ProjectRow,
        domain::{
            deployment::{Stage, Status},
            id::ProjectId,
            name::EnvironmentName,
            project::Project as CoreProject,
        },
    };

    use super::{Act, Entry, Light, Model, Project};
    use crate::words::tests::deployment;

    fn project(name: &str, latest: Option<Status>, live: bool) -> Project {
        let project =
            CoreProject { id: ProjectId::new(), name: name.parse().unwrap(), path: "/p".into(), added: Timestamp::UNIX_EPOCH };
        let row = ProjectRow {
            project,
            environments: vec![(EnvironmentName::production(), "web".parse().unwrap())],
            builder: None,
            latest: latest.map(deployment),
            serving: if live { vec![deployment(Status::Live)] } else { Vec::new() },
            recent_ms: Vec::new(),
            unreadable: None,
        };
        Project { row, step: Some("build api".into()), failed_at: Some(Stage::Swap), url: None }
    }

    fn of(projects: Vec<Project>) -> (Light, String) {
        let model = Model::of(projects, false);
        (model.light, model.headline)
    }

    #[test]
    fn the_headline_says_what_needs_eyes_most() {
        let live = || project("blog", Some(Status::Live), true);
        let failed = || project("shop", Some(Status::RolledBack), true);
        let busy = || project("notes", Some(Status::Running), true);
        assert_eq!(of(vec![]), (Light::Idle, "No projects yet".into()));
        assert_eq!(of(vec![project("x", None, false)]), (Light::Idle, "Nothing deployed yet".into()));
        assert_eq!(of(vec![live()]), (Light::Live, "All live".into()));
        assert_eq!(of(vec![live(), failed()]), (Light::Failed, "shop failed at swap with 3f9ab12; 3f9ab12 serves".into()));
        assert_eq!(of(vec![failed(), busy(), live()]), (Light::Deploying, "Deploying notes: build api".into()));
        assert_eq!(of(vec![busy(), busy()]), (Light::Deploying, "Deploying 2 projects".into()));
        // What was cancelled, or had nothing to do, is no failure.
        assert_eq!(of(vec![project("x", Some(Status::Cancelled), true)]).0, Light::Live);
    }

    #[test]
    fn a_live_site_is_not_denied_because_its_folder_cannot_be_read() {
        let blind = |name: &str, live: bool| {
            let mut one = project(name, live.then_some(Status::Live), live);
            (one.row.unreadable, one.row.environments) = (Some("the folder is gone".into()), Vec::new());
            one
        };
        let live = || project("blog", Some(Status::Live), true);
        assert_eq!(of(vec![blind("shop", true)]), (Light::Live, "shop cannot be read; 3f9ab12 serves".into()));
        assert_eq!(of(vec![blind("shop", true), live()]).1, "shop cannot be read; 3f9ab12 serves");
        assert_eq!(of(vec![blind("shop", true), blind("notes", false)]).1, "2 projects cannot be read");
        assert_eq!(of(vec![blind("shop", false)]), (Light::Idle, "shop cannot be read".into()));
        let model = Model::of(vec![blind("shop", true)], false);
        let [Entry::Menu { text, entries }, ..] = &model.entries[..] else { panic!("{:?}", model.entries) };
        assert_eq!(text, "shop: cannot be read; 3f9ab12 serves");
        assert!(matches!(entries.last(), Some(Entry::Item { act: None, .. })), "a rollback reads the settings");
    }

    #[tokio::test]
    async fn what_served_is_remembered_without_the_folder() {
        // The folder of its project was never there.
        let bench = crate::testing::bench().await;
        let live = bench.deployment(Status::Live).await;
        let rows = plimsoll_core::api::projects::list(&bench.session).await.unwrap();
        assert!(rows[0].unreadable.is_some());
        assert_eq!(rows[0].serving.iter().map(|one| one.id).collect::<Vec<_>>(), [live.id]);
    }

    #[test]
    fn a_project_that_deploys_cannot_be_deployed_again() {
        let model = Model::of(vec![project("shop", Some(Status::Running), true), project("blog", None, false)], false);
        let [Entry::Menu { text, entries: shop }, Entry::Menu { entries: blog, .. }, Entry::Line, ..] = &model.entries[..] else {
            panic!("{:?}", model.entries)
        };
        assert_eq!(text, "shop: deploying, build api");
        assert!(matches!(&shop[0], Entry::Item { act: None, .. }));
        let deploy = Act::Deploy { project: "blog".parse().unwrap(), environment: EnvironmentName::production() };
        assert!(matches!(&blog[0], Entry::Item { act: Some(act), .. } if *act == deploy));
        assert!(matches!(blog.last(), Some(Entry::Item { act: None, .. })), "nothing to go back to");
    }

    #[test]
    fn an_act_survives_its_way_through_an_id() {
        let act = Act::Deploy { project: "a \"b\" & c".parse().unwrap(), environment: EnvironmentName::production() };
        let id = serde_json::to_string(&act).unwrap();
        assert_eq!(serde_json::from_str::<Act>(&id).unwrap(), act);
    }

    #[test]
    fn two_hundred_projects_are_one_menu_deeper() {
        let model = Model::of((0..200).map(|n| project(&format!("p{n}"), None, false)).collect(), true);
        let menus = model.entries.iter().filter(|entry| matches!(entry, Entry::Menu { .. })).count();
        assert_eq!(menus, 13);
        let text = |entry: &Entry| matches!(entry, Entry::Item { text, .. } if text == "Resume notifications");
        assert!(model.entries.iter().any(text));
    }
}
