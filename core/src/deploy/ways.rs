//! What the swap does to each service, from what runs and what shall run.
//!
//! Owns: touched or kept, recreated or switched, before or after the switches turn, what goes. Pure.
//! Must never know: the order's other fields.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{render::CONFIG_HASH, stack::StackState, verify::parts};
use crate::{
    docker::{ContainerFacts, ContainerState},
    domain::{
        name::ServiceName,
        record::{ReleaseRecord, ServiceKind, ServiceRecord},
        switch::{Colour, SwitchRecord},
    },
    runner::{Change, ServiceOrder, Way},
};

/// Every service of the new release, in its order.
pub(super) fn services(
    new: &ReleaseRecord,
    state: &StackState,
    containers: &[ContainerFacts],
    deadline: impl Fn(&ServiceRecord) -> Duration,
) -> Vec<ServiceOrder> {
    let order = |service: &ServiceRecord| {
        let (change, way) = way(service, state, containers);
        let (service, previous) = (service.clone(), previous(service, state));
        ServiceOrder { deadline: deadline(&service), service, previous, change, way }
    };
    let mut orders: Vec<ServiceOrder> = new.services.iter().map(order).collect();
    put_off(&mut orders);
    orders
}

fn way(service: &ServiceRecord, state: &StackState, containers: &[ContainerFacts]) -> (Change, Way) {
    let from = state.colour_of(&service.name);
    let Some(switch) = &service.switch else {
        let whole = || (change(service, containers), if service.overlap { Way::Overlap } else { Way::Recreate });
        return from.map_or_else(whole, |from| (Change::Changed, Way::Leave { from }));
    };
    let parts = parts(service, from);
    let stands = from.is_some() && parts.first().is_some_and(|switch| change(switch, containers) == Change::Kept);
    let kept = stands && parts.iter().all(|part| change(part, containers) == Change::Kept);
    let (change, to) = match from {
        Some(colour) if kept => (Change::Kept, colour),
        Some(colour) => (Change::Changed, colour.other()),
        None => (Change::Changed, Colour::Blue),
    };
    (change, Way::Switch { switch: switch.clone(), from, to, stands })
}

/// The service in the old release. What loses a switch of which nobody knows where it leads has that under its name until then.
fn previous(service: &ServiceRecord, state: &StackState) -> Option<ServiceRecord> {
    let before = state.record.as_ref()?.services.iter().find(|before| before.name == service.name)?;
    match (&before.switch, &service.switch, state.colour_of(&service.name)) {
        (Some(SwitchRecord { image_id, .. }), None, None) => Some(ServiceRecord { image_id: image_id.clone(), ..before.clone() }),
        _ => Some(before.clone()),
    }
}

/// What no switched service needs waits until the switches have turned: it may need the new ones itself, and the fewer services
/// stop before the candidates have proven themselves, the less there is to undo.
fn put_off(orders: &mut [ServiceOrder]) {
    let turning = |order: &&ServiceOrder| order.change == Change::Changed && matches!(order.way, Way::Switch { .. });
    let depends: BTreeMap<ServiceName, Vec<ServiceName>> =
        orders.iter().map(|order| (order.service.name.clone(), order.service.depends_on.clone())).collect();
    let mut open: Vec<ServiceName> = orders.iter().filter(turning).map(|order| order.service.name.clone()).collect();
    if open.is_empty() {
        return;
    }
    let mut needed = BTreeSet::new();
    while let Some(name) = open.pop() {
        if needed.insert(name.clone()) {
            open.extend(depends.get(&name).into_iter().flatten().cloned());
        }
    }
    for order in orders.iter_mut().filter(|order| order.way == Way::Recreate && order.change == Change::Changed) {
        if !needed.contains(&order.service.name) {
            order.way = Way::RecreateLater;
        }
    }
}

fn change(service: &ServiceRecord, containers: &[ContainerFacts]) -> Change {
    let matches = |container: &&ContainerFacts| {
        !container.one_off
            && container.service.as_deref() == Some(service.name.as_str())
            && container.image_id == service.image_id
            && service.is_configured_as(container.labels.get(CONFIG_HASH))
            && match service.kind {
                ServiceKind::Long => container.state == ContainerState::Running,
                ServiceKind::OneShot => ended_well(container),
                ServiceKind::MayEnd => container.state == ContainerState::Running || ended_well(container),
            }
    };
    let right = containers.iter().filter(matches).count();
    let all = containers.iter().filter(|c| !c.one_off && c.service.as_deref() == Some(service.name.as_str())).count();
    if right == all && all == service.replicas as usize { Change::Kept } else { Change::Changed }
}

fn ended_well(container: &ContainerFacts) -> bool {
    container.state == ContainerState::Exited && container.exit_code == 0
}

/// What of the old release has no place in the new one.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Left {
    /// Stopped, and brought back by an undo.
    pub(super) stopped: Vec<ServiceRecord>,
    /// Stopped by then; their containers go after the commit.
    pub(super) dropped: Vec<ServiceName>,
}

/// Services that only the old release has, and the colours of those that have no switch any more.
pub(super) fn left(new: &ReleaseRecord, state: &StackState) -> Left {
    let mut left = Left::default();
    for before in state.record.iter().flat_map(|record| &record.services) {
        let after = new.services.iter().find(|service| service.name == before.name);
        let Some(colour) = state.colour_of(&before.name) else {
            left.stopped.extend(after.is_none().then(|| before.clone()));
            continue;
        };
        match after {
            None => {
                left.stopped.extend(parts(before, Some(colour)));
                left.dropped.extend(colour.other().of(&before.name));
            }
            Some(after) if after.switch.is_none() => left.dropped.extend(Colour::ALL.iter().filter_map(|c| c.of(&before.name))),
            Some(_) => {}
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use super::{CONFIG_HASH, left, services};
    use crate::{
        deploy::StackState,
        docker::{ContainerFacts, ContainerState},
        domain::{
            commit::Commit,
            record::{ReleaseRecord, ServiceKind, ServiceRecord},
            release::Release,
            switch::{Colour, SwitchRecord},
        },
        runner::{Change, Way},
    };

    fn plain(name: &str, image: &str, depends_on: &[&str]) -> ServiceRecord {
        ServiceRecord {
            name: name.parse().unwrap(),
            kind: ServiceKind::Long,
            image_id: image.to_owned(),
            config_hash: format!("{image}-hash"),
            found_hash: None,
            replicas: 1,
            healthcheck: false,
            depends_on: depends_on.iter().map(|name| name.parse().unwrap()).collect(),
            overlap: false,
            switch: None,
        }
    }

    /// Its switch is made of `haproxy`, configured as `front`.
    fn switched(name: &str, image: &str, depends_on: &[&str]) -> ServiceRecord {
        let colours = Colour::ALL.map(|colour| (colour, format!("{image}-{colour}"))).into_iter().collect();
        let (image_id, drain) = ("haproxy".to_owned(), Duration::from_secs(30));
        let switch = Some(SwitchRecord { image_id, colours, ports: Vec::new(), drain });
        ServiceRecord { config_hash: "front".to_owned(), switch, ..plain(name, image, depends_on) }
    }

    fn record(services: Vec<ServiceRecord>) -> ReleaseRecord {
        let commit = Commit {
            id: "a".repeat(40).parse().unwrap(),
            subject: String::new(),
            author: String::new(),
            at: jiff::Timestamp::UNIX_EPOCH,
            branch: None,
            dirty: false,
        };
        ReleaseRecord {
            release: Release::new(commit, BTreeMap::new(), String::new(), String::new(), jiff::Timestamp::UNIX_EPOCH),
            project: "shop".parse().unwrap(),
            services,
            probes: Vec::new(),
            release_command: None,
            release_command_needs: Vec::new(),
            tags: BTreeMap::new(),
        }
    }

    fn state(services: Vec<ServiceRecord>, active: &[(&str, Colour)]) -> StackState {
        let active = active.iter().map(|(name, colour)| (name.parse().unwrap(), *colour)).collect();
        StackState { record: Some(record(services)), active, ..StackState::default() }
    }

    fn container(service: &str, image: &str, hash: &str) -> ContainerFacts {
        ContainerFacts {
            id: service.to_owned(),
            name: service.to_owned(),
            service: Some(service.to_owned()),
            one_off: false,
            image_id: image.to_owned(),
            image_ref: image.to_owned(),
            state: ContainerState::Running,
            health: None,
            restarts: 0,
            exit_code: 0,
            oom_killed: false,
            started: None,
            memory_limit: None,
            labels: BTreeMap::from([(CONFIG_HASH.to_owned(), hash.to_owned())]),
            addresses: Vec::new(),
        }
    }

    /// `api changed green->blue turn`, …
    fn words(new: Vec<ServiceRecord>, state: &StackState, containers: &[ContainerFacts]) -> Vec<String> {
        let orders = services(&record(new), state, containers, |_| Duration::ZERO);
        let word = |order: &crate::runner::ServiceOrder| {
            let change = if order.change == Change::Kept { "kept" } else { "changed" };
            let way = match &order.way {
                Way::Recreate => "recreate".to_owned(),
                Way::RecreateLater => "later".to_owned(),
                Way::Overlap => "overlap".to_owned(),
                Way::Switch { from, to, stands, .. } => {
                    let from = from.map_or("-", Colour::as_str);
                    format!("{from}->{to} {}", if *stands { "turn" } else { "install" })
                }
                Way::Leave { from } => format!("{from} leave"),
            };
            format!("{} {change} {way}", order.service.name)
        };
        orders.iter().map(word).collect()
    }

    fn running() -> [ContainerFacts; 3] {
        [container("api", "haproxy", "front"), container("api-green", "v1", "v1-green"), container("api-blue", "v0", "v0-blue")]
    }

    #[test]
    fn a_new_image_goes_to_the_other_colour_and_the_same_stays() {
        let state = state(vec![switched("api", "v1", &[])], &[("api", Colour::Green)]);
        assert_eq!(words(vec![switched("api", "v2", &[])], &state, &running()), ["api changed green->blue turn"]);
        assert_eq!(words(vec![switched("api", "v1", &[])], &state, &running()), ["api kept green->green turn"]);
        let mut other = running();
        other[0].labels.clear();
        assert_eq!(words(vec![switched("api", "v1", &[])], &state, &other), ["api changed green->blue install"]);
    }

    #[test]
    fn what_was_not_behind_a_switch_gets_one() {
        let plain_before = state(vec![plain("api", "v1", &[])], &[("api", Colour::Green)]);
        let containers = [container("api", "v1", "v1-hash")];
        assert_eq!(words(vec![switched("api", "v1", &[])], &plain_before, &containers), ["api changed -->blue install"]);
        assert_eq!(words(vec![switched("api", "v1", &[])], &StackState::default(), &[]), ["api changed -->blue install"]);
    }

    #[test]
    fn only_what_a_switched_service_needs_is_recreated_before_the_turn() {
        let new = vec![
            plain("db", "v2", &[]),
            plain("queue", "v2", &["db"]),
            switched("api", "v2", &["queue"]),
            plain("worker", "v2", &["api"]),
        ];
        let state = state(vec![switched("api", "v1", &[])], &[("api", Colour::Green)]);
        let expected = ["db changed recreate", "queue changed recreate", "api changed green->blue turn", "worker changed later"];
        assert_eq!(words(new.clone(), &state, &running()), expected);
        let recreated: Vec<_> = new.into_iter().map(|service| ServiceRecord { switch: None, ..service }).collect();
        assert!(words(recreated, &state, &[]).iter().all(|line| !line.ends_with("later")), "nothing turns");
    }

    #[test]
    fn a_switch_that_is_no_more_leaves_its_colours() {
        let state = state(vec![switched("api", "v1", &[]), plain("mail", "v1", &[])], &[("api", Colour::Green)]);
        let names =
            |records: &[ServiceRecord]| records.iter().map(|it| format!("{} {}", it.name, it.image_id)).collect::<Vec<_>>();
        let gone = left(&record(Vec::new()), &state);
        assert_eq!(names(&gone.stopped), ["api haproxy", "api-green v1", "mail v1"]);
        assert_eq!(gone.dropped, ["api-blue".parse().unwrap()]);
        let recreated = record(vec![plain("api", "v2", &[]), plain("mail", "v1", &[])]);
        let colours = ["api-blue", "api-green"].map(|name| name.parse().unwrap()).to_vec();
        assert_eq!(left(&recreated, &state), super::Left { stopped: Vec::new(), dropped: colours });
        assert_eq!(words(recreated.services.clone(), &state, &running())[0], "api changed green leave");
        let orders = services(&recreated, &state, &running(), |_| Duration::ZERO);
        assert_eq!(orders[0].previous.as_ref().unwrap().image_id, "v1", "what an undo proves is the colour");
        let kept = record(vec![switched("api", "v2", &[]), plain("mail", "v1", &[])]);
        assert_eq!(left(&kept, &state), super::Left::default());
    }
}
