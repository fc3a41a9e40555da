import { execFileSync } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  asset,
  type Declarations,
  type Definitions,
  definitions,
  materialize,
  type RunStep,
  source,
} from "@assets/core"
import { csvFiles, frame, t } from "@assets/dataframe"
import { collectList, concat, count, countDistinct, md5, repeat, size } from "@assets/dataframe/functions"
import { parquetIO } from "@assets/io-parquet"
import { spark } from "@assets/io-spark"
import { describe, expect, onTestFinished, type TestContext, test } from "vitest"
import { findProgram } from "../../packages/io-spark/src/install/find-program.ts"
import { findJava } from "../../packages/io-spark/src/launch/java.ts"
import { scratchFolder, skipsSpark } from "../../packages/io-spark/test/started-spark.ts"

const isRoot = process.getuid?.() === 0
const ids = Array.from({ length: 1000 }, (_, i) => ({ id: String(i) }))
const ones = asset("made/ones", { returns: frame({ id: t.string }), version: "1", compute: () => ids })

/** A thousand times so many rows, which do not compress. */
const digests = (times: number) =>
  asset("made/digests", {
    deps: { ones },
    returns: frame({ digest: t.string }),
    transform: ({ ones }) =>
      ones
        .crossJoin(ones.rename({ id: "other" }).filter(f => f.other.cast(t.int32).lt(times)))
        .select(f => ({ digest: md5(concat(f.id, "-", f.other)) })),
  })

interface ProjectOptions {
  readonly folder?: string
  readonly root?: string
  readonly javaHome?: string
}

/** A project whose steps one server with one core and a small heap computes. */
function project(assets: { readonly [name: string]: Declarations }, options: ProjectOptions = {}): Definitions {
  const { folder = scratchFolder(), root = join(folder, "data"), javaHome } = options
  const conf = { "spark.sql.shuffle.partitions": 2, "spark.sql.adaptive.enabled": false }
  const engine = spark({ master: "local[1]", driverMemory: "512m", conf, ...(javaHome && { javaHome }) })
  return definitions({
    assets: { ones, ...assets },
    environments: { spark: { engine, io: parquetIO({ root }) } },
    base: folder,
    state: { path: join(folder, "state") },
  })
}

async function stepsOf(of: Definitions, concurrency = 1): Promise<{ readonly [key: string]: RunStep }> {
  const run = await materialize(of, { concurrency })
  return Object.fromEntries(run.steps.map(step => [step.key, step]))
}

/** A folder on a small disk of its own. */
function smallDisk(context: TestContext, size: string): string {
  if (!isRoot) context.skip("a small file system cannot be mounted without the rights of root")
  const folder = mkdtempSync(join(tmpdir(), "assets-spark-disk-"))
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder])
  onTestFinished(() => {
    execFileSync("umount", ["-l", folder])
    rmSync(folder, { recursive: true })
  })
  return folder
}

describe.skipIf(skipsSpark)("a server of Spark", { timeout: 600_000 }, () => {
  test("whose heap is full fails the step by the option that is to be raised, and what is beside it goes on", async () => {
    const heavy = asset("made/heavy", {
      deps: { ones },
      returns: frame({ n: t.int32 }),
      priority: 1,
      transform: ({ ones }) =>
        ones
          .crossJoin(ones.rename({ id: "other" }))
          .agg(f => ({ all: collectList(repeat(concat(f.id, "-", f.other), 1000)) }))
          .select(f => ({ n: size(f.all) })),
    })
    const steps = await stepsOf(project({ heavy, digests: digests(1) }))
    expect(steps["made/heavy"]).toMatchObject({
      status: "failed",
      error: {
        code: "ENGINE_OUT_OF_MEMORY",
        why: expect.stringMatching(/memory|heap/i),
        fix: expect.stringMatching(/driverMemory.*SPARK_DRIVER_MEMORY|SPARK_DRIVER_MEMORY.*driverMemory/),
      },
    })
    expect(steps["made/digests"]).toMatchObject({ status: "materialized", metadata: { rows: 1000 } })
  })

  test("with a full disk under the data names it, keeps what was stored, and completes once there is room", async context => {
    const disk = smallDisk(context, "6m")
    const folder = scratchFolder()
    const of = (times: number) => project({ digests: digests(times) }, { folder, root: join(disk, "data") })
    expect((await stepsOf(of(1)))["made/digests"]).toMatchObject({ status: "materialized" })
    const pointer = join(disk, "data/made/digests/_current/all.json")
    const former = readFileSync(pointer, "utf8")
    expect((await stepsOf(of(900)))["made/digests"]).toMatchObject({
      status: "failed",
      error: { code: "STORAGE_FULL", message: expect.stringContaining(disk), fix: expect.stringContaining("df -h") },
    })
    expect(readFileSync(pointer, "utf8")).toBe(former)
    expect((await stepsOf(of(2)))["made/digests"]).toMatchObject({ status: "materialized", metadata: { rows: 2000 } })
  })

  test("with a full disk where it lays aside says so, and what moves it", async context => {
    const disk = smallDisk(context, "12m")
    const distinct = asset("made/distinct", {
      deps: { ones },
      returns: frame({ n: t.int64, m: t.int64 }),
      transform: ({ ones }) =>
        ones
          .crossJoin(ones.rename({ id: "other" }))
          .agg(f => ({ n: countDistinct(md5(concat(f.id, "-", f.other))), m: count() })),
    })
    const of = project({ distinct })
    const former = process.env.TMPDIR
    onTestFinished(() => {
      if (former === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = former
    })
    process.env.TMPDIR = disk
    expect((await stepsOf(of))["made/distinct"]).toMatchObject({
      status: "failed",
      error: {
        code: "STORAGE_FULL",
        message: expect.stringMatching(new RegExp(`${disk}/\\S+, where Spark lays aside \\(TMPDIR moves it\\)`)),
      },
    })
  })

  test("that may not read a source, or write a folder, says which, and whose right is missing", async context => {
    const folder = scratchFolder()
    writeFileSync(join(folder, "orders.csv"), "id\n1\n2\n")
    const javaHome = await unprivilegedJava(context, folder)
    const orders = source("raw/orders", csvFiles("orders.csv", { id: t.int64 }, { header: true }))
    const copy = asset("made/copy", {
      deps: { orders },
      returns: frame({ id: t.int64 }),
      transform: ({ orders }) => orders,
    })
    const of = project({ orders, copy, digests: digests(1) }, { folder, javaHome })
    chmodSync(join(folder, "orders.csv"), 0o000)
    expect((await stepsOf(of))["made/copy"]).toMatchObject({
      status: "failed",
      error: { code: "STORAGE_UNREADABLE", details: { path: join(folder, "orders.csv") } },
    })
    chmodSync(join(folder, "orders.csv"), 0o644)
    const versions = join(folder, "data/made/copy/_versions")
    mkdirSync(versions, { recursive: true })
    chmodSync(versions, 0o555)
    expect((await stepsOf(of))["made/copy"]).toMatchObject({
      status: "failed",
      error: { code: "STORAGE_UNWRITABLE", message: expect.stringContaining(versions) },
    })
    chmodSync(versions, 0o755)
    expect((await stepsOf(of))["made/copy"]).toMatchObject({ status: "materialized" })
  })
})

/** A Java whose processes lack the right of root to read and write everything: this process keeps it. */
async function unprivilegedJava(context: TestContext, folder: string): Promise<string> {
  const java = await findJava(process.env.JAVA_HOME || undefined, process.env)
  const setpriv = findProgram("setpriv", process.env)
  if (!isRoot || setpriv === undefined)
    context.skip("root, and setpriv, make a server that may do less than this process")
  const home = join(folder, "java")
  mkdirSync(join(home, "bin"), { recursive: true })
  const script = `#!/bin/sh\nexec ${setpriv} --bounding-set -dac_override,-dac_read_search ${java.path} "$@"\n`
  writeFileSync(join(home, "bin", "java"), script, { mode: 0o755 })
  writeFileSync(join(home, "release"), `JAVA_VERSION="${java.version}"\n`)
  return home
}
