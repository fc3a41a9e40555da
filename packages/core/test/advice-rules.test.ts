import { describe, expect, test } from "vitest"
import type { AssetFacts, InputFacts, Measurement, StoredPart } from "../src/advice/asset-facts.ts"
import { adviceFor, rules } from "../src/advice/rules.ts"

const MB = 1e6
const GB = 1e9
const MiB = 1024 ** 2
const GiB = 1024 ** 3

function facts(told: Partial<AssetFacts>): AssetFacts {
  return {
    key: "marts/a",
    engine: "duckdb",
    machineMemoryBytes: 16 * GB,
    measurements: [],
    stored: [],
    inputs: [],
    joins: [],
    hasPartitions: false,
    layoutColumns: [],
    canUseOneProcess: true,
    ...told,
  }
}

const measured = (usage: Measurement["usage"], bytes = 10 * MB): Measurement => {
  return { durationMs: 4_000, bytes, ...(usage && { usage }) }
}

const memory = (peakMemoryBytes: number, memoryLimitBytes: number, spilledBytes = 0) => {
  return measured({ peakMemoryBytes, memoryLimitBytes, spilledBytes })
}

const input = (key: string, told: Partial<InputFacts>): InputFacts => {
  return { name: key.slice(key.lastIndexOf("/") + 1), key, slot: key, isSource: false, ...told }
}

const part = (partition: string | null, bytes: number, files = 1): StoredPart => ({ partition, bytes, files })

const days = (count: number, bytes: number) => Array.from({ length: count }, (_, i) => part(`d${i}`, bytes))

const names = (told: Partial<AssetFacts>) => adviceFor(facts(told)).map(({ rule }) => rule)
const adviceOf = (rule: string, told: Partial<AssetFacts>) => adviceFor(facts(told)).find(one => one.rule === rule)

test("where nothing was measured there is no advice", () => {
  for (const engine of ["duckdb", "spark", null]) {
    expect(names({ engine })).toEqual([])
    expect(names({ engine, measurements: [{ durationMs: 1 }], inputs: [input("raw/a", {})] })).toEqual([])
  }
})

test("each rule has a name of its own", () => {
  expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length)
})

describe("memory_limit", () => {
  test("is told of work that spills where the machine has more, with the limit that it wants", () => {
    expect(adviceOf("memory_limit", { measurements: [memory(1 * GB, 1 * GB, 3 * GB)] })).toEqual({
      rule: "memory_limit",
      what: expect.stringContaining("3.0 GB spilled"),
      figures: {
        peakMemoryBytes: 1 * GB,
        spilledBytes: 3 * GB,
        memoryLimitBytes: 1 * GB,
        neededBytes: 4 * GB,
        machineMemoryBytes: 16 * GB,
      },
      fix: 'engine: duckdb({ memoryLimit: "5GB" })',
    })
  })

  test("is told of work that is near its limit", () => {
    expect(names({ measurements: [memory(0.95 * GB, 1 * GB)] })).toEqual(["memory_limit"])
    expect(names({ measurements: [memory(0.89 * GB, 1 * GB)] })).toEqual([])
  })

  test("is not told of a spill that is nothing beside the limit", () => {
    expect(names({ measurements: [memory(0.5 * GB, 1 * GB, 0.09 * GB)] })).toEqual([])
  })

  test("says when what was measured is of several steps", () => {
    const usage = { peakMemoryBytes: 1 * GB, memoryLimitBytes: 1 * GB, spilledBytes: 1 * GB, shared: true } as const
    const found = adviceOf("memory_limit", { measurements: [measured(usage)] })
    expect(found?.figures).toMatchObject({ measured: "with other steps" })
    expect(found?.what).toContain("other steps included")
  })

  test("looks at the latest five measurements alone, and takes the greatest need of them", () => {
    const small = memory(0.1 * GB, 1 * GB)
    const large = memory(1 * GB, 1 * GB, 1 * GB)
    expect(names({ measurements: [small, small, small, small, large] })).toEqual(["memory_limit"])
    expect(names({ measurements: [small, small, small, small, small, large] })).toEqual([])
  })
})

describe("outgrows_machine", () => {
  test("is told of work that would not fit with all of the machine's memory, with a route to another engine", () => {
    const found = adviceFor(facts({ measurements: [memory(12 * GB, 12.8 * GB, 40 * GB)] }))
    expect(found.map(({ rule }) => rule)).toEqual(["outgrows_machine"])
    expect(found[0]?.fix).toBe('route: { "key:marts/a": { engine: "big" } }, engines: { big: spark() }')
    expect(found[0]?.figures).toMatchObject({ neededBytes: 52 * GB, machineMemoryBytes: 16 * GB })
  })

  test("is never told of another engine", () => {
    expect(names({ engine: "spark", measurements: [memory(12 * GB, 12.8 * GB, 40 * GB)] })).toEqual([])
  })
})

describe("needs_no_cluster", () => {
  const small = {
    engine: "spark",
    measurements: [measured({ tasks: 3 }, 2 * MiB)],
    inputs: [input("raw/a", { bytes: 30 * MiB }), input("raw/b", { bytes: 1 * MiB })],
  }

  test("is told of an asset on Spark that reads and writes little, with the time that it took", () => {
    expect(adviceOf("needs_no_cluster", small)).toEqual({
      rule: "needs_no_cluster",
      what: "does not need the cluster: reads 32.5 MB and writes 2.1 MB, in 4.0s",
      figures: { readBytes: 31 * MiB, writtenBytes: 2 * MiB, durationMs: 4_000 },
      fix: 'route: { "key:marts/a": { engine: "small" } }, engines: { small: duckdb() }',
    })
  })

  test("is not told when an input's size is not known, or all of it is a gibibyte", () => {
    expect(names({ ...small, inputs: [...small.inputs, input("raw/c", {})] })).toEqual([])
    expect(names({ ...small, inputs: [input("raw/a", { bytes: GiB - 2 * MiB })] })).toEqual(["needs_no_cluster"])
    expect(names({ ...small, inputs: [input("raw/a", { bytes: GiB })] })).toEqual([])
  })

  test("is not told of what takes minutes all the same, or reads nothing that could be measured", () => {
    const long = { ...measured({ tasks: 3 }, 2 * MiB), durationMs: 300_001 }
    expect(names({ ...small, measurements: [long] })).toEqual([])
    expect(names({ ...small, inputs: [] })).toEqual([])
  })

  test("is not told where the storage is Spark's alone, nor of what runs on DuckDB", () => {
    expect(names({ ...small, canUseOneProcess: false })).toEqual([])
    expect(names({ ...small, engine: "duckdb" })).toEqual([])
  })
})

describe("small_files", () => {
  test("is told of many files of one write, each with the fix of where they come from", () => {
    const stored = [part(null, 16 * MiB, 40)]
    expect(adviceOf("small_files", { stored })).toMatchObject({
      what: "has 40 files of 419.4 kB on average",
      figures: { files: 40, bytes: 16 * MiB },
      fix: "layout: { targetFileMB: 128 }",
    })
    expect(adviceOf("small_files", { stored, layoutColumns: ["city"] })?.fix).toContain('leave "city" out')
  })

  test("is not told of few files, or of large ones, or where their size is not known", () => {
    expect(names({ stored: [part(null, 1 * MiB, 15)] })).toEqual([])
    expect(names({ stored: [part(null, 16 * 16 * MiB, 16)] })).toEqual([])
    expect(names({ stored: [{ partition: null, files: 400 }] })).toEqual([])
  })

  test("is told of many partitions that hold nearly nothing, and not of a month of days", () => {
    const found = adviceOf("small_files", { stored: days(40, 20_000), hasPartitions: true })
    expect(found?.figures).toEqual({ partitions: 40, bytes: 800_000, meanBytes: 20_000 })
    expect(names({ stored: days(31, 20_000), hasPartitions: true })).toEqual([])
    expect(names({ stored: days(40, 2 * MiB), hasPartitions: true })).toEqual([])
  })

  test("is told of a source in many small files that is read, and of no asset's files below the asset that reads them", () => {
    const told = { files: 300, bytes: 3 * MiB }
    const found = adviceOf("small_files", { inputs: [input("raw/clicks", { ...told, isSource: true })] })
    expect(found).toMatchObject({ figures: { input: "raw/clicks", files: 300 } })
    expect(found?.fix).toContain('asset("staging/clicks", { deps: { clicks }')
    expect(names({ inputs: [input("staging/clicks", told)] })).toEqual([])
  })
})

describe("broadcast", () => {
  const join = { left: ["raw/big"], right: ["raw/small"], how: "inner", isBroadcast: false }
  const joined = {
    engine: "spark",
    joins: [join],
    inputs: [input("raw/big", { bytes: 5 * GiB }), input("raw/small", { bytes: 40 * MiB })],
  }

  test("is told of a small input that is joined with a large one", () => {
    expect(adviceOf("broadcast", joined)).toEqual({
      rule: "broadcast",
      what: "joins raw/small of 41.9 MB with 5.4 GB, and shuffles both",
      figures: { input: "raw/small", bytes: 40 * MiB, otherBytes: 5 * GiB },
      fix: "join with broadcast(small) in place of small",
    })
  })

  test("is not told of what has the hint, what Spark broadcasts by itself, and what is no small thing", () => {
    expect(names({ ...joined, joins: [{ ...join, isBroadcast: true }] })).toEqual([])
    for (const bytes of [10 * MiB, 101 * MiB, undefined]) {
      const [big] = joined.inputs
      const other = input("raw/small", bytes === undefined ? {} : { bytes })
      expect(names({ ...joined, inputs: big ? [big, other] : [] })).toEqual([])
    }
  })

  test("is told of the left side only where its rows may be missing on the right", () => {
    const turned = { ...join, left: join.right, right: join.left }
    expect(names({ ...joined, joins: [turned] })).toEqual(["broadcast"])
    expect(names({ ...joined, joins: [{ ...turned, how: "left" }] })).toEqual([])
    expect(names({ ...joined, joins: [{ ...join, how: "full" }] })).toEqual([])
  })
})

describe("shuffle_partitions", () => {
  const read = (bytes: number, usage: Measurement["usage"]) => {
    return adviceOf("shuffle_partitions", {
      engine: "spark",
      measurements: [measured(usage)],
      inputs: [input("raw/a", { bytes })],
    })
  }

  test("are told to be more where each would have a lot", () => {
    expect(read(100 * GiB, { shufflePartitions: 200 })).toMatchObject({
      what: expect.stringContaining("parts of 536.9 MB"),
      figures: { readBytes: 100 * GiB, shufflePartitions: 200 },
      fix: 'spark({ conf: { "spark.sql.shuffle.partitions": "800" } })',
    })
    expect(read(50 * GiB, { shufflePartitions: 200 })).toBeUndefined()
  })

  test("are told to be fewer where many tasks had next to nothing each", () => {
    expect(read(20 * MiB, { shufflePartitions: 200, tasks: 400 })).toMatchObject({
      figures: { readBytes: 20 * MiB, tasks: 400, shufflePartitions: 200 },
      fix: 'spark({ conf: { "spark.sql.shuffle.partitions": "1" } })',
    })
    expect(read(20 * MiB, { shufflePartitions: 200, tasks: 99 })).toBeUndefined()
    expect(read(20 * MiB, { shufflePartitions: 200 })).toBeUndefined()
    expect(read(20 * MiB, { tasks: 400 })).toBeUndefined()
  })
})

describe("skew", () => {
  test("is told of a partition that is much larger than half of the others", () => {
    const stored = [...days(6, 60 * MiB), part("2026-11-27", 900 * MiB)]
    expect(adviceOf("skew", { stored, hasPartitions: true })).toMatchObject({
      figures: { partition: "2026-11-27", largestBytes: 900 * MiB, medianBytes: 60 * MiB, partitions: 7 },
      fix: expect.stringContaining("multi("),
    })
  })

  test("is not told of few partitions, of even ones, and of small ones", () => {
    const skewed = (count: number, usual: number, largest: number) => {
      return names({ stored: [...days(count, usual), part("z", largest)], hasPartitions: true })
    }
    expect(skewed(3, 60 * MiB, 900 * MiB)).toEqual([])
    expect(skewed(6, 200 * MiB, 900 * MiB)).toEqual([])
    expect(skewed(6, 4 * MiB, 200 * MiB)).toEqual([])
  })

  test("is told of one file of a write that holds most of its rows", () => {
    const measurements = [measured({ largestFileBytes: 700 * MiB }, 790 * MiB)]
    const found = adviceOf("skew", { stored: [part(null, 790 * MiB, 10)], measurements, layoutColumns: ["city"] })
    expect(found?.figures).toEqual({ largestBytes: 700 * MiB, meanBytes: 10 * MiB, files: 10 })
    expect(found?.fix).toContain('"city"')
    expect(names({ stored: [part(null, 790 * MiB, 4)], measurements })).toEqual([])
  })
})
