import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api"
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest"
import { connect } from "../../packages/io-spark/src/connect/client.ts"
import { readFiles, sql } from "../../packages/io-spark/src/connect/relation.ts"
import { roomRule } from "../../packages/io-spark/src/launch/room-rule.ts"
import { commandOf, descendantsOf, isRunning } from "../../packages/io-spark/test/launch/spark-process.ts"
import { sharedCluster } from "../../packages/io-spark/test/standalone-cluster.ts"
import { skipsSpark, sparkLaunch, startedSpark } from "../../packages/io-spark/test/started-spark.ts"
import { CliProject, type Ended, ended } from "./cli-project.ts"
import { StoredAsset, type StoredFiles } from "./stored-asset.ts"
import { StoredTable } from "./stored-table.ts"

const example = join(import.meta.dirname, "../../examples/flights")
const sources = dirname(dirname(createRequire(import.meta.url).resolve("vega-datasets")))

/** Eight tasks, each of a second or so, and what is made of their rows. ROWS says how many rows there are. */
const digests = `
import { asset } from "@assets/core"
import { frame, t } from "@assets/dataframe"
import { unique } from "@assets/dataframe/checks"
import { concat, count, max, md5, repeat } from "@assets/dataframe/functions"

const ids = Array.from({ length: 1000 }, (_, id) => ({ id }))
export const ones = asset("made/ones", { returns: frame({ id: t.int32 }), version: "1", compute: () => ids })
export const digests = asset("made/digests", {
  deps: { ones },
  returns: frame({ id: t.int32, other: t.int32, digest: t.string }),
  transform: ({ ones }) =>
    ones.repartition(8)
      .crossJoin(ones.rename({ id: "other" }).filter(f => f.other.lt(Number(process.env.ROWS))))
      .withColumn("digest", f => md5(repeat(concat(f.id.cast(t.string), "-", f.other.cast(t.string)), 500))),
})
export const totals = asset("made/totals", {
  deps: { digests },
  returns: frame({ other: t.int32, n: t.int64, digest: t.string }),
  checks: [unique("other")],
  transform: ({ digests }) => digests.groupBy("other").agg(f => ({ n: count(), digest: max(f.digest) })),
})
`

const config = `
import { defineConfig } from "@assets/core"
import { duckdb } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
import { deltaIO, spark } from "@assets/io-spark"

const sources = ${JSON.stringify(sources)}
const cluster = { master: process.env.CLUSTER, driverMemory: "640m", executorMemory: "512m", executorCores: 1 }
const options = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
const conf = {
  "spark.sql.shuffle.partitions": 4,
  "spark.driver.extraJavaOptions": options,
  "spark.executor.extraJavaOptions": options,
}
export default defineConfig({
  assets: ["./assets.ts", "./digests.ts"],
  defaultEnvironment: "cluster",
  environments: {
    local: { engine: duckdb(), io: parquetIO({ root: "data-local" }), sources },
    cluster: { engine: spark({ ...cluster, conf }), io: parquetIO({ root: "data-cluster" }), sources },
    lake: { extends: "cluster", io: deltaIO({ root: "data-lake" }) },
    greedy: { extends: "cluster", engine: spark({ ...cluster, executorMemory: "64g" }), io: parquetIO({ root: "data-greedy" }) },
  },
})
`

/** All assets of the project, the example's with not one line changed. */
const all = ["made/*", "staging/*", "marts/*", "models/*"]

/** Those that are frames. */
const frames = [
  ...["made/ones", "made/digests", "made/totals", "staging/flights"],
  ...["marts/airport_delays", "marts/routes", "marts/daily_traffic", "marts/hourly_delays"],
]

describe.skipIf(skipsSpark)("a standalone cluster", { timeout: 900_000 }, () => {
  const cluster = sharedCluster({ workers: 2 })
  let project: CliProject
  let duckdb: DuckDBConnection

  beforeAll(async () => {
    project = new CliProject({
      "assets.ts": readFileSync(join(example, "assets.ts"), "utf8"),
      "delay-model.ts": readFileSync(join(example, "delay-model.ts"), "utf8"),
      "digests.ts": digests,
      "assets.config.ts": config,
    })
    duckdb = await (await DuckDBInstance.create(":memory:")).connect()
  })
  afterAll(() => {
    duckdb?.closeSync()
    project?.remove()
  })

  /** Starts a command; `rows` are those of each of the thousand ids. */
  async function start(rows: number, args: readonly string[]) {
    const child = project.start(args, { env: { CLUSTER: await cluster().url(), ROWS: String(rows) } })
    return { child, ended: ended(child) }
  }

  async function assets(rows: number, ...args: readonly string[]): Promise<Ended> {
    return (await start(rows, args)).ended
  }

  function stored(environment: string, key: string): StoredFiles {
    const folder = project.path(`data-${environment}`, key)
    return environment === "lake" ? new StoredTable(folder) : new StoredAsset(folder)
  }

  const filesOf = (environment: string, key: string) =>
    `read_parquet([${stored(environment, key).paths().map(quoted)}])`

  /** Rows that an environment has and `local` has not, or the other way, repeated rows counted. */
  async function differences(environment: string, key: string): Promise<number> {
    const [local, other] = [filesOf("local", key), filesOf(environment, key)]
    const [row] = (
      await duckdb.runAndReadAll(`
        select (select count(*) from (from ${local} except all from ${other}))
             + (select count(*) from (from ${other} except all from ${local})) as n`)
    ).getRowObjects()
    return Number(row?.n)
  }

  async function rowsOf(environment: string, key: string): Promise<number> {
    const text = `select count(*) as n from ${filesOf(environment, key)}`
    const [row] = (await duckdb.runAndReadAll(text)).getRowObjects()
    return Number(row?.n)
  }

  /** Waits until a task of a write has been done, and another is at work. */
  async function isAtWork(environment: string, key: string, run: Promise<Ended>): Promise<void> {
    let early: Ended | undefined
    void run.then(end => {
      early = end
    })
    for (; !stored(environment, key).hasRunningTask(); await sleep(5))
      if (early) throw new Error(`The run has ended before: ${early.stdout}${early.stderr}`)
  }

  /** Waits until nothing is left of what a run has started. */
  async function isGone(pids: readonly number[]): Promise<void> {
    while (pids.some(isRunning)) await sleep(20)
    await cluster().until(({ activeapps }) => activeapps.length === 0)
    expect(cluster().executors()).toEqual([])
  }

  describe.each([
    { environment: "cluster", kind: "Parquet files" },
    { environment: "lake", kind: "Delta tables" },
  ])("that keeps $kind", ({ environment }) => {
    test("loses a worker with its executor in the middle of a step: the run completes, no file is lost or doubled", async () => {
      const run = await start(100, ["materialize", ...all, "--env", environment])
      await isAtWork(environment, "made/digests", run.ended)
      cluster().killWorker()
      expect(await run.ended).toMatchObject({
        code: 0,
        stdout: expect.stringContaining("Done. ok=9 skipped=0 failed=0 "),
      })
      await cluster().until(({ aliveworkers }) => aliveworkers === 1)
      const digests = stored(environment, "made/digests")
      expect(digests.present()).toEqual(digests.recorded())
      expect(digests.recorded()).toHaveLength(8)
      await cluster().addWorker()
      await cluster().until(({ aliveworkers }) => aliveworkers === 2)
    })

    test("has the rows that DuckDB computes", async () => {
      const verified = await assets(100, "verify", ...all, "--env", "local", "--against", environment)
      expect(verified).toMatchObject({
        code: 0,
        stdout: expect.stringContaining("Verified. same=9 different=0 failed=0 "),
      })
      for (const key of frames) expect([key, await differences(environment, key)]).toEqual([key, 0])
    })

    test("whose server is killed fails the step with a fix, keeps what was current, and goes on from the failure", async () => {
      const run = await start(110, ["materialize", "made/*", "--env", environment, "--json"])
      await isAtWork(environment, "made/digests", run.ended)
      const server = serverOf(run.child.pid)
      process.kill(server, "SIGKILL")
      const { code, stdout } = await run.ended
      expect(code).toBe(1)
      const events = stdout
        .trim()
        .split("\n")
        .map(line => JSON.parse(line))
      expect(events.find(({ type }) => type === "step_failed")).toMatchObject({
        key: "made/digests",
        error: {
          code: "SPARK_START_FAILED",
          what: "The Spark server was killed.",
          why: expect.stringContaining("SIGKILL"),
          fix: expect.stringContaining("--from-failure"),
        },
      })
      await isGone([server])
      expect(stored(environment, "made/digests").versions()).toHaveLength(1)
      expect(await rowsOf(environment, "made/digests")).toBe(100_000)
      const again = await assets(110, "materialize", "--from-failure", events[0].runId)
      expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("Done. ok=2 skipped=0 failed=0 ") })
      expect((await assets(110, "materialize", "made/*", "--env", "local", "--quiet")).code).toBe(0)
      for (const key of ["made/digests", "made/totals"])
        expect([key, await differences(environment, key)]).toEqual([key, 0])
    })
  })

  test("is left by all that a killed runner had started, and the next run completes", async () => {
    const run = await start(120, ["materialize", "made/*"])
    await isAtWork("cluster", "made/digests", run.ended)
    const pids = descendantsOf(run.child.pid ?? 0)
    expect(pids).toContain(serverOf(run.child.pid))
    run.child.kill("SIGKILL")
    await isGone(pids)
    expect(await rowsOf("cluster", "made/digests")).toBe(110_000)
    const next = await assets(120, "materialize", "made/*")
    expect(next).toMatchObject({ code: 0, stdout: expect.stringContaining("Done. ok=2 skipped=1 failed=0 ") })
    expect(await rowsOf("cluster", "made/digests")).toBe(120_000)
    const { stdout } = await assets(120, "runs", "list", "--json")
    const runs = stdout
      .trim()
      .split("\n")
      .map(line => JSON.parse(line))
    expect(runs.slice(0, 2)).toMatchObject([{ status: "succeeded" }, { status: "failed", reason: "runner lost" }])
  })

  test("that has no room for an executor is named while the run waits, which can be stopped", async () => {
    const { child, ended: end } = await start(1, ["materialize", "marts/airport_delays", "--env", "greedy"])
    let told = ""
    await new Promise<void>((resolve, reject) => {
      child.stderr.on("data", text => {
        told += text
        if (told.includes("\n")) resolve()
      })
      void end.then(({ stdout }) => reject(new Error(`The run has ended: ${stdout}`)))
    })
    const url = await cluster().url()
    expect(told).toBe(
      `Waiting for an executor of the cluster ${url}: none of the query's tasks runs, each asks for 64g of memory, 1 core\n`,
    )
    child.kill("SIGINT")
    expect((await end).code).toBe(130)
  })

  test("that has no room for long enough fails the query, and says what to ask for", async () => {
    const master = await cluster().url()
    const launch = sparkLaunch({ master, driverMemory: "640m", executorMemory: "64g" })
    const folder = mkdtempSync(join(tmpdir(), "assets-spark-test-"))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const server = await startedSpark({ launch, scratch: folder })
    const rule = roomRule(launch, server, () => {})
    const client = await connect(server.remote, { room: { ...rule, giveUpMs: 1_000 } })
    const refused = {
      code: "ENGINE_NO_EXECUTORS",
      message: `The cluster ${master} has had no executor for the query's tasks for 1 seconds.`,
      why: expect.stringContaining("64g of memory"),
      fix: expect.stringContaining("SPARK_EXECUTOR_MEMORY"),
    }
    const path = join(sources, "data/flights-3m.parquet")
    // Its columns are read by a task.
    await expect(client.schema(readFiles({ format: "parquet", paths: [path] }))).rejects.toMatchObject(refused)
    await expect(client.run(sql("select count(*) from range(1000)"))).rejects.toMatchObject(refused)
    await client.close()
  })

  // The last one: there is no cluster after it.
  test("loses its master in the middle of a step: the run completes with the executors that it has, the next is told", async () => {
    const run = await start(130, ["materialize", "made/*"])
    await isAtWork("cluster", "made/digests", run.ended)
    cluster().killMaster()
    expect(await run.ended).toMatchObject({ code: 0 })
    expect(await rowsOf("cluster", "made/digests")).toBe(130_000)
    const next = await assets(140, "materialize", "made/*")
    expect(next).toMatchObject({ code: 1, stderr: expect.stringContaining("SPARK_START_FAILED") })
    expect(next.stderr).toContain(`The cluster ${await cluster().url()} does not answer.`)
    expect(await rowsOf("cluster", "made/digests")).toBe(130_000)
  })
})

/** The process of the server that a command has started. */
function serverOf(command: number | undefined): number {
  const found = descendantsOf(command ?? 0).find(pid => /^\S*java /.test(commandOf(pid)))
  if (found === undefined) throw new Error("The command has no server.")
  return found
}

function quoted(path: string): string {
  return `'${path}'`
}
