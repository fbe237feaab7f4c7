//! Variables in words.
//!
//! Owns: the table of their names. Must never know: values.

use plimsoll_core::api::variables::{Scope, Variable};

use super::{human::count, table::Table};

/// All variables by name.
pub(crate) fn table(variables: &[Variable]) -> Vec<String> {
    if variables.is_empty() {
        return vec!["No variables yet. Set one with `plimsoll env set PROJECT NAME`.".to_owned()];
    }
    let mut table = Table::new(&["NAME", "FOR", "STATE"]);
    for variable in variables {
        let scope = match variable.scope {
            Scope::Run => "services",
            Scope::Build => "build",
        };
        table.row([variable.name.as_str(), scope, if variable.pending { "pending" } else { "in use" }]);
    }
    table.lines()
}

/// What a change leads to.
pub(crate) fn changed(variables: &[Variable]) -> String {
    let pending = variables.iter().filter(|v| v.pending).count();
    match pending {
        0 => "Nothing differs from what is in use.".to_owned(),
        n => format!("{} pending; the next deployment applies {}.", count(n, "variable"), if n == 1 { "it" } else { "them" }),
    }
}
