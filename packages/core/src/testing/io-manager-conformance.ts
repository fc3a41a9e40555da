import { deepStrictEqual, ok, rejects } from "node:assert/strict"
import type { EngineSession, Schema } from "../engine/engine.ts"
import type { Current, IOManager, Materialization, OutputContext, Written } from "../io/io-manager.ts"
import type { OutputValue, StoredValue } from "../value/value-type.ts"
import { ioContext, outputContext } from "./io-context.ts"

/** A row of the suite's tables. */
export interface ConformanceRow {
  readonly id: bigint
  readonly name: string | null
  readonly value: number | null
  /** The partition that the row belongs to, in cases with partitions. */
  readonly part: string | null
}

/** What the suite needs of whoever runs it: an IO manager, and values, since core knows no frame. */
export interface IOManagerFixture {
  /** A manager over the fixture's storage; a second one sees what the first one stored. */
  createIOManager(): IOManager
  /** Absolute folder against which the manager's paths resolve. */
  readonly base: string
  /** The columns id int64, name string, value float64, part string. */
  readonly schema: Schema
  /** The session through which relations are written and read; the same on each call. */
  session(): Promise<EngineSession>
  /** Rows as something that the engine computes. */
  relation(rows: readonly ConformanceRow[]): OutputValue
  /** Rows as something that was made in TypeScript. */
  batches(rows: readonly ConformanceRow[]): OutputValue
  /** A value whose computation fails in the engine after some of its rows. */
  failing(): OutputValue
  /** The rows of a stored table, in the order of `id`. */
  read(stored: StoredValue): Promise<readonly ConformanceRow[]>
  /** Deletes what is stored under a key by hand, and leaves the record of it. Left out where that cannot be. */
  deleteData?(key: string): Promise<void>
}

export interface ConformanceCase {
  readonly name: string
  run(fixture: IOManagerFixture): Promise<void>
}

const row = (id: number, name: string | null, value: number | null, part: string | null = null): ConformanceRow => ({
  id: BigInt(id),
  name,
  value,
  part,
})

const some = [row(1, "one", 1.5), row(2, null, Number.NaN), row(3, "drei 😀", null)]
const others = [row(7, "seven", 7)]

interface WriteRequest {
  readonly key?: string
  readonly partitions?: readonly string[]
  readonly fingerprint?: string
  /** Called where the manager asks whether what it wrote may become current. */
  readonly onApprove?: (written: Written) => void | Promise<void>
  readonly inUse?: readonly string[]
}

function contextOf(fixture: IOManagerFixture, request: WriteRequest = {}): OutputContext {
  return outputContext({ base: fixture.base, session: () => fixture.session(), ...request })
}

async function write(io: IOManager, fixture: IOManagerFixture, value: OutputValue, request: WriteRequest = {}) {
  return io.handleOutput(contextOf(fixture, request), value)
}

async function currentOf(io: IOManager, fixture: IOManagerFixture, key = "marts/cases"): Promise<readonly Current[]> {
  return (await io.current(ioContext(fixture.base), [key])).get(key) ?? []
}

async function load(
  io: IOManager,
  fixture: IOManagerFixture,
  materializations: readonly Materialization[],
  partitions: readonly string[] = [],
): Promise<StoredValue> {
  const key = materializations[0]?.key ?? "marts/cases"
  return io.loadInput({
    ...ioContext(fixture.base),
    key,
    materializations,
    partitions,
    schema: fixture.schema,
    session: () => fixture.session(),
  })
}

/** The rows that are current under a key, of the wanted partitions. */
async function rowsOf(
  io: IOManager,
  fixture: IOManagerFixture,
  key = "marts/cases",
  partitions: readonly string[] = [],
) {
  const current = (await currentOf(io, fixture, key)).filter(
    one => partitions.length === 0 || (one.partition !== null && partitions.includes(one.partition)),
  )
  const distinct = [...new Map(current.map(one => [one.materialization.id, one.materialization])).values()]
  return fixture.read(await load(io, fixture, distinct, partitions))
}

/** Runs a case with a manager of its own, and closes it whatever happens. */
function withManager(body: (io: IOManager, fixture: IOManagerFixture) => Promise<void>): ConformanceCase["run"] {
  return async fixture => {
    const io = fixture.createIOManager()
    try {
      await body(io, fixture)
    } finally {
      await io.close?.()
    }
  }
}

const roundTrips: readonly ConformanceCase[] = [
  {
    name: "gives back what the engine computed",
    run: withManager(async (io, fixture) => {
      await write(io, fixture, fixture.relation(some))
      deepStrictEqual(await rowsOf(io, fixture), some)
    }),
  },
  {
    name: "gives back what TypeScript made",
    run: withManager(async (io, fixture) => {
      await write(io, fixture, fixture.batches(some))
      deepStrictEqual(await rowsOf(io, fixture), some)
    }),
  },
  {
    name: "keeps an empty table with its columns, computed by the engine",
    run: withManager(async (io, fixture) => {
      const { rows } = await write(io, fixture, fixture.relation([]))
      deepStrictEqual(await rowsOf(io, fixture), [])
      ok(rows === undefined || rows === 0)
    }),
  },
  {
    name: "keeps an empty table with its columns, made in TypeScript",
    run: withManager(async (io, fixture) => {
      await write(io, fixture, fixture.batches([]))
      deepStrictEqual(await rowsOf(io, fixture), [])
    }),
  },
  {
    name: "gives back a JSON value",
    run: withManager(async (io, fixture) => {
      const value = { list: [1, "two", null, { deep: true }], "quote's": "\u0000\n😀" }
      const record = await write(io, fixture, { kind: "json", value })
      deepStrictEqual(await load(io, fixture, [record]), { kind: "json", value })
    }),
  },
  {
    name: "keeps the record of a value that stores itself",
    run: withManager(async (io, fixture) => {
      const record = await write(io, fixture, { kind: "nothing" })
      const [current] = await currentOf(io, fixture)
      deepStrictEqual([current?.materialization.id, current?.intact], [record.id, true])
      deepStrictEqual((await load(io, fixture, [record])).kind, "nothing")
    }),
  },
  {
    name: "tells rows and bytes of the write",
    run: withManager(async (io, fixture) => {
      let seen: Written["result"]
      const onApprove = (written: Written) => {
        seen = written.result
      }
      await write(io, fixture, fixture.relation(some), { onApprove })
      deepStrictEqual(seen?.rows, 3)
    }),
  },
]

const records: readonly ConformanceCase[] = [
  {
    name: "tells of nothing where nothing was stored",
    run: withManager(async (io, fixture) => {
      deepStrictEqual([...(await io.current(ioContext(fixture.base), ["marts/none"])).values()].flat(), [])
    }),
  },
  {
    name: "keeps the record as it was approved",
    run: withManager(async (io, fixture) => {
      const record = await write(io, fixture, fixture.relation(some))
      const [current] = await currentOf(io, fixture)
      deepStrictEqual({ ...current?.materialization }, { ...record })
      deepStrictEqual(current?.partition, null)
      deepStrictEqual(current?.intact, true)
    }),
  },
  {
    name: "is seen by another manager over the same storage",
    run: async fixture => {
      const [first, second] = [fixture.createIOManager(), fixture.createIOManager()]
      try {
        const record = await write(first, fixture, fixture.relation(some))
        deepStrictEqual((await currentOf(second, fixture))[0]?.materialization.id, record.id)
        deepStrictEqual(await rowsOf(second, fixture), some)
      } finally {
        await first.close?.()
        await second.close?.()
      }
    },
  },
  {
    name: "is seen after closing and opening again",
    run: async fixture => {
      const first = fixture.createIOManager()
      await write(first, fixture, fixture.relation(some))
      await first.close?.()
      const second = fixture.createIOManager()
      try {
        deepStrictEqual(await rowsOf(second, fixture), some)
      } finally {
        await second.close?.()
      }
    },
  },
  {
    name: "keeps assets apart whose keys begin alike",
    run: withManager(async (io, fixture) => {
      await write(io, fixture, fixture.relation(some), { key: "marts/case" })
      await write(io, fixture, fixture.relation(others), { key: "marts/case_2" })
      await write(io, fixture, fixture.relation([]), { key: "other/case" })
      deepStrictEqual(await rowsOf(io, fixture, "marts/case"), some)
      deepStrictEqual(await rowsOf(io, fixture, "marts/case_2"), others)
      deepStrictEqual(await rowsOf(io, fixture, "other/case"), [])
    }),
  },
  {
    name: "tells where the data rests",
    run: withManager(async (io, fixture) => {
      const record = await write(io, fixture, fixture.relation(some))
      const places = await io.locate({ ...ioContext(fixture.base), key: "marts/cases" }, [record])
      ok(places.length > 0 && places.every(place => place.length > 0))
    }),
  },
]

const replacing: readonly ConformanceCase[] = [
  {
    name: "replaces what was there",
    run: withManager(async (io, fixture) => {
      await write(io, fixture, fixture.relation(some))
      await write(io, fixture, fixture.relation(others))
      deepStrictEqual(await rowsOf(io, fixture), others)
      deepStrictEqual((await currentOf(io, fixture)).length, 1)
    }),
  },
  {
    name: "replaces a table by a JSON value and back",
    run: withManager(async (io, fixture) => {
      await write(io, fixture, fixture.relation(some))
      const json = await write(io, fixture, { kind: "json", value: 1 })
      deepStrictEqual(await load(io, fixture, [json]), { kind: "json", value: 1 })
      await write(io, fixture, fixture.relation(others))
      deepStrictEqual(await rowsOf(io, fixture), others)
    }),
  },
  {
    name: "can be read before it becomes current, and is not current yet",
    run: withManager(async (io, fixture) => {
      const first = await write(io, fixture, fixture.relation(some))
      let inside: readonly ConformanceRow[] = []
      let current: string | undefined
      const onApprove = async (written: Written) => {
        inside = await fixture.read(written.stored)
        current = (await currentOf(io, fixture))[0]?.materialization.id
      }
      await write(io, fixture, fixture.relation(others), { onApprove })
      deepStrictEqual(inside, others)
      deepStrictEqual(current, first.id)
    }),
  },
  {
    name: "keeps the former value when what was written is not approved",
    run: withManager(async (io, fixture) => {
      const former = await write(io, fixture, fixture.relation(some))
      const onApprove = () => {
        throw new Error("refused")
      }
      for (const value of [fixture.relation(others), fixture.batches(others), { kind: "json", value: 2 } as const]) {
        await rejects(write(io, fixture, value, { onApprove }), /refused/)
      }
      deepStrictEqual(await rowsOf(io, fixture), some)
      deepStrictEqual(
        (await currentOf(io, fixture)).map(one => [one.materialization.id, one.intact]),
        [[former.id, true]],
      )
    }),
  },
  {
    name: "keeps the former value when the computation fails",
    run: withManager(async (io, fixture) => {
      await write(io, fixture, fixture.relation(some))
      await rejects(write(io, fixture, fixture.failing()))
      deepStrictEqual(await rowsOf(io, fixture), some)
    }),
  },
  {
    name: "has nothing current when the first write fails",
    run: withManager(async (io, fixture) => {
      await rejects(write(io, fixture, fixture.failing()))
      deepStrictEqual(await currentOf(io, fixture), [])
    }),
  },
  {
    name: "takes the next write after a failed one",
    run: withManager(async (io, fixture) => {
      await rejects(write(io, fixture, fixture.failing()))
      await write(io, fixture, fixture.relation(some))
      deepStrictEqual(await rowsOf(io, fixture), some)
    }),
  },
  {
    name: "is removed with all its records",
    run: withManager(async (io, fixture) => {
      if (!io.remove) return
      await write(io, fixture, fixture.relation(some))
      await write(io, fixture, fixture.relation(others), { key: "marts/stays" })
      await io.remove({ ...ioContext(fixture.base), key: "marts/cases" })
      deepStrictEqual(await currentOf(io, fixture), [])
      deepStrictEqual(await rowsOf(io, fixture, "marts/stays"), others)
      await write(io, fixture, fixture.relation(others))
      deepStrictEqual(await rowsOf(io, fixture), others)
    }),
  },
  {
    name: "says that the data is gone when it was deleted by hand",
    run: withManager(async (io, fixture) => {
      if (!fixture.deleteData) return
      await write(io, fixture, fixture.relation(some))
      await fixture.deleteData("marts/cases")
      deepStrictEqual(
        (await currentOf(io, fixture)).filter(one => one.intact),
        [],
      )
      await write(io, fixture, fixture.relation(others))
      deepStrictEqual(await rowsOf(io, fixture), others)
    }),
  },
]

const inPart = (part: string) => [row(1, part, 1, part), row(2, part, 2, part)]
const hostile = [
  "o'brien",
  "../../escape",
  "a/b",
  "ü",
  "x".repeat(200),
  '"quoted"',
  "100%",
  "null",
  ".",
  " blank ",
  "all",
  "a\\b",
  "2026-01-05",
]

const partitions: readonly ConformanceCase[] = [
  {
    name: "keeps partitions side by side",
    run: withManager(async (io, fixture) => {
      await write(io, fixture, fixture.relation(inPart("a")), { partitions: ["a"] })
      await write(io, fixture, fixture.batches(inPart("b")), { partitions: ["b"] })
      deepStrictEqual((await currentOf(io, fixture)).map(one => one.partition).sort(), ["a", "b"])
      deepStrictEqual(await rowsOf(io, fixture, "marts/cases", ["a"]), inPart("a"))
      deepStrictEqual(await rowsOf(io, fixture, "marts/cases", ["b"]), inPart("b"))
      deepStrictEqual((await rowsOf(io, fixture, "marts/cases", ["a", "b"])).length, 4)
    }),
  },
  {
    name: "replaces one partition and leaves the others",
    run: withManager(async (io, fixture) => {
      await write(io, fixture, fixture.relation(inPart("a")), { partitions: ["a"] })
      const b = await write(io, fixture, fixture.relation(inPart("b")), { partitions: ["b"] })
      await write(io, fixture, fixture.relation([row(9, "new", 9, "a")]), { partitions: ["a"] })
      deepStrictEqual(await rowsOf(io, fixture, "marts/cases", ["a"]), [row(9, "new", 9, "a")])
      deepStrictEqual(await rowsOf(io, fixture, "marts/cases", ["b"]), inPart("b"))
      const current = await currentOf(io, fixture)
      deepStrictEqual(current.find(one => one.partition === "b")?.materialization.id, b.id)
    }),
  },
  {
    name: "keeps an empty partition",
    run: withManager(async (io, fixture) => {
      await write(io, fixture, fixture.relation([]), { partitions: ["a"] })
      await write(io, fixture, fixture.relation(inPart("b")), { partitions: ["b"] })
      deepStrictEqual(await rowsOf(io, fixture, "marts/cases", ["a"]), [])
      deepStrictEqual((await currentOf(io, fixture)).length, 2)
    }),
  },
  {
    name: "keeps a partition's former value when its write fails",
    run: withManager(async (io, fixture) => {
      await write(io, fixture, fixture.relation(inPart("a")), { partitions: ["a"] })
      await write(io, fixture, fixture.relation(inPart("b")), { partitions: ["b"] })
      await rejects(write(io, fixture, fixture.failing(), { partitions: ["a"] }))
      deepStrictEqual(await rowsOf(io, fixture, "marts/cases", ["a"]), inPart("a"))
      deepStrictEqual(await rowsOf(io, fixture, "marts/cases", ["b"]), inPart("b"))
    }),
  },
  {
    name: "takes two partitions written at once",
    run: withManager(async (io, fixture) => {
      await Promise.all(
        ["a", "b"].map(part => write(io, fixture, fixture.relation(inPart(part)), { partitions: [part] })),
      )
      deepStrictEqual(await rowsOf(io, fixture, "marts/cases", ["a"]), inPart("a"))
      deepStrictEqual(await rowsOf(io, fixture, "marts/cases", ["b"]), inPart("b"))
    }),
  },
  ...hostile.map(part => ({
    name: `keeps the partition ${JSON.stringify(part.length > 20 ? `${part.slice(0, 5)}… of ${part.length} characters` : part)}`,
    run: withManager(async (io, fixture) => {
      await write(io, fixture, fixture.relation(inPart(part)), { partitions: [part] })
      await write(io, fixture, fixture.relation(inPart("other")), { partitions: ["other"] })
      deepStrictEqual(await rowsOf(io, fixture, "marts/cases", [part]), inPart(part))
      deepStrictEqual((await currentOf(io, fixture)).map(one => one.partition).sort(), [part, "other"].sort())
    }),
  })),
]

const together: readonly ConformanceCase[] = [
  {
    name: "takes different assets written at once",
    run: withManager(async (io, fixture) => {
      const keys = Array.from({ length: 6 }, (_, i) => `marts/at_once_${i}`)
      await Promise.all(keys.map((key, i) => write(io, fixture, fixture.relation([row(i, key, i)]), { key })))
      for (const [i, key] of keys.entries()) deepStrictEqual(await rowsOf(io, fixture, key), [row(i, key, i)])
    }),
  },
  {
    name: "ends with one of two values written to one asset at once",
    run: withManager(async (io, fixture) => {
      await Promise.allSettled([
        write(io, fixture, fixture.relation(some)),
        write(io, fixture, fixture.relation(others)),
      ])
      const rows = await rowsOf(io, fixture)
      ok([some.length, others.length].includes(rows.length))
      deepStrictEqual(rows, rows.length === some.length ? some : others)
    }),
  },
  {
    name: "lets a reader finish with what it began, where versions are kept",
    run: withManager(async (io, fixture) => {
      if (!io.restore) return
      const first = await write(io, fixture, fixture.relation(some))
      const stored = await load(io, fixture, [first])
      for (let i = 0; i < 4; i++)
        await write(io, fixture, fixture.relation([row(i, "later", i)]), { inUse: [first.id] })
      deepStrictEqual(await fixture.read(stored), some)
    }),
  },
  {
    name: "makes a former version current again, where versions are kept",
    run: withManager(async (io, fixture) => {
      if (!io.restore) return
      await write(io, fixture, fixture.relation(some), { fingerprint: "former" })
      await write(io, fixture, fixture.relation(others), { fingerprint: "latter" })
      const context = contextOf(fixture)
      deepStrictEqual(await io.restore(context, "unknown"), undefined)
      const restored = await io.restore(context, "former")
      deepStrictEqual(restored?.fingerprint, "former")
      deepStrictEqual(await rowsOf(io, fixture), some)
    }),
  },
  {
    name: "does not restore what was not approved",
    run: withManager(async (io, fixture) => {
      if (!io.restore) return
      const onApprove = () => {
        throw new Error("refused")
      }
      await rejects(write(io, fixture, fixture.relation(some), { fingerprint: "refused", onApprove }), /refused/)
      deepStrictEqual(await io.restore(contextOf(fixture), "refused"), undefined)
    }),
  },
]

/** What every IO manager must do, as plain data: `for (const c of ioManagerConformance) test(c.name, () => c.run(fixture))`. */
export const ioManagerConformance: readonly ConformanceCase[] = [
  ...roundTrips,
  ...records,
  ...replacing,
  ...partitions,
  ...together,
]
