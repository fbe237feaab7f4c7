//! What every command of the window shares.
//!
//! Owns: the one session, or why there is none. Must never know: any single act.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Instant,
};

use plimsoll_core::{
    api::{Ask, Session, SessionOptions, preferences},
    problem::{Code, Problem},
};

use crate::{clicks::Clicks, clipboard::Clipboard, flights::Flights, goto::Goto, questions::Questions, streams::Streams};

/// What a command answers.
pub(crate) type Answer<T> = Result<T, Problem>;

/// The state of the app; tauri keeps it as long as the process lives.
pub(crate) struct Desktop {
    session: Answer<Session>,
    pub(crate) flights: Flights,
    /// What the page asked for and is not done yet, deployments aside.
    acts: Arc<AtomicUsize>,
    /// Wishes for the window that are not fulfilled yet.
    openings: Arc<AtomicUsize>,
    pub(crate) questions: Questions,
    pub(crate) streams: Streams,
    pub(crate) clipboard: Clipboard,
    /// Where the page shall go as soon as there is one.
    pub(crate) goto: Mutex<Option<Goto>>,
    /// Closing the window leaves the tray; as the settings say, read without asking them.
    pub(crate) keep_in_tray: AtomicBool,
    /// A newer version is being put in place, or is about to be: nothing new begins.
    still: Arc<AtomicBool>,
    /// A newer version is being fetched, or waits for deployments to end.
    update_comes: Arc<AtomicBool>,
    /// A password was given that the keychain did not take.
    pub(crate) given: AtomicBool,
    /// Notifications that can still be clicked.
    pub(crate) clicks: Mutex<Clicks>,
    /// No notification until then.
    pub(crate) quiet_until: Mutex<Option<Instant>>,
    /// The person is being asked whether to quit.
    pub(crate) asks_to_quit: AtomicBool,
    /// Whether a tray is there to come back from.
    pub(crate) tray: AtomicBool,
}

impl Desktop {
    /// Opens this laptop's data. Without it every command answers why.
    pub(crate) async fn open(questions: Questions) -> Self {
        let ask: Arc<dyn Ask> = Arc::new(questions.clone());
        let desktop = Self::with(Session::open(SessionOptions { home: None, ask }).await, questions);
        desktop.read_preferences().await;
        desktop
    }

    /// Remembers what a window's events need at once: they cannot wait for the store.
    pub(crate) async fn read_preferences(&self) {
        let Ok(session) = self.session() else { return };
        if let Ok(wanted) = preferences::read(session).await {
            self.keep_in_tray.store(wanted.keep_in_tray, Ordering::Relaxed);
        }
    }

    /// Around a session that is open, or is not.
    pub(crate) fn with(session: Answer<Session>, questions: Questions) -> Self {
        Self {
            session,
            flights: Flights::default(),
            acts: Arc::default(),
            openings: Arc::default(),
            questions,
            streams: Streams::default(),
            clipboard: Clipboard::default(),
            goto: Mutex::default(),
            keep_in_tray: AtomicBool::new(false),
            still: Arc::default(),
            update_comes: Arc::default(),
            given: AtomicBool::new(false),
            clicks: Mutex::default(),
            quiet_until: Mutex::default(),
            asks_to_quit: AtomicBool::new(false),
            tray: AtomicBool::new(false),
        }
    }

    /// The open session.
    pub(crate) fn session(&self) -> Answer<&Session> {
        self.session.as_ref().map_err(Clone::clone)
    }

    /// The open session, for something that this process must not end in the middle of; refused while an update is put in place.
    pub(crate) fn acting(&self) -> Answer<Acting> {
        let session = self.session()?.clone();
        // Counted first, looked at then; who holds still does it the other way round, so one of the two always notices.
        let acting = Acting { session, _counted: Counted::one(&self.acts) };
        if self.still.load(Ordering::SeqCst) { Err(being_updated()) } else { Ok(acting) }
    }

    /// Whether such a thing is being done.
    pub(crate) fn is_acting(&self) -> bool {
        self.acts.load(Ordering::SeqCst) > 0
    }

    /// Whether something is being done here. An act that becomes a deployment is always one of both.
    pub(crate) fn is_busy(&self) -> bool {
        self.is_acting() || !self.flights.all().is_empty()
    }

    /// Nothing new begins as long as the answer is kept; none when somebody else keeps one.
    pub(crate) fn hold_still(&self) -> Option<Raised> {
        Raised::raise(&self.still)
    }

    /// A newer version is on its way as long as the answer is kept; none when one is already.
    pub(crate) fn await_update(&self) -> Option<Raised> {
        Raised::raise(&self.update_comes)
    }

    /// Whether closing the window leaves something to come back from.
    pub(crate) fn has_tray(&self) -> bool {
        self.tray.load(Ordering::Relaxed)
    }

    /// The window shall be opened; to be kept until it is there.
    pub(crate) fn opening(&self) -> Counted {
        Counted::one(&self.openings)
    }

    /// Whether a new beginning without a page would lose nothing: neither what this process holds nor the wish for a page.
    pub(crate) fn may_shrink(&self) -> bool {
        let wished = self.goto.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        !wished && self.openings.load(Ordering::SeqCst) == 0 && self.has_nothing_to_lose()
    }

    /// Whether this process holds nothing that a new beginning would lose: deployments until somebody was told of their end,
    /// other acts, an update on its way, secrets that were given to it, notifications that wait for a click, the wish for quiet.
    pub(crate) fn has_nothing_to_lose(&self) -> bool {
        let secrets = self.questions.has_told_secrets() || self.given.load(Ordering::Relaxed);
        let updates = [&self.update_comes, &self.still].into_iter().any(|flag| flag.load(Ordering::SeqCst));
        !self.is_busy() && self.flights.are_told() && !updates && !secrets && !self.expects_a_click() && !self.is_quiet()
    }

    fn expects_a_click(&self) -> bool {
        self.clicks.lock().unwrap_or_else(PoisonError::into_inner).are_possible()
    }

    /// Whether notifications are paused.
    pub(crate) fn is_quiet(&self) -> bool {
        let until = *self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| Instant::now() < until)
    }
}

/// A session at work; as long as it is kept, the process neither ends by itself nor begins anew.
pub(crate) struct Acting {
    session: Session,
    _counted: Counted,
}

impl Acting {
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }
}

/// One more of something as long as this is kept.
pub(crate) struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn one(of: &Arc<AtomicUsize>) -> Self {
        of.fetch_add(1, Ordering::SeqCst);
        Self(of.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A flag that is up as long as this is kept.
pub(crate) struct Raised(Arc<AtomicBool>);

impl Raised {
    fn raise(flag: &Arc<AtomicBool>) -> Option<Self> {
        (!flag.swap(true, Ordering::SeqCst)).then(|| Self(flag.clone()))
    }
}

impl Drop for Raised {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

fn being_updated() -> Problem {
    Problem::new(
        Code::Locked,
        "Plimsoll is being updated",
        "the newer version is being put in place",
        "Try again as soon as it has started.",
    )
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use plimsoll_core::api::preferences::{self, Preferences};

    use super::Desktop;
    use crate::{goto::Goto, questions::Questions, testing::bench};

    #[tokio::test]
    async fn what_the_settings_say_is_known_without_asking_them() {
        let bench = bench().await;
        let desktop = Desktop::with(Ok(bench.session.clone()), Questions::new(|| false));
        for keep_in_tray in [true, false] {
            preferences::write(&bench.session, &Preferences { keep_in_tray, ..Preferences::default() }).await.unwrap();
            desktop.read_preferences().await;
            assert_eq!(desktop.keep_in_tray.load(Ordering::Relaxed), keep_in_tray);
        }
    }

    #[tokio::test]
    async fn what_is_being_done_would_be_lost() {
        let bench = bench().await;
        let desktop = Desktop::with(Ok(bench.session.clone()), Questions::new(|| false));
        assert!(desktop.has_nothing_to_lose());
        let (one, other) = (desktop.acting().unwrap(), desktop.acting().unwrap());
        drop(one);
        assert!(!desktop.has_nothing_to_lose());
        drop(other);
        assert!(desktop.has_nothing_to_lose());
    }

    #[tokio::test]
    async fn whoever_wants_the_window_is_not_left_without_one() {
        let bench = bench().await;
        let desktop = Desktop::with(Ok(bench.session.clone()), Questions::new(|| false));
        assert!(desktop.may_shrink());
        let opening = desktop.opening();
        assert!(!desktop.may_shrink() && desktop.has_nothing_to_lose(), "it may begin anew with a window");
        drop(opening);
        assert!(desktop.may_shrink());
        *desktop.goto.lock().unwrap() = Some(Goto::Project { name: "shop".parse().unwrap() });
        assert!(!desktop.may_shrink() && desktop.has_nothing_to_lose(), "the place is taken along");
    }

    #[tokio::test]
    async fn an_update_on_its_way_would_be_lost_and_there_is_one_at_most() {
        let bench = bench().await;
        let desktop = Desktop::with(Ok(bench.session.clone()), Questions::new(|| false));
        let coming = desktop.await_update();
        assert!(coming.is_some() && desktop.await_update().is_none());
        assert!(!desktop.has_nothing_to_lose());
        assert!(desktop.acting().is_ok(), "work goes on while it is fetched");
        drop(coming);
        assert!(desktop.has_nothing_to_lose() && desktop.await_update().is_some());
    }
}
