-- Projections: `flipbook rebuild` empties these tables and makes them again from the log, row for row the same.

-- How long each object existed. An object deleted and, after a wrong inference, seen again has its latest life here.
CREATE TABLE lifespan (
  object_id     INTEGER PRIMARY KEY REFERENCES object (object_id),
  added_at      INTEGER NOT NULL,
  deleted_at    INTEGER,                -- NULL: it exists
  last_position INTEGER NOT NULL        -- its newest event
) STRICT;
-- What exists: a relist compares with that, however many objects there were before.
CREATE INDEX lifespan_open ON lifespan (object_id) WHERE deleted_at IS NULL;

CREATE TABLE service (
  service_id INTEGER PRIMARY KEY,
  cluster_id INTEGER NOT NULL,
  namespace  TEXT NOT NULL,
  name       TEXT NOT NULL,
  -- 1 once a v1 Endpoints object was seen: the Service is then told by Endpoints unless slices are asked for.
  has_endpoints INTEGER NOT NULL DEFAULT 0,
  UNIQUE (cluster_id, namespace, name)
) STRICT;

-- Which slices ever carried the Service's label.
CREATE TABLE service_slice (
  service_id INTEGER NOT NULL,
  object_id  INTEGER NOT NULL,
  last_position INTEGER NOT NULL,       -- the slice's newest event that carried it
  PRIMARY KEY (service_id, object_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX service_of_slice ON service_slice (object_id);

-- Backends as described by flips; the identity is address, pod_uid and ports.
CREATE TABLE backend (
  backend_id INTEGER PRIMARY KEY,
  service_id INTEGER NOT NULL,
  address    TEXT NOT NULL,
  ports      TEXT NOT NULL,             -- http:8080/TCP,grpc:9090/TCP
  pod_uid    TEXT NOT NULL,             -- '': no Pod
  pod        TEXT NOT NULL,
  node       TEXT NOT NULL,
  zone       TEXT NOT NULL,
  last_position INTEGER NOT NULL        -- of its newest flip
) STRICT;
CREATE INDEX backend_by_address ON backend (service_id, address);

-- Clustered by Service, source and time: a Service's window is one sequential read. Over all Services see counts_by_time.
CREATE TABLE flip (
  position        INTEGER NOT NULL,     -- of the event
  ordinal         INTEGER NOT NULL,     -- among the event's flips
  at              INTEGER NOT NULL,
  service_id      INTEGER NOT NULL,
  source          INTEGER NOT NULL,     -- 0 endpoints, 1 endpointslices
  backend_id      INTEGER NOT NULL,
  from_state      INTEGER NOT NULL,     -- 0 absent 1 ready 2 notReady 3 serving 4 terminating
  to_state        INTEGER NOT NULL,
  ready_after     INTEGER NOT NULL,     -- the Service's, in this source, after the event
  not_ready_after INTEGER NOT NULL,
  spread_ms       INTEGER NOT NULL,     -- at - notBefore: between the two it happened
  origin          INTEGER NOT NULL,     -- 1 watch, 3 relist
  PRIMARY KEY (service_id, source, at, position, ordinal)
) STRICT, WITHOUT ROWID;

-- The counts of a Service in one source from an event on.
CREATE TABLE counts (
  service_id  INTEGER NOT NULL,
  source      INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  position    INTEGER NOT NULL,
  ready       INTEGER NOT NULL,
  not_ready   INTEGER NOT NULL,
  terminating INTEGER NOT NULL,
  listed      INTEGER NOT NULL,         -- 0: no Endpoints object, or no slice, exists
  truncated   INTEGER NOT NULL,         -- 1: Endpoints was cut at 1,000 addresses
  flips       INTEGER NOT NULL,         -- how many rows of flip the event brought the Service in this source
  editors     TEXT,                     -- JSON: field managers that wrote this version by hand; NULL: a controller did
  PRIMARY KEY (service_id, source, at, position)
) STRICT, WITHOUT ROWID;
-- Flips of all Services in order of time: one row an event, where an index of flip would have one a flip.
CREATE INDEX counts_by_time ON counts (at, position) WHERE flips > 0;

-- What v1 Events that explain flips say, by the uid of the object that they are about. Not their expiry.
CREATE TABLE note (
  cluster_id INTEGER NOT NULL,
  about      TEXT NOT NULL,
  at         INTEGER NOT NULL,          -- when received; of one from a list, when it says that it happened
  position   INTEGER NOT NULL,
  reason     TEXT NOT NULL,
  message    TEXT NOT NULL,
  PRIMARY KEY (cluster_id, about, at, position)
) STRICT, WITHOUT ROWID;
-- In order of the log: for shedding.
CREATE INDEX note_by_position ON note (position);

-- Spans in which a stream was proven complete. The open span's proof is the cursor's.
CREATE TABLE coverage (
  began_position INTEGER PRIMARY KEY,   -- of COVERAGE_BEGAN
  stream_id      INTEGER NOT NULL,
  began_at       INTEGER NOT NULL,
  ended_position INTEGER,               -- of COVERAGE_ENDED; NULL: open
  proven_at      INTEGER,               -- NULL: open
  reason_code    TEXT,
  reason_detail  TEXT
) STRICT;
CREATE INDEX coverage_by_stream ON coverage (stream_id, began_at);
