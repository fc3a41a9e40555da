/** The form of the file. A file of a greater version was written by a newer release and is refused. */
export const SCHEMA_VERSION = 2

/**
 * Words in it are stored and live for ever. Times are milliseconds since 1970. In `latest`, the partition of an asset
 * without partitions is the empty text, and a partition key stands after `=`, so that the empty key is another. Numbers
 * of runs and events, and tokens of leases, are never given twice, also when the history is deleted.
 */
export const schema = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

  CREATE TABLE runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, environment TEXT NOT NULL, selection TEXT NOT NULL,
    status TEXT NOT NULL, reason TEXT, started_at INTEGER NOT NULL, ended_at INTEGER, tags TEXT NOT NULL,
    steps INTEGER NOT NULL, ok INTEGER NOT NULL DEFAULT 0, skipped INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0, checks_failed INTEGER NOT NULL DEFAULT 0,
    host TEXT NOT NULL, boot_id TEXT NOT NULL, pid_namespace TEXT NOT NULL, pid INTEGER NOT NULL,
    process_started_at TEXT NOT NULL, heartbeat INTEGER NOT NULL,
    heartbeat_monotonic INTEGER, cancel_requested INTEGER
  );
  CREATE INDEX runs_by_environment ON runs (environment, number);
  CREATE INDEX runs_by_status ON runs (status, number);

  CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, run INTEGER NOT NULL, type TEXT NOT NULL,
    step TEXT, key TEXT, payload TEXT NOT NULL
  );
  CREATE INDEX events_by_run ON events (run, id);

  CREATE TABLE steps (
    run INTEGER NOT NULL, id TEXT NOT NULL, key TEXT NOT NULL, partitions TEXT NOT NULL, status TEXT NOT NULL,
    reason TEXT, started_at INTEGER, ended_at INTEGER, first_event INTEGER, last_event INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0, rows INTEGER, bytes INTEGER, data_version TEXT,
    PRIMARY KEY (run, id)
  ) WITHOUT ROWID;

  CREATE TABLE materializations (event INTEGER PRIMARY KEY, environment TEXT NOT NULL, key TEXT NOT NULL);
  CREATE INDEX materializations_by_key ON materializations (environment, key, event);
  CREATE TABLE latest (
    environment TEXT NOT NULL, key TEXT NOT NULL, partition TEXT NOT NULL, event INTEGER NOT NULL,
    materialization TEXT NOT NULL, PRIMARY KEY (environment, key, partition)
  ) WITHOUT ROWID;
  CREATE TABLE failures (
    environment TEXT NOT NULL, step TEXT NOT NULL, run INTEGER NOT NULL, PRIMARY KEY (environment, step)
  ) WITHOUT ROWID;

  CREATE TABLE leases (token INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, run INTEGER NOT NULL);
  CREATE TABLE reads (
    run INTEGER NOT NULL, step TEXT NOT NULL, materialization TEXT NOT NULL, PRIMARY KEY (run, step, materialization)
  ) WITHOUT ROWID;

  CREATE TABLE dynamic_keys (
    position INTEGER PRIMARY KEY, name TEXT NOT NULL, key TEXT NOT NULL, UNIQUE (name, key)
  );
  CREATE TABLE plan_texts (code_version TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE file_hashes (
    path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns TEXT NOT NULL, ctime_ns TEXT NOT NULL, inode TEXT NOT NULL,
    hash TEXT NOT NULL
  ) WITHOUT ROWID;
`
