//! Compose's templates in the words of GitHub.
//!
//! Owns: what a build argument evaluates to when its values are secrets at GitHub.
//! Must never know: the values, or where the result is written.
//!
//! Which variables are set, and which are empty, is known when the file is made: a tag holds a hash of them. So every
//! operator is decided here, as Compose decides it, and a run only fills in values. GitHub alone could not: it cannot
//! tell an empty secret from one that is missing.

use std::collections::{BTreeMap, BTreeSet};

use super::text::guarded;
use crate::compose::template::Template;

/// Which variables a build knows. Of their values it is only told whether they are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables {
    filled: BTreeSet<String>,
    empty: BTreeSet<String>,
}

impl Variables {
    /// Forgets the values.
    #[must_use]
    pub fn of(values: &BTreeMap<String, String>) -> Self {
        let (empty, filled): (Vec<_>, Vec<_>) = values.iter().partition(|(_, value)| value.is_empty());
        let names = |pairs: Vec<(&String, &String)>| pairs.into_iter().map(|(name, _)| name.clone()).collect();
        Self { filled: names(filled), empty: names(empty) }
    }

    pub(super) fn is_set(&self, name: &str) -> bool {
        self.filled.contains(name) || self.empty.contains(name)
    }

    pub(super) fn is_filled(&self, name: &str) -> bool {
        self.filled.contains(name)
    }

    /// As Compose sees them, with a mark in the place of each value. No YAML holds a NUL.
    fn marked(&self) -> BTreeMap<String, String> {
        let filled = self.filled.iter().map(|name| (name.clone(), format!("\0{name}\0")));
        filled.chain(self.empty.iter().map(|name| (name.clone(), String::new()))).collect()
    }
}

/// The name of the secret that holds a variable's value at GitHub, where case does not count.
#[must_use]
pub fn secret_name(variable: &str) -> String {
    format!("PLIMSOLL_BUILD_{}", variable.to_ascii_uppercase())
}

/// A text with values in it that only a run knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filled(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Value(String),
}

impl Filled {
    /// Evaluates a template as Compose would; the error is a fragment fit for "because …".
    pub(super) fn of(written: &str, known: &Variables) -> Result<Self, String> {
        let template = Template::parse(written).map_err(|error| error.to_string())?;
        let text = template.evaluate(&known.marked()).map_err(|unset| unset.to_string())?;
        let pieces = text.split('\0').enumerate().filter(|(_, piece)| !piece.is_empty());
        Ok(Self(
            pieces.map(|(n, piece)| if n % 2 == 0 { Piece::Text(piece.into()) } else { Piece::Value(piece.into()) }).collect(),
        ))
    }

    /// The text, where no value is in it.
    pub(super) fn literal(&self) -> Option<&str> {
        match &self.0[..] {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The variables whose values are in it.
    pub(super) fn values(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| if let Piece::Value(name) = piece { Some(name.as_str()) } else { None })
    }

    /// As a text with expressions in it.
    pub(super) fn inline(&self) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => guarded(text),
            Piece::Value(name) => format!("${{{{ secrets.{} }}}}", secret_name(name)),
        };
        self.0.iter().map(piece).collect()
    }

    /// As one operand inside an expression.
    pub(super) fn operand(&self) -> String {
        match &self.0[..] {
            [Piece::Value(name)] => format!("secrets.{}", secret_name(name)),
            [] => "''".to_owned(),
            [Piece::Text(text)] => string(text),
            pieces => format(pieces),
        }
    }
}

fn format(pieces: &[Piece]) -> String {
    let (mut pattern, mut values) = (String::new(), Vec::new());
    for piece in pieces {
        match piece {
            Piece::Text(text) => pattern.push_str(&text.replace('{', "{{").replace('}', "}}")),
            Piece::Value(name) => {
                pattern.push_str(&format!("{{{}}}", values.len()));
                values.push(format!("secrets.{}", secret_name(name)));
            }
        }
    }
    format!("format({}, {})", string(&pattern), values.join(", "))
}

/// A string of GitHub's expressions.
pub(super) fn string(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn known(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn every_operator_is_decided_as_compose_decides_it() {
        let variables = Variables::of(&known(&[("A", "1"), ("E", "")]));
        let inline = |text: &str| Filled::of(text, &variables).map(|filled| filled.inline());
        let a = "${{ secrets.PLIMSOLL_BUILD_A }}";
        for (written, expected) in [
            ("$A", a),
            ("${NO}", ""),
            ("${A:-d}", a),
            ("${E:-d}", "d"),
            ("${E-d}", ""),
            ("${NO-d}", "d"),
            ("${A:+x}", "x"),
            ("${E:+x}", ""),
            ("${E+x}", "x"),
            ("${NO+x}", ""),
            ("${A:?why}", a),
            ("${NO:-${E:-$A}}", a),
            ("$$A", "$A"),
            ("$${{ x }}", "${{ '${{' }} x }}"),
        ] {
            assert_eq!(inline(written).as_deref(), Ok(expected), "{written}");
        }
        assert_eq!(inline("${NO:?say it}"), Err("variable `NO` is required and not set".to_owned()));
        assert!(inline("${A:x}").is_err());
    }

    #[test]
    fn an_operand_keeps_braces_and_quotes() {
        let variables = Variables::of(&known(&[("A", "1")]));
        let operand = |text: &str| Filled::of(text, &variables).expect(text).operand();
        assert_eq!(operand("$A"), "secrets.PLIMSOLL_BUILD_A");
        assert_eq!(operand("it's"), "'it''s'");
        assert_eq!(operand("{'x'}${A}-$A"), "format('{{''x''}}{0}-{1}', secrets.PLIMSOLL_BUILD_A, secrets.PLIMSOLL_BUILD_A)");
        assert_eq!(operand(""), "''");
    }

    proptest! {
        /// Filled in with the values, the pieces are what Compose makes of the template.
        #[test]
        fn filled_in_it_is_what_compose_makes_of_it(
            parts in prop::collection::vec("[a-c ]{0,3}|\\$\\{[A-D](:?[-+][x-z$A-D]{0,3})?\\}|\\$[A-D]", 0..6),
            values in prop::collection::btree_map("[A-C]", "[0-9]{0,2}", 0..3),
        ) {
            let written = parts.concat();
            let Ok(template) = Template::parse(&written) else { return Ok(()) };
            let expected = template.evaluate(&values).expect("nothing is required");
            let filled = Filled::of(&written, &Variables::of(&values)).expect("nothing is required");
            let got: String = filled.0.iter().map(|piece| match piece {
                Piece::Text(text) => text.clone(),
                Piece::Value(name) => values[name].clone(),
            }).collect();
            prop_assert_eq!(got, expected);
        }
    }
}
