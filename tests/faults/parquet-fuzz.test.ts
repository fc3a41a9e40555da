import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { AssetsError, type IOManager, type Materialization } from "@assets/core"
import { ioContext, type OutputRequest, outputContext } from "@assets/core/testing"
import { duckdb } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { EngineFixture } from "../conformance/fixture.ts"

const key = "marts/fuzzed"

let base: string
let io: IOManager
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), "assets-fuzz-"))
  io = parquetIO({ root: "data" })
})
afterAll(async () => {
  await io.close?.()
  rmSync(base, { recursive: true, force: true })
})

function context(folder: string, request: Partial<OutputRequest> = {}) {
  const session = () => Promise.reject(new Error("no engine was to be opened"))
  return outputContext({ base: folder, key, fingerprint: "print", session, ...request })
}

/** What the file holds that no storage may give: no text that is put into a storage here holds it. */
const secret = '{"kept":"not to be given"}'

const json = (value: number) => ({ kind: "json", value }) as const

/** A storage with two versions, two partitions, an orphan and a decision, beside a folder that nobody may touch. */
async function makeStorage(folder: string): Promise<readonly Materialization[]> {
  mkdirSync(join(folder, "outside"), { recursive: true })
  writeFileSync(join(folder, "outside", "secret.json"), secret)
  await io.handleOutput(context(folder), json(1))
  const whole = await io.handleOutput(context(folder, { fingerprint: "whole" }), json(2))
  const partition = await io.handleOutput(context(folder, { partitions: ["a"] }), json(3))
  const staged = await io.handleOutput(context(folder, { partitions: ["b"], staged: true }), json(4))
  const context_ = { ...ioContext(folder), commit: <T>(change: () => T) => change(), inUse: () => new Set<string>() }
  await io.publish?.(context_, [{ key, partition: "b", materialization: staged, former: null }])
  await io.handleOutput(context(folder, { partitions: ["c"], staged: true }), json(5))
  return [whole, partition]
}

/** Everything that a run, gc and doctor do with a storage: each does it, or tells what is wrong and what mends it. */
async function useStorage(folder: string, records: readonly Materialization[]): Promise<void> {
  const about = { ...ioContext(folder), key }
  const session = () => Promise.reject(new Error("no engine was to be opened"))
  const input = { ...about, schema: undefined, session, materializations: records.slice(0, 1), partitions: [] }
  const collected = { ...ioContext(folder), inUse: () => new Set<string>() }
  const uses = [
    () => io.current(ioContext(folder), [key]),
    () => io.loadInput(input),
    () => io.versions?.(about, null),
    () => io.locate(about, records),
    () => io.doctor?.(about),
    () => io.restore?.(context(folder), "print"),
    () => io.handleOutput(context(folder), json(6)),
    () => io.handleOutput(context(folder, { write: "append", fingerprint: "added", partitions: ["a"] }), json(7)),
    () => io.collect?.({ ...collected, dryRun: true }, [key]),
    () => io.collect?.({ ...collected, dryRun: false }, [key]),
    () => io.remove?.(about),
  ]
  for (const use of uses) {
    try {
      const given = JSON.stringify(await use(), (_, value) => (value instanceof Map ? [...value] : value)) ?? ""
      expect(given).not.toContain("not to be given")
    } catch (error) {
      expectTold(error)
    }
  }
}

function expectTold(error: unknown): void {
  if (!(error instanceof AssetsError)) throw error
  expect([error.code, error.why, error.fix].every(text => text.length > 0)).toBe(true)
}

function expectUntouched(folder: string): void {
  expect(readdirSync(folder).sort()).toEqual(["data", "outside"])
  expect(readdirSync(join(folder, "outside"))).toEqual(["secret.json"])
  expect(readFileSync(join(folder, "outside", "secret.json"), "utf8")).toBe(secret)
}

let copies = 0
/** Uses a copy of a storage in which something was done. */
async function damaged(damage: (root: string, folder: string) => void): Promise<void> {
  const folder = join(base, `copy-${++copies}`)
  cpSync(template.folder, folder, { recursive: true, verbatimSymlinks: true })
  try {
    damage(join(folder, "data"), folder)
    await useStorage(folder, template.records)
    expectUntouched(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const template: { folder: string; records: readonly Materialization[] } = { folder: "", records: [] }
beforeAll(async () => {
  template.folder = join(base, "template")
  template.records = await makeStorage(template.folder)
})

/** The small files of a storage, by what they are. */
function smallFiles(root: string): { readonly [kind: string]: string } {
  const asset = join(root, key)
  const [whole] = template.records
  const mark = readdirSync(join(asset, "_writing"))[0] ?? ""
  return {
    pointer: join(asset, "_current", "all.json"),
    "pointer of a partition": join(asset, "_current", "b.json"),
    marker: join(asset, "_versions", whole?.id ?? "", "_assets.json"),
    decision: join(root, "_published.json"),
    mark: join(asset, "_writing", mark),
  }
}

const hostile = fc.oneof(
  fc.constantFrom<unknown>(
    "../../outside",
    "/etc/passwd",
    "..",
    "",
    "a/../../../outside/secret.json",
    "\0",
    "..\\..",
    "_versions",
  ),
  fc.constantFrom<unknown>(1e308, -1, 0.5, Number.MAX_SAFE_INTEGER, null, true),
  fc.jsonValue({ maxDepth: 2 }),
)

/** Puts another value in the place of one that lies somewhere in a JSON value. */
function replacedAt(value: unknown, at: number, other: unknown): unknown {
  let count = 0
  const walk = (one: unknown): unknown => {
    if (count++ === at) return other
    if (Array.isArray(one)) return one.map(walk)
    if (typeof one !== "object" || one === null) return one
    return Object.fromEntries(Object.entries(one).map(([name, inner]) => [name, walk(inner)]))
  }
  return walk(value)
}

const kinds = ["pointer", "pointer of a partition", "marker", "decision", "mark"]

describe("damage of small files is told, or does no harm", () => {
  test.each(kinds)("a %s that is torn", kind =>
    fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), part =>
        damaged(root => {
          const path = smallFiles(root)[kind] ?? ""
          truncateSync(path, Math.floor(statSync(path).size * part))
        }),
      ),
      { numRuns: 25 },
    ),
  )

  test.each(kinds)("a %s that holds garbage", kind =>
    fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.json().map(text => Buffer.from(text)),
        ),
        bytes => damaged(root => writeFileSync(smallFiles(root)[kind] ?? "", bytes)),
      ),
      { numRuns: 25 },
    ),
  )

  test.each(kinds)("a %s whose JSON was changed in one place", kind =>
    fc.assert(
      fc.asyncProperty(fc.nat(60), hostile, (at, other) =>
        damaged(root => {
          const path = smallFiles(root)[kind] ?? ""
          writeFileSync(path, JSON.stringify(replacedAt(JSON.parse(readFileSync(path, "utf8")), at, other)) ?? "")
        }),
      ),
      { numRuns: 60 },
    ),
  )

  test("a decision whose entries lead elsewhere", () =>
    fc.assert(
      fc.asyncProperty(hostile, fc.nat(30), (other, at) =>
        damaged(root => {
          const pointer = JSON.parse(readFileSync(join(root, key, "_current", "all.json"), "utf8"))
          const decision = { format: 1, id: "x", publications: [{ key, former: pointer.id, pointer }] }
          writeFileSync(join(root, "_published.json"), JSON.stringify(replacedAt(decision, at, other)) ?? "")
        }),
      ),
      { numRuns: 60 },
    ))
})

describe("links that lead out of the root are not followed", () => {
  const places = {
    "the asset": key,
    "the folder above the asset": dirname(key),
    versions: `${key}/_versions`,
    pointers: `${key}/_current`,
    marks: `${key}/_writing`,
    "one pointer": `${key}/_current/all.json`,
    "the decision": "_published.json",
    "the lock": "_lock",
  }

  test.each(Object.entries(places))("%s", async (_name, place) => {
    for (const to of ["outside", "outside/secret.json", "outside/nothing"]) {
      await damaged((root, folder) => {
        rmSync(join(root, place), { recursive: true, force: true })
        symlinkSync(join(folder, to), join(root, place))
      })
    }
  })

  test("what was moved out and linked to stays as it is", async () => {
    const folder = join(base, "moved")
    cpSync(template.folder, folder, { recursive: true, verbatimSymlinks: true })
    const [elsewhere, asset] = [join(base, "elsewhere"), join(folder, "data", key)]
    renameSync(asset, elsewhere)
    symlinkSync(elsewhere, asset)
    const before = readdirSync(elsewhere, { recursive: true }).sort()
    await useStorage(folder, template.records)
    expect(readdirSync(elsewhere, { recursive: true }).sort()).toEqual(before)
    await expect(io.current(ioContext(folder), [key])).rejects.toMatchObject({ code: "STORAGE_CORRUPT" })
  })

  test("a version and a file of it", async () => {
    const [whole] = template.records
    for (const place of [`${key}/_versions/${whole?.id}`, `${key}/_versions/${whole?.id}/value.json`]) {
      const folder = join(base, `link-${place.length}`)
      cpSync(template.folder, folder, { recursive: true, verbatimSymlinks: true })
      const path = join(folder, "data", place)
      renameSync(path, join(folder, "outside", "moved"))
      symlinkSync(join(folder, "outside", "moved"), path)
      const about = { ...ioContext(folder), key }
      const found = await io.current(about, [key]).catch(error => error)
      if (found instanceof Map)
        expect(found.get(key)?.find((one: { partition: null }) => !one.partition)?.intact).toBe(false)
      else expect(found).toMatchObject({ code: "STORAGE_CORRUPT" })
      expect(lstatSync(path).isSymbolicLink()).toBe(true)
    }
  })
})

describe("names", () => {
  test("a key stays below the root, or is refused", () => {
    const segment = fc.oneof(
      fc.string({ maxLength: 5 }),
      fc.constantFrom("..", ".", "", "_versions", "latest", "a", "\0", "C:"),
    )
    return fc.assert(
      fc.asyncProperty(fc.array(segment, { minLength: 1, maxLength: 4 }), async segments => {
        const folder = join(base, `keys-${++copies}`)
        mkdirSync(join(folder, "outside"), { recursive: true })
        try {
          const name = segments.join("/")
          await io.handleOutput(context(folder, { key: name }), json(1))
          expect((await io.current(ioContext(folder), [name])).get(name)).toHaveLength(1)
        } catch (error) {
          expectTold(error)
        }
        expect(readdirSync(folder).filter(name => name !== "data")).toEqual(["outside"])
        rmSync(folder, { recursive: true, force: true })
      }),
      { numRuns: 100 },
    )
  })

  test("a partition key of any text is kept, and stays below its asset", () => {
    const folder = join(base, "partitions")
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.constantFrom("..", "../../x", "/x", "a\0b", "all"),
    )
    return fc.assert(
      fc.asyncProperty(text, async partition => {
        const record = await io.handleOutput(context(folder, { partitions: [partition] }), json(1))
        const current = (await io.current(ioContext(folder), [key])).get(key)
        expect(current?.find(one => one.partition === partition)).toMatchObject({ intact: true })
        const places = await io.locate({ ...ioContext(folder), key }, [record])
        for (const place of places)
          expect(place.startsWith(join(folder, "data", key, "_versions", record.id))).toBe(true)
        expect(readdirSync(folder)).toEqual(["data"])
        await io.remove?.({ ...ioContext(folder), key })
      }),
      { numRuns: 100 },
    )
  })
})

describe("Parquet files", () => {
  let fixture: EngineFixture
  let record: Materialization
  let path: string
  let bytes: Buffer
  beforeAll(async () => {
    fixture = new EngineFixture(duckdb(), () => io, { base: join(base, "files") })
    mkdirSync(fixture.base, { recursive: true })
    const rows = Array.from({ length: 3000 }, (_, i) => ({
      id: BigInt(i),
      name: `n${i * 7919}`,
      value: i / 3,
      part: null,
    }))
    const request = { base: fixture.base, key, fingerprint: "print", session: () => fixture.session() }
    record = await io.handleOutput(outputContext(request), fixture.relation(rows))
    path = (await io.locate({ ...ioContext(fixture.base), key }, [record]))[0] ?? ""
    bytes = readFileSync(path)
  })
  afterAll(() => fixture.close())

  async function read(): Promise<number> {
    const session = () => fixture.session()
    const input = {
      ...ioContext(fixture.base),
      key,
      materializations: [record],
      partitions: [],
      schema: fixture.schema,
      session,
    }
    return (await fixture.read(await io.loadInput(input))).length
  }

  test("that are cut off at any byte are not intact, and are not read", () =>
    fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), async length => {
        writeFileSync(path, bytes.subarray(0, length))
        const [current] = (await io.current(ioContext(fixture.base), [key])).get(key) ?? []
        expect(current?.intact).toBe(false)
        await expect(read()).rejects.toMatchObject({ code: "STORAGE_DATA_MISSING" })
      }),
      { numRuns: 50 },
    ))

  test("whose bytes were changed are read, or refused with a reason", () => {
    const change = fc.record({ at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), value: fc.nat(255) })
    return fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async changes => {
        const changed = Buffer.from(bytes)
        for (const { at, value } of changes) changed[Math.floor(at * bytes.length)] = value
        writeFileSync(path, changed)
        await read().catch(expectTold)
        expect(existsSync(path)).toBe(true)
      }),
      { numRuns: 100 },
    )
  })
})
