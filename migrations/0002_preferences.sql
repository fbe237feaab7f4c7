-- The settings of the desktop app of this laptop: one row.

CREATE TABLE preferences (
    one  INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    body TEXT    NOT NULL
) STRICT;
