-- The state of this laptop. Bodies are JSON of the domain types; columns exist for what is searched, ordered or unique.
-- Ids are UUIDv7 as text, times are milliseconds since 1970 in UTC.

CREATE TABLE servers (
    id    TEXT NOT NULL PRIMARY KEY,
    name  TEXT NOT NULL UNIQUE,
    facts TEXT,
    body  TEXT NOT NULL
) STRICT;

CREATE TABLE projects (
    id   TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE registries (
    id   TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL
) STRICT;

-- Host keys by the address that was dialled, independent of what a server is called.
CREATE TABLE pins (
    host        TEXT    NOT NULL,
    port        INTEGER NOT NULL,
    algorithm   TEXT    NOT NULL,
    fingerprint TEXT    NOT NULL,
    pinned      INTEGER NOT NULL,
    PRIMARY KEY (host, port, algorithm)
) STRICT, WITHOUT ROWID;

CREATE TABLE consents (
    digest TEXT    NOT NULL PRIMARY KEY,
    what   TEXT    NOT NULL,
    given  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE deployments (
    id          TEXT    NOT NULL PRIMARY KEY,
    project     TEXT    NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    environment TEXT    NOT NULL,
    status      TEXT    NOT NULL,
    started     INTEGER NOT NULL,
    body        TEXT    NOT NULL
) STRICT;

CREATE INDEX deployments_by_time ON deployments (started, id);
CREATE INDEX deployments_by_project ON deployments (project, started, id);
CREATE INDEX deployments_by_environment ON deployments (project, environment, started, id);
CREATE INDEX deployments_by_status ON deployments (project, status, started, id);
CREATE INDEX deployments_unfinished ON deployments (started, id) WHERE status = 'running';

CREATE TABLE events (
    deployment TEXT    NOT NULL REFERENCES deployments (id) ON DELETE CASCADE,
    number     INTEGER NOT NULL,
    body       TEXT    NOT NULL,
    PRIMARY KEY (deployment, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE releases (
    project     TEXT    NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    environment TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    created     INTEGER NOT NULL,
    body        TEXT    NOT NULL,
    PRIMARY KEY (project, environment, id)
) STRICT;

CREATE INDEX releases_by_time ON releases (project, environment, created, id);

-- Successes only: an estimate is made of what went well.
CREATE TABLE durations (
    deployment TEXT    NOT NULL REFERENCES deployments (id) ON DELETE CASCADE,
    project    TEXT    NOT NULL,
    stage      TEXT    NOT NULL,
    ms         INTEGER NOT NULL,
    PRIMARY KEY (deployment, stage)
) STRICT, WITHOUT ROWID;

CREATE INDEX durations_by_project ON durations (project, stage, deployment, ms);

CREATE TABLE environments (
    project TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    name    TEXT NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (project, name)
) STRICT, WITHOUT ROWID;
