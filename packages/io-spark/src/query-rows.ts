import { EngineError, type Json, type QueryBatch } from "@assets/core"
import { rowsOf, type Schema, typeName } from "@assets/dataframe"
import { BatchReader } from "./arrow-batch.ts"
import type { SparkClient } from "./connect/client.ts"
import type { SparkRelation } from "./connect/relation.ts"

/** The rows of a statement as JSON; at least one batch, which may be empty. */
export async function* jsonBatches(
  client: SparkClient,
  statement: SparkRelation,
  signal: AbortSignal,
): AsyncGenerator<QueryBatch> {
  const schema = await knownSchema(client, statement, signal)
  const columns = schema.columns.map(({ name, type }) => ({ name, type: typeName(type) }))
  yield { columns, rows: [] }
  const reader = new BatchReader(await import("apache-arrow"), numbered(schema))
  for await (const batch of client.batches(statement, { signal })) {
    const rows = [...rowsOf(reader.batch(batch), numbered(schema))]
    if (rows.length > 0) yield { columns, rows: rows.map(row => Object.values(row).map(jsonOf)) }
  }
}

/** @throws EngineError `ENGINE_QUERY_FAILED` for a column of a type that has no values here */
async function knownSchema(client: SparkClient, statement: SparkRelation, signal: AbortSignal): Promise<Schema> {
  const columns = await client.schema(statement, { signal })
  return {
    columns: columns.map(({ name, type, typeText }) => {
      if (type) return { name, type }
      throw new EngineError("ENGINE_QUERY_FAILED", {
        what: `The column '${name}' is of the type ${typeText}, whose values cannot be shown.`,
        why: "There is no such type among those of assets.",
        fix: `Cast it in the statement: CAST(${name} AS STRING).`,
        details: { column: name, type: typeText },
      })
    }),
  }
}

/** Two columns of a statement may have one name. */
function numbered(schema: Schema): Schema {
  return { columns: schema.columns.map(({ type }, i) => ({ name: `_${i}`, type })) }
}

/** Wide integers, decimals and times are texts; bytes are hexadecimal digits. */
function jsonOf(value: unknown): Json {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex")
  if (value instanceof Map) return [...value].map(([key, inner]) => ({ key: jsonOf(key), value: jsonOf(inner) }))
  if (Array.isArray(value)) return value.map(jsonOf)
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, jsonOf(inner)]))
  }
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value)
  return typeof value === "bigint" ? String(value) : (value as Json) // text, boolean or null
}
