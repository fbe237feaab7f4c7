//! The names that buildx gives to steps: `[api builder 2/5] RUN make`, `[api] pushing REPO with docker`.

/// What stands in a step's brackets.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct StepName<'a> {
    /// The bake target, if the first word is one.
    pub(super) target: Option<&'a str>,
    /// The stage of the Dockerfile; empty for the only or last one.
    pub(super) stage: &'a str,
    /// Which step of how many.
    pub(super) position: Option<(u64, u64)>,
    /// BuildKit's own housekeeping, such as reading the Dockerfile.
    pub(super) internal: bool,
}

/// Takes a name apart. buildx puts the target first, but only if there are several.
pub(super) fn parse<'a>(name: &'a str, targets: &[&str]) -> StepName<'a> {
    let Some((bracket, _)) = name.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
        return StepName::default();
    };
    let mut words: Vec<&str> = bracket.split(' ').filter(|word| !word.is_empty()).collect();
    let target = words.first().copied().filter(|word| targets.contains(word));
    if target.is_some() {
        words.remove(0);
    }
    let position = words.last().and_then(|word| position(word));
    let internal = matches!(words.first(), Some(&("internal" | "auth")));
    let stage = if position.is_some() && words.len() > 1 { words[0] } else { "" };
    StepName { target, stage, position, internal }
}

fn position(word: &str) -> Option<(u64, u64)> {
    let (step, of) = word.split_once('/')?;
    Some((step.parse().ok()?, of.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{StepName, parse};

    #[test]
    fn names_are_taken_apart() {
        let targets = ["api", "web"];
        let plain = StepName::default();
        let full = parse("[api builder 2/5] RUN echo ]", &targets);
        assert_eq!(full, StepName { target: Some("api"), stage: "builder", position: Some((2, 5)), internal: false });
        assert_eq!(parse("[stage-1 1/3] FROM x", &targets).stage, "stage-1");
        assert_eq!(parse("[3/4] COPY . .", &targets), StepName { position: Some((3, 4)), ..plain });
        assert!(parse("[web internal] load build context", &targets).internal);
        assert!(parse("[auth] shop/api:pull token for r", &targets).internal);
        assert_eq!(parse("[web] pushing r/x with docker", &targets).target, Some("web"));
        assert_eq!(parse("exporting to image", &targets), StepName::default());
    }
}
