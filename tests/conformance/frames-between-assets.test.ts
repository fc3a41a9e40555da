import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  asset,
  daily,
  definitions,
  dep,
  type EnvironmentConfig,
  inMemory,
  json,
  lastN,
  materialize,
  type Run,
} from "@assets/core"
import { frame, t } from "@assets/dataframe"
import { duckdb, duckdbFileIO } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
import { deltaIO, spark, tableIO } from "@assets/io-spark"
import { expect, onTestFinished, test } from "vitest"
import { describeEach } from "./each-storage.ts"

const environments: { readonly [name: string]: () => EnvironmentConfig } = {
  memory: () => inMemory({ engine: duckdb() }),
  parquet: () => ({ engine: duckdb(), io: parquetIO({ root: "data" }) }),
  "parquet on spark": () => ({ engine: spark(), io: parquetIO({ root: "data" }) }),
  "delta on spark": () => ({ io: deltaIO({ root: "data" }) }),
  "iceberg on spark": () => ({ io: tableIO({ format: "iceberg", root: "data" }) }),
  "duckdb file": () => ({ io: duckdbFileIO({ path: "warehouse.duckdb" }) }),
  "duckdb file on spark": () => ({ engine: spark(), io: duckdbFileIO({ path: "warehouse.duckdb" }) }),
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "assets-frames-"))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const told = (run: Run) =>
  run.steps.map(step => `${step.key} ${step.status} ${step.reason} ${step.error?.message ?? ""}`.trim())
const rows = (run: Run) => run.steps.map(step => step.error?.message ?? step.status)

describeEach(environments, "over ", create => {
  const columns = { id: t.int64, name: t.string, tags: t.array(t.string) }

  test("equal rows in another order stop what is below with cutoff: content, and other rows do not", async () => {
    const base = folder()
    const environment = create()
    const run = (least: number, name: string) => {
      const up = asset("c/up", {
        returns: frame(columns),
        version: name,
        compute: () =>
          [
            { id: 1n, name, tags: ["x"] },
            { id: 2n, name: null, tags: null },
          ].reverse(),
      })
      const middle = asset("c/middle", {
        deps: { up },
        returns: frame(columns),
        cutoff: "content",
        transform: ({ up }) => up.filter(f => f.id.gt(least)),
      })
      const down = asset("c/down", {
        deps: { middle },
        returns: frame({ id: t.int64 }),
        transform: ({ middle }) => middle.select("id"),
      })
      return materialize(definitions({ assets: { up, middle, down }, environments: { local: environment }, base }))
    }
    expect(rows(await run(0, "a"))).toEqual(["materialized", "materialized", "materialized"])
    expect(told(await run(-1, "a"))).toEqual([
      "c/up skipped unchanged",
      "c/middle materialized code_changed",
      "c/down skipped unchanged",
    ])
    expect(told(await run(-1, "b"))).toEqual([
      "c/up materialized code_changed",
      "c/middle materialized input_changed",
      "c/down materialized input_changed",
    ])
  })

  test("a compute that returns an equal frame stops what is below it", async () => {
    const base = folder()
    const environment = create()
    const up = asset("c/up", { returns: frame({ id: t.int64 }), version: "1", compute: () => [{ id: 1n }, { id: 2n }] })
    const run = (version: string) => {
      const middle = asset("c/middle", {
        deps: { up },
        returns: frame({ id: t.int64 }),
        version,
        compute: ({ up }) => up.orderBy("id"),
      })
      const down = asset("c/down", {
        deps: { middle },
        returns: json<number>(),
        version: "1",
        compute: ({ middle }) => middle.count(),
      })
      return materialize(definitions({ assets: { up, middle, down }, environments: { local: environment }, base }))
    }
    expect(rows(await run("1"))).toEqual(["materialized", "materialized", "materialized"])
    expect(told(await run("2"))).toEqual([
      "c/up skipped unchanged",
      "c/middle materialized code_changed",
      "c/down skipped unchanged",
    ])
  })

  test("an asset may be read through two partition mappings by one transform", async () => {
    const base = folder()
    const now = new Date("2026-01-04T12:00:00Z")
    const days = daily({ start: "2026-01-01", timezone: "UTC" })
    const sales = asset("p/sales", {
      returns: frame({ day: t.string }),
      version: "1",
      partitions: days,
      compute: (_, { partition }) => [{ day: partition.key }],
    })
    const both = asset("p/both", {
      deps: { today: sales, lately: dep(sales, { partitions: lastN(2, { allowMissing: true }) }) },
      returns: frame({ today: t.string, lately: t.string }),
      partitions: days,
      transform: ({ today, lately }) => today.rename({ day: "today" }).crossJoin(lately.rename({ day: "lately" })),
    })
    const project = definitions({ assets: { sales, both }, environments: { local: create() }, base })
    const run = await materialize(project, { now })
    expect(run.status).toBe("succeeded")
    const value = await run.value(both, { partitions: ["2026-01-03"] })
    const found = []
    for await (const row of value.rows()) found.push(`${row.today} ${row.lately}`)
    expect(found.sort()).toEqual(["2026-01-03 2026-01-02", "2026-01-03 2026-01-03"])
    await run.close()
    expect((await materialize(project, { now })).steps).toEqual([])
  })

  test("append and merge add to what is there, once for the same work, whatever is forced", async () => {
    const base = folder()
    const environment = create()
    const run = (version: string, force = {}) => {
      const up = asset("w/up", {
        returns: frame({ id: t.int64, v: t.string }),
        version,
        compute: () => [
          { id: 1n, v: version },
          { id: BigInt(version), v: version },
        ],
      })
      const all = asset("w/all", {
        deps: { up },
        returns: frame({ id: t.int64, v: t.string }),
        write: "append",
        transform: ({ up }) => up,
      })
      const latest = asset("w/newest", {
        deps: { up },
        returns: frame({ id: t.int64, v: t.string }),
        write: { merge: ["id"] },
        transform: ({ up }) => up.filter(f => f.id.gt(1)),
      })
      const project = definitions({ assets: { up, all, latest }, environments: { local: environment }, base })
      return materialize(project, force).then(async run => {
        const stored = []
        for (const one of [all, latest]) {
          const found = []
          for await (const row of (await run.value(one)).rows()) found.push(`${row.id}${row.v}`)
          stored.push(found.sort().join(" "))
        }
        await run.close()
        return stored
      })
    }
    expect(await run("2")).toEqual(["12 22", "22"])
    expect(await run("2")).toEqual(["12 22", "22"])
    expect(await run("3")).toEqual(["12 13 22 33", "22 33"])
    await expect(run("3", { force: true, select: "w/all" })).rejects.toMatchObject({ code: "ARGUMENT_INVALID" })
    expect(await run("3", { force: true, reapply: true, select: "w/all or w/newest" })).toEqual([
      "12 13 13 22 33 33",
      "22 33",
    ])
  })
})
