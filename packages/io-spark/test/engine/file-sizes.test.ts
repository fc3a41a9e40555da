import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { EngineSession, Layout, WriteResult } from "@assets/core"
import type { Relation } from "@assets/dataframe"
import type { RecordBatch } from "apache-arrow"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { spark } from "../../src/index.ts"
import { partsToResize } from "../../src/resize-files.ts"
import { batchRows, randomBatches, randomRows } from "../random-rows.ts"
import { sharedSpark, skipsSpark } from "../started-spark.ts"

const signal = new AbortController().signal
const batches = 3
const mb = 1024 * 1024

describe.skipIf(skipsSpark)("files that Spark writes", () => {
  let folder: string
  let session: EngineSession
  let rows: Relation
  let writes = 0
  sharedSpark()
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "assets-file-sizes-"))
    session = await spark().open({ timeZone: "UTC", scratch: folder, now: new Date(0), signal })
    rows = (await session.upload(randomBatches(batches), randomRows)) as Relation // of the dataframe
  })
  afterAll(async () => {
    await session?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Written by so many tasks. */
  async function write(
    tasks: number,
    layout: Layout,
  ): Promise<{ readonly result: WriteResult; readonly path: string }> {
    const path = join(folder, `write-${++writes}`)
    mkdirSync(path)
    const hint = { name: "repartition", partitions: tasks, columns: [] } as const
    const relation: Relation = { kind: "hint", input: rows, hint, schema: randomRows }
    const target = { kind: "files", format: "parquet", path } as const
    const result = await session.write(relation, target, { stepId: "s", signal, layout })
    expect(result.rows).toBe(batches * batchRows)
    expect(result.columns[0]).toMatchObject({ nullCount: 0, min: "0", max: String(batches * batchRows - 1) })
    return { result, path }
  }

  async function idsOf(path: string): Promise<bigint[]> {
    const relation: Relation = { kind: "files", format: "parquet", paths: [path], schema: randomRows }
    const ids: bigint[] = []
    for await (const batch of session.batches(relation, signal)) {
      ids.push(...((batch as RecordBatch).getChild("id") ?? [])) // an engine's batches are Arrow's
    }
    return ids
  }

  const sizes = ({ files }: WriteResult) => files.map(({ bytes }) => bytes / mb).sort((a, b) => a - b)

  test("small ones are put together to the wanted size", async () => {
    const { result, path } = await write(12, { targetFileMB: 4 })
    expect(result.files.length).toBeLessThanOrEqual(6)
    expect(sizes(result).at(-1)).toBeLessThan(6)
    expect(sizes(result).at(-1)).toBeGreaterThan(2)
    const ids = (await Promise.all(result.files.map(file => idsOf(join(path, file.path))))).flat()
    expect(new Set(ids).size).toBe(batches * batchRows)
  })

  test("large ones are parted to the wanted size, each in its order", async () => {
    const { result, path } = await write(1, { targetFileMB: 1, sortBy: ["id"] })
    expect(result.files.length).toBeGreaterThanOrEqual(8)
    expect(sizes(result).at(-1)).toBeLessThan(1.5)
    const ids = await idsOf(join(path, result.files[1]?.path ?? ""))
    expect(ids).toEqual(ids.toSorted((a, b) => Number(a - b)))
  })

  test("in folders of columns they stay in their folder", async () => {
    const { result } = await write(4, { targetFileMB: 2, partitionBy: ["part"] })
    const rowsIn = (part: number) =>
      result.files.filter(({ path }) => path.startsWith(`part=${part}/`)).reduce((sum, file) => sum + file.rows, 0)
    expect([rowsIn(0), rowsIn(1)]).toEqual([2 * batchRows, batchRows])
    expect(result.files.length).toBeGreaterThanOrEqual(5)
    expect(sizes(result).at(-1)).toBeLessThan(3)
  })

  test("without a wanted size they are put together where they are many, and are left otherwise", async () => {
    expect((await write(40, {})).result.files).toHaveLength(1)
    expect((await write(5, {})).result.files).toHaveLength(5)
  })
})

test("sorted files are not put together, and one small file is left alone", () => {
  const files = [1, 2, 3].map(size => ({ bytes: size * mb }))
  expect(partsToResize(files, { targetFileMB: 100 })).toEqual(files)
  expect(partsToResize(files, { targetFileMB: 100, sortBy: ["id"] })).toEqual([])
  expect(partsToResize(files, { targetFileMB: 3 })).toEqual([])
  expect(partsToResize(files, { targetFileMB: 1 })).toEqual(files.slice(1))
  expect(partsToResize(files, {})).toEqual([])
})
