import type { EngineSession, OutputValue } from "@assets/core"
import type { ConformanceTable, ConformanceTables } from "@assets/core/testing"
import { type Columns, frame, type RowInput, type Relation as Table, t } from "@assets/dataframe"

/** The types that the suite names, in Spark's words. */
const types: Columns = {
  boolean: t.boolean,
  tinyint: t.int8,
  smallint: t.int16,
  int: t.int32,
  bigint: t.int64,
  float: t.float32,
  double: t.float64,
  "decimal(9,2)": t.decimal(9, 2),
  "decimal(38,10)": t.decimal(38, 10),
  string: t.string,
  binary: t.binary,
  date: t.date,
  timestamp: t.timestamp,
  timestamp_ntz: t.timestampNtz,
  "array<string>": t.array(t.string),
  "struct<x:double,y:array<int>>": t.struct({ x: t.float64, y: t.array(t.int32) }),
  "map<string,bigint>": t.map(t.string, t.int64),
}

function frameOf(table: ConformanceTable) {
  const columns = Object.entries(table.columns).map(([name, type]) => {
    const known = types[type]
    if (!known) throw new Error(`the suite names a type that the fixture does not know: ${type}`)
    return [name, known] as const
  })
  return frame(Object.fromEntries(columns) as Columns) // what was built from pairs has lost its type
}

/** The suite's tables as frames. */
export function frameTables(session: () => Promise<EngineSession>): ConformanceTables {
  return {
    schema: table => frameOf(table).schema(),
    async value(table, madeBy): Promise<OutputValue> {
      const made = frameOf(table).output(table.rows as readonly RowInput<Columns>[]) // the suite's values fit its types
      if (madeBy === "typescript" || made.kind !== "batches") return made
      const { schema } = made
      return { kind: "relation", relation: await (await session()).upload(made.batches(), schema), schema }
    },
    async read(stored, table) {
      if (stored.kind !== "relation") throw new Error(`A table was stored, and ${stored.kind} came back.`)
      const relation = stored.relation as Table // relations are the dataframe's
      const bound = await frameOf(table).bind({ kind: "relation", relation }, session)
      const rows: Record<string, unknown>[] = []
      for await (const row of bound.orderBy("id").rows()) rows.push({ ...row })
      return rows
    },
  }
}
