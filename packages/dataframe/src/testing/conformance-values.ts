import { type FrameOutput, type FrameType, frame, type StoredFrame } from "../frame.ts"
import { mergeRows } from "../merge-rows.ts"
import type { Relation } from "../plan/relation.ts"
import { arrowTypeOf } from "../schema/arrow-type.ts"
import type { Columns } from "../schema/columns.ts"
import { parseDataType } from "../schema/parse-data-type.ts"
import type { RowInput } from "../schema/row.ts"
import type { Schema } from "../schema/schema.ts"
import { t } from "../schema/t.ts"
import type { OpenSession } from "../session/engine-session.ts"

/** A row of the tables of core's suite for IO managers. */
interface SuiteRow {
  readonly id: bigint
  readonly name: string | null
  readonly value: number | null
  readonly part: string | null
}

/** A table whose columns a case of the suite chooses: name → type in Spark's words. */
interface SuiteTable {
  readonly columns: { readonly [name: string]: string }
  readonly rows: readonly { readonly [name: string]: unknown }[]
}

/** What core's suite for IO managers needs besides the manager: frames to store and to read back. */
export interface ConformanceValues {
  readonly schema: Schema
  relation(rows: readonly SuiteRow[]): FrameOutput
  batches(rows: readonly SuiteRow[]): FrameOutput
  failing(): FrameOutput
  read(stored: StoredFrame): Promise<readonly SuiteRow[]>
  merge(former: { readonly kind: string }, added: { readonly kind: string }, keys: readonly string[]): Relation
  readonly tables: {
    schema(table: SuiteTable): Schema
    value(table: SuiteTable, madeBy: "typescript" | "engine"): Promise<FrameOutput>
    read(stored: StoredFrame, table: SuiteTable): Promise<readonly { readonly [name: string]: unknown }[]>
  }
}

const columns: Columns = { id: t.int64, name: t.string, value: t.float64, part: t.string }
const suite = frame(columns)
const schema = suite.schema()

/**
 * Returns the values of a fixture of `ioManagerConformance` as frames, computed and read by an engine's session.
 * @example
 * const fixture = { base, session, createIOManager: () => myIO({ root: "data" }), ...conformanceValues(session) }
 */
export function conformanceValues(session: OpenSession): ConformanceValues {
  return {
    schema,
    relation: rows => ({ kind: "relation", relation: valuesOf(rows), schema }),
    batches: rows => ({ kind: "batches", schema, batches: () => batchesOf(rows), digest: () => undefined }),
    failing: () => ({ kind: "relation", relation: failingRelation(), schema }),
    async read(stored) {
      return (await rowsOf(suite, stored, session)) as unknown as readonly SuiteRow[] // the columns of the suite
    },
    merge: (former, added, keys) => mergeRows(former as Relation, added as Relation, keys, schema), // handed on unread
    tables: {
      schema: table => frameOf(table).schema(),
      async value(table, madeBy) {
        const made = frameOf(table).output(table.rows as readonly RowInput<Columns>[]) // the suite's values fit its types
        if (madeBy === "typescript" || made.kind !== "batches") return made
        const relation = (await (await session()).upload(made.batches(), made.schema)) as Relation // of this package
        return { kind: "relation", relation, schema: made.schema }
      },
      read: (stored, table) => rowsOf(frameOf(table), stored, session),
    },
  }
}

function valuesOf(rows: readonly SuiteRow[]): Relation {
  const number = (value: number | null) => (value !== null && Number.isNaN(value) ? "NaN" : value)
  return { kind: "values", rows: rows.map(row => [`${row.id}`, row.name, number(row.value), row.part]), schema }
}

/** The first row comes in a batch of its own, so that two rows are two batches. */
async function* batchesOf(rows: readonly SuiteRow[]) {
  for (const part of [rows.slice(0, 1), rows.slice(1)]) {
    const output = suite.output(part)
    if (part.length > 0 && output.kind === "batches") yield* output.batches()
  }
}

/** Rows of which a later one cannot be cast. */
function failingRelation(): Relation {
  const text: Schema = { columns: [{ name: "s", type: { kind: "string" } }] }
  const rows = Array.from({ length: 5000 }, (_, i) => [i === 4999 ? "not a number" : `${i}`])
  const input = { kind: "column", name: "s", type: { kind: "string" } } as const
  const failing = schema.columns.map(({ name, type }) => ({
    name,
    expression:
      name === "id"
        ? ({ kind: "cast", input, mode: "ansi", type } as const)
        : ({ kind: "literal", value: null, type } as const),
  }))
  return { kind: "project", input: { kind: "values", rows, schema: text }, columns: failing, schema }
}

function frameOf({ columns }: SuiteTable) {
  const types = Object.entries(columns).map(([name, type]) => [name, arrowTypeOf(parseDataType(type))] as const)
  return frame(Object.fromEntries(types) as Columns) // what was built from pairs has lost its type
}

async function rowsOf(type: FrameType<Columns>, stored: StoredFrame, session: OpenSession) {
  const bound = await type.bind(stored, session)
  const rows: Record<string, unknown>[] = []
  for await (const row of bound.orderBy("id").rows()) rows.push({ ...row })
  return rows
}
