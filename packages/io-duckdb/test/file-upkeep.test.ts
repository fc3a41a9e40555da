import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs"
import type { CollectContext } from "@assets/core"
import { ioContext } from "@assets/core/testing"
import { describe, expect, test } from "vitest"
import { byHand, countOf, currentOf, key, load, openStorage, type Storage, write } from "./file-storage.ts"
import { numberColumns, numbers, openSession, sql } from "./tables.ts"

function collect(storage: Storage, dryRun: boolean, keys: readonly string[] = [key]) {
  const context: CollectContext = { ...ioContext(storage.base), dryRun, inUse: () => new Set() }
  return storage.io.collect?.(context, keys)
}

async function schemas(storage: Storage): Promise<unknown[]> {
  await sql(storage.session, `ATTACH '${storage.file}' AS byhand (READ_ONLY)`)
  const found = await sql(
    storage.session,
    "SELECT schema_name || '.' || table_name AS name FROM duckdb_tables() WHERE database_name = 'byhand' ORDER BY ALL",
  )
  await sql(storage.session, "DETACH byhand")
  return found.map(row => row.name)
}

describe("collect", () => {
  test("removes what dead processes left beside the file, and nothing of those that live", async () => {
    const storage = await openStorage()
    await write(storage, numbers(3))
    const folder = `${storage.file}.waiting`
    mkdirSync(folder)
    writeFileSync(`${folder}/1700000000000-1-1-read`, "")
    utimesSync(`${folder}/1700000000000-1-1-read`, 1, 1)
    writeFileSync(`${folder}/${Date.now()}-1-2-read`, "")
    writeFileSync(`${storage.file}.holder`, `{"pid":${2 ** 22 + 1},"step":"r:s:1"}`)
    const left = [`${folder}/1700000000000-1-1-read`, `${storage.file}.holder`]
    expect((await collect(storage, true))?.map(one => [one.what, one.why])).toEqual(
      left.map(path => [path, "temporary"]),
    )
    expect(left.every(path => existsSync(path))).toBe(true)
    expect((await collect(storage, false))?.map(one => one.what)).toEqual(left)
    expect(left.some(path => existsSync(path))).toBe(false)
    expect(readdirSync(folder)).toHaveLength(1)
    expect(await collect(storage, false)).toEqual([])
  })

  test("removes records without a table, and tables of partitions without a record", async () => {
    const storage = await openStorage()
    await write(storage, numbers(3))
    await write(storage, numbers(9000), { key: "marts/parts", partitions: ["a"] })
    const kept = await write(storage, numbers(4), { key: "marts/kept" })
    await byHand(
      storage,
      "DROP TABLE byhand.marts.numbers",
      "DELETE FROM byhand._assets.materializations WHERE asset_key = 'marts/parts'",
      "CREATE TABLE byhand.marts.own AS SELECT 1 AS n",
    )
    const keys = [key, "marts/parts", "marts/kept", "marts/own", "marts/never"]
    const would = await collect(storage, true, keys)
    expect(would?.map(one => [one.key, one.why, one.what])).toEqual([
      [key, "partial", `${storage.file}:marts.numbers`],
      ["marts/parts", "orphan", `${storage.file}:marts.parts`],
    ])
    expect(would?.[1]?.bytes).toBeGreaterThan(0)
    expect(await currentOf(storage)).toHaveLength(1)
    expect(await collect(storage, false, keys)).toEqual(would)
    expect(await currentOf(storage)).toEqual([])
    expect(await schemas(storage)).toEqual(["_assets.applied", "_assets.materializations", "marts.kept", "marts.own"])
    expect(await countOf(storage, await load(storage, [kept]))).toBe(4)
    expect(await collect(storage, false, keys)).toEqual([])
  })

  test("leaves what was stored under a key that was written in another case", async () => {
    const storage = await openStorage()
    const kept = await write(storage, numbers(3), { key: "marts/Parts", partitions: ["a"] })
    expect(await collect(storage, false, ["marts/parts"])).toEqual([])
    expect(await countOf(storage, await load(storage, [kept], ["a"]))).toBe(3)
  })

  test("finds nothing where there is no file, and makes none", async () => {
    const storage = await openStorage()
    expect(await collect(storage, false)).toEqual([])
    expect(existsSync(storage.file)).toBe(false)
  })
})

describe("doctor", () => {
  const levels = async ({ io, base }: Storage) => (await io.doctor?.(ioContext(base)))?.map(one => one.level)

  test("says of a file that it is not there yet, or opens and can be read", async () => {
    const storage = await openStorage()
    const [absent] = (await storage.io.doctor?.(ioContext(storage.base))) ?? []
    expect([absent?.level, absent?.what]).toEqual(["ok", expect.stringContaining("is made when")])
    expect(existsSync(storage.file)).toBe(false)
    await write(storage, numbers(3))
    const before = statSync(storage.file).mtimeMs
    const [found] = (await storage.io.doctor?.(ioContext(storage.base))) ?? []
    expect([found?.level, found?.what]).toEqual(["ok", expect.stringContaining("can be read whole (1 tables, ")])
    expect(statSync(storage.file).mtimeMs).toBe(before)
  })

  test("finds damage, what is no database, and what was left beside it, each with what mends it", async () => {
    const storage = await openStorage()
    writeFileSync(storage.file, "no database at all".repeat(1000))
    writeFileSync(`${storage.file}.holder`, `{"pid":${2 ** 22 + 1},"step":"r:s:1"}`)
    const findings = (await storage.io.doctor?.(ioContext(storage.base))) ?? []
    expect(findings.map(one => one.level)).toEqual(["error", "warn"])
    expect(findings.every(one => one.fix)).toBe(true)
  })

  test("does not wait for who holds the file", async () => {
    const storage = await openStorage()
    await write(storage, numbers(3))
    expect(await levels(storage)).toEqual(["ok"])
    const other = await openSession()
    await sql(other, "SELECT 1")
    expect(await levels(storage)).toEqual(["ok"])
  })
})

test("a file does not grow with each replacement: its free blocks are used again", async () => {
  const storage = await openStorage()
  await sql(storage.session, "CREATE VIEW memory.main.made AS SELECT (random() * 1e18)::BIGINT AS n FROM range(300000)")
  const relation = { kind: "table", path: ["memory", "main", "made"], schema: numberColumns } as const
  const sizes: number[] = []
  for (let i = 0; i < 12; i++) {
    await write(storage, { kind: "relation", relation, schema: numberColumns })
    sizes.push(statSync(storage.file).size)
  }
  expect(Math.max(...sizes)).toBeLessThanOrEqual(3 * (sizes[0] ?? 0))
})

test("10,000 partitions are told of, written and read in time that grows with what is asked for", async () => {
  const storage = await openStorage()
  await write(storage, numbers(2), { partitions: ["p00000"] })
  await byHand(
    storage,
    "INSERT INTO byhand._assets.materializations SELECT asset_key, 'p' || lpad(r::VARCHAR, 5, '0'), id, fingerprint, data_version, table_schema, table_name, replace(record, 'p00000', 'p' || lpad(r::VARCHAR, 5, '0')), value FROM byhand._assets.materializations, range(1, 10000) t(r)",
    "INSERT INTO byhand.marts.numbers SELECT n, 'p' || lpad(r::VARCHAR, 5, '0') FROM byhand.marts.numbers, range(1, 10000) t(r)",
  )
  const time = async <T>(work: () => Promise<T>): Promise<[number, T]> => {
    const start = performance.now()
    const result = await work()
    return [performance.now() - start, result]
  }
  const [currentMs, current] = await time(() => currentOf(storage))
  expect(current).toHaveLength(10_000)
  const [writeMs] = await time(() => write(storage, numbers(2), { partitions: ["p05000"] }))
  const some = current.filter(one => one.partition?.startsWith("p01"))
  const partitions = some.map(one => one.partition ?? "")
  const [readMs, rows] = await time(async () =>
    countOf(
      storage,
      await load(
        storage,
        some.map(one => one.materialization),
        partitions,
      ),
    ),
  )
  expect(rows).toBe(2000)
  const all = (await currentOf(storage)).map(one => one.materialization)
  expect(
    await countOf(
      storage,
      await load(
        storage,
        all,
        all.flatMap(one => one.partitions),
      ),
    ),
  ).toBe(20_000)
  expect(Math.max(currentMs, writeMs, readMs)).toBeLessThan(30_000)
})
