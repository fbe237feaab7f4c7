//! How a workflow file in a repository compares with the one that would be made now.
//!
//! Owns: that comparison, and joining the user's text with our new blocks. Must never know: where the file lies.

use serde::Serialize;

use super::marks::{Block, Document};

/// How the file compares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "drift")]
pub enum Drift {
    /// There is none.
    Absent,
    /// As it would be made now.
    Current,
    /// What it was made from has changed.
    Behind {
        /// In these blocks.
        blocks: Vec<String>,
    },
    /// Somebody changed what stands between marks.
    Edited {
        /// In these blocks.
        blocks: Vec<String>,
    },
    /// Both.
    Both {
        /// Changed by somebody.
        edited: Vec<String>,
        /// Made from what has changed.
        behind: Vec<String>,
    },
    /// Its marks are not ours, or not whole.
    Foreign {
        /// A fragment fit for "because …".
        reason: String,
    },
}

/// A comparison, and the file as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// How what is there compares.
    pub drift: Drift,
    /// Our blocks as they are made now, with the user's text around them. For a foreign file only ours.
    pub text: String,
}

/// Compares what is there with what is made now.
#[must_use]
pub fn merged(made: &Document, there: Option<&str>) -> Merged {
    let Some(there) = there else { return Merged { drift: Drift::Absent, text: made.text() } };
    match Document::read(there).and_then(|user| same_blocks(made, &user).map(|()| user)) {
        Ok(user) => Merged { drift: compared(made, &user), text: made.around(&user).text() },
        Err(reason) => Merged { drift: Drift::Foreign { reason }, text: made.text() },
    }
}

fn same_blocks(made: &Document, user: &Document) -> Result<(), String> {
    let names = |document: &Document| document.blocks().iter().map(|block| block.name.clone()).collect::<Vec<_>>();
    let (ours, theirs) = (names(made), names(user));
    if ours == theirs {
        return Ok(());
    }
    let found = if theirs.is_empty() { "no marks at all".to_owned() } else { theirs.join(", ") };
    Err(format!("it should have the marks {}, and has {found}", ours.join(", ")))
}

fn compared(made: &Document, user: &Document) -> Drift {
    let pairs = || user.blocks().iter().zip(made.blocks());
    let names = |wanted: &dyn Fn(&Block, &Block) -> bool| -> Vec<String> {
        pairs().filter(|(there, new)| wanted(there, new)).map(|(there, _)| there.name.clone()).collect()
    };
    let (edited, behind) = (names(&|there, _| there.is_edited()), names(&|there, new| there.differs(new)));
    match (edited.is_empty(), behind.is_empty()) {
        (true, true) => Drift::Current,
        (true, false) => Drift::Behind { blocks: behind },
        (false, true) => Drift::Edited { blocks: edited },
        (false, false) => Drift::Both { edited, behind },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn made(texts: &[String]) -> Document {
        let mut document = Document::default();
        for (n, text) in texts.iter().enumerate() {
            document.between(&format!("key{n}:\n"));
            document.block(&format!("b{n}"), 2 * n, text);
        }
        document
    }

    fn lines() -> impl Strategy<Value = String> {
        // Anything but our own marks.
        prop::collection::vec("[ -\"$-~äß]{0,8}|# [<>a-z]{0,5}", 0..4)
            .prop_map(|lines| lines.iter().map(|l| format!("{l}\n")).collect())
    }

    #[test]
    fn each_kind_of_drift() {
        let old = made(&["one: 1\n".into(), "two: 2\n".into()]);
        let new = made(&["one: 1\n".into(), "two: 3\n".into()]);
        assert_eq!(merged(&old, None).drift, Drift::Absent);
        assert_eq!(merged(&old, Some(&old.text())).drift, Drift::Current);
        assert_eq!(merged(&old, Some(&old.text().replace('\n', "\r\n"))).drift, Drift::Current, "an editor of Windows");
        assert_eq!(merged(&new, Some(&old.text())).drift, Drift::Behind { blocks: vec!["b1".into()] });
        let edited = old.text().replace("one: 1", "one: 9");
        assert_eq!(merged(&old, Some(&edited)).drift, Drift::Edited { blocks: vec!["b0".into()] });
        assert_eq!(merged(&new, Some(&edited)).drift, Drift::Both { edited: vec!["b0".into()], behind: vec!["b1".into()] });
        for foreign in ["on: push\n", &old.text().replacen("# <<< plimsoll b0", "# <<<", 1), &old.text().repeat(2)] {
            assert!(matches!(merged(&old, Some(foreign)).drift, Drift::Foreign { .. }), "{foreign}");
        }
        let without_hash = old.text().lines().map(|l| l.split(" 1:").next().expect("a line")).collect::<Vec<_>>().join("\n");
        assert_ne!(merged(&old, Some(&without_hash)).drift, Drift::Current);
    }

    proptest! {
        #[test]
        fn the_users_text_survives_at_every_place(
            old in prop::collection::vec(lines(), 3), new in prop::collection::vec(lines(), 3),
            own in prop::collection::vec(lines(), 4),
        ) {
            let mut user = Document::default();
            for (n, text) in old.iter().enumerate() {
                user.between(&own[n]);
                user.block(&format!("b{n}"), 2 * n, text);
            }
            user.between(&own[3]);
            let there = user.text();
            let once = merged(&made(&new), Some(&there));
            for text in &own {
                prop_assert!(once.text.contains(text.as_str()), "{}", once.text);
            }
            let nobody_edited = matches!(once.drift, Drift::Current | Drift::Behind { .. });
            prop_assert!(nobody_edited);
            let twice = merged(&made(&new), Some(&once.text));
            prop_assert_eq!(&twice.text, &once.text);
            prop_assert_eq!(twice.drift, Drift::Current);
            let back = merged(&made(&old), Some(&once.text));
            prop_assert_eq!(back.text, there);
        }

        #[test]
        fn an_edit_between_marks_is_seen(texts in prop::collection::vec(lines(), 3), which in 0usize..3, line in "[a-z]{1,8}") {
            let document = made(&texts);
            let mark = format!("{}# <<< plimsoll b{which}", " ".repeat(2 * which));
            let edited = document.text().replacen(&mark, &format!("{line}\n{mark}"), 1);
            prop_assert_eq!(merged(&document, Some(&edited)).drift, Drift::Edited { blocks: vec![format!("b{which}")] });
        }
    }
}
