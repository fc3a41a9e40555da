import { spawn } from "node:child_process"
import { once } from "node:events"
import { closeSync, existsSync, mkdirSync, openSync, readdirSync } from "node:fs"
import { hostname } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Engine, EngineSession, IOManager, Materialization, RecordBatch, StoredValue } from "@assets/core"
import { ioContext } from "@assets/core/testing"
import type { Relation } from "@assets/dataframe"
import { duckdb, duckdbFileIO } from "@assets/io-duckdb"
import { spark } from "@assets/io-spark"
import { describe, expect, onTestFinished, test } from "vitest"
import { sharedSpark, skipsSpark } from "../../packages/io-spark/test/started-spark.ts"
import { EngineFixture } from "./fixture.ts"
import { outputContext, writtenKey } from "./output-context.ts"
import { batch, cases, collect, inOrder, schema, texts } from "./typed-values.ts"

const script = fileURLToPath(new URL("write-once.ts", import.meta.url))
const row = { id: 1n, name: "one", value: 1, part: null }

function open(
  engine: Engine,
  io: IOManager,
  base?: string,
): { readonly fixture: EngineFixture; readonly io: IOManager } {
  const fixture = new EngineFixture(engine, () => io, { base })
  onTestFinished(() => fixture.close())
  onTestFinished(() => io.close?.())
  return { fixture, io }
}

async function load(fixture: EngineFixture, io: IOManager, records: readonly Materialization[], of = fixture.schema) {
  return io.loadInput({
    ...ioContext(fixture.base),
    key: writtenKey,
    materializations: records,
    partitions: records.flatMap(record => record.partitions),
    schema: of,
    session: () => fixture.session(),
  })
}

function relationOf(stored: StoredValue): Relation {
  if (stored.kind !== "relation") throw new Error(`${stored.kind} is no table`)
  return stored.relation as Relation // of the dataframe
}

async function* typedBatches(): AsyncGenerator<RecordBatch> {
  yield batch()
}

async function typedRelation(session: EngineSession): Promise<Relation> {
  return (await session.upload(typedBatches(), schema)) as Relation // of the dataframe
}

/** The folders of processes in the place where rows are staged. */
function staged(place: string): string[] {
  const folder = join(place, encodeURIComponent(hostname()))
  return existsSync(folder) ? readdirSync(folder) : []
}

describe.skipIf(skipsSpark)("a DuckDB file between the engines", () => {
  sharedSpark()
  const engines = { duckdb: () => duckdb({ threads: 2 }), spark: () => spark() } as const

  test.each([
    ["duckdb", "spark"],
    ["spark", "duckdb"],
  ] as const)("%s writes every type, %s reads it from the same file", async (writer, reader) => {
    const path = "warehouse.duckdb"
    const one = open(engines[writer](), duckdbFileIO({ path }))
    const relation = await typedRelation(await one.fixture.session())
    const context = outputContext(one.fixture, "types")
    const record = await one.io.handleOutput(context, { kind: "relation", relation, schema })
    await one.io.close?.()
    const other = open(engines[reader](), duckdbFileIO({ path }), one.fixture.base)
    const read = relationOf(await load(other.fixture, other.io, [record], schema))
    const back = inOrder(texts(await collect(await other.fixture.session(), read)))
    const sent = inOrder(texts([batch()]))
    for (const [i, [name]] of cases.entries()) expect([name, back[i]]).toEqual([name, sent[i]])
  })

  test("the checks of an append on Spark see the rows that were there, too, and no other partition's", async () => {
    const { fixture, io } = open(spark(), duckdbFileIO({ path: "warehouse.duckdb" }))
    const seen: string[][] = []
    const write = (id: bigint, partition: string) => {
      const context = outputContext(fixture, `${partition} ${id}`)
      return io.handleOutput(
        {
          ...context,
          write: "append",
          partitions: [partition],
          approve: async written => {
            seen.push((await fixture.read(written.stored)).map(one => String(one.id)).sort())
            return context.approve(written)
          },
        },
        fixture.relation([{ ...row, id }]),
      )
    }
    await write(1n, "a")
    await write(2n, "b")
    await write(3n, "a")
    expect(seen).toEqual([["1"], ["2"], ["1", "3"]])
  })

  test("rows are staged beside the file, once for all readers of the same data, and gone when the manager is closed", async () => {
    const { fixture, io } = open(spark(), duckdbFileIO({ path: "warehouse.duckdb" }))
    const place = join(fixture.base, "warehouse.duckdb.staging")
    const inside = () => readdirSync(place, { recursive: true, encoding: "utf8" }).filter(name => /parquet$/.test(name))
    const record = await io.handleOutput(outputContext(fixture, "one"), fixture.relation([row]))
    expect(inside()).toEqual([])
    const [one, other] = await Promise.all([load(fixture, io, [record]), load(fixture, io, [record])])
    expect(relationOf(one)).toEqual(relationOf(other))
    expect(inside()).toHaveLength(1)
    const next = await io.handleOutput(outputContext(fixture, "two"), fixture.relation([{ ...row, id: 2n }]))
    expect(await fixture.read(await load(fixture, io, [next]))).toEqual([{ ...row, id: 2n }])
    expect(await fixture.read(one)).toEqual([row])
    await io.close?.()
    expect(existsSync(place)).toBe(false)
    expect(await fixture.read(await load(fixture, io, [next]))).toEqual([{ ...row, id: 2n }])
  })

  test("a write that fails leaves no staged rows", async () => {
    const { fixture, io } = open(spark(), duckdbFileIO({ path: "warehouse.duckdb", staging: "shared" }))
    await expect(io.handleOutput(outputContext(fixture, "failing"), fixture.failing())).rejects.toThrow()
    const refused = {
      ...outputContext(fixture, "refused"),
      approve: () => Promise.reject(new Error("refused")),
    }
    await expect(io.handleOutput(refused, fixture.relation([row]))).rejects.toThrow("refused")
    const place = join(fixture.base, "shared")
    expect(readdirSync(place, { recursive: true, encoding: "utf8" }).filter(name => /staged-/.test(name))).toEqual([])
    await io.close?.()
    expect(existsSync(place)).toBe(false)
  })

  test("what a killed process had staged is told by collect, and removed", async () => {
    const { fixture, io } = open(spark(), duckdbFileIO({ path: "warehouse.duckdb" }))
    const { base } = fixture
    const args = ["--conditions=@assets/source", "--import", "tsx", script, "duckdb file on spark", base, "killed"]
    const env = { ...process.env, ASSETS_FAULT: "io.marker:1:kill" }
    const [, killedBy] = await once(spawn(process.execPath, args, { env, stdio: "inherit" }), "exit")
    expect(killedBy).toBe("SIGKILL")
    const place = join(base, "warehouse.duckdb.staging")
    expect(staged(place)).toHaveLength(1)
    const collect = (dryRun: boolean) =>
      io.collect?.({ ...ioContext(base), dryRun, inUse: () => new Set<string>() }, [writtenKey])
    const found = (await collect(true))?.filter(({ what }) => what.startsWith(place))
    expect(found).toMatchObject([{ why: "temporary", bytes: expect.any(Number) }])
    expect(found?.[0]?.bytes).toBeGreaterThan(1000)
    expect(staged(place)).toHaveLength(1)
    await collect(false)
    expect(staged(place)).toEqual([])
  })

  test.skipIf(process.platform !== "linux")("a server that does not see the staging folder is refused", async () => {
    const path = "warehouse.duckdb"
    const { fixture, io } = open(duckdb(), duckdbFileIO({ path }))
    const record = await io.handleOutput(outputContext(fixture, "one"), fixture.relation([row]))
    mkdirSync(join(fixture.base, "own"))
    const handle = openSync(join(fixture.base, "own"), "r")
    onTestFinished(() => closeSync(handle))
    // A path that leads each process to another place.
    const staging = `/proc/self/fd/${handle}/staging`
    const apart = open(spark(), duckdbFileIO({ path, staging }), fixture.base)
    const refusal = { code: "ENVIRONMENT_UNSUPPORTED", message: expect.stringContaining(staging) }
    await expect(load(apart.fixture, apart.io, [record])).rejects.toMatchObject({
      ...refusal,
      fix: expect.stringContaining("duckdbFileIO({ path, staging:"),
    })
    const writing = apart.io.handleOutput(outputContext(apart.fixture, "two"), apart.fixture.relation([row]))
    await expect(writing).rejects.toMatchObject(refusal)
    expect(await fixture.read(await load(fixture, io, [record]))).toEqual([row])
  })
})
