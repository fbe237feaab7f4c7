//! Filling a file's variables in.
//!
//! Owns: where interpolation applies and what is remembered of it. Must never know: the syntax itself.

use super::{
    finding::{Finding, FindingCode, Place},
    node::{Node, Scalar},
    notes::{Notes, Section},
    template::{Template, Values},
};

/// Fills every scalar of a document; what is unknown stays visible, and how it was written is kept.
pub(crate) fn interpolate(document: &mut Node, values: &Values, notes: &mut Notes) {
    document.for_each_scalar(&mut Vec::new(), &mut |path, place, scalar| fill(path, place, scalar, values, notes));
}

fn fill(path: &[String], place: &Place, scalar: &mut Scalar, values: &Values, notes: &mut Notes) {
    if !scalar.text.contains('$') {
        return;
    }
    match Template::parse(&scalar.text) {
        Ok(template) => {
            let mut mentions = Vec::new();
            template.mentions(values, &mut mentions);
            mentions.into_iter().for_each(|m| notes.mention(m, section(path), place));
            let text = template.visible(values);
            scalar.written = Some(std::mem::replace(&mut scalar.text, text));
        }
        Err(error) => notes.add(Finding::error(
            FindingCode::InterpolationSyntax,
            place,
            format!("{error} in `{}`", path.join(".")),
            "Write `$$` for a plain `$`, or mend the `${…}`.",
        )),
    }
}

fn section(path: &[String]) -> Section {
    match path {
        [top, ..] if top.starts_with("x-") => Section::Extension,
        [top, _, key, ..] if top == "services" && key == "build" => Section::Build,
        _ => Section::Runtime,
    }
}
