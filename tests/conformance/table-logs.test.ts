import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { source } from "@assets/core"
import { ioContext } from "@assets/core/testing"
import { parquetFiles, t } from "@assets/dataframe"
import { describe, expect, test } from "vitest"
import { MemoryEventLog } from "../../packages/core/src/event/memory-event-log.ts"
import { observeSource } from "../../packages/core/src/source/observe-source.ts"
import { findFiles } from "../../packages/dataframe/src/session/find-files.ts"
import { ids, JsonTable } from "./json-table.ts"
import { fixtureOf, key } from "./table-fixture.ts"
import { writersOf } from "./table-writers.ts"

const weekOld = new Date(Date.now() - 8 * 24 * 3_600_000)

interface Log {
  /** Of a table with so many commits. */
  readonly names: (commits: number) => readonly string[]
  readonly folder: string
  readonly dataFolder: string
  /** What a file of the log tells of its time. */
  readonly time: RegExp
}

const logs: { readonly [storage: string]: Log } = {
  "delta on spark": {
    names: commits => Array.from({ length: commits }, (_, i) => `${String(i).padStart(20, "0")}.json`),
    folder: "_delta_log",
    dataFolder: ".",
    time: /("timestamp":)\d+/g,
  },
  "iceberg on spark": {
    names: commits => Array.from({ length: commits }, (_, i) => `v${i + 1}.metadata.json`),
    folder: "metadata",
    dataFolder: "data",
    time: /("timestamp-ms":)\d+/g,
  },
}

describe.each(Object.entries(logs))("the log of tables: %s", (storage, log) => {
  const open = () => fixtureOf(storage).createIOManager()

  test("gives each of many writers at once a commit of its own", async () => {
    const { io, base, write } = new JsonTable(storage)
    const written = await Promise.all(Array.from({ length: 20 }, (_, i) => write(`p${i}`)))
    const wanted = Object.fromEntries(written.map((one, i) => [`p${i}`, one.id]))
    expect(await ids(io, base)).toEqual(wanted)
    expect(await ids(open(), base)).toEqual(wanted)
  })

  test("lets versions be collected a week after they were replaced, unless they are read", async () => {
    const { io, base, path, write } = new JsonTable(storage)
    const [first, second] = [await write("a"), await write("a")]
    const folderOf = (id: string) => join(path, log.dataFolder, id)
    const collect = async (dryRun: boolean, inUse: readonly string[] = []) => {
      const context = { ...ioContext(base), dryRun, inUse: () => new Set(inUse) }
      return ((await io.collect?.(context, [key])) ?? []).map(one => one.what)
    }
    const abandoned = "01900000-0000-7000-8000-000000000000"
    mkdirSync(folderOf(abandoned))
    for (const { id } of [first, second])
      for (const name of ["value.parquet", "."]) utimesSync(join(folderOf(id), name), weekOld, weekOld)
    expect(await collect(false)).toEqual([])
    for (const name of log.names(2)) {
      const file = join(path, log.folder, name)
      writeFileSync(file, readFileSync(file, "utf8").replace(log.time, `$1${weekOld.getTime()}`))
    }
    utimesSync(folderOf(abandoned), weekOld, weekOld)
    expect(await collect(true, [first.id, abandoned])).toEqual([])
    expect((await collect(true)).sort()).toEqual([folderOf(abandoned), folderOf(first.id)].sort())
    expect(await collect(false)).toHaveLength(2)
    expect(existsSync(folderOf(first.id))).toBe(false)
    expect(await ids(io, base)).toEqual({ a: second.id })
    const context = { ...ioContext(base), key }
    expect((await io.versions?.(context, "a"))?.map(one => one.id)).toEqual([second.id])
    const third = await write("a")
    expect(await ids(open(), base)).toEqual({ a: third.id })
  })

  test("keeps what each of several processes has committed", async () => {
    const { io, base, path } = new JsonTable(storage)
    const told = await writersOf(storage, base, ["a", "b", "c"])
    expect(told).toHaveLength(75)
    expect(Object.keys(await ids(io, base)).sort()).toEqual(told.sort())
    const commits = readdirSync(join(path, log.folder)).filter(name => /^v?\d+\..*json$/.test(name))
    expect(commits.sort()).toEqual([...log.names(75)].sort())
  })

  test("keeps what killed writers had committed, and nothing else", async () => {
    const { io, base, write } = new JsonTable(storage)
    const told = await writersOf(storage, base, ["a", "b"], { fault: "io.pointer:9:kill" })
    expect(told.sort()).toEqual(["a", "b"].flatMap(name => Array.from({ length: 8 }, (_, i) => `${name}-${i}`)))
    expect(Object.keys(await ids(io, base)).sort()).toEqual(told)
    await write("a-8")
    expect(Object.keys(await ids(io, base))).toHaveLength(17)
  })
})

describe.each([...Object.keys(logs), "orc on spark"])("the folder of tables: %s", storage => {
  test("tells that it is a table: its files alone would give rows that were replaced", async () => {
    const { path, base, write } = new JsonTable(storage)
    await write("a")
    await write("a")
    for (const one of [path, join(path, "**", "*.parquet"), join(base, "data")]) {
      const read = parquetFiles(one, { value: t.string })
      const options = { root: base, cache: new MemoryEventLog(), nowMs: Date.now() }
      const refused = { code: "SOURCE_DATA_INVALID", details: { path } }
      await expect(observeSource(source("raw/table", read), options)).rejects.toMatchObject(refused)
      await expect(findFiles({ kind: "parquet", paths: [one] }, base)).rejects.toMatchObject({
        code: "FRAME_ARGUMENT_INVALID",
        details: { path },
      })
    }
  })
})
