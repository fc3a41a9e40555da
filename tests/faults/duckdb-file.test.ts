import { spawnSync } from "node:child_process"
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { AssetsError, type EngineSession, type IOManager, type Materialization } from "@assets/core"
import { ioContext, outputContext } from "@assets/core/testing"
import type { Relation, Schema } from "@assets/dataframe"
import { duckdb, duckdbFileIO } from "@assets/io-duckdb"
import fc from "fast-check"
import { afterEach, beforeEach, describe, expect, test } from "vitest"

const schema: Schema = {
  columns: [
    { name: "n", type: { kind: "int64" } },
    { name: "s", type: { kind: "string" } },
  ],
}
const key = "marts/numbers"
const signal = new AbortController().signal

let base: string
let session: EngineSession
beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), "assets-damage-"))
  session = await duckdb({ threads: 1 }).open({ timeZone: "UTC", scratch: base, now: new Date(), signal })
})
afterEach(async () => {
  await session.close()
  rmSync(base, { recursive: true, force: true })
})

function write(io: IOManager, rows: number, folder = base): Promise<Materialization> {
  const values = Array.from({ length: rows }, (_, i) => [String(i), `text ${i * 7919}`])
  const relation: Relation = { kind: "values", rows: values, schema }
  const context = outputContext({ base: folder, session: async () => session, key })
  return io.handleOutput(context, { kind: "relation", relation, schema })
}

async function count(io: IOManager, record: Materialization, folder = base): Promise<number> {
  const input = { ...ioContext(folder), key, materializations: [record], partitions: [], schema }
  const stored = await io.loadInput({ ...input, session: async () => session })
  if (stored.kind !== "relation") throw new Error("a table was stored")
  let rows = 0
  for await (const batch of session.batches(stored.relation, signal)) rows += batch.numRows
  return rows
}

/** What happens to a damaged file: every use of it ends in data that was stored, or in an error of ours. */
async function useDamaged(path: string, rows: number, former: Materialization): Promise<string> {
  const io = duckdbFileIO({ path, waitMs: 200 })
  const said = new Set<string>()
  const guarded = async (work: () => Promise<void>) => {
    try {
      await work()
      said.add("ok")
    } catch (error) {
      if (!(error instanceof AssetsError)) throw error
      expect(error.fix).toBeTruthy()
      said.add(error.code)
    }
  }
  try {
    await guarded(async () => {
      const [current] = (await io.current(ioContext(base), [key])).get(key) ?? []
      // A file that was cut to nothing is an empty database: nothing is stored in it.
      if (current) expect(current.materialization.id).toBe(former.id)
    })
    await guarded(async () => expect(await count(io, former)).toBe(rows))
    await guarded(async () => void (await io.doctor?.(ioContext(base))))
    await guarded(async () => expect((await write(io, 5)).rows).toBe(5))
  } finally {
    await io.close?.()
  }
  return [...said].sort().join(" ")
}

describe("a damaged database file", () => {
  test("is told of, whatever bytes of it are wrong or missing; the process lives", async () => {
    const whole = join(base, "whole.duckdb")
    const io = duckdbFileIO({ path: whole })
    const record = await write(io, 3000)
    await io.close?.()
    const bytes = readFileSync(whole)
    const seen = new Set<string>()
    let files = 0
    const at = fc.nat({ max: bytes.length - 1 })
    const damage = fc.oneof(
      fc.record({ cut: fc.oneof(at, fc.nat({ max: 12_288 })) }),
      fc.record({ at: fc.oneof(at, fc.nat({ max: 12_288 })), flip: fc.integer({ min: 1, max: 255 }) }),
      fc.record({ at, zeros: fc.integer({ min: 1, max: 5000 }) }),
      fc.record({ garbage: fc.uint8Array({ maxLength: 20_000 }) }),
    )
    await fc.assert(
      fc.asyncProperty(damage, async one => {
        const path = join(base, `damaged-${++files}.duckdb`)
        writeFileSync(path, damaged(bytes, one))
        seen.add(await useDamaged(path, 3000, record))
        rmSync(path, { force: true })
        rmSync(`${path}.wal`, { force: true })
      }),
      { numRuns: 60 },
    )
    expect([...seen].some(codes => codes.includes("STORAGE_CORRUPT"))).toBe(true)
    expect([...seen].filter(codes => codes.includes("ENGINE_QUERY_FAILED"))).toEqual([])
    // What is beside it is used as before.
    const again = duckdbFileIO({ path: whole })
    expect(await count(again, record)).toBe(3000)
    await again.close?.()
  })

  test("has a write-ahead log of any content", async () => {
    const whole = join(base, "whole.duckdb")
    const io = duckdbFileIO({ path: whole })
    const record = await write(io, 10)
    await io.close?.()
    let files = 0
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async log => {
        const path = join(base, `log-${++files}.duckdb`)
        copyFileSync(whole, path)
        writeFileSync(`${path}.wal`, log)
        await useDamaged(path, 10, record)
      }),
      { numRuns: 25 },
    )
  })

  test.each(["a folder", "an empty file", "another file", "below a file"])("is %s", async kind => {
    const path = join(base, "odd.duckdb")
    if (kind === "a folder") mkdirSync(path)
    if (kind === "an empty file") writeFileSync(path, "")
    if (kind === "another file") writeFileSync(path, "PAR1".repeat(5000))
    if (kind === "below a file") writeFileSync(path, "")
    const io = duckdbFileIO({ path: kind === "below a file" ? join(path, "w.duckdb") : path })
    const wanted = { code: expect.stringMatching(/^STORAGE_(CORRUPT|UNWRITABLE)$/), fix: expect.any(String) }
    await expect(write(io, 3)).rejects.toMatchObject(wanted)
    await io.close?.()
  })
})

const isRoot = process.getuid?.() === 0

/** A disk of its own, of some megabytes, while `work` runs. */
async function onDisk(megabytes: number, work: (disk: string) => Promise<void>): Promise<void> {
  const disk = join(base, "disk")
  mkdirSync(disk)
  const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", disk])
  if (status !== 0) throw new Error(String(stderr))
  try {
    await work(disk)
  } finally {
    spawnSync("umount", [disk])
  }
}

function remount(disk: string, options: string): void {
  expect(spawnSync("mount", ["-o", `remount,${options}`, disk]).status).toBe(0)
}

describe("a disk", () => {
  test.skipIf(!isRoot)("that may only be read lets everything be read, and says why nothing is written", async () => {
    await onDisk(30, async disk => {
      const io = duckdbFileIO({ path: join(disk, "w.duckdb"), waitMs: 300 })
      const record = await write(io, 30)
      remount(disk, "ro")
      expect((await io.current(ioContext(base), [key])).get(key)?.[0]?.materialization.id).toBe(record.id)
      expect(await count(io, record)).toBe(30)
      const findings = (await io.doctor?.(ioContext(base))) ?? []
      expect(findings.map(one => one.level)).toEqual(["ok", "warn"])
      await expect(write(io, 3)).rejects.toMatchObject({ code: "STORAGE_UNWRITABLE", fix: expect.any(String) })
      expect(await io.collect?.({ ...ioContext(base), dryRun: false, inUse: () => new Set() }, [key])).toEqual([])
      remount(disk, "rw")
      expect((await write(io, 3)).rows).toBe(3)
      await io.close?.()
    })
  })

  test.skipIf(!isRoot)(
    "that is full at any moment of a write keeps the former data, and the next write completes",
    async () => {
      await onDisk(8, async disk => {
        const io = duckdbFileIO({ path: join(disk, "w.duckdb") })
        let former = await write(io, 20)
        let full = 0
        for (const kilobytes of [10, 100, 300, 600, 1000, 2000]) {
          const { bavail, bsize } = statfsSync(disk)
          const ballast = join(disk, "ballast")
          writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - kilobytes * 1024)))
          const written = await write(io, 20_000).catch((error: unknown) => error)
          if (written instanceof AssetsError) {
            full++
            expect([written.code, written.fix === ""]).toEqual(["STORAGE_FULL", false])
          } else former = written as Materialization
          expect(await count(io, former)).toBe(former.rows)
          rmSync(ballast)
          former = await write(io, 25)
          expect(await count(io, former)).toBe(25)
        }
        expect(full).toBeGreaterThan(0)
        await io.close?.()
      })
    },
  )
})

test("a file of another storage version is told as such, and is left as it is", async () => {
  const path = join(base, "newer.duckdb")
  const io = duckdbFileIO({ path })
  await write(io, 3)
  const bytes = readFileSync(path)
  bytes.writeBigUInt64LE(999n, 12)
  bytes.writeBigUInt64LE(headerChecksum(bytes), 0)
  writeFileSync(path, bytes)
  const wanted = { code: "STORAGE_UNREADABLE", why: expect.stringContaining("999") }
  await expect(io.current(ioContext(base), [key])).rejects.toMatchObject(wanted)
  await expect(write(io, 3)).rejects.toMatchObject(wanted)
  expect(readFileSync(path).equals(bytes)).toBe(true)
  await io.close?.()
})

/** As DuckDB sums the first block of a file, so that it looks at the version in it. */
function headerChecksum(bytes: Buffer): bigint {
  let sum = 5381n
  for (let at = 8; at < 4096; at += 8) sum ^= BigInt.asUintN(64, bytes.readBigUInt64LE(at) * 0xbf58476d1ce4e5b9n)
  return sum
}

type Damage =
  | { readonly cut: number }
  | { readonly at: number; readonly flip: number }
  | { readonly at: number; readonly zeros: number }
  | { readonly garbage: Uint8Array }

function damaged(whole: Buffer, damage: Damage): Buffer {
  if ("cut" in damage) return whole.subarray(0, damage.cut)
  if ("garbage" in damage) return Buffer.from(damage.garbage)
  const bytes = Buffer.from(whole)
  if ("flip" in damage) bytes[damage.at] = (bytes[damage.at] ?? 0) ^ damage.flip
  else bytes.fill(0, damage.at, Math.min(damage.at + damage.zeros, bytes.length))
  return bytes
}
