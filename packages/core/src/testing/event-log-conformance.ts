import { deepStrictEqual, equal, ok, throws } from "node:assert/strict"
import type { NewEvent } from "../event/event.ts"
import type { RunLog } from "../event/run-log.ts"
import type { Materialization } from "../io/io-manager.ts"
import { uuidv7 } from "../util/uuid.ts"

/** What the suite needs: an empty event log with each call. */
export interface EventLogFixture {
  createEventLog(): RunLog
}

export interface EventLogCase {
  readonly name: string
  run(fixture: EventLogFixture): Promise<void>
}

function materialization(key: string, values: Partial<Materialization> = {}): Materialization {
  return {
    id: uuidv7(),
    key,
    partitions: [],
    kind: "json",
    fingerprint: "f",
    dataVersion: "d",
    codeVersion: "c",
    inputs: {},
    runId: "run",
    attempt: 1,
    createdAt: "2026-01-01T00:00:00.000Z",
    engine: "none",
    ...values,
  }
}

function startRun(log: RunLog, { environment = "local", steps = 1 } = {}): string {
  const runId = uuidv7()
  log.append({ type: "run_started", runId, environment, selection: "*", tags: { team: "a" }, steps })
  return runId
}

function about(runId: string, key: string, partition?: string) {
  const step = partition === undefined ? key : `${key}[${partition}]`
  return { runId, step, key, partitions: partition === undefined ? [] : [partition] }
}

function materialized(runId: string, key: string, values: Partial<Materialization> = {}): NewEvent {
  const [partition] = values.partitions ?? []
  const made = materialization(key, { runId, ...values })
  return { type: "asset_materialized", ...about(runId, key, partition), materialization: made, durationMs: 1 }
}

/** What every event log does; plain cases, so that any test runner can run them. */
export const eventLogConformance: readonly EventLogCase[] = [
  {
    name: "gives events back as they were appended, in order, after a cursor",
    async run({ createEventLog }) {
      const log = createEventLog()
      const runId = startRun(log)
      const other = startRun(log)
      const started: NewEvent = {
        type: "step_started",
        ...about(runId, "a/b"),
        attempt: 1,
        reasons: [{ kind: "forced" }],
      }
      const appended = [log.append(started), log.append(materialized(runId, "a/b", { rows: 3 }))]
      log.append({ type: "run_succeeded", runId: other, durationMs: 5 })
      deepStrictEqual(log.events({ runId }).slice(1), appended)
      deepStrictEqual(log.events({ after: appended[0]?.id ?? 0, runId }), appended.slice(1))
      deepStrictEqual(log.events({ step: "a/b", limit: 1 }), appended.slice(0, 1))
      equal(log.events().length, 5)
      equal(log.events({ runId: "unknown" }).length, 0)
      log.close()
    },
  },
  {
    name: "keeps partitions and names apart, whatever is in them",
    async run({ createEventLog }) {
      const log = createEventLog()
      const runId = startRun(log)
      const hostile = ["", "o'brien", "a/b", "ü😀", "x".repeat(200), 'say "hi"', "..", "a]b["]
      for (const key of hostile) log.append(materialized(runId, "a/b", { partitions: [key], dataVersion: key }))
      log.append(materialized(runId, "a/c"))
      const latest = log.latest({ environment: "local", key: "a/b" })
      deepStrictEqual(latest.map(one => one.partition).sort(), [...hostile].sort())
      ok(latest.every(one => one.materialization.dataVersion === one.partition))
      equal(log.latest({ environment: "local", key: "a/c" })[0]?.partition, null)
      equal(log.latest({ environment: "other" }).length, 0)
      log.close()
    },
  },
  {
    name: "tells the latest of each partition and the history, latest first",
    async run({ createEventLog }) {
      const log = createEventLog()
      const runId = startRun(log)
      for (const dataVersion of ["1", "2", "3"]) log.append(materialized(runId, "a/b", { dataVersion }))
      equal(log.latest({ environment: "local", key: "a/b" })[0]?.materialization.dataVersion, "3")
      const versions = (limit?: number) =>
        log.history({ environment: "local", key: "a/b", ...(limit && { limit }) }).map(one => one.dataVersion)
      deepStrictEqual(versions(), ["3", "2", "1"])
      deepStrictEqual(versions(2), ["3", "2"])
      log.close()
    },
  },
  {
    name: "forgets the latest of a partition whose data is gone, and keeps its history",
    async run({ createEventLog }) {
      const log = createEventLog()
      const runId = startRun(log)
      for (const key of ["a/b", "a/c"]) log.append(materialized(runId, key))
      for (const key of ["", "k"]) log.append(materialized(runId, "a/b", { partitions: [key] }))
      log.forgetLatest("local", "a/b", null)
      log.forgetLatest("local", "a/b", "k")
      log.forgetLatest("other", "a/c", null)
      deepStrictEqual(
        log.latest({ environment: "local" }).map(({ key, partition }) => [key, partition]),
        [
          ["a/b", ""],
          ["a/c", null],
        ],
      )
      equal(log.latestIds("local").size, 2)
      equal(log.history({ environment: "local", key: "a/b" }).length, 3)
      log.close()
    },
  },
  {
    name: "follows a run and its steps from start to end",
    async run({ createEventLog }) {
      const log = createEventLog()
      const runId = startRun(log, { steps: 5 })
      const keys = ["a/ok", "a/skipped", "a/failed", "a/blocked", "a/never"]
      log.addSteps(
        runId,
        keys.map(key => ({ id: key, key, partitions: [] })),
      )
      equal(log.run(runId)?.status, "running")
      log.append({ type: "step_started", ...about(runId, "a/ok"), attempt: 1, reasons: [{ kind: "forced" }] })
      equal(log.steps(runId).find(step => step.key === "a/ok")?.status, "running")
      log.append(materialized(runId, "a/ok", { rows: 2, bytes: 10, dataVersion: "v" }))
      log.append({ type: "step_skipped", ...about(runId, "a/skipped"), reason: "unchanged" })
      log.append({ type: "step_started", ...about(runId, "a/failed"), attempt: 1, reasons: [] })
      const error = { code: "USER_CODE_FAILED", what: "no" }
      log.append({ type: "step_retried", ...about(runId, "a/failed"), attempt: 1, delayMs: 0, error })
      log.append({ type: "step_failed", ...about(runId, "a/failed"), attempt: 2, error, durationMs: 1 })
      log.append({ type: "step_blocked", ...about(runId, "a/blocked"), by: "a/failed" })
      const result = { name: "unique(id)", severity: "warn", blocking: false, passed: false } as const
      log.append({ type: "check_evaluated", ...about(runId, "a/ok"), result })
      log.append({ type: "run_failed", runId, durationMs: 9 })
      const run = log.run(runId)
      equal(run?.status, "failed")
      ok(run?.endedAt)
      deepStrictEqual(run?.counts, { steps: 5, ok: 1, skipped: 1, failed: 1, checksFailed: 1 })
      deepStrictEqual(run?.tags, { team: "a" })
      const steps = log.steps(runId)
      deepStrictEqual(
        steps.map(({ key, status, reason, attempts }) => [key, status, reason, attempts]),
        [
          ["a/ok", "materialized", "forced", 1],
          ["a/skipped", "skipped", "unchanged", 0],
          ["a/failed", "failed", "USER_CODE_FAILED", 2],
          ["a/never", "pending", null, 0],
          ["a/blocked", "blocked", "a/failed", 0],
        ],
      )
      deepStrictEqual([steps[0]?.rows, steps[0]?.bytes, steps[0]?.dataVersion], [2, 10, "v"])
      deepStrictEqual(steps[2]?.error, error)
      log.close()
    },
  },
  {
    name: "lists runs latest first, by environment, by status and by page",
    async run({ createEventLog }) {
      const log = createEventLog()
      const ids = [startRun(log), startRun(log, { environment: "prod" }), startRun(log)]
      log.append({ type: "run_cancelled", runId: ids[2] ?? "", durationMs: 1 })
      const found = (query?: Parameters<RunLog["runs"]>[0]) => log.runs(query).map(run => ids.indexOf(run.id))
      deepStrictEqual(found(), [2, 1, 0])
      deepStrictEqual(found({ environment: "local" }), [2, 0])
      deepStrictEqual(found({ status: "cancelled" }), [2])
      deepStrictEqual(found({ before: ids[2] ?? "", limit: 1 }), [1])
      log.close()
    },
  },
  {
    name: "makes changes as one, or none",
    async run({ createEventLog }) {
      const log = createEventLog()
      const runId = startRun(log)
      throws(() =>
        log.transaction(() => {
          log.append(materialized(runId, "a/b"))
          throw new Error("no")
        }),
      )
      equal(log.events({ runId }).length, 1)
      equal(log.latest({ environment: "local" }).length, 0)
      equal(log.run(runId)?.counts.ok, 0)
      log.close()
    },
  },
  {
    name: "gives a lease to one run, with a token that grows",
    async run({ createEventLog }) {
      const log = createEventLog()
      const [first, second] = [startRun(log), startRun(log)]
      const lease = log.acquireLease("local a/b", first)
      ok("token" in lease)
      const holder = log.acquireLease("local a/b", second)
      ok("runId" in holder && holder.runId === first && holder.pid === process.pid)
      ok(log.holdsLease(lease))
      log.releaseLease(lease)
      ok(!log.holdsLease(lease))
      const next = log.acquireLease("local a/b", second)
      ok("token" in next && next.token > lease.token)
      log.append({ type: "run_succeeded", runId: second, durationMs: 1 })
      ok(!log.holdsLease(next), "the end of a run frees its leases")
      log.close()
    },
  },
  {
    name: "keeps the wish that a run stops, and only of one that goes on",
    async run({ createEventLog }) {
      const log = createEventLog()
      const [first, second] = [startRun(log), startRun(log)]
      equal(log.isCancelRequested(first), false)
      log.requestCancel(first)
      log.requestCancel(first)
      equal(log.isCancelRequested(first), true)
      equal(log.isCancelRequested(second), false)
      log.append({ type: "run_succeeded", runId: second, durationMs: 1 })
      log.requestCancel(second)
      log.requestCancel("unknown")
      equal(log.isCancelRequested(second), false)
      equal(log.isCancelRequested("unknown"), false)
      log.close()
    },
  },
  {
    name: "knows what running steps read",
    async run({ createEventLog }) {
      const log = createEventLog()
      const [first, second] = [startRun(log), startRun(log)]
      log.keepReads(first, "a/b", ["m1", "m2"])
      log.keepReads(second, "a/b", ["m2", "m3"])
      deepStrictEqual([...log.inUse()].sort(), ["m1", "m2", "m3"])
      log.dropReads(first, "a/b")
      deepStrictEqual([...log.inUse()].sort(), ["m2", "m3"])
      log.append({ type: "run_succeeded", runId: second, durationMs: 1 })
      equal(log.inUse().size, 0)
      log.close()
    },
  },
  {
    name: "remembers failures until the step is materialized",
    async run({ createEventLog }) {
      const log = createEventLog()
      const runId = startRun(log)
      log.append({ type: "step_failed", ...about(runId, "a/b", "k"), attempt: 1, error: { code: "X" }, durationMs: 1 })
      deepStrictEqual([...log.failures("local")], [["a/b[k]", runId]])
      equal(log.failures("other").size, 0)
      log.append(materialized(runId, "a/b", { partitions: ["k"] }))
      equal(log.failures("local").size, 0)
      log.close()
    },
  },
  {
    name: "keeps plan texts, hashes of files and dynamic partition keys",
    async run({ createEventLog }) {
      const log = createEventLog()
      log.keepPlanText("v", "scan\nfilter")
      equal(log.planText("v"), "scan\nfilter")
      equal(log.planText("w"), undefined)
      const file = { path: "/a", size: 1, mtimeNs: "1", ctimeNs: "2", inode: "3" }
      log.keepFileHash(file, "hash")
      equal(log.fileHash(file), "hash")
      equal(log.fileHash({ ...file, ctimeNs: "4" }), undefined)
      log.addDynamicKeys("customers", ["b", "a"])
      log.addDynamicKeys("customers", ["a", "c"])
      log.removeDynamicKeys("customers", ["b"])
      deepStrictEqual(log.dynamicKeys("customers"), ["a", "c"])
      log.close()
    },
  },
  {
    name: "keeps no more than 2 kB of a step, however wide its table",
    async run({ createEventLog }) {
      const log = createEventLog()
      const runId = startRun(log)
      const columns = Array.from({ length: 200 }, (_, i) => ({
        name: `a_rather_long_column_name_${i}`,
        type: "string",
        nullCount: 0,
        min: "aaaaaaaaaaaaaaaaaaaa",
        max: "zzzzzzzzzzzzzzzzzzzz",
      }))
      const diff = Array.from({ length: 1000 }, (_, i) => `- line ${i}`)
      const reasons = [{ kind: "code_changed", diff }] as const
      log.append({ type: "step_started", ...about(runId, "a/b"), attempt: 1, reasons })
      log.append(materialized(runId, "a/b", { columns, rows: 7 }))
      const [started, made] = log.events({ runId }).slice(1)
      ok(JSON.stringify([started, made]).length < 2_000)
      ok(made?.type === "asset_materialized" && made.materialization.rows === 7)
      log.close()
    },
  },
]
