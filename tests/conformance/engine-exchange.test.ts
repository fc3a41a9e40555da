import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { EngineSession, Layout, WriteResult } from "@assets/core"
import { type Relation, rowsOf } from "@assets/dataframe"
import { duckdb } from "@assets/io-duckdb"
import { spark } from "@assets/io-spark"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { sharedSpark, skipsSpark } from "../../packages/io-spark/test/started-spark.ts"
import { batch, cases, collect, inOrder, schema, texts } from "./typed-values.ts"

const signal = new AbortController().signal
const text = { kind: "string" } as const
const long = { kind: "int64" } as const

interface Written {
  readonly relation: Relation
  readonly result: WriteResult
  readonly folder: string
}

describe.skipIf(skipsSpark)("Parquet of one engine on the other", () => {
  let folder: string
  const sessions = new Map<string, EngineSession>()
  sharedSpark()
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "assets-exchange-"))
    for (const engine of [duckdb({ threads: 2 }), spark()])
      sessions.set(
        engine.name,
        await engine.open({ timeZone: "Europe/Berlin", scratch: folder, now: new Date(0), signal }),
      )
  })
  afterAll(async () => {
    for (const session of sessions.values()) await session.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const session = (name: string): EngineSession => {
    const found = sessions.get(name)
    if (!found) throw new Error(`${name} is not open`)
    return found
  }

  let writes = 0
  async function write(engine: string, relation: Relation, layout: Layout = {}): Promise<Written> {
    const path = join(folder, `write-${++writes}`)
    mkdirSync(path)
    const target = { kind: "files", format: "parquet", path } as const
    const result = await session(engine).write(relation, target, { stepId: "s", signal, layout })
    const paths = result.files.map(file => join(path, file.path))
    return { result, folder: path, relation: { kind: "files", format: "parquet", paths, schema: relation.schema } }
  }

  async function texted(engine: string, relation: Relation): Promise<string[]> {
    const found: string[] = []
    for (const one of await collect(session(engine), relation)) {
      for (const row of one) found.push(JSON.stringify(row?.toArray(), (_, value) => plain(value)))
    }
    return found.sort()
  }

  const ways = [
    ["duckdb", "spark"],
    ["spark", "duckdb"],
    ["spark", "spark"],
  ] as const

  describe.each(ways)("%s writes, %s reads", (writer, reader) => {
    test("every type, with its extremes", async () => {
      async function* once() {
        yield batch()
      }
      const uploaded = (await session(writer).upload(once(), schema)) as Relation // of the dataframe
      const written = await write(writer, uploaded)
      const back = inOrder(texts(await collect(session(reader), written.relation)))
      const sent = inOrder(texts([batch()]))
      for (const [i, [name]] of cases.entries()) expect([name, back[i]]).toEqual([name, sent[i]])
    })

    test("no rows of every type", async () => {
      const { relation, result } = await write(writer, { kind: "values", rows: [], schema })
      expect(result).toMatchObject({ rows: 0, files: [{ rows: 0 }] })
      expect(await texted(reader, relation)).toEqual([])
    })

    test("dates and times of any year", async () => {
      const columns = [
        { name: "d", type: { kind: "date" } as const },
        { name: "at", type: { kind: "timestamp" } as const },
        { name: "w", type: { kind: "timestamp_ntz" } as const },
      ]
      const values = ["-0044-03-15", "1582-10-10", "1883-11-18", "+100000-12-31", "+290000-01-01"].map(day => [
        day,
        `${day}T00:00:00Z`,
        `${day}T01:02:03.000004`,
      ])
      const relation: Relation = { kind: "values", rows: values, schema: { columns } }
      const written = await write(writer, relation)
      const found = []
      for (const one of await collect(session(reader), written.relation)) found.push(...rowsOf(one, relation.schema))
      expect(found.map(row => Object.values(row)).sort()).toEqual(values.toSorted())
    })

    test("columns of any name", async () => {
      const columns = oddNames.map(name => ({ name, type: text }))
      const relation: Relation = { kind: "values", rows: [oddNames, oddNames.map(() => null)], schema: { columns } }
      const written = await write(writer, relation)
      expect(await texted(reader, written.relation)).toEqual(
        [JSON.stringify(oddNames), JSON.stringify(oddNames.map(() => null))].sort(),
      )
      expect(written.result.columns.map(({ name, min, nullCount }) => [name, min, nullCount])).toEqual(
        oddNames.map(name => [name, name, 1]),
      )
    })

    test.each([[["p"]], [["p", "q / r"]]])("folders of columns %j with any value", async partitionBy => {
      const columns = [
        { name: "p", type: text },
        { name: "q / r", type: long },
        { name: "v", type: long },
      ]
      const values = [...oddValues, null].map((value, i) => [value, i % 2 === 0 ? `${i}` : null, `${i}`] as const)
      const relation: Relation = { kind: "values", rows: [...values, ...values], schema: { columns } }
      const written = await write(writer, relation, { partitionBy })
      expect(written.result.rows).toBe(2 * values.length)
      expect(await texted(reader, written.relation)).toEqual(
        [...values, ...values].map(row => JSON.stringify(row.map((one, i) => (i === 0 ? one : plain(one))))).sort(),
      )
      expect(readdirSync(written.folder).filter(name => !name.startsWith("p="))).toEqual([])
    })

    test("a file of each partition is sorted by what the layout says", async () => {
      const columns = [
        { name: "p", type: long },
        { name: "v", type: { kind: "float64" } as const },
      ]
      const values = Array.from({ length: 40 }, (_, i) => [`${i % 3}`, i % 7 === 0 ? null : (i * 17) % 40] as const)
      const relation: Relation = { kind: "values", rows: values, schema: { columns } }
      const { result, relation: files } = await write(writer, relation, { partitionBy: ["p"], sortBy: ["v"] })
      expect(result.files).toHaveLength(3)
      if (files.kind !== "files") throw new Error("written were files")
      for (const path of files.paths) {
        const found = (await collect(session(reader), { ...files, paths: [path] })).flatMap(one => [
          ...(one.getChildAt(1) ?? []),
        ])
        const sorted = [...found].sort((a, b) => (a ?? -1) - (b ?? -1))
        expect(found).toEqual(sorted)
      }
    })
  })

  test("tell the same of what they wrote", async () => {
    // What DuckDB's writer says of a column with NaN is of its other values.
    const columns = schema.columns.filter(({ type }) => type.kind !== "float32" && type.kind !== "float64")
    const project = (input: Relation): Relation => ({
      kind: "project",
      input,
      columns: columns.map(({ name, type }) => ({ name, expression: { kind: "column", name, type } })),
      schema: { columns },
    })
    async function* once() {
      yield batch()
    }
    const told = []
    for (const engine of ["duckdb", "spark"]) {
      const uploaded = (await session(engine).upload(once(), schema)) as Relation // of the dataframe
      told.push((await write(engine, project(uploaded))).result.columns)
    }
    expect(told[1]).toEqual(told[0])
  })
})

const oddNames = [
  "plain",
  "with space",
  "with.dot",
  "back`tick",
  "quo\"te's",
  ",;{}()=",
  "tab\tand\nline",
  "größe 世界 🎉",
  "a/b%c\\d",
  "CASE",
  "__HIVE_DEFAULT_PARTITION__",
]

const oddValues = [
  "",
  " ",
  "plain",
  "a/b",
  "a=b",
  "per%cent %2F",
  "quo\"te's",
  "tab\tand\nline",
  "größe 世界 🎉",
  "..",
  ".",
  "*?[a]{b}",
  "back\\slash:colon",
  "__HIVE_DEFAULT_PARTITION__",
  "2024-01-01",
  "007",
  "x".repeat(300),
  "é",
  "é",
]

function plain(value: unknown): unknown {
  return typeof value === "bigint" || typeof value === "number" ? String(value) : value
}
