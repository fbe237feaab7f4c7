//! Following a log: what is stored, then what arrives.
//!
//! Owns: that no line is missed between the two, across processes too. Must never know: who reads.

use futures_util::stream::{self, BoxStream, StreamExt};

use super::{LogFilter, Logs, NumberedLine, Page};
use crate::{
    domain::{deployment::Status, id::DeploymentId},
    store::{StoreError, events::POLL, row::word},
};

impl Logs {
    /// Stored lines from a number on, then live ones, until the deployment has ended and all was read.
    #[must_use]
    pub fn follow(
        &self,
        deployment: DeploymentId,
        from: u64,
        filter: LogFilter,
    ) -> BoxStream<'static, Result<Vec<NumberedLine>, StoreError>> {
        let logs = self.clone();
        stream::unfold(Some(from.max(1)), move |from| {
            let (logs, filter) = (logs.clone(), filter.clone());
            async move {
                let mut from = from?;
                loop {
                    match logs.next_page(deployment, from, &filter).await {
                        Ok(None) => return None,
                        Ok(Some(page)) if page.lines.is_empty() => from = page.next,
                        Ok(Some(page)) => return Some((Ok(page.lines), Some(page.next))),
                        Err(error) => return Some((Err(error), None)),
                    }
                }
            }
        })
        .boxed()
    }

    /// The next lines, waiting for them; `None` after the last.
    async fn next_page(&self, deployment: DeploymentId, from: u64, filter: &LogFilter) -> Result<Option<Page>, StoreError> {
        let (mut lines, mut ends) = (self.db.changes(), self.state.changes());
        loop {
            // Asked before reading: what was printed until then is found by the read that follows.
            let ended = self.ended(deployment).await?;
            let page = self.page(deployment, from, filter).await?;
            if page.next > from {
                return Ok(Some(page));
            }
            if ended {
                return Ok(None);
            }
            tokio::select! {
                _ = lines.changed() => {}
                _ = ends.changed() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    async fn ended(&self, deployment: DeploymentId) -> Result<bool, StoreError> {
        let running = word(&Status::Running)?;
        let query = sqlx::query_scalar("SELECT status FROM deployments WHERE id = ?").bind(deployment.to_string());
        let status: Option<String> = self.state.read(async { Ok(query.fetch_optional(self.state.reader()).await?) }).await?;
        Ok(status.is_none_or(|status| status != running))
    }
}
