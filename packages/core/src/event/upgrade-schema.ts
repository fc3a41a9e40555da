/** What makes a file of a released version one of the next, by the version it has. Never changed once released. */
export const upgrades: ReadonlyMap<number, string> = new Map([
  [
    1,
    `
  ALTER TABLE runs RENAME TO runs_1;
  DROP INDEX runs_by_environment;
  DROP INDEX runs_by_status;
  CREATE TABLE runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, environment TEXT NOT NULL, selection TEXT NOT NULL,
    status TEXT NOT NULL, reason TEXT, started_at INTEGER NOT NULL, ended_at INTEGER, tags TEXT NOT NULL,
    steps INTEGER NOT NULL, ok INTEGER NOT NULL DEFAULT 0, skipped INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0, checks_failed INTEGER NOT NULL DEFAULT 0,
    host TEXT NOT NULL, boot_id TEXT NOT NULL, pid_namespace TEXT NOT NULL, pid INTEGER NOT NULL,
    process_started_at TEXT NOT NULL, heartbeat INTEGER NOT NULL,
    heartbeat_monotonic INTEGER, cancel_requested INTEGER
  );
  INSERT INTO runs SELECT *, NULL, NULL FROM runs_1;
  DROP TABLE runs_1;
  CREATE INDEX runs_by_environment ON runs (environment, number);
  CREATE INDEX runs_by_status ON runs (status, number);

  ALTER TABLE events RENAME TO events_1;
  DROP INDEX events_by_run;
  CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, run INTEGER NOT NULL, type TEXT NOT NULL,
    step TEXT, key TEXT, payload TEXT NOT NULL
  );
  INSERT INTO events SELECT * FROM events_1;
  DROP TABLE events_1;
  CREATE INDEX events_by_run ON events (run, id);

  ALTER TABLE latest RENAME TO latest_1;
  CREATE TABLE latest (
    environment TEXT NOT NULL, key TEXT NOT NULL, partition TEXT NOT NULL, event INTEGER NOT NULL,
    materialization TEXT NOT NULL, PRIMARY KEY (environment, key, partition)
  ) WITHOUT ROWID;
  INSERT INTO latest SELECT environment, l.key, partition, event, json_extract(payload, '$.materialization.id')
    FROM latest_1 l JOIN events ON id = event;
  DROP TABLE latest_1;
`,
  ],
])
