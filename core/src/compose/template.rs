//! Compose's interpolation: `$NAME`, `${NAME}`, `${NAME:-d}`, `${NAME-d}`, `${NAME:?e}`, `${NAME?e}`, `${NAME:+a}`, `${NAME+a}`, `$$`.
//!
//! Owns: the grammar and what it evaluates to. Must never know: YAML, or where values come from.

use std::collections::BTreeMap;

/// A text with variables in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Variable { name: String, modifier: Modifier, written: String },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Modifier {
    None,
    Default { also_empty: bool, value: Template },
    Required { also_empty: bool, message: Template },
    Alternative { also_empty: bool, value: Template },
}

/// `${` followed by something that is no variable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no variable")]
pub(crate) struct SyntaxError(pub(crate) String);

/// A variable that must be set and is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("variable `{name}` is required and not set")]
pub(crate) struct Unset {
    pub(crate) name: String,
    pub(crate) message: String,
}

/// One mention of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mention {
    pub(crate) name: String,
    pub(crate) required: bool,
    pub(crate) message: Option<String>,
    pub(crate) default: Option<String>,
}

/// Known variables.
pub(crate) type Values = BTreeMap<String, String>;

/// A text that the interpolation gives back unchanged.
pub(crate) fn literal(text: &str) -> String {
    text.replace('$', "$$")
}

impl Template {
    /// Understands a text.
    pub(crate) fn parse(text: &str) -> Result<Self, SyntaxError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            push_text(&mut parts, &rest[..at]);
            rest = &rest[at..];
            if let Some(after) = rest.strip_prefix("$$") {
                push_text(&mut parts, "$");
                rest = after;
            } else if let Some((part, length)) = variable(rest)? {
                parts.push(part);
                rest = &rest[length..];
            } else {
                push_text(&mut parts, "$");
                rest = &rest[1..];
            }
        }
        push_text(&mut parts, rest);
        Ok(Self(parts))
    }

    /// The text with the known variables filled in; one that is unknown and has no default stays as written.
    pub(crate) fn visible(&self, values: &Values) -> String {
        self.0.iter().map(|p| p.visible(values)).collect()
    }

    /// The text as Compose evaluates it: an unknown variable is blank.
    pub(crate) fn evaluate(&self, values: &Values) -> Result<String, Unset> {
        self.0.iter().map(|p| p.evaluate(values)).collect()
    }

    /// Every variable that is asked for, given the known ones.
    pub(crate) fn mentions(&self, values: &Values, into: &mut Vec<Mention>) {
        for part in &self.0 {
            let Part::Variable { name, modifier, .. } = part else { continue };
            let mut mention = Mention { name: name.clone(), required: false, message: None, default: None };
            match modifier {
                Modifier::None => {}
                Modifier::Default { value, .. } => {
                    mention.default = Some(value.visible(values));
                    value.mentions(values, into);
                }
                Modifier::Alternative { value, .. } => {
                    mention.default = Some(String::new());
                    value.mentions(values, into);
                }
                Modifier::Required { message, .. } => {
                    mention.required = true;
                    mention.message = Some(message.visible(values)).filter(|m| !m.is_empty());
                }
            }
            into.push(mention);
        }
    }
}

impl Part {
    fn visible(&self, values: &Values) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Variable { name, modifier, written } => match modifier {
                Modifier::None => values.get(name).unwrap_or(written).clone(),
                Modifier::Required { also_empty, .. } => set(values, name, *also_empty).unwrap_or(written).clone(),
                Modifier::Default { also_empty, value } => {
                    set(values, name, *also_empty).cloned().unwrap_or_else(|| value.visible(values))
                }
                Modifier::Alternative { also_empty, value } => {
                    set(values, name, *also_empty).map(|_| value.visible(values)).unwrap_or_default()
                }
            },
        }
    }

    fn evaluate(&self, values: &Values) -> Result<String, Unset> {
        let Self::Variable { name, modifier, .. } = self else { return Ok(self.visible(values)) };
        match modifier {
            Modifier::None => Ok(values.get(name).cloned().unwrap_or_default()),
            Modifier::Required { also_empty, message } => match set(values, name, *also_empty) {
                Some(value) => Ok(value.clone()),
                None => Err(Unset { name: name.clone(), message: message.visible(values) }),
            },
            Modifier::Default { also_empty, value } => match set(values, name, *also_empty) {
                Some(value) => Ok(value.clone()),
                None => value.evaluate(values),
            },
            Modifier::Alternative { also_empty, value } => match set(values, name, *also_empty) {
                Some(_) => value.evaluate(values),
                None => Ok(String::new()),
            },
        }
    }
}

fn set<'a>(values: &'a Values, name: &str, also_empty: bool) -> Option<&'a String> {
    values.get(name).filter(|v| !(also_empty && v.is_empty()))
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(Part::Text(last)) => last.push_str(text),
        _ => parts.push(Part::Text(text.to_owned())),
    }
}

/// The variable at the start of `text` (which begins with `$`) and how many bytes it takes; `None` if the `$` is a plain one.
fn variable(text: &str) -> Result<Option<(Part, usize)>, SyntaxError> {
    let body = &text[1..];
    if let Some(braced) = body.strip_prefix('{') {
        let end = closing(text).ok_or_else(|| SyntaxError(text.to_owned()))?;
        let written = &text[..=end];
        let inner = &braced[..end - 2];
        let (name, modifier) = inside(inner).ok_or_else(|| SyntaxError(written.to_owned()))??;
        return Ok(Some((Part::Variable { name, modifier, written: written.to_owned() }, end + 1)));
    }
    let length = name_length(body);
    if length == 0 {
        return Ok(None);
    }
    let written = &text[..=length];
    let part = Part::Variable { name: body[..length].to_owned(), modifier: Modifier::None, written: written.to_owned() };
    Ok(Some((part, length + 1)))
}

/// Where the brace that `text` opens with `${` is closed.
fn closing(text: &str) -> Option<usize> {
    let mut open = 0usize;
    for (at, c) in text.char_indices() {
        if c == '}' {
            open = open.checked_sub(1)?;
            if open == 0 {
                return Some(at);
            }
        } else if text[at..].starts_with("${") {
            open += 1;
        }
    }
    None
}

/// What stands between the braces; `None` if it does not begin with a name.
fn inside(inner: &str) -> Option<Result<(String, Modifier), SyntaxError>> {
    let length = name_length(inner);
    let (name, rest) = inner.split_at(length);
    if name.is_empty() {
        return None;
    }
    let (also_empty, rest) = match rest.strip_prefix(':') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let parsed = |text: &str| Template::parse(text);
    let modifier = match (rest.chars().next(), also_empty) {
        (None, false) => Ok(Modifier::None),
        (Some('-'), _) => parsed(&rest[1..]).map(|value| Modifier::Default { also_empty, value }),
        (Some('?'), _) => parsed(&rest[1..]).map(|message| Modifier::Required { also_empty, message }),
        (Some('+'), _) => parsed(&rest[1..]).map(|value| Modifier::Alternative { also_empty, value }),
        _ => return None,
    };
    Some(modifier.map(|m| (name.to_owned(), m)))
}

fn name_length(text: &str) -> usize {
    let starts = |c: char| c.is_ascii_alphabetic() || c == '_';
    if !text.starts_with(starts) {
        return 0;
    }
    text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::{Template, Unset, Values};

    fn values() -> Values {
        [("A", "1"), ("EMPTY", "")].iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    fn evaluated(text: &str) -> String {
        Template::parse(text).expect(text).evaluate(&values()).expect(text)
    }

    #[test]
    fn compose_forms() {
        for (text, expected) in [
            ("$A/${A}", "1/1"),
            ("$$A $$$A", "$A $1"),
            ("${EMPTY:-d}${EMPTY-d}${NO-d}", "dd"),
            ("${A:+x}${EMPTY:+x}${EMPTY+y}${NO+z}", "xy"),
            ("${NO:-${A}}${NO:-${B:-c}}", "1c"),
            ("${A:?is needed}", "1"),
            ("[$NO]", "[]"),
            ("${NO:-http://h:1/}", "http://h:1/"),
            ("ü$A", "ü1"),
            ("$(id) $1 $ $é $", "$(id) $1 $ $é $"),
            ("$$$", "$$"),
            ("{${NO:-{}}", "{{}"),
            ("${NO:-$(id)}", "$(id)"),
        ] {
            assert_eq!(evaluated(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_required_and_unset_is_named() {
        let template = Template::parse("x${DB:?set it}").expect("valid");
        assert_eq!(template.evaluate(&values()), Err(Unset { name: "DB".into(), message: "set it".into() }));
        assert_eq!(template.visible(&values()), "x${DB:?set it}");
    }

    #[test]
    fn unknown_ones_stay_visible() {
        let visible = |t: &str| Template::parse(t).expect(t).visible(&values());
        assert_eq!(visible("$NO:${NO}:${NO:-d}:$A"), "$NO:${NO}:d:1");
    }

    #[test]
    fn what_is_no_variable_is_refused() {
        for text in ["${", "${}", "${A", "${1}", "${A:}", "${A:x}", "${A b}", "${A:-${}}", "${é}"] {
            assert!(Template::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn mentions_carry_default_and_need() {
        let mut found = Vec::new();
        Template::parse("${X:-${Y:?why}}$Z").expect("valid").mentions(&values(), &mut found);
        let names: Vec<_> = found.iter().map(|m| (m.name.as_str(), m.required)).collect();
        assert_eq!(names, [("Y", true), ("X", false), ("Z", false)]);
    }
}
