-- The log: append-only, never updated; the oldest of it may be shed. Everything in 0002 can be made again from it.
-- Codes are small integers because the tables hold millions of rows; src/store/sqlite/codes.ts names them.

CREATE TABLE cluster (
  cluster_id INTEGER PRIMARY KEY,
  uid        TEXT NOT NULL UNIQUE,      -- of namespace kube-system
  name       TEXT NOT NULL UNIQUE       -- chosen by the user; the only column of the log that may be changed
) STRICT;

CREATE TABLE stream (
  stream_id  INTEGER PRIMARY KEY,
  cluster_id INTEGER NOT NULL REFERENCES cluster (cluster_id),
  resource   TEXT NOT NULL,             -- v1/endpoints
  namespace  TEXT NOT NULL DEFAULT '',  -- '': all
  UNIQUE (cluster_id, resource, namespace)
) STRICT;

-- Where a stream goes on, and how far it is proven complete. Moves in the transaction that appends what it moved over.
CREATE TABLE cursor (
  stream_id        INTEGER PRIMARY KEY REFERENCES stream (stream_id),
  epoch            INTEGER NOT NULL,
  resource_version TEXT NOT NULL,
  proven_at        INTEGER NOT NULL     -- epoch ms
) STRICT;

-- One row for each uid that an object of that name ever had.
CREATE TABLE object (
  object_id  INTEGER PRIMARY KEY,
  cluster_id INTEGER NOT NULL REFERENCES cluster (cluster_id),
  resource   TEXT NOT NULL,
  namespace  TEXT NOT NULL,             -- '': cluster-scoped
  name       TEXT NOT NULL,
  uid        TEXT NOT NULL
) STRICT;
-- Ends in object_id, which grows: the newest uid of a name is found without reading the older ones.
CREATE INDEX object_by_name ON object (cluster_id, resource, namespace, name);

CREATE TABLE event (
  position         INTEGER PRIMARY KEY,
  at               INTEGER NOT NULL,    -- epoch ms at receipt, or as an imported trace says
  type             INTEGER NOT NULL,    -- 1 ADDED 2 MODIFIED 3 DELETED, 11.. ledger facts
  origin           INTEGER NOT NULL,    -- 0 ledger, 1 watch, 2 snapshot, 3 relist
  stream_id        INTEGER NOT NULL REFERENCES stream (stream_id),
  epoch            INTEGER NOT NULL,
  object_id        INTEGER REFERENCES object (object_id),  -- NULL for a ledger fact
  resource_version TEXT,                                   -- NULL for a ledger fact
  body             INTEGER NOT NULL REFERENCES body (position),  -- its own position, or that of the event with the same version
  checksum         INTEGER NOT NULL     -- crc32 of the columns above and of the body's
) STRICT;
-- State at T of an object: one seek.
CREATE INDEX event_by_object ON event (object_id, at, position) WHERE object_id IS NOT NULL;
-- A repeat after a reconnect is not a second event.
CREATE UNIQUE INDEX event_once ON event (object_id, resource_version, epoch, type) WHERE object_id IS NOT NULL;
-- Few: for shedding, which asks whether a body is still carried, and what a stream's ledger said last.
CREATE INDEX event_same_body ON event (body) WHERE body <> position;
CREATE INDEX event_of_ledger ON event (stream_id, position) WHERE object_id IS NULL;

-- Versions, stored like video: a keyframe whole, others as their difference from the raw bytes of what they stand on:
-- the keyframe, or a waypoint, which is a delta that others stand on (src/store/sqlite/bodies.ts).
CREATE TABLE body (
  position INTEGER PRIMARY KEY,         -- of the event that brought it
  base     INTEGER REFERENCES body (position),  -- NULL: a keyframe; else what it is a delta of
  size     INTEGER NOT NULL,            -- raw bytes
  crc      INTEGER NOT NULL,            -- crc32 of the raw bytes
  data     BLOB NOT NULL                -- a zstd frame; of a delta a patch (src/store/sqlite/patch.ts) or a zstd frame of one
) STRICT;

-- How many deltas stand on a body: one that no event carries any more stays while there are some.
CREATE TABLE footing (
  position INTEGER PRIMARY KEY REFERENCES body (position),
  deltas   INTEGER NOT NULL
) STRICT;

-- How far history was shed. Of each object only the newest event at or below the position is kept, if it then existed.
CREATE TABLE horizon (
  cluster_id INTEGER PRIMARY KEY REFERENCES cluster (cluster_id),
  position   INTEGER NOT NULL,
  at         INTEGER NOT NULL,          -- epoch ms; the first instant of which everything is still known
  reason     TEXT NOT NULL              -- why it was last moved: retain, max-size, low-disk
) STRICT;
