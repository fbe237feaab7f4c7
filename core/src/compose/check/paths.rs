//! Paths that lead out of the repository.
//!
//! Owns: that rule: only the repository's files travel. Must never know: what exists.

use super::super::{
    finding::{Finding, FindingCode},
    model::{BuildModel, Model, ReferenceKind, ServiceModel},
    paths,
};

/// Build contexts outside the repository.
pub(super) fn contexts(model: &Model) -> Vec<Finding> {
    let built = model.services.iter().filter_map(|s| Some((s, s.build.as_ref()?)));
    built.flat_map(|(service, build)| outside(model, service, build)).collect()
}

fn outside(model: &Model, service: &ServiceModel, build: &BuildModel) -> Vec<Finding> {
    let own = (!build.remote).then_some(build.context.as_str());
    let more = build.additional_contexts.values().map(String::as_str).filter(|c| !paths::is_remote(c));
    let leads_out = |c: &&str| !c.starts_with('$') && paths::in_repository(&model.folder, c).is_none();
    let finding = |context: &str| {
        let text = format!("the build of {} reads `{context}`, which lies outside the repository", service.name);
        let remedy = "Move what it needs into the repository: only its files travel to the builder.";
        Finding::error(FindingCode::OutsideRepository, &build.place, text, remedy)
    };
    own.into_iter().chain(more).filter(leads_out).map(finding).collect()
}

/// Other referenced paths outside the repository.
pub(super) fn references(model: &Model) -> Vec<Finding> {
    let leads_out = |path: &str| paths::in_repository(&model.folder, path).is_none();
    let finding = |r: &super::super::model::ReferencedFile| {
        let text = format!("`{}` lies outside the repository", r.path);
        let remedy = match r.kind {
            ReferenceKind::Bind => "Use a named volume, a path inside the repository, or the absolute path on the server.",
            _ => "Move the file into the repository.",
        };
        Finding::error(FindingCode::OutsideRepository, &r.place, text, remedy)
    };
    model.referenced_files.iter().filter(|r| leads_out(&r.path)).map(finding).collect()
}
