import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { bindPlan } from "../src/plan/bind-plan.ts"
import { parseExpression } from "../src/plan/parse-expression.ts"
import type { NamedExpression, Relation } from "../src/plan/relation.ts"
import { resolveExpression } from "../src/plan/resolve-expression.ts"
import { parseDataType } from "../src/schema/parse-data-type.ts"
import type { Schema } from "../src/schema/schema.ts"
import { compileDuckdb, duckdbPrelude } from "../src/sql/compile-sql.ts"

let instance: DuckDBInstance
let connection: DuckDBConnection
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "compile-sql-"))
  instance = await DuckDBInstance.create(":memory:", { threads: "1" })
  connection = await instance.connect()
  await connection.run("SET TimeZone = 'UTC'")
  for (const statement of duckdbPrelude) await connection.run(statement)
})

afterAll(() => {
  connection.closeSync()
  instance.closeSync()
  rmSync(folder, { recursive: true })
})

const schemaOf = (types: { readonly [name: string]: string }): Schema => ({
  columns: Object.entries(types).map(([name, type]) => ({ name, type: parseDataType(type) })),
})
const named = (columns: { readonly [name: string]: string }, { schema }: Relation): NamedExpression[] =>
  Object.entries(columns).map(([name, text]) => ({
    name,
    expression: resolveExpression(parseExpression(text), schema),
  }))
const schemaFor = (columns: readonly NamedExpression[]): Schema => ({
  columns: columns.map(c => ({ name: c.name, type: c.expression.type })),
})
const project = (input: Relation, columns: { readonly [name: string]: string }): Relation => {
  const list = named(columns, input)
  return { kind: "project", input, columns: list, schema: schemaFor(list) }
}
const filter = (input: Relation, condition: string): Relation => ({
  kind: "filter",
  input,
  condition: resolveExpression(parseExpression(condition), input.schema),
  schema: input.schema,
})
const aggregate = (
  input: Relation,
  by: { readonly [name: string]: string },
  of: { readonly [name: string]: string },
): Relation => {
  const keys = named(by, input)
  const aggregates = named(of, input)
  return { kind: "aggregate", input, keys, aggregates, schema: schemaFor([...keys, ...aggregates]) }
}
const sort = (input: Relation, text: string, direction: "asc" | "desc" = "asc"): Relation => ({
  kind: "sort",
  input,
  keys: [
    {
      expression: resolveExpression(parseExpression(text), input.schema),
      direction,
      nulls: direction === "asc" ? "first" : "last",
    },
  ],
  schema: input.schema,
})
const limit = (input: Relation, rows: number): Relation => ({ kind: "limit", input, rows, schema: input.schema })

const people: Relation = {
  kind: "values",
  schema: schemaOf({ id: "int", name: "string", x: "double" }),
  rows: [
    [1, "a", 1.5],
    [2, "b", "-0.0"],
    [3, null, "NaN"],
    [4, "a", 0],
    [null, "c", null],
  ],
}
const pets: Relation = {
  kind: "values",
  schema: schemaOf({ id: "int", pet: "string" }),
  rows: [
    [1, "cat"],
    [1, "dog"],
    [4, "owl"],
    [9, "bee"],
    [null, "elk"],
  ],
}

async function rows(relation: Relation): Promise<unknown[][]> {
  const result = await connection.runAndReadAll(compileDuckdb(relation).sql)
  expect(result.columnNames()).toEqual(relation.schema.columns.map(c => c.name))
  return result.getRows()
}
const count = (text: string, part: string) => text.split(part).length - 1

describe("one SELECT", () => {
  test("holds filter, project, sort and limit", async () => {
    const plan = limit(sort(project(filter(people, "id > 1"), { n: "id", u: "upper(name)" }), "n", "desc"), 2)
    expect(count(compileDuckdb(plan).sql, "SELECT")).toBe(1)
    expect(await rows(plan)).toEqual([
      [4, "A"],
      [3, null],
    ])
  })

  test("holds an aggregation and what renames its columns", async () => {
    const plan = project(aggregate(filter(people, "id is not null"), { name: "name" }, { n: "count(*)" }), {
      rows: "n",
      of: "name",
    })
    expect(count(compileDuckdb(plan).sql, "SELECT")).toBe(1)
    expect(new Set((await rows(plan)).map(String))).toEqual(new Set(["2,a", "1,b", "1,"]))
  })

  test("does not hold a filter of aggregated rows, nor one after a limit", async () => {
    expect(await rows(filter(aggregate(people, { name: "name" }, { n: "count(*)" }), "n > 1"))).toEqual([["a", 2n]])
    expect(await rows(filter(limit(sort(people, "id", "desc"), 2), "id < 4"))).toEqual([[3, null, Number.NaN]])
  })

  test("computes once what is used twice", () => {
    const plan = project(project(people, { h: "md5(name)" }), { a: "h", b: "upper(h)" })
    expect(count(compileDuckdb(plan).sql, "md5")).toBe(1)
  })

  test("does not hold a window over a window", async () => {
    const first = project(people, { id: "id", r: "row_number() over (order by id)" })
    const second = filter(project(first, { id: "id", n: "sum(r) over (order by id)" }), "n > 9")
    expect(await rows(second)).toEqual([
      [3, 10n],
      [4, 15n],
    ])
  })
})

describe("meaning", () => {
  test("a date that is written out is a literal; any other text is read as Spark reads it", async () => {
    const day = (text: string) => project(limit(people, 1), { day: `cast('${text}' as date)` })
    expect(compileDuckdb(day("2024-02-29")).sql).toContain("CAST('2024-02-29' AS DATE)")
    for (const text of ["2024-2-29", " 2024-02-29", "2024-02-29T10:00"]) {
      expect(compileDuckdb(day(text)).sql).toContain("spark_to_date")
      expect(String(await rows(day(text)))).toBe("2024-02-29")
    }
    await expect(rows(day("2023-02-29"))).rejects.toThrow("2023-02-29")
  })

  test("groups -0.0 with 0.0 and shows 0.0", async () => {
    const plan = sort(aggregate(people, { x: "x" }, { n: "count(*)" }), "x")
    expect(await rows(plan)).toEqual([
      [null, 1n],
      [0, 2n],
      [1.5, 1n],
      [Number.NaN, 1n],
    ])
  })

  test("sorts NaN last and keeps the sign of a zero", async () => {
    const plan = project(sort(filter(people, "x is not null"), "x"), { x: "x" })
    const values = (await rows(plan)).map(([x]) => x)
    expect(values.slice(2)).toEqual([1.5, Number.NaN])
    expect(values.slice(0, 2).some(x => Object.is(x, -0))).toBe(true)
  })

  test("an aggregation without rows gives one row, with keys none", async () => {
    const none = filter(people, "id > 100")
    expect(await rows(aggregate(none, {}, { n: "count(*)", s: "sum(id)" }))).toEqual([[0n, null]])
    expect(await rows(aggregate(none, { name: "name" }, { n: "count(*)" }))).toEqual([])
  })
})

describe("joins", () => {
  const join = (how: "inner" | "left" | "right" | "full" | "semi" | "anti", types: { [name: string]: string }) =>
    ({
      kind: "join",
      left: filter(people, "id is null or id <> 2"),
      right: pets,
      how,
      using: ["id"],
      schema: schemaOf(types),
    }) as const satisfies Relation
  const both = { id: "int", name: "string", x: "double", pet: "string" }
  const left = { id: "int", name: "string", x: "double" }

  test.each([
    ["inner", both, ["1,a,1.5,cat", "1,a,1.5,dog", "4,a,0,owl"]],
    ["left", both, ["1,a,1.5,cat", "1,a,1.5,dog", "4,a,0,owl", "3,,NaN,", ",c,,"]],
    ["right", both, ["1,a,1.5,cat", "1,a,1.5,dog", "4,a,0,owl", "9,,,bee", ",,,elk"]],
    ["full", both, ["1,a,1.5,cat", "1,a,1.5,dog", "4,a,0,owl", "3,,NaN,", ",c,,", "9,,,bee", ",,,elk"]],
    ["semi", left, ["1,a,1.5", "4,a,0"]],
    ["anti", left, ["3,,NaN", ",c,"]],
  ] as const)("%s by USING", async (how, types, wanted) => {
    expect((await rows(join(how, types))).map(String).sort()).toEqual([...wanted].sort())
  })

  test("three tables stay in one FROM clause; a condition knows its sides", async () => {
    const first = join("inner", both)
    const scope = { left: first.schema.columns, right: people.schema.columns }
    const condition = resolveExpression(
      {
        kind: "call",
        name: "<",
        args: [
          { kind: "column", name: "id", side: "left" },
          { kind: "column", name: "id", side: "right" },
        ],
      },
      scope,
    )
    const schema = schemaOf({ ...both, id2: "int", name2: "string", x2: "double" })
    const plan: Relation = { kind: "join", left: first, right: people, how: "inner", condition, schema }
    expect(count(compileDuckdb(plan).sql, "SELECT")).toBe(1)
    expect((await rows(project(plan, { a: "id", b: "id2" }))).map(String).sort()).toEqual(
      ["1,2", "1,2", "1,3", "1,3", "1,4", "1,4"].sort(),
    )
  })
})

describe("a join with a side of several tables", () => {
  const on = (left: Relation, right: Relation, how: "inner" | "left" | "semi" | "anti", key: string): Relation => {
    const scope = { left: left.schema.columns, right: right.schema.columns }
    const column = (side: "left" | "right") => ({ kind: "column", name: side === "left" ? "id" : key, side }) as const
    const condition = resolveExpression({ kind: "call", name: "=", args: [column("left"), column("right")] }, scope)
    const isOneSided = how === "semi" || how === "anti"
    const columns = isOneSided ? scope.left : [...scope.left, ...scope.right.map(c => ({ ...c, name: `r_${c.name}` }))]
    return { kind: "join", left, right, how, condition, schema: { columns } }
  }
  const owned = on(filter(people, "name = 'a'"), filter(pets, "pet <> 'dog'"), "inner", "id")

  test("is one SELECT, with the conditions of both sides", async () => {
    const plan = on(pets, owned, "inner", "r_id")
    expect(count(compileDuckdb(plan).sql, "SELECT")).toBe(1)
    const wanted = ["1,cat,1,a,1.5,1,cat", "1,dog,1,a,1.5,1,cat", "4,owl,4,a,0,4,owl"]
    expect((await rows(plan)).map(String).sort()).toEqual(wanted)
  })

  test("keeps the rows of the left for which the conditions of the right do not hold", async () => {
    const plan = on(pets, owned, "left", "r_id")
    expect(count(compileDuckdb(plan).sql, "SELECT")).toBe(1)
    const wanted = [",elk,,,,,", "1,cat,1,a,1.5,1,cat", "1,dog,1,a,1.5,1,cat", "4,owl,4,a,0,4,owl", "9,bee,,,,,"]
    expect((await rows(plan)).map(String).sort()).toEqual(wanted)
  })

  test("keeps and leaves out rows that were joined before", async () => {
    const few = project(filter(pets, "pet = 'owl'"), { pet_id: "id" })
    expect((await rows(on(owned, few, "semi", "pet_id"))).map(String)).toEqual(["4,a,0,4,owl"])
    expect((await rows(on(owned, few, "anti", "pet_id"))).map(String)).toEqual(["1,a,1.5,1,cat"])
  })
})

describe("sets", () => {
  const set = (operation: "union" | "intersect" | "except", all: boolean): Relation => ({
    kind: "set",
    operation,
    all,
    left: project(people, { x: "x" }),
    right: project(filter(people, "id in (2, 4)"), { x: "x" }),
    schema: schemaOf({ x: "double" }),
  })
  const sorted = async (relation: Relation) =>
    (await rows(relation)).map(([x]) => (Object.is(x, -0) ? "-0" : String(x))).sort()

  test.each([
    ["union", true, ["-0", "-0", "0", "0", "1.5", "NaN", "null"]],
    ["union", false, ["0", "1.5", "NaN", "null"]],
    ["intersect", false, ["0"]],
    ["intersect", true, ["0", "0"]],
    ["except", false, ["1.5", "NaN", "null"]],
    ["except", true, ["1.5", "NaN", "null"]],
  ] as const)("%s, all: %s", async (operation, all, wanted) =>
    expect(await sorted(set(operation, all))).toEqual(wanted),
  )

  test("distinct and deduplicate", async () => {
    const names = project(people, { name: "name" })
    expect(
      await rows({
        kind: "aggregate",
        input: { kind: "distinct", input: names, schema: names.schema },
        keys: [],
        ...counted,
      }),
    ).toEqual([[4n]])
    const once: Relation = { kind: "deduplicate", input: people, columns: ["NAME"], schema: people.schema }
    expect((await rows(project(once, { name: "name" }))).map(String).sort()).toEqual(["", "a", "b", "c"])
  })

  const counted = {
    aggregates: [{ name: "n", expression: resolveExpression(parseExpression("count(*)"), { columns: [] }) }],
    schema: schemaOf({ n: "bigint" }),
  }
})

describe("sharing and binding", () => {
  const shared = filter(people, "id > 1")
  const plan: Relation = {
    kind: "set",
    operation: "union",
    all: true,
    left: shared,
    right: shared,
    schema: shared.schema,
  }

  test("a relation that is used twice is computed once", async () => {
    const { sql } = compileDuckdb(plan)
    expect(count(sql, "AS MATERIALIZED")).toBe(1)
    expect(count(sql, "VALUES")).toBe(1)
    expect(await rows(plan)).toHaveLength(6)
  })

  test("what only compares the columns of a table is read by each user", () => {
    const table: Relation = { kind: "table", path: ["people"], schema: people.schema }
    const twice = (relation: Relation): string =>
      compileDuckdb({
        kind: "set",
        operation: "union",
        all: true,
        left: relation,
        right: relation,
        schema: relation.schema,
      }).sql
    expect(twice(filter(table, "id > 1 and name in ('a', 'b')"))).not.toContain("MATERIALIZED")
    expect(twice(filter(table, "name like '%a%'"))).toContain("MATERIALIZED")
    expect(twice(filter(table, "rand() < 0.5"))).toContain("MATERIALIZED")
  })

  test("binding keeps what is shared, and puts values in", async () => {
    const input: Relation = { kind: "input", key: "raw/people", schema: people.schema }
    const condition = resolveExpression(
      {
        kind: "call",
        name: "=",
        args: [
          { kind: "column", name: "name" },
          { kind: "parameter", name: "partition.key", type: { kind: "string" } },
        ],
      },
      people.schema,
    )
    const one = { kind: "filter", input, condition, schema: people.schema } satisfies Relation
    const open: Relation = { kind: "set", operation: "union", all: true, left: one, right: one, schema: people.schema }
    const unbound = expect.objectContaining({ code: "FRAME_INPUT_UNBOUND" })
    expect(() => compileDuckdb(open)).toThrow(unbound)
    expect(() => compileDuckdb({ ...one, input: people })).toThrow(unbound)
    const key = { value: "o'brien", type: { kind: "string" } } as const
    const bound = bindPlan(open, {
      inputs: new Map([["raw/people", people]]),
      parameters: new Map([["partition.key", key]]),
    }) as Extract<Relation, { kind: "set" }>
    expect(bound.left).toBe(bound.right)
    expect(await rows(bound)).toEqual([])
  })
})

describe("files", () => {
  test("Parquet is read by name, cast to the declared types, with filters in the scan", async () => {
    const path = join(folder, "it's.parquet")
    await connection.run(
      `COPY (SELECT i::UINTEGER AS "ID", TIMESTAMP_NS '2024-01-01 00:00:00.123456789' AS at FROM range(10) r(i)) TO '${path.replace("'", "''")}'`,
    )
    const schema = schemaOf({ id: "bigint", at: "timestamp_ntz" })
    const plan = filter({ kind: "files", format: "parquet", paths: [path], schema }, "id < 1")
    const result = await connection.runAndReadAll(compileDuckdb(plan).sql)
    expect(result.columnTypes().map(String)).toEqual(["BIGINT", "TIMESTAMP"])
    expect(result.getRowsJson()).toEqual([["0", "2024-01-01 00:00:00.123456"]])
  })

  test("a filter on a column of the declared type reaches the Parquet reader", async () => {
    const path = join(folder, "plain.parquet")
    await connection.run(
      `COPY (SELECT i AS id, TIMESTAMPTZ '2024-01-01 00:00:00Z' AS at FROM range(10) r(i)) TO '${path}'`,
    )
    const schema = schemaOf({ id: "bigint", at: "timestamp" })
    const plan = filter(
      { kind: "files", format: "parquet", paths: [path], schema },
      "id = 3 and at >= timestamp '2023-01-01'",
    )
    const [row] = (await connection.runAndReadAll(`EXPLAIN ${compileDuckdb(plan).sql}`)).getRows()
    expect(String(row?.[1])).toMatch(/Filters:/)
    expect(String(row?.[1])).not.toMatch(/FILTER\s/)
  })

  test("CSV has its declared types; nulls are not quoted; a line that does not fit raises", async () => {
    const path = join(folder, "in.csv")
    writeFileSync(path, 'id;name;at\n1;"";2024-01-31\n2;;\n')
    const schema = schemaOf({ id: "bigint", name: "string", at: "date" })
    const csv = { header: true, delimiter: ";" }
    const files: Relation = { kind: "files", format: "csv", paths: [path], csv, schema }
    expect((await connection.runAndReadAll(compileDuckdb(files).sql)).getRowsJson()).toEqual([
      ["1", "", "2024-01-31"],
      ["2", null, null],
    ])
    writeFileSync(path, "id;name;at\nx;y;z\n")
    await expect(connection.runAndReadAll(compileDuckdb(files).sql)).rejects.toThrow(/CSV Error/)
  })

  test("JSON lines are read by name", async () => {
    const path = join(folder, "in.json")
    writeFileSync(path, '{"b": "x", "a": 1}\n{"a": null}\n')
    const files: Relation = {
      kind: "files",
      format: "json",
      paths: [path],
      schema: schemaOf({ a: "int", b: "string" }),
    }
    expect(await rows(files)).toEqual([
      [1, "x"],
      [null, null],
    ])
  })
})

test("literals of every type come back as they are", async () => {
  const types = {
    a: "tinyint",
    b: "bigint",
    c: "decimal(38,2)",
    d: "float",
    e: "string",
    f: "binary",
    g: "date",
    h: "timestamp",
    i: "timestamp_ntz",
    j: "array<int>",
    k: "struct<x:int,y:string>",
    l: "map<string,int>",
    m: "boolean",
  }
  const row = [
    -128,
    "9223372036854775807",
    "-999999999999999999999999999999999999.99",
    "-Infinity",
    "o'\0\\n",
    "00ff",
    "0001-01-01",
    "2024-01-01T00:00:00.123456Z",
    "2024-01-01T00:00:00.123456",
    [1, null],
    [1, "q"],
    [["k", 1]],
    true,
  ]
  const relation: Relation = { kind: "values", schema: schemaOf(types), rows: [row, row.map(() => null)] }
  const result = await connection.runAndReadAll(compileDuckdb(relation).sql)
  expect(result.getRowsJson()[0]).toEqual([
    -128,
    "9223372036854775807",
    "-999999999999999999999999999999999999.99",
    "-Infinity",
    "o'\0\\n",
    "\\x00\\xFF",
    "0001-01-01",
    "2024-01-01 00:00:00.123456+00",
    "2024-01-01 00:00:00.123456",
    [1, null],
    { x: 1, y: "q" },
    [{ key: "k", value: 1 }],
    true,
  ])
  expect(result.getRowsJson()[1]?.every(v => v === null)).toBe(true)
  expect(await rows({ ...relation, rows: [] })).toEqual([])
})

test("a sample is a part, and the same each time", async () => {
  const many: Relation = {
    kind: "values",
    schema: schemaOf({ n: "int" }),
    rows: Array.from({ length: 500 }, (_, n) => [n]),
  }
  const plan: Relation = { kind: "sample", input: many, fraction: 0.5, seed: 7, schema: many.schema }
  const first = await rows(plan)
  expect(first.length).toBeGreaterThan(150)
  expect(first.length).toBeLessThan(350)
  expect(await rows(plan)).toEqual(first)
})

test("a long plan does not end the stack", () => {
  let plan: Relation = people
  for (let n = 0; n < 5_000; n++) plan = filter(plan, "id > 1")
  expect(count(compileDuckdb(plan).sql, " AND ")).toBe(4_999)
})

test("a deep expression stays short, and is computed once for each level", async () => {
  const table: Relation = {
    kind: "values",
    schema: schemaOf({ m: "decimal(10,2)", d: "double" }),
    rows: [["7.50", 2.345]],
  }
  const division = Array.from({ length: 12 }, () => "d").join(" / ")
  const rounded = Array.from({ length: 8 }).reduce<string>(text => `round(${text} * 1.5D, 2)`, "d")
  const decimals = "m / m / m / m / m"
  const plan = project(table, { a: division, b: rounded, c: decimals })
  const { sql } = compileDuckdb(plan)
  expect(sql.length).toBeLessThan(40_000)
  const [row] = (await connection.runAndReadAll(sql)).getRows()
  expect(row?.[0]).toBeCloseTo(2.345 ** -10, 10)
  expect(row?.[1]).toBeCloseTo(60.1, 1)
  expect(Number(String(row?.[2]))).toBeCloseTo(7.5 ** -3, 6)
})
