//! Which project is meant when none is named.
//!
//! Owns: finding the one project whose folder holds the current folder. Must never know: what is done with it.

use std::path::Path;

use plimsoll_core::{
    api::{Session, projects},
    domain::project::Project,
    problem::{Code, Problem},
};

/// The named project, else the one that the current folder lies in.
pub(crate) async fn project(session: &Session, named: Option<String>) -> Result<String, Problem> {
    if let Some(name) = named {
        return Ok(name);
    }
    let here = std::env::current_dir().and_then(|dir| dir.canonicalize());
    let here = here.map_err(|e| unnamed(&format!("the current folder cannot be read: {e}")))?;
    let projects: Vec<Project> = projects::list(session).await?.into_iter().map(|row| row.project).collect();
    match &containing(&projects, &here)[..] {
        [one] => Ok(one.name.to_string()),
        [] => Err(unnamed("the current folder lies in no project")),
        _ => Err(unnamed("the current folder lies in more than one project")),
    }
}

fn containing<'a>(projects: &'a [Project], folder: &Path) -> Vec<&'a Project> {
    projects.iter().filter(|p| folder.starts_with(&p.path)).collect()
}

fn unnamed(why: &str) -> Problem {
    Problem::new(Code::InvalidInput, "no project is named", why, "Name the project, or change to its folder.")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use plimsoll_core::domain::{id::ProjectId, project::Project};

    use super::containing;

    #[test]
    fn a_folder_belongs_to_what_is_above_it_by_whole_names() {
        let project = |name: &str, path: &str| Project {
            id: ProjectId::new(),
            name: name.parse().unwrap(),
            path: path.into(),
            added: "2026-11-20T14:00:00Z".parse().unwrap(),
        };
        let all = [project("shop", "/src/shop"), project("shop2", "/src/shop2")];
        let names = |dir: &str| containing(&all, Path::new(dir)).iter().map(|p| p.name.to_string()).collect::<Vec<_>>();
        assert_eq!(names("/src/shop/api"), ["shop"]);
        assert_eq!(names("/src/shop2"), ["shop2"]);
        assert!(names("/src").is_empty());
    }
}
