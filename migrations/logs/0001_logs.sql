-- Output of deployments, kept apart from the state: it is large, needs no backup and may be thrown away.
-- A block is a zstd frame of JSON lines; `first` numbers its first line (from 1), so numbers have no gaps.

CREATE TABLE logs (
    id         INTEGER NOT NULL PRIMARY KEY,
    deployment TEXT    NOT NULL UNIQUE,
    lines      INTEGER NOT NULL DEFAULT 0,
    bytes      INTEGER NOT NULL DEFAULT 0,
    written    INTEGER NOT NULL,
    packed     INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX logs_by_time ON logs (written);

CREATE TABLE blocks (
    log    INTEGER NOT NULL REFERENCES logs (id) ON DELETE CASCADE,
    first  INTEGER NOT NULL,
    lines  INTEGER NOT NULL,
    stages INTEGER NOT NULL,
    data   BLOB    NOT NULL
) STRICT;

CREATE UNIQUE INDEX blocks_by_line ON blocks (log, first);
