import type { DuckDBConnection } from "@duckdb/node-api"
import type { DataType } from "../../../packages/dataframe/src/schema/data-type.ts"
import { parseDataType } from "../../../packages/dataframe/src/schema/parse-data-type.ts"
import type { Golden, GoldenValue } from "./golden-file.ts"

/** Makes the input tables, with the row's key before their columns. */
export async function createGoldenTables(connection: DuckDBConnection, golden: Golden): Promise<void> {
  for (const [name, table] of Object.entries(golden.tables)) {
    const columns = table.columns.map(c => `"${c.name}" ${c.duckdbType}`)
    await connection.run(`CREATE TABLE "${name}" ("key" INTEGER, ${columns.join(", ")})`)
    const types = table.columns.map(c => parseDataType(c.type))
    const rows = table.rows.map(
      row => `(${[String(row.key), ...types.map((type, i) => inputSql(row.values[i] ?? null, type))].join(", ")})`,
    )
    if (rows.length > 0) await connection.run(`INSERT INTO "${name}" VALUES ${rows.join(", ")}`)
  }
}

/** An input value: texts, lists, and a struct as the list of its fields. */
export function inputSql(value: GoldenValue, type: DataType): string {
  if (value === null) return "NULL"
  const list = value as readonly GoldenValue[] // nested values are lists in the input tables
  switch (type.kind) {
    case "array":
      return `[${list.map(v => inputSql(v, type.element)).join(", ")}]`
    case "struct":
      return `{${type.fields.map((f, i) => `'${f.name}': ${inputSql(list[i] ?? null, f.type)}`).join(", ")}}`
    case "map": {
      const pairs = list as readonly (readonly GoldenValue[])[] // a map is a list of pairs
      const keys = pairs.map(([k = null]) => inputSql(k, type.key))
      return `map([${keys.join(", ")}], [${pairs.map(([, v = null]) => inputSql(v, type.value)).join(", ")}])`
    }
    case "binary":
      return `unhex('${String(value)}')`
    default:
      return `CAST(${quoted(String(value).replace(/^\+(?=\d{5})/, ""))} AS ${scalarType(type)})`
  }
}

function quoted(text: string): string {
  return text
    .split("\0")
    .map(part => `'${part.replaceAll("'", "''")}'`)
    .join(" || chr(0) || ")
}

const scalarTypes: { readonly [kind: string]: string } = {
  boolean: "BOOLEAN",
  int8: "TINYINT",
  int16: "SMALLINT",
  int32: "INTEGER",
  int64: "BIGINT",
  float32: "FLOAT",
  float64: "DOUBLE",
  string: "VARCHAR",
  date: "DATE",
  timestamp: "TIMESTAMP WITH TIME ZONE",
  timestamp_ntz: "TIMESTAMP",
}

function scalarType(type: DataType): string {
  return type.kind === "decimal" ? `DECIMAL(${type.precision},${type.scale})` : (scalarTypes[type.kind] ?? type.kind)
}
