//! Whether somebody may have written to a database since it was last looked at.
//!
//! Owns: telling that from the times of its write-ahead log, which wakes no connection. Must never know: what was written.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

/// A write this soon after another one may bear the same time: no file system's clock is coarser.
const COARSE: Duration = Duration::from_secs(3);
/// After this long nothing that was seen counts.
const TRUSTED: Duration = Duration::from_secs(30);

/// What was last seen of the log.
#[derive(Debug)]
pub(super) struct Stamp {
    log: PathBuf,
    seen: Option<Seen>,
    trusted_until: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    modified: SystemTime,
    length: u64,
}

impl Stamp {
    /// Of a database's file; nothing has been seen yet.
    pub(super) fn of(database: &Path) -> Self {
        let mut log = database.to_owned().into_os_string();
        log.push("-wal");
        Self { log: log.into(), seen: None, trusted_until: Instant::now() }
    }

    /// Whether there may have been a write since this was last asked: whenever in doubt. To be asked before the database is:
    /// what is written in between is then seen the next time.
    pub(super) fn may_differ(&mut self) -> bool {
        let now = look(&self.log);
        let same = now.is_some() && now == self.seen && Instant::now() < self.trusted_until;
        if !same {
            self.seen = now.filter(|seen| is_settled(seen.modified, SystemTime::now()));
            self.trusted_until = Instant::now() + TRUSTED;
        }
        !same
    }
}

/// Nothing where the file cannot be looked at, and on Windows, which may tell the times of an open file late.
fn look(log: &Path) -> Option<Seen> {
    if cfg!(windows) {
        return None;
    }
    let file = fs::metadata(log).ok()?;
    Some(Seen { modified: file.modified().ok()?, length: file.len() })
}

/// Whether a further write would bear another time. A time that lies ahead is of another clock.
fn is_settled(modified: SystemTime, now: SystemTime) -> bool {
    now.duration_since(modified).is_ok_and(|age| age > COARSE)
}

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        time::{Duration, Instant, SystemTime},
    };

    use super::{COARSE, Stamp, is_settled};

    #[test]
    fn only_what_is_settled_and_looks_the_same_is_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let mut stamp = Stamp::of(&dir.path().join("state.db"));
        assert!(stamp.may_differ() && stamp.may_differ(), "there is no log");
        let log = File::create(dir.path().join("state.db-wal")).unwrap();
        assert!(stamp.may_differ() && stamp.may_differ(), "a second write could bear the same time");
        let long_ago = SystemTime::now() - Duration::from_secs(60);
        log.set_modified(long_ago).unwrap();
        assert!(stamp.may_differ());
        assert_eq!(stamp.may_differ(), cfg!(windows));
        log.set_len(1).unwrap();
        log.set_modified(long_ago).unwrap();
        assert!(stamp.may_differ(), "it has grown");
        log.set_modified(long_ago + Duration::from_secs(1)).unwrap();
        assert!(stamp.may_differ(), "it was written again");
        stamp.trusted_until = Instant::now();
        assert!(stamp.may_differ(), "once in a while it is not trusted");
    }

    #[test]
    fn a_time_that_lies_ahead_settles_nothing() {
        let now = SystemTime::now();
        assert!(is_settled(now - COARSE * 2, now));
        assert!(!is_settled(now - COARSE / 2, now) && !is_settled(now + COARSE, now));
    }
}
