"""The tables of the engine's database. Times of objects are microseconds, times of events milliseconds, UTC.

A stream is its `seq`, which is never given twice: a stream that is made anew under an old name shares nothing with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

FORMAT = 2
APPLICATION_ID = 0x53544B46
"""Marks the file as an engine's, for `file` and for us."""

CREATE = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {FORMAT};

CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;

CREATE TABLE objects (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       TEXT NOT NULL,
    id         TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    body       TEXT NOT NULL,
    slot       TEXT UNIQUE,                                      -- what only one object can hold, such as a file
    owner      INTEGER REFERENCES objects ON DELETE CASCADE,     -- set for what the engine made for another object
    mark       TEXT,                                             -- a note of whoever made it
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (kind, name)
);
CREATE INDEX objects_by_owner ON objects (owner) WHERE owner IS NOT NULL;

CREATE TABLE links (
    owner  INTEGER NOT NULL REFERENCES objects ON DELETE CASCADE,
    field  TEXT NOT NULL,
    target INTEGER NOT NULL REFERENCES objects,
    PRIMARY KEY (owner, field)
) WITHOUT ROWID;
CREATE INDEX links_by_target ON links (target);

CREATE TABLE partitions (                                        -- a row from the first append on
    stream       INTEGER NOT NULL REFERENCES objects ON DELETE CASCADE,
    partition    INTEGER NOT NULL,
    start_offset INTEGER NOT NULL,                               -- the oldest event that is kept
    end_offset   INTEGER NOT NULL,                               -- where the next event goes
    bytes        INTEGER NOT NULL,
    PRIMARY KEY (stream, partition)
) WITHOUT ROWID;

CREATE TABLE batches (                                           -- a row an appended batch, never changed
    id        INTEGER PRIMARY KEY,
    stream    INTEGER NOT NULL REFERENCES objects ON DELETE CASCADE,
    partition INTEGER NOT NULL,
    base      INTEGER NOT NULL,                                  -- the offset of its first event
    count     INTEGER NOT NULL,
    appended  INTEGER NOT NULL,                                  -- never less than that of the batch before
    bytes     INTEGER NOT NULL,                                  -- before compression
    codec     TEXT NOT NULL,
    crc       INTEGER NOT NULL,
    data      BLOB NOT NULL
);
CREATE UNIQUE INDEX batches_by_offset ON batches (stream, partition, base);

CREATE TABLE event_ids (                                         -- ids that producers gave, while repeats are known
    stream    INTEGER NOT NULL REFERENCES objects ON DELETE CASCADE,
    event_id  TEXT NOT NULL,
    partition INTEGER NOT NULL,
    "offset"  INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (stream, event_id)
) WITHOUT ROWID;
CREATE INDEX event_ids_by_time ON event_ids (stream, at);

CREATE TABLE consumer_groups (name TEXT PRIMARY KEY, created_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE commits (
    consumer_group TEXT NOT NULL REFERENCES consumer_groups ON DELETE CASCADE,
    stream         INTEGER NOT NULL REFERENCES objects ON DELETE CASCADE,
    partition      INTEGER NOT NULL,
    "offset"       INTEGER NOT NULL,                             -- the next event to read
    at             INTEGER NOT NULL,
    PRIMARY KEY (consumer_group, stream, partition)
) WITHOUT ROWID;
CREATE INDEX commits_by_stream ON commits (stream);

CREATE TABLE checkpoints (                                       -- how far an object has read an input
    owner    INTEGER NOT NULL REFERENCES objects ON DELETE CASCADE,
    input    INTEGER NOT NULL REFERENCES objects ON DELETE CASCADE,
    position TEXT NOT NULL,
    noted    TEXT,                                               -- up to where its failed events are kept already
    PRIMARY KEY (owner, input)
) WITHOUT ROWID;
CREATE INDEX checkpoints_by_input ON checkpoints (input);

CREATE TABLE processor_state (                                   -- what a stateful operation remembers
    owner INTEGER NOT NULL REFERENCES objects ON DELETE CASCADE,
    slot  TEXT NOT NULL,
    data  BLOB NOT NULL,
    PRIMARY KEY (owner, slot)
) WITHOUT ROWID;

CREATE TABLE outputs (                                           -- how much of a destination's file is surely ours
    destination INTEGER PRIMARY KEY REFERENCES objects ON DELETE CASCADE,
    position    TEXT NOT NULL
);

CREATE TABLE progress (                                          -- what `status` shows
    owner    INTEGER PRIMARY KEY REFERENCES objects ON DELETE CASCADE,
    read     INTEGER NOT NULL,
    written  INTEGER NOT NULL,
    failed   INTEGER NOT NULL,
    moved_at INTEGER NOT NULL,
    problem  TEXT NOT NULL,                                      -- why it stopped; empty while all is well
    notes    TEXT NOT NULL,                                      -- JSON list: what somebody should know
    recent   TEXT NOT NULL DEFAULT '[]'                          -- JSON list: what it did in its last seconds
);

CREATE TABLE runner (                                            -- who moves events now, or did last
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    pid   INTEGER NOT NULL,
    host  TEXT NOT NULL,
    since INTEGER NOT NULL,
    seen  INTEGER NOT NULL
);
"""

ADD_RECEIVED_IDS = (
    """
CREATE TABLE IF NOT EXISTS received_ids (                        -- of events that were sent to a source
    source INTEGER NOT NULL REFERENCES objects ON DELETE CASCADE,
    id     TEXT NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (source, id)
) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS received_ids_by_time ON received_ids (source, at)",
)
"""Made with the first such event: an engine without it is of the same format."""

ADD_API_SETTINGS = """
CREATE TABLE IF NOT EXISTS api_settings (                        -- what the HTTP API alone says of an object, as JSON
    owner INTEGER PRIMARY KEY REFERENCES objects ON DELETE CASCADE,
    body  TEXT NOT NULL
)"""
"""Made when an engine is served: an engine without it is of the same format, and who does not know it needs nothing of
it."""

ADD_STARTS = """
CREATE TABLE IF NOT EXISTS starts (                              -- offsets by partition, as JSON
    owner   INTEGER PRIMARY KEY REFERENCES objects ON DELETE CASCADE,
    offsets TEXT NOT NULL
)"""
"""Made when an engine is served: nobody else begins anywhere but at the start."""

ADDED = (*ADD_RECEIVED_IDS, ADD_API_SETTINGS, ADD_STARTS)
"""What an engine may have beside the tables that each has."""

UPGRADES: Mapping[int, Sequence[str]] = {
    1: (
        "ALTER TABLE progress DROP COLUMN rate",
        "ALTER TABLE progress ADD COLUMN recent TEXT NOT NULL DEFAULT '[]'",
    ),
}
"""What makes a database of each older format one of the next."""
