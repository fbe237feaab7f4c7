//! Containers: what runs, and starting, stopping, measuring and removing it.

use std::{collections::HashMap, time::Duration};

use bollard::{
    models::{
        ContainerCpuStats, ContainerInspectResponse, ContainerStateStatusEnum as Theirs, ContainerStatsResponse, HealthStatusEnum,
    },
    query_parameters::{
        ListContainersOptionsBuilder, RemoveContainerOptionsBuilder, RemoveVolumeOptionsBuilder, RestartContainerOptionsBuilder,
        StatsOptionsBuilder, StopContainerOptionsBuilder,
    },
};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{
    Engine, Result,
    engine::SHORT,
    error::EngineError,
    facts::{ContainerFacts, ContainerState, Health, Stats, Usage},
};
use crate::domain::{bytes::Bytes, name::StackName};

/// How many containers or images are asked about at the same time.
pub(super) const AT_ONCE: usize = 8;
/// How long deleting what a container or a volume holds may take.
const REMOVAL: Duration = Duration::from_secs(120);

impl Engine {
    /// Every container of a Compose project, running or not, in no order.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn containers_of(&self, stack: &StackName) -> Result<Vec<ContainerFacts>> {
        self.containers(vec![format!("com.docker.compose.project={stack}")]).await
    }

    /// Every container of every Compose project.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn stacked_containers(&self) -> Result<Vec<ContainerFacts>> {
        self.containers(vec!["com.docker.compose.project".to_owned()]).await
    }

    async fn containers(&self, labels: Vec<String>) -> Result<Vec<ContainerFacts>> {
        let filters = HashMap::from([("label".to_owned(), labels)]);
        let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
        let listed = self.short("list containers", self.control().list_containers(Some(options))).await?;
        let ids = listed.into_iter().filter_map(|c| c.id);
        let found: Vec<_> =
            stream::iter(ids.map(|id| async move { self.container(&id).await })).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// One container by id or name; `None` when it is gone.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn container(&self, id: &str) -> Result<Option<ContainerFacts>> {
        match self.short("inspect a container", self.control().inspect_container(id, None)).await {
            Ok(answer) => Ok(Some(facts(answer))),
            Err(EngineError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Starts a container; one that runs is left alone.
    ///
    /// # Errors
    /// When it cannot be started.
    pub async fn start(&self, id: &str) -> Result<()> {
        self.short("start a container", self.control().start_container(id, None)).await
    }

    /// Stops a container: asks it, waits `grace`, then kills it. One that is stopped is left alone.
    ///
    /// # Errors
    /// When it cannot be stopped.
    pub async fn stop(&self, id: &str, grace: Duration) -> Result<()> {
        let options = StopContainerOptionsBuilder::default().t(seconds(grace)).build();
        self.within(grace + SHORT, "stop a container", self.control().stop_container(id, Some(options))).await
    }

    /// Stops and starts a container.
    ///
    /// # Errors
    /// When one of the two fails.
    pub async fn restart(&self, id: &str, grace: Duration) -> Result<()> {
        let options = RestartContainerOptionsBuilder::default().t(seconds(grace)).build();
        self.within(grace + SHORT, "restart a container", self.control().restart_container(id, Some(options))).await
    }

    /// Takes a container away, also one that runs, with its nameless volumes. One that is gone is fine.
    ///
    /// # Errors
    /// When the engine does not take it away.
    pub async fn remove(&self, id: &str) -> Result<()> {
        let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
        gone(self.within(REMOVAL, "remove a container", self.control().remove_container(id, Some(options))).await)
    }

    /// Takes a volume away, with what it holds. One that is gone is fine.
    ///
    /// # Errors
    /// When a container still uses it.
    pub async fn remove_volume(&self, name: &str) -> Result<()> {
        let options = RemoveVolumeOptionsBuilder::default().build();
        gone(self.within(REMOVAL, "remove a volume", self.control().remove_volume(name, Some(options))).await)
    }

    /// What a container uses, its processor time measured over a second.
    ///
    /// # Errors
    /// When the engine does not answer, or there is no such container.
    pub async fn usage(&self, id: &str) -> Result<Usage> {
        let options = StatsOptionsBuilder::default().stream(false).one_shot(false).build();
        let answer = self.short("measure a container", self.control().stats(id, Some(options)).boxed().try_next()).await?;
        let answer = answer.unwrap_or_default();
        let cpu_percent = cpu_percent(&answer);
        Ok(Usage { memory: memory(answer), cpu_percent })
    }

    /// What a container uses now.
    ///
    /// # Errors
    /// When the engine does not answer, or there is no such container.
    pub async fn stats(&self, id: &str) -> Result<Stats> {
        let options = StatsOptionsBuilder::default().stream(false).one_shot(true).build();
        let answer = self
            .short("measure a container", self.control().stats(id, Some(options)).boxed().try_next())
            .await?
            .unwrap_or_default();
        let cpu = answer.cpu_stats.as_ref().and_then(|c| c.cpu_usage.as_ref()).and_then(|u| u.total_usage);
        Ok(Stats {
            memory_limit: Bytes(answer.memory_stats.as_ref().and_then(|memory| memory.limit).unwrap_or_default()),
            cpu_ns: cpu.unwrap_or_default(),
            memory: memory(answer),
        })
    }
}

/// What is not there needs no taking away.
pub(super) fn gone<T>(answer: Result<T>) -> Result<()> {
    match answer {
        Ok(_) | Err(EngineError::NotFound { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Without what the kernel would give back at once.
fn memory(answer: ContainerStatsResponse) -> Bytes {
    let memory = answer.memory_stats.unwrap_or_default();
    let cache = memory.stats.unwrap_or_default().get("inactive_file").copied().unwrap_or_default();
    Bytes(memory.usage.unwrap_or_default().saturating_sub(cache))
}

/// As `docker stats` reckons: the container's share of the machine's time, times its processors.
fn cpu_percent(answer: &ContainerStatsResponse) -> Option<f32> {
    let (before, after) = (answer.precpu_stats.as_ref()?, answer.cpu_stats.as_ref()?);
    let used = |stats: &ContainerCpuStats| stats.cpu_usage.as_ref()?.total_usage;
    let own = used(after)?.checked_sub(used(before)?)?;
    let all = after.system_cpu_usage?.checked_sub(before.system_cpu_usage?).filter(|all| *all > 0)?;
    Some(own as f32 / all as f32 * after.online_cpus? as f32 * 100.0)
}

fn seconds(grace: Duration) -> i32 {
    i32::try_from(grace.as_secs()).unwrap_or(i32::MAX)
}

fn facts(answer: ContainerInspectResponse) -> ContainerFacts {
    let state = answer.state.unwrap_or_default();
    let config = answer.config.unwrap_or_default();
    let labels = config.labels.unwrap_or_default();
    let memory = answer.host_config.and_then(|h| h.memory).and_then(|m| u64::try_from(m).ok()).filter(|m| *m > 0);
    ContainerFacts {
        id: answer.id.unwrap_or_default(),
        name: answer.name.unwrap_or_default().trim_start_matches('/').to_owned(),
        service: labels.get("com.docker.compose.service").cloned(),
        one_off: labels.get("com.docker.compose.oneoff").is_some_and(|v| v == "True"),
        image_id: answer.image.unwrap_or_default(),
        image_ref: config.image.unwrap_or_default(),
        state: state.status.map_or(ContainerState::Dead, state_of),
        health: state.health.and_then(|h| h.status).and_then(health_of),
        restarts: answer.restart_count.and_then(|n| n.try_into().ok()).unwrap_or_default(),
        exit_code: state.exit_code.unwrap_or_default(),
        oom_killed: state.oom_killed.unwrap_or_default(),
        // The engine writes the year 1 for "never".
        started: state.started_at.and_then(|t| t.parse().ok()).filter(|t| *t > jiff::Timestamp::UNIX_EPOCH),
        memory_limit: memory.map(Bytes),
        labels: labels.into_iter().collect(),
        addresses: addresses(answer.network_settings),
    }
}

fn addresses(settings: Option<bollard::models::NetworkSettings>) -> Vec<String> {
    let networks = settings.and_then(|settings| settings.networks).unwrap_or_default();
    networks.into_values().filter_map(|network| network.ip_address).filter(|address| !address.is_empty()).collect()
}

fn state_of(state: Theirs) -> ContainerState {
    match state {
        Theirs::CREATED => ContainerState::Created,
        Theirs::RUNNING | Theirs::STOPPING => ContainerState::Running,
        Theirs::PAUSED => ContainerState::Paused,
        Theirs::RESTARTING => ContainerState::Restarting,
        Theirs::REMOVING => ContainerState::Removing,
        Theirs::EXITED => ContainerState::Exited,
        Theirs::DEAD | Theirs::EMPTY => ContainerState::Dead,
    }
}

fn health_of(health: HealthStatusEnum) -> Option<Health> {
    match health {
        HealthStatusEnum::STARTING => Some(Health::Starting),
        HealthStatusEnum::HEALTHY => Some(Health::Healthy),
        HealthStatusEnum::UNHEALTHY => Some(Health::Unhealthy),
        HealthStatusEnum::NONE | HealthStatusEnum::EMPTY => None,
    }
}
