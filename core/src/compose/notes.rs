//! What piles up while files are read: findings and mentions of variables.
//!
//! Owns: collecting them. Must never know: who reports them.

use std::collections::BTreeSet;

use super::{
    finding::{Finding, FindingCode, Place, Severity},
    model::VariableUse,
    node::Node,
    template::Mention,
};

/// The collection.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) findings: Vec<Finding>,
    variables: Vec<VariableUse>,
    /// Names and the kinds of sections that mention them.
    sections: BTreeSet<(String, Section)>,
}

/// Which kind of section mentions a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Section {
    Build,
    Runtime,
    /// `x-…`: nothing by itself, only where an alias repeats it.
    Extension,
}

impl Notes {
    pub(crate) fn add(&mut self, finding: Finding) {
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    pub(crate) fn wrong_type(&mut self, node: &Node, what: &str, expected: &str) {
        let text = format!("{what} is {}; {expected} is expected", node.kind());
        self.add(Finding::error(FindingCode::WrongType, &node.place, text, format!("Write {expected} there.")));
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.findings.iter().any(|f| f.severity == Severity::Error)
    }

    /// Adds a mention to what is known about that variable.
    pub(crate) fn mention(&mut self, mention: Mention, section: Section, place: &Place) {
        self.sections.insert((mention.name.clone(), section));
        let Some(known) = self.variables.iter_mut().find(|v| v.name == mention.name) else {
            self.variables.push(VariableUse {
                name: mention.name,
                required: mention.required,
                message: mention.message,
                default: mention.default,
                build_only: false,
                place: place.clone(),
            });
            return;
        };
        known.required |= mention.required;
        known.message = known.message.take().or(mention.message);
        known.default = known.default.take().filter(|_| mention.default.is_some());
    }

    /// The variables, each with what its mentions come to.
    pub(crate) fn take_variables(&mut self) -> Vec<VariableUse> {
        let mut variables = std::mem::take(&mut self.variables);
        for variable in &mut variables {
            let mentioned = |section| self.sections.contains(&(variable.name.clone(), section));
            variable.build_only = mentioned(Section::Build) && !mentioned(Section::Runtime);
        }
        variables
    }
}
