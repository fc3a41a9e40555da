import { statSync } from "node:fs"
import { join } from "node:path"
import {
  asset,
  cancelRun,
  type Definitions,
  daily,
  definitions,
  deleteRuns,
  json,
  materialize,
  openEventLog,
  plan,
  reportMaterialization,
  source,
  staticPartitions,
} from "@assets/core"
import { memoryIO } from "@assets/core/testing"
import { describe, expect, test } from "vitest"
import { SqliteEventLog } from "../src/event/sqlite-event-log.ts"
import { firstLine, startLogProcess } from "./event-log-process.ts"
import { eachTestInFolder } from "./temp-folder.ts"

const folder = eachTestInFolder()
const path = () => join(folder(), ".assets", "assets.db")

const fails = new Set<string>()
const made: string[] = []

const above = asset("t/above", {
  returns: json<number>(),
  version: "1",
  compute: () => {
    made.push("t/above")
    if (fails.has("t/above")) throw new Error("no")
    return 1
  },
})
const parts = asset("t/parts", {
  returns: json<string>(),
  version: "1",
  partitions: staticPartitions(["a", "b", "c"]),
  compute: (_, { partition }) => {
    made.push(`t/parts[${partition.key}]`)
    if (fails.has(partition.key)) throw new Error("no")
    return partition.key
  },
})
const below = asset("t/below", {
  deps: { above },
  returns: json<number>(),
  version: "1",
  compute: ({ above }) => {
    made.push("t/below")
    return above
  },
})
const other = asset("t/other", {
  returns: json<number>(),
  version: "1",
  compute: () => {
    made.push("t/other")
    return 1
  },
})
const told = source("raw/told")

function project(): Definitions {
  fails.clear()
  made.length = 0
  return definitions({
    assets: [above, parts, below, other, told],
    environments: { local: { io: memoryIO() }, prod: { io: memoryIO() } },
    defaultEnvironment: "local",
    base: folder(),
  })
}

function withLog<T>(of: Definitions, work: (log: ReturnType<typeof openEventLog>) => T): T {
  const log = openEventLog(of)
  try {
    return work(log)
  } finally {
    log.close()
  }
}

describe("retrying a run", () => {
  test("runs exactly what failed, was blocked or cancelled in it, in its environment, and says of which run", async () => {
    const of = project()
    for (const key of ["t/above", "b"]) fails.add(key)
    const failed = await materialize(of, { environment: "prod", tags: { team: "a" } })
    expect(failed.status).toBe("failed")
    fails.clear()
    made.length = 0
    const run = await materialize(of, { fromFailure: failed.id.slice(0, 30), tags: { why: "mended" } })
    expect(run.status).toBe("succeeded")
    expect(run.plan).toMatchObject({ environment: "prod", selection: "*" })
    expect(made.sort()).toEqual(["t/above", "t/below", "t/parts[b]"])
    expect(run.steps).toHaveLength(3)
    withLog(of, log => expect(log.run(run.id)?.tags).toEqual({ retryOf: failed.id, why: "mended" }))
  })

  test("skips what was made meanwhile, and leaves out what the project no longer has", async () => {
    const of = project()
    for (const key of ["t/above", "b"]) fails.add(key)
    const failed = await materialize(of)
    fails.clear()
    await materialize(of, { select: "t/above" })
    const fewer = definitions({
      assets: [above, below, other],
      environments: of.environments,
      defaultEnvironment: "local",
      base: folder(),
    })
    const run = await materialize(fewer, { fromFailure: failed.id })
    expect(run.steps.map(({ key, status }) => [key, status])).toEqual([
      ["t/above", "skipped"],
      ["t/below", "materialized"],
    ])
  })

  test("of a run that was cancelled runs what it had not come to", async () => {
    const of = project()
    const controller = new AbortController()
    const stopped = await materialize(of, {
      concurrency: 1,
      signal: controller.signal,
      onEvent: event => event.type === "asset_materialized" && controller.abort(),
    })
    expect(stopped.status).toBe("cancelled")
    const done = stopped.steps.filter(({ status }) => status === "materialized").length
    const run = await materialize(of, { fromFailure: "latest" })
    expect(run.steps).toHaveLength(6 - done)
    expect(run.status).toBe("succeeded")
  })

  test("of a run that ended well has no steps", async () => {
    const of = project()
    await materialize(of)
    expect((await plan(of, { fromFailure: "latest" })).steps).toEqual([])
  })

  test("takes no selection, and no other environment than the run's", async () => {
    const of = project()
    const { id } = await materialize(of)
    const refused = { code: "ARGUMENT_INVALID" }
    await expect(plan(of, { fromFailure: id, select: "t/above" })).rejects.toMatchObject(refused)
    await expect(plan(of, { fromFailure: id, partitions: ["a"] })).rejects.toMatchObject(refused)
    await expect(plan(of, { fromFailure: id, environment: "prod" })).rejects.toMatchObject(refused)
    await expect(plan(of, { fromFailure: "nothing" })).rejects.toMatchObject({ code: "RUN_UNKNOWN" })
    withLog(of, log => log.append({ ...started("going"), environment: "local" }))
    await expect(plan(of, { fromFailure: "going" })).rejects.toMatchObject(refused)
  })
})

test("more than 100 partitions run when that is said", async () => {
  const days = asset("t/days", {
    returns: json<string>(),
    version: "1",
    partitions: daily({ start: "2026-01-01" }),
    compute: (_, { partition }) => partition.key,
  })
  const of = definitions({ assets: [days], environments: { local: { io: memoryIO() } }, base: folder() })
  const now = new Date("2026-06-01T00:00:00Z")
  await expect(plan(of, { now })).rejects.toMatchObject({ code: "PARTITION_TOO_MANY" })
  expect((await plan(of, { now, anyNumber: true })).steps).toHaveLength(151)
})

const started = (runId: string) =>
  ({ type: "run_started", runId, environment: "local", selection: "*", tags: {}, steps: 0 }) as const

describe("deleting runs", () => {
  test("by age, by how they ended, by environment and by name, and leaves the rest", async () => {
    const of = project()
    const first = await materialize(of)
    fails.add("t/above")
    const failed = await materialize(of, { force: true })
    fails.clear()
    const prod = await materialize(of, { environment: "prod" })
    const ids = (runs: readonly { readonly id: string }[]) => runs.map(({ id }) => id)
    const left = () => withLog(of, log => ids(log.runs()))
    const later = new Date(Date.now() + 60_000)
    expect(deleteRuns(of, { olderThanMs: 120_000, now: later })).toEqual([])
    expect(ids(deleteRuns(of, { olderThanMs: 30_000, now: later, dryRun: true }))).toHaveLength(3)
    expect(left()).toHaveLength(3)
    expect(ids(deleteRuns(of, { status: "failed" }))).toEqual([failed.id])
    expect(ids(deleteRuns(of, { olderThanMs: 0, environment: "prod", now: later }))).toEqual([prod.id])
    expect(left()).toEqual([first.id])
    expect(ids(deleteRuns(of, { runs: [first.id.slice(0, 34)] }))).toEqual([first.id])
    expect(left()).toEqual([])
    expect(deleteRuns(of, { olderThanMs: 0, now: later })).toEqual([])
  })

  test("keeps what is latest, also what was reported of a source, and nothing else of them", async () => {
    const of = project()
    await materialize(of, { force: true })
    await materialize(of, { force: true })
    await reportMaterialization(of, { key: "raw/told", dataVersion: "7" })
    const tell = () => withLog(of, log => log.latest({ environment: "local" }))
    const before = tell()
    deleteRuns(of, { olderThanMs: -1 })
    expect(tell()).toEqual(before)
    withLog(of, log => {
      expect(log.runs()).toEqual([])
      expect(log.events()).toEqual([])
      expect(log.history({ environment: "local", key: "t/above" })).toHaveLength(1)
    })
    await materialize(of, { force: true })
    deleteRuns(of, { olderThanMs: -1 }) // what was latest then is not any more
    withLog(of, log => expect(log.history({ environment: "local", key: "t/above" })).toHaveLength(1))
  })

  test("gives no number twice: cursors do not go back", async () => {
    const of = project()
    await materialize(of)
    const last = withLog(of, log => log.events({ limit: 1_000 }).at(-1)?.id ?? 0)
    deleteRuns(of, { olderThanMs: -1 })
    const { id } = await materialize(of, { select: "t/other", force: true })
    withLog(of, log => {
      expect(log.events({ after: last }).length).toBe(log.events().length)
      expect(log.runs({ before: id })).toEqual([])
    })
  })

  test("gives the space back to the disk", async () => {
    const log = new SqliteEventLog(path())
    for (const runId of ["a", "b"]) {
      log.append(started(runId))
      log.transaction(() => {
        for (let i = 0; i < 2_000; i++) {
          const about = { runId, step: "a/b", key: "a/b", partitions: [] }
          log.append({ type: "log_written", ...about, level: "info", message: "x".repeat(1_000) })
        }
      })
      log.append({ type: "run_succeeded", runId, durationMs: 1 })
    }
    log.deleteRuns([])
    const full = statSync(path()).size
    log.deleteRuns(["a"])
    expect(statSync(path()).size).toBeLessThan(full * 0.6)
    log.deleteRuns(["b"])
    expect(statSync(path()).size).toBeLessThan(full * 0.1)
    log.close()
  })

  test("refuses a run that goes on, both ways of naming at once, and none", () => {
    const of = project()
    withLog(of, log => log.append(started("going")))
    const refused = expect.objectContaining({ code: "ARGUMENT_INVALID" })
    expect(() => deleteRuns(of, { runs: ["going"] })).toThrow(refused)
    expect(() => deleteRuns(of, { runs: ["going"], olderThanMs: 1 })).toThrow(refused)
    expect(() => deleteRuns(of, {})).toThrow(refused)
    expect(() => deleteRuns(of, { runs: ["x"] })).toThrow(expect.objectContaining({ code: "RUN_UNKNOWN" }))
    expect(deleteRuns(of, { olderThanMs: -60_000 })).toEqual([])
    withLog(of, log => expect(log.run("going")?.status).toBe("running"))
  })
})

describe("cancelling a run", () => {
  test("of this process stops it, and says so", async () => {
    const of = project()
    const waits = asset("t/waits", {
      returns: json<number>(),
      version: "1",
      compute: (_, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    })
    const waiting = definitions({
      assets: [waits],
      environments: of.environments,
      defaultEnvironment: "local",
      base: folder(),
    })
    let cancelled: ReturnType<typeof cancelRun> | undefined
    const run = await materialize(waiting, {
      onEvent: event => {
        if (event.type === "step_started") cancelled = cancelRun(waiting, event.runId)
      },
    })
    expect(run.status).toBe("cancelled")
    expect(await cancelled).toMatchObject({ how: "stopped", run: { id: run.id, status: "cancelled" } })
    await expect(cancelRun(waiting, run.id)).rejects.toMatchObject({ code: "RUN_ENDED" })
    await expect(cancelRun(waiting, "nothing")).rejects.toMatchObject({ code: "RUN_UNKNOWN" })
  })

  test("whose process does not answer ends it in the log and takes its leases", async () => {
    const of = project()
    const child = startLogProcess(
      path(),
      `log.append(${JSON.stringify(started("stuck"))})
      log.addSteps("stuck", [{ id: "a/b", key: "a/b", partitions: [] }, { id: "a/c", key: "a/c", partitions: [] }])
      log.append({ type: "step_started", runId: "stuck", step: "a/b", key: "a/b", partitions: [], attempt: 1, reasons: [] })
      const lease = log.acquireLease("local a/b", "stuck")
      console.log(lease.token)
      setInterval(() => {}, 1000)`,
    )
    const token = Number(await firstLine(child))
    child.kill("SIGSTOP")
    const { how, run } = await cancelRun(of, "stuck", { patienceMs: 300 })
    expect(how).toBe("taken")
    expect(run).toMatchObject({ status: "cancelled", reason: "cancelled without its process" })
    const log = new SqliteEventLog(path())
    expect(log.holdsLease({ name: "local a/b", token })).toBe(false)
    expect(log.steps("stuck").map(({ status }) => status)).toEqual(["cancelled", "cancelled"])
    log.close()
    child.kill("SIGKILL")
    await child.ended
  })

  test("whose process dies meanwhile does not wait for it", async () => {
    const of = project()
    const child = startLogProcess(
      path(),
      `log.append(${JSON.stringify(started("dies"))}); console.log("ready"); setInterval(() => {}, 1000)`,
    )
    await firstLine(child)
    const cancelled = cancelRun(of, "dies", { patienceMs: 60_000 })
    child.kill("SIGKILL")
    await child.ended
    expect(await cancelled).toMatchObject({ how: "taken", run: { status: "cancelled" } })
  })
})
