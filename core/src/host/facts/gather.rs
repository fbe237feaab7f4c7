//! Asks a machine for its facts with one script, and for its time with one short command.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::parse::parse;
use crate::{
    domain::server::ServerFacts,
    host::{Command, Host, HostError},
};

const SCRIPT: &str = include_str!("gather.sh");

/// Asks a machine for its facts. What it cannot say is `None`.
///
/// # Errors
/// When the machine cannot be asked.
pub async fn gather(host: &dyn Host) -> Result<ServerFacts, HostError> {
    let output = host.run(Command::new(["sh", "-s"]).stdin(SCRIPT).deadline(Duration::from_secs(90))).await?;
    if !output.success() {
        let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(HostError::Failed { what: format!("ask {} for its facts", host.name()), reason });
    }
    let mut facts = parse(&output.text());
    facts.clock_offset_ms = clock_offset(host).await?;
    Ok(facts)
}

/// The server's time minus ours, taking its answer to be half a round trip old.
async fn clock_offset(host: &dyn Host) -> Result<Option<i64>, HostError> {
    let before = now_ms();
    let output = host.run(Command::new(["date", "+%s.%N"])).await?;
    let after = now_ms();
    Ok(epoch_ms(&output.text()).map(|theirs| theirs - (before + (after - before) / 2)))
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// `seconds.nanoseconds`; where `date` knows no nanoseconds the middle of the second is meant.
fn epoch_ms(text: &str) -> Option<i64> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = seconds.parse().ok()?;
    let millis = fraction.get(..3).and_then(|f| f.parse().ok()).unwrap_or(500);
    Some(seconds * 1000 + millis)
}

#[cfg(test)]
mod tests {
    use super::{epoch_ms, gather};
    use crate::host::local::LocalHost;

    #[test]
    fn times() {
        assert_eq!(epoch_ms("1700000000.123456789"), Some(1_700_000_000_123));
        assert_eq!(epoch_ms("1700000000.%N"), Some(1_700_000_000_500));
        assert_eq!(epoch_ms("1700000000.N"), Some(1_700_000_000_500));
        assert_eq!(epoch_ms("date: bad"), None);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn this_machine_knows_itself() {
        let facts = gather(&LocalHost::new("here")).await.unwrap();
        assert!(facts.platform.is_some() && facts.cores.is_some_and(|n| n > 0), "{facts:?}");
        assert!(facts.memory_total.is_some_and(|m| m.0 > 1 << 20));
        assert!(facts.clock_offset_ms.is_some_and(|ms| ms.abs() < 60_000), "{facts:?}");
    }
}
