//! What came of a case, as rows beside the peer's.
//!
//! Owns: their names and units. Must never know: how they came about.

use std::time::Duration;

use super::{
    case::{Case, Told},
    load::{Kind, Lasting},
    peer::{Beside, PEER},
    stack::DRAIN_SECONDS,
};
use crate::bench::Measured;

type Took = fn(&Beside) -> Duration;
type Count = (&'static str, fn(&Told) -> usize);

const DRAIN: Duration = Duration::from_secs(DRAIN_SECONDS);
const COUNTS: [Count; 10] = [
    ("requests made", |told| told.taken.asked(Kind::Get)),
    ("lost, requests", |told| told.taken.lost(Kind::Get)),
    ("lost, requests of 3 s", |told| told.taken.lost(Kind::Slow)),
    ("lost, POSTs of 64 KiB", |told| told.taken.lost(Kind::Post)),
    ("lost, uploads over 3 s", |told| told.taken.lost(Kind::Upload)),
    ("lost, keep-alive requests", |told| told.taken.lost(Kind::KeptAlive)),
    ("broken, idle keep-alive connections", |told| told.taken.cuts()),
    ("broken, WebSockets within the drain time", |told| told.taken.broken(Lasting::WebSocket, DRAIN)),
    ("broken, event streams within the drain time", |told| told.taken.broken(Lasting::Events, DRAIN)),
    ("answers of a version that was replaced before", |told| told.went_back),
];

/// The rows of a case.
pub(super) fn rows(case: &Case, plimsoll: &Told, peer: &Told, besides: &[Beside]) -> Vec<Measured> {
    let named = |what: &str, unit| Measured::new(format!("{what}: {case}"), unit, PEER);
    let mut rows = Vec::new();
    let mut pair = |what: &str, unit, value: &dyn Fn(&Told) -> Option<f64>| {
        let mut row = named(what, unit);
        value(plimsoll).into_iter().for_each(|value| row.plimsoll(value));
        value(peer).into_iter().for_each(|value| row.peer(value));
        rows.push(row);
    };
    for (what, count) in COUNTS {
        pair(what, "count", &|told| Some(number(count(told))));
    }
    pair("99 of 100 answers within", "ms", &|told| told.taken.within(99).map(ms));
    pair("slowest answer", "ms", &|told| told.taken.within(100).map(ms));
    pair("longest time without a good answer", "ms", &|told| Some(ms(told.taken.longest_gap())));
    if case.rollback {
        pair("lost, requests in the forced rollback", "count", &|told| told.lost_in_rollback.map(number));
        pair("rollback in the warm window", "ms", &|told| told.rollback.map(ms));
    }
    pair("memory of the stack", "MB", &|told| Some(told.memory.all));
    pair("memory of the switch", "MB", &|told| Some(told.memory.switches));
    let mut new = named("from the pull to the new version", "ms");
    plimsoll.swaps.iter().for_each(|took| new.plimsoll(ms(*took)));
    peer.swaps.iter().for_each(|took| new.peer(ms(*took)));
    rows.push(new);
    let by: [(&str, Took); 2] = [
        ("by hand: docker compose pull && docker compose up -d && curl until it is well", |it| it.compose),
        ("by hand, without Compose: docker pull && docker run && curl until it is well", |it| it.engine),
    ];
    for (peer, took) in by {
        let what = format!("from the pull to the new version, against pull, create, boot and first good probe: {case}");
        let mut least = Measured::new(what, "ms", peer);
        plimsoll.swaps.iter().for_each(|took| least.plimsoll(ms(*took)));
        besides.iter().for_each(|beside| least.peer(ms(took(beside))));
        rows.push(least);
    }
    rows
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
