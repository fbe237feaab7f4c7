//! How each service is swapped, and why.
//!
//! Owns: that choice. Must never know: Compose files, machines, how a swap goes on.

use crate::domain::{
    settings::{ServiceSettings, Strategy},
    switch::{Speech, SwitchPort},
};

/// What of a service decides how it may be swapped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traits {
    /// It runs to its end.
    pub ends: bool,
    /// Its image is that of a database.
    pub database: bool,
    /// What it keeps: a volume or a folder that it may write to.
    pub keeps: Option<String>,
    /// What its container alone keeps: a volume without a name, which another container would find empty.
    pub holds: Option<String>,
    /// It is a known proxy that is only pulled: the stack's own front door.
    pub proxy: bool,
    /// What makes two of it behind one name impossible, in words.
    pub obstacle: Option<String>,
    /// TCP ports that are published or exposed.
    pub ports: Vec<SwitchPort>,
    /// One of them is published on the server.
    pub published: bool,
    /// Its image is not known yet, which may declare ports and volumes too.
    pub unseen: bool,
    /// Something of it can be had only once on a server: a name, an address, a published port.
    pub single: bool,
}

/// How a service is swapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// How.
    pub strategy: Strategy,
    /// It is recreated, and the new one starts before the old one stops.
    pub overlap: bool,
    /// Why, in words.
    pub reason: String,
}

/// Chooses. What the settings ask for counts, where it can be done without harm.
#[must_use]
pub fn choose(traits: &Traits, settings: Option<&ServiceSettings>) -> Choice {
    let asked = settings.and_then(|settings| settings.strategy);
    if settings.is_some_and(|settings| settings.overlap) && asked != Some(Strategy::BlueGreen) && may_overlap(traits) {
        let reason = "plimsoll.toml says that two may run together: the new one starts before the old one stops".to_owned();
        return Choice { strategy: Strategy::Recreate, overlap: true, reason };
    }
    match (hindrance(traits), asked) {
        (_, Some(Strategy::Recreate)) => recreate("plimsoll.toml says recreate"),
        (Some(Hindrance::Never(why)), Some(Strategy::BlueGreen)) => recreate(&format!("{why}, whatever plimsoll.toml says")),
        (Some(Hindrance::Rather(_)), Some(Strategy::BlueGreen)) | (None, _) => blue_green(traits),
        (Some(Hindrance::Never(why) | Hindrance::Rather(why)), None) => recreate(&why),
    }
}

/// A worker: nobody asks it by name, so it needs no switch to have two of it.
fn may_overlap(traits: &Traits) -> bool {
    let Traits { ends, database, holds, ports, single, .. } = traits;
    !ends && !database && !single && holds.is_none() && ports.is_empty()
}

enum Hindrance {
    /// It cannot be done, or does harm.
    Never(String),
    /// The user may know better.
    Rather(String),
}

fn hindrance(traits: &Traits) -> Option<Hindrance> {
    use Hindrance::{Never, Rather};
    if traits.ends {
        Some(Never("runs to its end".to_owned()))
    } else if traits.database {
        Some(Never("a database never runs twice on one volume".to_owned()))
    } else if let Some(held) = &traits.holds {
        Some(Never(format!("keeps data in {held}, a volume without a name that a second container would find empty")))
    } else if let Some(obstacle) = &traits.obstacle {
        Some(Never(obstacle.clone()))
    } else if traits.ports.is_empty() {
        let unless = if traits.unseen { ", unless its image declares one" } else { "" };
        Some(Never(format!("names no TCP port that a switch could pass on{unless}; `expose` in the Compose file names one")))
    } else if let Some(kept) = &traits.keeps {
        Some(Rather(format!("keeps data in {kept}, so it never runs twice unless plimsoll.toml says blue-green")))
    } else if traits.proxy {
        Some(Rather("is the stack's own proxy and sees the clients' addresses".to_owned()))
    } else {
        None
    }
}

fn recreate(reason: &str) -> Choice {
    Choice { strategy: Strategy::Recreate, overlap: false, reason: reason.to_owned() }
}

fn blue_green(traits: &Traits) -> Choice {
    let http = traits.ports.iter().all(|port| port.speech == Speech::Http);
    let seen = match (traits.published, http) {
        (true, true) => "; it sees clients' addresses in X-Forwarded-For",
        (true, false) => "; it sees the switch's address instead of its clients', which HTTP has in X-Forwarded-For",
        (false, _) => "",
    };
    let ports: Vec<String> = traits.ports.iter().map(|port| port.port.to_string()).collect();
    let ports = ports.join(", ");
    let reason = format!(
        "the new one starts beside the old one, and no request is lost; both run until the soak is over and the old one drained: \
         till then the way back is a turn of the switch, later a start; port {ports} of it can be reached{seen}"
    );
    Choice { strategy: Strategy::BlueGreen, overlap: false, reason }
}

#[cfg(test)]
mod tests {
    use super::{Traits, choose};
    use crate::domain::{
        settings::{ServiceSettings, Strategy},
        switch::{Speech, SwitchPort},
    };

    fn web() -> Traits {
        Traits { ports: vec![SwitchPort { port: 8080, speech: Speech::Http }], published: true, ..Traits::default() }
    }

    /// The choice by itself, and when the settings ask for the one or the other.
    fn chosen(traits: &Traits) -> [Strategy; 3] {
        [None, Some(Strategy::Recreate), Some(Strategy::BlueGreen)].map(|strategy| {
            let settings = ServiceSettings { strategy, ..ServiceSettings::default() };
            choose(traits, Some(&settings)).strategy
        })
    }

    const ALWAYS_RECREATED: [Strategy; 3] = [Strategy::Recreate; 3];
    const AS_ASKED: [Strategy; 3] = [Strategy::Recreate, Strategy::Recreate, Strategy::BlueGreen];

    #[test]
    fn what_serves_and_keeps_nothing_is_switched() {
        assert_eq!(chosen(&web()), [Strategy::BlueGreen, Strategy::Recreate, Strategy::BlueGreen]);
    }

    #[test]
    fn what_must_not_or_cannot_run_twice_is_recreated_whatever_is_asked() {
        let text = || Some("publishes UDP".to_owned());
        for traits in [
            Traits { ends: true, ..web() },
            Traits { database: true, ..web() },
            Traits { obstacle: text(), ..web() },
            Traits { holds: text(), ..web() },
            Traits::default(),
        ] {
            assert_eq!(chosen(&traits), ALWAYS_RECREATED, "{traits:?}");
        }
    }

    #[test]
    fn what_keeps_data_and_the_front_door_are_switched_only_when_asked() {
        let keeping = Traits { keeps: Some("uploads".to_owned()), ..web() };
        assert_eq!(chosen(&keeping), AS_ASKED);
        assert_eq!(chosen(&Traits { proxy: true, ..web() }), AS_ASKED);
        assert!(choose(&keeping, None).reason.contains("uploads"));
    }

    #[test]
    fn a_worker_may_overlap_where_it_says_so() {
        let asked = ServiceSettings { overlap: true, ..ServiceSettings::default() };
        let overlaps = |traits: &Traits| choose(traits, Some(&asked)).overlap;
        assert!(overlaps(&Traits::default()) && !choose(&Traits::default(), None).overlap);
        for traits in [
            web(),
            Traits { single: true, ..Traits::default() },
            Traits { ends: true, ..Traits::default() },
            Traits { holds: Some("/data".to_owned()), ..Traits::default() },
        ] {
            assert!(!overlaps(&traits), "{traits:?}");
        }
    }

    #[test]
    fn the_reason_says_what_becomes_of_clients_addresses() {
        assert!(choose(&web(), None).reason.contains("X-Forwarded-For"));
        let tcp = Traits { ports: vec![SwitchPort { port: 5222, speech: Speech::Unknown }], ..web() };
        assert!(choose(&tcp, None).reason.contains("the switch's address"));
        assert!(!choose(&Traits { published: false, ..tcp }, None).reason.contains("address"));
    }
}
