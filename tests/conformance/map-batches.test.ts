import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { asset, definitions, type EnvironmentConfig, inMemory, materialize, type Run } from "@assets/core"
import { frame, t } from "@assets/dataframe"
import { duckdb, duckdbFileIO } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
import { spark } from "@assets/io-spark"
import { type RecordBatch, tableFromArrays } from "apache-arrow"
import { expect, onTestFinished, test } from "vitest"
import { describeEach } from "./each-storage.ts"

const environments: { readonly [name: string]: () => EnvironmentConfig } = {
  memory: () => inMemory({ engine: duckdb() }),
  parquet: () => ({ engine: duckdb(), io: parquetIO({ root: "data" }) }),
  "parquet on spark": () => ({ engine: spark(), io: parquetIO({ root: "data" }) }),
  "duckdb file": () => ({ io: duckdbFileIO({ path: "warehouse.duckdb" }) }),
  "duckdb file on spark": () => ({ engine: spark(), io: duckdbFileIO({ path: "warehouse.duckdb" }) }),
}

interface Code {
  readonly version?: string
  /** What the loader of modules knows. */
  readonly module?: string
  readonly map?: (batch: RecordBatch) => RecordBatch
}

function doubled(batch: RecordBatch): RecordBatch {
  const id = batch.getChild("id")?.toArray() as BigInt64Array
  return tableFromArrays({ id: id.map(one => one * 2n) }).batches[0] ?? batch
}

describeEach(environments, "mapBatches in a transform over ", create => {
  const start = () => {
    const base = mkdtempSync(join(tmpdir(), "assets-map-"))
    onTestFinished(() => rmSync(base, { recursive: true, force: true }))
    const environment = create()
    const columns = { id: t.int64 }
    const up = asset("m/up", {
      returns: frame(columns),
      version: "1",
      deps: {},
      compute: () => [{ id: 1n }, { id: 2n }],
    })
    let first = true
    return async ({ version, module, map = doubled }: Code) => {
      const mapped = asset("m/mapped", {
        deps: { up },
        returns: frame(columns),
        transform: ({ up }) =>
          up.mapBatches(columns, map, version === undefined ? {} : { version }).filter(f => f.id.gt(2)),
      })
      const project = definitions({
        assets: [up, mapped],
        environments: { only: environment },
        base,
        codeVersions: () => module,
      })
      if (first) await materialize(project, { environment: "only", select: "m/up" })
      first = false
      const run = await materialize(project, { environment: "only", select: "m/mapped" })
      const rows = run.status === "succeeded" ? await (await run.value(mapped)).take(10) : []
      return { run, rows, told: run.steps.map(step => `${step.status} ${step.reason}`) }
    }
  }
  const errorOf = (run: Run) => run.steps.find(step => step.key === "m/mapped")?.error

  test("stores what its function makes, and runs again for another version of its code only", async () => {
    const run = start()
    expect(await run({ version: "1" })).toMatchObject({ rows: [{ id: 4n }], told: ["materialized never_materialized"] })
    expect((await run({ version: "1" })).told).toEqual(["skipped unchanged"])
    expect((await run({ version: "2" })).told).toEqual(["materialized code_changed"])
  })

  test("without a version its code is that of the module; where no loader knows it, it runs each time", async () => {
    const run = start()
    await run({ module: "a" })
    expect((await run({ module: "a" })).told).toEqual(["skipped unchanged"])
    expect((await run({ module: "b" })).told).toEqual(["materialized code_changed"])
    expect((await run({})).told).toEqual(["materialized code_unknown"])
    expect((await run({})).told).toEqual(["materialized code_unknown"])
  })

  test("what its function throws fails the step with the line of the user, and what is stored stays", async () => {
    const run = start()
    await run({ version: "1" })
    const failed = await run({
      version: "2",
      map: () => {
        throw new RangeError("too far")
      },
    })
    expect(errorOf(failed.run)).toMatchObject({
      code: "USER_CODE_FAILED",
      message: "The function of mapBatches failed: RangeError: too far",
      why: expect.stringMatching(/map-batches\.test\.ts:\d+/),
    })
    expect((await run({ version: "1" })).told).toEqual(["skipped unchanged"])
  })

  test("columns other than the declared ones fail the step and name the column", async () => {
    const { run } = await start()({
      version: "1",
      map: () => tableFromArrays({ ids: BigInt64Array.of(1n) }).batches[0] as never,
    })
    expect(errorOf(run)).toMatchObject({ code: "FRAME_SCHEMA_MISMATCH", message: expect.stringContaining("'ids'") })
  })
})
