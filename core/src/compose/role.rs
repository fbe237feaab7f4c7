//! What part a service plays, as far as its Compose section shows it.
//!
//! Owns: the questions a swap asks of it. Must never know: what follows from the answers.

use super::{
    model::{Condition, Healthcheck, Model, MountKind, ServiceModel},
    reference,
};
use crate::domain::name::ServiceName;

/// Images that keep data, by the last part of their name.
const DATABASES: [&str; 33] = [
    "cassandra",
    "clickhouse",
    "clickhouse-server",
    "cockroach",
    "couchbase",
    "couchdb",
    "dragonfly",
    "elasticsearch",
    "etcd",
    "influxdb",
    "kafka",
    "keydb",
    "mariadb",
    "meilisearch",
    "minio",
    "mongo",
    "mongodb",
    "mssql",
    "mysql",
    "mysql-server",
    "nats",
    "neo4j",
    "opensearch",
    "postgis",
    "postgres",
    "postgresql",
    "qdrant",
    "rabbitmq",
    "redis",
    "rethinkdb",
    "timescaledb",
    "typesense",
    "valkey",
];

/// Proxies that stand in front of a stack, by the last part of their image's name.
const PROXIES: [&str; 9] =
    ["caddy", "caddy-docker-proxy", "envoy", "haproxy", "nginx", "nginx-proxy", "nginx-proxy-manager", "swag", "traefik"];

/// Keeps data: it mounts a volume or a writable path, or it is a database by its image's name.
#[must_use]
pub fn stateful(service: &ServiceModel) -> bool {
    let keeps = service.volumes.iter().any(|mount| match mount.kind {
        MountKind::Volume => mount.source.is_some() && !mount.read_only,
        MountKind::Bind => !mount.read_only && !is_socket(mount.source.as_deref()),
        MountKind::Tmpfs | MountKind::Other => false,
    });
    keeps || service.build.is_none() && service.image.as_deref().is_some_and(is_database)
}

/// Serves nobody over the network: no port, published, exposed or called by, and no health check.
#[must_use]
pub fn is_worker(service: &ServiceModel) -> bool {
    service.ports.is_empty() && service.told_ports().next().is_none() && service.healthcheck != Healthcheck::Declared
}

/// Runs to its end: another service waits for it to complete.
#[must_use]
pub fn one_shot(model: &Model, name: &ServiceName) -> bool {
    let waits = |s: &ServiceModel| {
        s.depends_on.iter().any(|d| d.service == name.as_str() && d.condition == Condition::ServiceCompletedSuccessfully)
    };
    model.services.iter().any(waits)
}

/// May run to its end, nobody waiting for it: it says that it is never restarted, and serves nobody that would miss it.
#[must_use]
pub fn may_end(service: &ServiceModel) -> bool {
    service.restart.as_deref() == Some("no") && is_worker(service)
}

pub(super) fn is_database(image: &str) -> bool {
    let name = reference::last_part(image);
    DATABASES.contains(&name) || DATABASES.iter().any(|known| name.strip_prefix(known).is_some_and(|rest| rest.starts_with('-')))
}

pub(super) fn is_proxy(image: &str) -> bool {
    PROXIES.contains(&reference::last_part(image))
}

pub(super) fn is_socket(source: Option<&str>) -> bool {
    source.is_some_and(|s| s.ends_with(".sock"))
}
