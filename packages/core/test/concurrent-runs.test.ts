import { join } from "node:path"
import { asset, definitions, json, materialize, openEventLog, plan } from "@assets/core"
import { memoryIO, type RunLog } from "@assets/core/testing"
import Database from "better-sqlite3"
import { expect, test } from "vitest"
import { eachTestInFolder } from "./temp-folder.ts"

const folder = eachTestInFolder()

/** A project whose one asset waits inside its function until it is let go. */
function held() {
  let letGo: () => void = () => {}
  let begun: () => void = () => {}
  const isHeld = new Promise<void>(resolve => {
    letGo = resolve
  })
  const hasBegun = new Promise<void>(resolve => {
    begun = resolve
  })
  let calls = 0
  const one = asset("a/one", {
    returns: json<number>(),
    version: "1",
    compute: async () => {
      calls++
      begun()
      await isHeld
      return 1
    },
  })
  const local = { io: memoryIO() }
  const project = definitions({ assets: { one }, environments: { local }, base: folder() })
  return { project, letGo: () => letGo(), hasBegun, calls: () => calls }
}

test("two runs that want the same step do it once; the second tells for whom it waits", async () => {
  const { project, letGo, hasBegun, calls } = held()
  const first = materialize(project)
  await hasBegun
  const second = await materialize(project, {
    onEvent: event => {
      if (event.type === "step_waiting") letGo()
    },
  })
  const { id, steps } = await first
  expect(steps[0]?.status).toBe("materialized")
  expect(second.steps[0]).toMatchObject({ status: "skipped", reason: `materialized by run ${id}` })
  expect(calls()).toBe(1)
  const log = openEventLog(project)
  const waiting = log.events({ runId: second.id }).find(event => event.type === "step_waiting")
  expect(waiting).toMatchObject({ holder: expect.stringContaining(`run ${id} (process ${process.pid} on `) })
  log.close()
})

test("a run that has met another looks at each step again before it computes", async () => {
  let letGo: () => void = () => {}
  const isHeld = new Promise<void>(resolve => {
    letGo = resolve
  })
  let begun: () => void = () => {}
  const hasBegun = new Promise<void>(resolve => {
    begun = resolve
  })
  let calls = 0
  const first = asset("a/first", {
    returns: json<number>(),
    version: "1",
    priority: 1,
    compute: async () => {
      begun()
      await isHeld
      return 1
    },
  })
  const second = asset("a/second", { returns: json<number>(), version: "1", compute: () => ++calls })
  const assets = { first, second }
  const project = definitions({ assets, environments: { local: { io: memoryIO() } }, base: folder() })
  const one = materialize(project, { select: "a/first" })
  await hasBegun
  const two = materialize(project, {
    concurrency: 1,
    onEvent: async event => {
      if (event.type !== "step_waiting") return
      await materialize(project, { select: "a/second" })
      letGo()
    },
  })
  expect((await one).status).toBe("succeeded")
  expect((await two).steps.map(step => step.reason)).toEqual([
    expect.stringContaining("materialized by run"),
    expect.stringContaining("materialized by run"),
  ])
  expect(calls).toBe(1)
})

test("a run that does not wait fails with the holder", async () => {
  const { project, letGo, hasBegun } = held()
  const first = materialize(project)
  await hasBegun
  const second = await materialize(project, { wait: false })
  expect(second.steps[0]).toMatchObject({ status: "failed", reason: "LEASE_HELD" })
  letGo()
  expect((await first).status).toBe("succeeded")
})

test("a run that is cancelled while it waits holds nothing", async () => {
  const { project, letGo, hasBegun } = held()
  const first = materialize(project)
  await hasBegun
  const controller = new AbortController()
  const second = await materialize(project, {
    signal: controller.signal,
    onEvent: event => {
      if (event.type === "step_waiting") controller.abort()
    },
  })
  expect(second.status).toBe("cancelled")
  letGo()
  expect((await first).status).toBe("succeeded")
})

test("a step whose lease was taken away stores nothing", async () => {
  const { project, letGo, hasBegun } = held()
  const run = materialize(project)
  await hasBegun
  const db = new Database(join(folder(), ".assets", "assets.db"))
  db.prepare("DELETE FROM leases").run()
  db.close()
  letGo()
  expect((await run).steps[0]).toMatchObject({ status: "failed", reason: "LEASE_LOST" })
  expect((await plan(project)).steps[0]?.reasons[0]?.kind).toBe("never_materialized")
})

test.each(["step", "run"] as const)(
  "a run that was ended by another process adds nothing (publish: %s)",
  async publish => {
    const io = memoryIO()
    const path = join(folder(), ".assets", "assets.db")
    const counted = (db: Database.Database) => db.prepare("SELECT count(*) AS n FROM events").get()
    let before: unknown
    const one = asset("a/one", {
      returns: json<number>(),
      version: "1",
      compute: () => {
        const db = new Database(path)
        db.prepare("UPDATE runs SET status = 'failed', reason = 'runner lost'").run()
        before = counted(db)
        db.close()
        return 1
      },
    })
    const project = definitions({ assets: { one }, environments: { local: { io, publish } }, base: folder() })
    await expect(materialize(project)).rejects.toMatchObject({
      code: "LEASE_LOST",
      why: expect.stringContaining("failed (runner lost)"),
    })
    const db = new Database(path, { readonly: true })
    expect(counted(db)).toEqual(before)
    expect(db.prepare("SELECT status, reason FROM runs").all()).toEqual([{ status: "failed", reason: "runner lost" }])
    db.close()
  },
)

test("after a run nothing is held, read or running", async () => {
  const { project, letGo } = held()
  letGo()
  await materialize(project)
  const db = new Database(join(folder(), ".assets", "assets.db"), { readonly: true })
  const count = (from: string) => (db.prepare(`SELECT count(*) AS n FROM ${from}`).get() as { n: number }).n
  expect([count("leases"), count("reads"), count("runs WHERE status = 'running'")]).toEqual([0, 0, 0])
  db.close()
})

test("a pool holds for all runs together; a step that waits for a place tells so", async () => {
  let letGo: () => void = () => {}
  const isHeld = new Promise<void>(resolve => {
    letGo = resolve
  })
  let begun: () => void = () => {}
  const hasBegun = new Promise<void>(resolve => {
    begun = resolve
  })
  const options = { returns: json<number>(), version: "1", pool: "api" } as const
  const first = asset("a/first", {
    ...options,
    compute: async () => {
      begun()
      await isHeld
      return 1
    },
  })
  const second = asset("a/second", { ...options, compute: () => 2 })
  const local = { io: memoryIO(), pools: { api: 1 } }
  const project = definitions({ assets: { first, second }, environments: { local }, base: folder() })
  const running = materialize(project, { select: "a/first" })
  await hasBegun
  const holders: string[] = []
  const waited = await materialize(project, {
    select: "a/second",
    onEvent: event => {
      if (event.type !== "step_waiting") return
      holders.push(event.holder)
      letGo()
    },
  })
  expect(waited.status).toBe("succeeded")
  expect(holders).toEqual([expect.stringContaining(`the pool 'api', held by run ${(await running).id}`)])
})

test("a run tells the log of no data that another run has replaced since it was read", async () => {
  const one = asset("a/one", { returns: json<number>(), version: "1", compute: () => 1 })
  const upstream = asset("a/two", { deps: { one }, returns: json<number>(), version: "1", compute: () => 2 })
  const project = definitions({
    assets: { one, upstream },
    environments: { local: { io: memoryIO() } },
    base: folder(),
  })
  await materialize(project)
  const log = openEventLog(project) as RunLog // what openEventLog opens is the runner's own
  const [first] = log.latest({ environment: "local", key: "a/two" })
  if (!first) throw new Error("nothing was told")
  log.forgetLatest("local", "a/two", null) // its writer died before it told
  const replace = () => {
    const about = { runId: "other", step: "a/two", key: "a/two", partitions: [] }
    log.append({ type: "run_started", runId: "other", environment: "local", selection: "*", tags: {}, steps: 1 })
    const materialization = { ...first.materialization, id: "newer" }
    log.append({ type: "asset_materialized", ...about, materialization, durationMs: 0 })
  }
  await materialize(project, { select: "a/two", onBegin: replace })
  expect(log.latest({ environment: "local", key: "a/two" })).toMatchObject([{ materialization: { id: "newer" } }])
  log.forgetLatest("local", "a/two", null)
  await materialize(project, { select: "a/two" })
  expect(log.latest({ environment: "local", key: "a/two" })).toMatchObject([
    { materialization: { id: first.materialization.id } },
  ])
  log.close()
})
