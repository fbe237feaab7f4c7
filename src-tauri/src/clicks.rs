//! Notifications that can still be clicked.
//!
//! Owns: where each leads, and how many there are at most. Must never know: who shows them.

use std::collections::VecDeque;

use plimsoll_core::domain::id::DeploymentId;

/// Older ones are taken back: what they say is in the history.
const MOST: usize = 8;

/// Those the desktop shows, oldest first.
#[derive(Default)]
pub(crate) struct Clicks {
    /// On their way to it.
    sent: usize,
    shown: VecDeque<(u32, DeploymentId)>,
}

impl Clicks {
    /// One is sent.
    pub(crate) fn send(&mut self) {
        self.sent += 1;
    }

    /// It is shown under this number, or could not be; the one that shall be taken back for it.
    pub(crate) fn answer(&mut self, shown: Option<u32>, place: DeploymentId) -> Option<u32> {
        self.sent = self.sent.saturating_sub(1);
        self.shown.push_back((shown?, place));
        if self.shown.len() > MOST { self.shown.pop_front().map(|(id, _)| id) } else { None }
    }

    /// One was clicked or put away, or its time was up: where it leads.
    pub(crate) fn take(&mut self, id: u32) -> Option<DeploymentId> {
        let at = self.shown.iter().position(|(shown, _)| *shown == id)?;
        self.shown.remove(at).map(|(_, place)| place)
    }

    /// Who showed them has ended.
    pub(crate) fn clear(&mut self) {
        self.shown.clear();
    }

    /// Whether one may still be clicked: whoever begins anew would not hear of it.
    pub(crate) fn are_possible(&self) -> bool {
        self.sent > 0 || !self.shown.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_core::domain::id::DeploymentId;

    use super::{Clicks, MOST};

    #[test]
    fn a_notification_can_be_clicked_as_long_as_it_is_shown() {
        let (mut clicks, place) = (Clicks::default(), DeploymentId::new());
        assert!(!clicks.are_possible());
        clicks.send();
        assert!(clicks.are_possible(), "it may be clicked before its number is known here");
        assert_eq!(clicks.answer(Some(7), place), None);
        assert_eq!(clicks.take(8), None, "another program's");
        assert!(clicks.are_possible());
        assert_eq!(clicks.take(7), Some(place));
        assert!(!clicks.are_possible() && clicks.take(7).is_none(), "once");
    }

    #[test]
    fn nobody_waits_for_what_is_not_shown() {
        let mut clicks = Clicks::default();
        clicks.send();
        assert_eq!(clicks.answer(None, DeploymentId::new()), None);
        assert!(!clicks.are_possible(), "it could not be shown");
        clicks.send();
        clicks.answer(Some(1), DeploymentId::new());
        clicks.clear();
        assert!(!clicks.are_possible(), "its daemon has ended");
    }

    #[test]
    fn the_oldest_are_taken_back() {
        let mut clicks = Clicks::default();
        let most = u32::try_from(MOST).unwrap();
        for id in 0..most + 2 {
            clicks.send();
            assert_eq!(clicks.answer(Some(id), DeploymentId::new()), id.checked_sub(most));
        }
        assert!(clicks.take(0).is_none() && clicks.take(most).is_some());
    }
}
