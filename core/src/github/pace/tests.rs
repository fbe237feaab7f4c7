//! The pace for any sequence of requests, answers and pauses.

use std::time::Duration;

use proptest::prelude::{Just, Strategy, any, prop_assert, prop_oneof, proptest};

use super::{Class, Heard, Outcome, Pace, Verb};

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn plain(outcome: Outcome) -> Heard {
    Heard { outcome, remaining: None, reset_in: None }
}

/// Lets one request of a person go, and hears this.
fn after(heard: Heard) -> Pace {
    let mut pace = Pace::default();
    let slot = pace.admit(Class::Act, Verb::Read, secs(10)).unwrap();
    pace.heard(slot, heard, secs(11));
    pace
}

#[test]
fn what_github_says_to_wait_holds_for_everybody() {
    let mut pace = after(plain(Outcome::Limited { retry_after: Some(secs(7)) }));
    for class in [Class::Act, Class::Active, Class::Idle] {
        assert_eq!(pace.admit(class, Verb::Read, secs(17)), Err(secs(18)));
        assert!(pace.admit(class, Verb::Read, secs(18)).is_ok());
    }
}

#[test]
fn a_used_up_hour_lasts_until_its_reset() {
    let limited = Outcome::Limited { retry_after: None };
    let mut pace = after(Heard { outcome: limited, remaining: Some(0), reset_in: Some(secs(100)) });
    assert_eq!(pace.admit(Class::Act, Verb::Read, secs(110)), Err(secs(111)));
    assert!(pace.admit(Class::Act, Verb::Read, secs(111)).is_ok());
}

#[test]
fn the_last_hundred_are_for_people() {
    let mut pace = after(Heard { outcome: Outcome::Counted, remaining: Some(99), reset_in: Some(secs(100)) });
    assert_eq!(pace.admit(Class::Idle, Verb::Read, secs(12)), Err(secs(111)));
    assert_eq!(pace.admit(Class::Active, Verb::Read, secs(12)), Err(secs(111)));
    assert!(pace.admit(Class::Act, Verb::Read, secs(12)).is_ok());
    assert!(pace.admit(Class::Idle, Verb::Read, secs(111)).is_ok());
}

#[test]
fn limits_without_a_time_make_pauses_that_double_until_an_answer_comes() {
    let (mut pace, mut now) = (Pace::default(), secs(0));
    let limited = plain(Outcome::Limited { retry_after: None });
    for wanted in [60, 120, 240] {
        let slot = pace.admit(Class::Act, Verb::Read, now).unwrap();
        pace.heard(slot, limited, now);
        assert_eq!(pace.admit(Class::Act, Verb::Read, now), Err(now + secs(wanted)));
        now += secs(wanted);
    }
    for (outcome, wanted) in [(Outcome::Counted, 0), (Outcome::Limited { retry_after: None }, 60)] {
        let slot = pace.admit(Class::Act, Verb::Read, now).unwrap();
        pace.heard(slot, plain(outcome), now);
        assert!(pace.admit(Class::Act, Verb::Read, now + secs(wanted)).is_ok());
        assert!(wanted == 0 || pace.admit(Class::Act, Verb::Read, now + secs(wanted - 1)).is_err());
    }
}

#[test]
fn a_second_lies_between_two_writes() {
    let mut pace = Pace::default();
    assert!(pace.admit(Class::Act, Verb::Write, secs(5)).is_ok());
    assert_eq!(pace.admit(Class::Act, Verb::Write, secs(5)), Err(secs(6)));
    assert!(pace.admit(Class::Act, Verb::Read, secs(5)).is_ok() && pace.admit(Class::Act, Verb::Write, secs(6)).is_ok());
}

#[test]
fn watching_stops_at_its_cap_and_unchanged_answers_cost_nothing() {
    let (mut pace, mut counted) = (Pace::default(), 0);
    for second in 0..3_600 {
        let Ok(slot) = pace.admit(Class::Idle, Verb::Read, secs(second)) else { continue };
        let outcome = if second % 2 == 0 { Outcome::Unchanged } else { Outcome::Counted };
        counted += usize::from(outcome == Outcome::Counted);
        pace.heard(slot, plain(outcome), secs(second));
    }
    assert_eq!(counted, 50);
    assert!(
        pace.admit(Class::Act, Verb::Read, secs(3_600)).is_ok() && pace.admit(Class::Active, Verb::Read, secs(3_600)).is_ok()
    );
}

#[derive(Debug, Clone, Copy)]
struct Move {
    pause_ms: u64,
    class: Class,
    verb: Verb,
    takes_ms: u64,
    heard: Heard,
}

fn moves() -> impl Strategy<Value = Move> {
    let class = prop_oneof![1 => Just(Class::Act), 1 => Just(Class::Active), 6 => Just(Class::Idle)];
    let verb = prop_oneof![4 => Just(Verb::Read), 1 => Just(Verb::Write)];
    let limited = proptest::option::of(0_u64..400).prop_map(|after| Outcome::Limited { retry_after: after.map(secs) });
    let outcome =
        prop_oneof![3 => Just(Outcome::Unchanged), 12 => Just(Outcome::Counted), 2 => Just(Outcome::Lost), 1 => limited];
    let left = proptest::option::weighted(0.2, (0_u64..5_000, 0_u64..500));
    let pause = prop_oneof![8 => 0_u64..40_000, 1 => 0_u64..1_000_000];
    (pause, class, verb, 0_u64..30_000, outcome, left).prop_map(|(pause_ms, class, verb, takes_ms, outcome, left)| {
        let (remaining, reset_in) = left.map_or((None, None), |(remaining, reset)| (Some(remaining), Some(secs(reset))));
        Move { pause_ms, class, verb, takes_ms, heard: Heard { outcome, remaining, reset_in } }
    })
}

proptest! {
    #[test]
    fn no_hour_ever_counts_more_than_fifty_idle_requests(moves in proptest::collection::vec(moves(), 1..600), early in any::<bool>()) {
        let (mut pace, mut now, mut counted, mut silent_until) = (Pace::default(), Duration::ZERO, Vec::new(), Duration::ZERO);
        for step in moves {
            now += Duration::from_millis(step.pause_ms);
            let slot = match pace.admit(step.class, step.verb, now) {
                Ok(slot) => slot,
                Err(not_before) => {
                    prop_assert!(not_before > now);
                    continue;
                }
            };
            prop_assert!(now >= silent_until, "asked at {now:?}, told not before {silent_until:?}");
            let answered = now + Duration::from_millis(step.takes_ms);
            if step.class == Class::Idle && step.heard.outcome != Outcome::Unchanged {
                counted.push(if early { now } else { answered });
            }
            now = answered;
            pace.heard(slot, step.heard, now);
            if let Outcome::Limited { retry_after: Some(after) } = step.heard.outcome {
                silent_until = silent_until.max(now + after);
            }
        }
        for (first, at) in counted.iter().enumerate() {
            let within = counted[first..].iter().take_while(|other| **other < *at + secs(3_600)).count();
            prop_assert!(within <= 50, "{within} from {at:?} on");
        }
    }
}
