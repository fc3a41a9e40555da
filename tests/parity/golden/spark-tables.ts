import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import type { EngineSession } from "@assets/core"
import { bottomUp, type Relation, replaceRelations } from "@assets/dataframe"
import type { Value } from "../../../packages/dataframe/src/plan/relation.ts"
import type { DataType } from "../../../packages/dataframe/src/schema/data-type.ts"
import { parseDataType } from "../../../packages/dataframe/src/schema/parse-data-type.ts"
import type { Golden, GoldenTable, GoldenValue } from "./golden-file.ts"

const signal = new AbortController().signal

/** The input tables as Parquet files that Spark has written, with the row's key before their columns. */
export async function writeGoldenTables(
  session: EngineSession,
  golden: Golden,
  folder: string,
): Promise<ReadonlyMap<string, Relation>> {
  const files = new Map<string, Relation>()
  for (const [name, table] of Object.entries(golden.tables)) {
    const path = join(folder, name)
    await mkdir(path, { recursive: true })
    const rows = valuesOf(table)
    const written = await session.write(
      inOrder(rows),
      { kind: "files", format: "parquet", path },
      { stepId: name, signal },
    )
    const paths = written.files.map(file => join(path, file.path))
    files.set(name, { kind: "files", format: "parquet", paths, schema: rows.schema })
  }
  return files
}

/** In one file and in the order of the keys: Spark's `first` and the like take what comes first. */
function inOrder(rows: Relation): Relation {
  const { schema } = rows
  const key = { kind: "column", name: "key", type: { kind: "int32" } } as const
  const input: Relation = {
    kind: "sort",
    input: rows,
    keys: [{ expression: key, direction: "asc", nulls: "first" }],
    schema,
  }
  return { kind: "hint", input, hint: { name: "coalesce", partitions: 1 }, schema }
}

/** The plan with the files in the place of its tables. */
export function overFiles(plan: Relation, files: ReadonlyMap<string, Relation>): Relation {
  const tables = bottomUp(plan).flatMap(node => (node.kind === "table" ? [node] : []))
  return replaceRelations(plan, new Map(tables.flatMap(node => fileOf(files, node))))
}

function fileOf(files: ReadonlyMap<string, Relation>, table: Extract<Relation, { kind: "table" }>) {
  const file = files.get(table.path[0] ?? "")
  return file ? [[table, file] as const] : []
}

/** The rows of an input table, in the plan. */
export function valuesOf(table: GoldenTable): Relation & { kind: "values" } {
  const types = table.columns.map(({ type }) => parseDataType(type))
  const columns = table.columns.map(({ name }, i) => ({ name, type: types[i] ?? { kind: "void" as const } }))
  return {
    kind: "values",
    rows: table.rows.map(({ key, values }) => [key, ...types.map((type, i) => literal(values[i] ?? null, type))]),
    schema: { columns: [{ name: "key", type: { kind: "int32" } }, ...columns] },
  }
}

/** Of the golden file's values all but numbers and nested ones are texts. */
function literal(value: GoldenValue, type: DataType): Value {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value
  if (typeof value === "number") return value
  const list = value as readonly GoldenValue[] // nested values are lists in the input tables
  switch (type.kind) {
    case "array":
      return list.map(one => literal(one, type.element))
    case "struct":
      return type.fields.map((field, i) => literal(list[i] ?? null, field.type))
    case "map": {
      const pairs = list as readonly (readonly GoldenValue[])[] // a map is a list of pairs
      return pairs.map(([key = null, one = null]) => [literal(key, type.key), literal(one, type.value)])
    }
    default:
      throw new Error(`A list is not a value of ${type.kind}.`)
  }
}
