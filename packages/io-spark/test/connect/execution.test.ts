import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest"
import { Channel } from "../../src/connect/channel.ts"
import { connect, type SparkClient } from "../../src/connect/client.ts"
import type { Execution, ExecutionProgress } from "../../src/connect/execution.ts"
import { sql } from "../../src/connect/relation.ts"
import { parseRemote } from "../../src/connect/remote.ts"
import { type SparkServer, startSparkServer } from "../spark-server.ts"
import { skipsSpark } from "../started-spark.ts"
import { openTcpProxy, type TcpProxy } from "./tcp-proxy.ts"

let server: SparkServer
let client: SparkClient
beforeAll(async () => {
  // By default it is two minutes; so short, each query of a second is taken up again.
  if (!skipsSpark)
    server = await startSparkServer({ "spark.connect.execute.reattachable.senderMaxStreamDuration": "500ms" })
})
afterAll(() => server?.stop())
beforeEach(async ({ skip }) => {
  skip(skipsSpark)
  client = await connect(parseRemote(server.remote))
})
afterEach(() => client?.close())

/** A query that keeps every core of the server busy for hours. */
const endless = sql("select count(*) from range(1000000000000) where id % 7 = hash(id)")

/** Count and sum of the ids of a query, each read from what arrived. */
async function countAndSum(execution: Execution, each: (rows: number) => void | Promise<void> = () => {}) {
  const { tableFromIPC } = await import("apache-arrow")
  let [rows, sum] = [0, 0n]
  for await (const chunk of execution) {
    for (const id of tableFromIPC(chunk.stream).getChild("id") ?? []) sum += id
    rows += chunk.rows
    await each(rows)
  }
  return [rows, sum]
}

const wanted = (rows: number) => [rows, (BigInt(rows) * BigInt(rows - 1)) / 2n]

/** Resolves when a query of a session is known to run: its progress says so. */
async function started(from: SparkClient, options: { readonly signal?: AbortSignal; readonly tags?: string[] } = {}) {
  return new Promise<{ readonly ended: Promise<unknown>; readonly execution: Execution }>(resolve => {
    const onProgress = (progress: ExecutionProgress) => {
      if (progress.runningTasks > 0) resolve({ ended, execution })
    }
    const execution = from.execute(endless, { ...options, onProgress })
    const ended = execution.finish().then(
      () => "completed",
      error => error,
    )
  })
}

describe("a query that is stopped", () => {
  test("by its signal leaves the server free, as another session sees", async () => {
    const other = await client.newSession()
    await other.run(sql("select count(*) from range(10)")) // what is new to the server takes it a while
    const controller = new AbortController()
    const { ended } = await started(client, { signal: controller.signal })
    const began = performance.now()
    // There is no core for this one before the other has ended.
    const waiting = other.run(sql("select count(*) from range(10)"))
    controller.abort()
    expect(await ended).toMatchObject({ code: "ENGINE_INTERRUPTED" })
    console.log(`the query ended after ${Math.round(performance.now() - began)} ms`)
    await waiting
    console.log(`the other session went on after ${Math.round(performance.now() - began)} ms`)
    expect(performance.now() - began).toBeLessThan(30_000)
    await other.close()
  })

  test("by its operation id, by a tag or with all others says that it was", async () => {
    const ways: ((execution: Execution) => Promise<readonly string[]>)[] = [
      execution => client.interruptOperation(execution.operationId),
      () => client.interruptTag("assets:run:step:1"),
      () => client.interruptAll(),
    ]
    for (const way of ways) {
      const { ended, execution } = await started(client, { tags: ["assets:run:step:1"] })
      expect(await client.interruptTag("another")).toEqual([])
      expect(await way(execution)).toEqual([execution.operationId])
      expect(await ended).toMatchObject({ code: "ENGINE_INTERRUPTED", details: { operationId: execution.operationId } })
    }
  })

  test("before it began is never sent, and soon after is stopped all the same", async () => {
    await expect(client.run(endless, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "ENGINE_INTERRUPTED",
    })
    for (const delayMs of [0, 1, 5, 20]) {
      const signal = AbortSignal.timeout(delayMs)
      await expect(client.run(endless, { signal })).rejects.toMatchObject({ code: "ENGINE_INTERRUPTED" })
      await client.run(sql("select count(*) from range(10)")) // the cores are free
      const stopped = client.run(endless, { tags: ["soon"] }).catch(error => error)
      await new Promise(resolve => setTimeout(resolve, delayMs))
      expect(await client.interruptTag("soon")).toHaveLength(1)
      expect(await stopped).toMatchObject({ code: "ENGINE_INTERRUPTED" })
      await client.run(sql("select count(*) from range(10)"))
    }
  })

  test("while it waits for its first core ends all the same", async () => {
    const other = await client.newSession()
    const { ended, execution } = await started(other)
    const began = performance.now()
    await expect(client.run(endless, { signal: AbortSignal.timeout(300) })).rejects.toMatchObject({
      code: "ENGINE_INTERRUPTED",
    })
    console.log(`the waiting query ended after ${Math.round(performance.now() - began)} ms`)
    await execution.stop()
    await ended
    await client.run(sql("select count(*) from range(10)"))
    await other.close()
  })

  test("by who reads it and leaves ends on the server", async () => {
    const text = "select id from range(100000000) where id < 20000 or hash(id) = id"
    for await (const chunk of client.execute(sql(text))) {
      expect(chunk.rows).toBeGreaterThan(0)
      break
    }
    await client.run(sql("select count(*) from range(10)"))
    expect(await client.interruptAll()).toEqual([]) // nothing of it runs any more
  })

  test("by the end of its session is told so, and the session ends soon", async () => {
    const other = await client.newSession()
    const { ended } = await started(other)
    await other.close()
    expect(await ended).toMatchObject({ code: "ENGINE_INTERRUPTED" })
    await client.run(sql("select count(*) from range(10)"))
  })
})

describe("progress", () => {
  test("tells tasks, those done, and never fewer done than before", async () => {
    await client.configSet({ "spark.connect.progress.reportInterval": "20ms" })
    const seen: ExecutionProgress[] = []
    const slow = sql("select sum(hash(id, id + 1, id + 2)) from range(0, 30000000, 1, 8)")
    await client.run(slow, { onProgress: progress => seen.push(progress) })
    const done = seen.map(({ completedTasks }) => completedTasks)
    expect(done.length).toBeGreaterThan(0)
    expect(done).toEqual([...done].sort((a, b) => a - b))
    for (const { tasks, completedTasks } of seen) expect(completedTasks).toBeLessThanOrEqual(tasks)
  })
})

describe("a connection", () => {
  let proxy: TcpProxy
  let through: SparkClient
  beforeEach(async () => {
    proxy = await openTcpProxy(server.port)
    through = await connect(parseRemote(`sc://127.0.0.1:${proxy.port}/;token=${server.token}`), { patienceMs: 20_000 })
  })
  afterEach(async () => {
    proxy.refuse(false)
    proxy.cutAfter(undefined)
    await through.close()
    await proxy.close()
  })

  test.each(["reset", "end"] as const)("that breaks again and again (%s) loses and doubles no row", async how => {
    const cuts: number[] = []
    const result = await countAndSum(through.execute(sql("select id, uuid() u from range(400000)")), rows => {
      if (rows / 60_000 > cuts.length + 1) {
        cuts.push(rows)
        proxy.cut(how)
      }
    })
    expect(result).toEqual(wanted(400_000))
    expect(cuts.length).toBeGreaterThanOrEqual(5)
    expect(proxy.connections()).toBeGreaterThanOrEqual(4)
  })

  test("that breaks in the middle of messages loses and doubles no row", async () => {
    proxy.cutAfter(2_500_000)
    const result = await countAndSum(through.execute(sql("select id, uuid() u from range(400000)")))
    expect(result).toEqual(wanted(400_000))
    expect(proxy.connections()).toBeGreaterThanOrEqual(4)
  })

  test("that breaks while a query computes is taken up again, and a write is done once", async () => {
    const path = join(server.folder, "written-once")
    const slow = sql(
      "select id, hash(id) h from range(0, 200000, 1, 20) where java_method('java.lang.Math', 'abs', 1) = 1",
    )
    await through.configSet({ "spark.connect.progress.reportInterval": "20ms" })
    let cuts = 0
    const onProgress = ({ runningTasks }: ExecutionProgress) => {
      if (runningTasks > 0 && cuts++ < 5) proxy.cut("reset")
    }
    await through.write(slow, { format: "parquet", path, mode: "append" }, { onProgress })
    expect(cuts).toBeGreaterThan(0)
    expect(await countAndSum(client.execute(sql(`select id from parquet.\`${path}\``)))).toEqual(wanted(200_000))
  })

  test("that breaks before the server heard of the query begins it, once", async () => {
    proxy.cut("reset")
    expect(await countAndSum(through.execute(sql("select id from range(1000)")))).toEqual(wanted(1000))
    proxy.cut("reset")
    await through.configSet({ "spark.sql.shuffle.partitions": "5" })
    proxy.cut("end")
    expect(await through.schema(sql("select 1 a"))).toHaveLength(1)
  })

  test("that stays away is told of, when patience is at its end", async () => {
    const hasty = await connect(parseRemote(`sc://127.0.0.1:${proxy.port}/;token=${server.token}`), { patienceMs: 500 })
    proxy.refuse(true)
    proxy.cut("reset")
    const lost = { code: "ENGINE_UNREACHABLE", transient: true }
    await expect(hasty.run(sql("select 1"))).rejects.toMatchObject(lost)
    await expect(hasty.configGet(["x"])).rejects.toMatchObject(lost)
    await hasty.close()
  })

  test("that says nothing any more does not hold up who closes it, and what waits is told", async () => {
    proxy.mute()
    const stopped = { code: "ENGINE_INTERRUPTED" }
    const waiting = [through.run(sql("select 1")), through.schema(sql("select 1")), through.configSet({ "a.b": "c" })]
    const told = Promise.all(waiting.map(one => expect(one).rejects.toMatchObject(stopped)))
    await through.close()
    await told
  })

  test("to what never says anything is not waited for", async () => {
    proxy.mute()
    const remote = parseRemote(`sc://127.0.0.1:${proxy.port}/;token=${server.token}`)
    await expect(connect(remote, { connectTimeoutMs: 500 })).rejects.toMatchObject({
      code: "ENGINE_UNREACHABLE",
      message: `Spark at 127.0.0.1:${proxy.port} did not answer in time.`,
    })
    const signal = AbortSignal.timeout(100)
    await expect(connect(remote, { signal })).rejects.toMatchObject({ code: "ENGINE_INTERRUPTED" })
  })

  test("that stays away does not hold up who stops waiting for it", async () => {
    proxy.refuse(true)
    proxy.cut("reset")
    const signal = AbortSignal.timeout(200)
    const stopped = { code: "ENGINE_INTERRUPTED" }
    const began = performance.now()
    await expect(through.schema(sql("select 1"), { signal })).rejects.toMatchObject(stopped)
    await expect(through.run(sql("select 1"), { signal: AbortSignal.timeout(200) })).rejects.toMatchObject(stopped)
    expect(performance.now() - began).toBeLessThan(50_000) // a server that is away is waited for a minute
  })
})

test("a server that ends each stream after a moment is asked for the rest, and no row is lost or doubled", async () => {
  const streams = vi.spyOn(Channel.prototype, "serverStream")
  const slowly = () => new Promise<void>(resolve => setTimeout(resolve, 50))
  const execution = client.execute(sql("select id, uuid() u from range(700000)"))
  expect(await countAndSum(execution, slowly)).toEqual(wanted(700_000))
  expect(streams.mock.calls.length).toBeGreaterThanOrEqual(3)
  streams.mockRestore()
})

describe("a server that goes", () => {
  test("orderly tells the queries that run", async () => {
    const orderly = await startSparkServer()
    const here = await connect(parseRemote(orderly.remote), { patienceMs: 500 })
    const { ended } = await started(here)
    await orderly.stop()
    expect(await ended).toMatchObject({ code: expect.stringMatching(/^ENGINE_(SESSION_LOST|UNREACHABLE)$/) })
    await expect(here.run(sql("select 1"))).rejects.toMatchObject({ code: "ENGINE_UNREACHABLE" })
    await here.close()
  })

  test("and comes again has lost the session: nothing is computed without its settings", async () => {
    const first = await startSparkServer()
    const token = first.token
    const here = await connect(parseRemote(first.remote))
    await here.configSet({ "spark.sql.ansi.enabled": "true" })
    const { ended } = await started(here)
    process.kill(first.pid, "SIGKILL")
    await first.stop()
    const second = await startSparkServer({
      "spark.connect.grpc.binding.port": String(first.port),
      "spark.connect.authenticate.token": token,
    })
    try {
      expect(await ended).toMatchObject({ code: "ENGINE_SESSION_LOST" })
      await expect(here.run(sql("select 1"))).rejects.toMatchObject({ code: "ENGINE_SESSION_LOST" })
      await expect(here.configGet(["spark.sql.ansi.enabled"])).rejects.toMatchObject({ code: "ENGINE_SESSION_LOST" })
    } finally {
      await here.close()
      await second.stop()
    }
  })

  test("was never there: what refuses is named", async () => {
    const closed = await openTcpProxy(1)
    await closed.close()
    const signal = AbortSignal.timeout(30_000)
    await expect(
      connect(parseRemote(`sc://127.0.0.1:${closed.port}`), { signal, connectTimeoutMs: 300 }),
    ).rejects.toMatchObject({
      code: "ENGINE_UNREACHABLE",
      message: `Spark at 127.0.0.1:${closed.port} cannot be reached.`,
      why: expect.stringContaining("ECONNREFUSED"),
    })
  })
})

describe("a process", () => {
  const connectModule = new URL("../../src/connect/client.ts", import.meta.url).href
  const start = `
    const { connect } = await import(${JSON.stringify(connectModule)})
    const { parseRemote } = await import(${JSON.stringify(new URL("../../src/connect/remote.ts", import.meta.url).href)})
    const { sql } = await import(${JSON.stringify(new URL("../../src/connect/relation.ts", import.meta.url).href)})
    const client = await connect(parseRemote(process.env.REMOTE))
    await client.run(sql("select 1"))
  `

  test.each([
    ["closes its session", "await client.close()"],
    [
      "closes it with queries running",
      "client.run(sql('select sum(hash(id)) from range(1e12)')).catch(() => {}); setTimeout(() => client.close(), 300)",
    ],
    ["leaves its session open", ""],
  ])("that %s ends by itself", async (_name, then) => {
    const args = ["--conditions=@assets/source", "--import", "tsx", "--input-type=module", "-e", start + then]
    const env = { ...process.env, REMOTE: server.remote }
    const child = spawn(process.execPath, args, { env, stdio: ["ignore", "inherit", "inherit"] })
    const force = setTimeout(() => child.kill("SIGKILL"), 60_000)
    const [code, signal] = await once(child, "exit")
    clearTimeout(force)
    expect([code, signal]).toEqual([0, null])
    await client.run(sql("select count(*) from range(10)"))
  })
})
