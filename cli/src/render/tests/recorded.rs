use plimsoll_core::domain::{deployment::DeploymentKind, event::StepEvent};

use super::super::{
    builds::Builds,
    ending::{self, Names},
    plain,
    row::{self, Row},
    story::Story,
};
use crate::{exit, json};

/// A recorded deployment as it is printed, drawn and reported, without colour.
fn shown(recording: &str) -> String {
    let names = Names { project: "shop".to_owned(), url: Some("https://shop.example".to_owned()), kind: DeploymentKind::Deploy };
    let events: Vec<StepEvent> = recording.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut story = Story::default();
    events.iter().for_each(|event| story.take(event));
    let mut builds = Builds::default();
    let events: Vec<StepEvent> = events.iter().flat_map(|event| builds.take(event)).collect();
    let drawn = events.iter().filter_map(|e| {
        let remark = || row::remark(e).map(|(mark, text)| row::drawn_remark(mark, &text));
        Row::of(e).map(|row| row.drawn()).or_else(remark)
    });
    let mut lines = vec!["--- in a pipe".to_owned()];
    lines.extend(events.iter().filter_map(plain::line));
    lines.push("--- on a terminal".to_owned());
    lines.extend(drawn);
    lines.push("--- at the end".to_owned());
    lines.extend(ending::report(&story, &names));
    lines.push(ending::last_line(&story, &names));
    lines.push("--- as JSON".to_owned());
    lines.push(String::from_utf8(json::line(&json::finished(&story))).unwrap());
    lines.push(format!("--- exit status {}", exit::of(story.outcome()).code()));
    anstream::adapter::strip_str(&lines.join("\n")).to_string()
}

macro_rules! recordings {
    ($($name:ident),*) => {
        $(#[test]
        fn $name() {
            let text = shown(include_str!(concat!("../recorded/", stringify!($name), ".jsonl")));
            assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
            insta::assert_snapshot!(text);
        })*
    };
}

recordings!(live, rolled_back, failed_build, refused, unproven, cancelled, nothing_to_do, contact_lost, hostile);
