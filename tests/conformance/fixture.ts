import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Engine, EngineSession, IOManager, OutputValue, StoredValue } from "@assets/core"
import type { ConformanceRow, ElsewhereWrite, IOManagerFixture } from "@assets/core/testing"
import { arrowTypeOf, mergeRows, type Relation, type Schema } from "@assets/dataframe"
import { Schema as ArrowSchema, Field, makeData, RecordBatch, Struct, vectorFromArray } from "apache-arrow"
import { frameTables } from "./frame-tables.ts"

export const caseSchema: Schema = {
  columns: [
    { name: "id", type: { kind: "int64" } },
    { name: "name", type: { kind: "string" } },
    { name: "value", type: { kind: "float64" } },
    { name: "part", type: { kind: "string" } },
  ],
}

const batchRows = 10_000
const signal = new AbortController().signal

interface Place {
  /** A folder that is there already. */
  readonly base?: string | undefined
  readonly deleteData?: (base: string, key: string) => Promise<void>
  readonly writeElsewhere?: (base: string, write: ElsewhereWrite) => Promise<void>
  /** The manager whose option for the place of its data is this text. */
  readonly createIOManagerAt?: (place: string) => IOManager
}

/** The suite's fixture over an IO manager and an engine, in a folder of its own unless one is given. */
export class EngineFixture implements IOManagerFixture {
  readonly base: string
  readonly #owned: boolean
  readonly schema = caseSchema
  readonly #createIOManager: () => IOManager
  readonly #engine: Engine
  #session: Promise<EngineSession> | undefined
  readonly tables = frameTables(() => this.session())
  readonly deleteData?: (key: string) => Promise<void>
  readonly writeElsewhere?: (write: ElsewhereWrite) => Promise<void>
  readonly createIOManagerAt?: (place: string) => IOManager

  constructor(engine: Engine, createIOManager: () => IOManager, place: Place = {}) {
    this.#engine = engine
    this.#createIOManager = createIOManager
    const { base, deleteData, writeElsewhere, createIOManagerAt } = place
    this.#owned = base === undefined
    this.base = base ?? mkdtempSync(join(tmpdir(), "assets-conformance-"))
    if (deleteData) this.deleteData = key => deleteData(this.base, key)
    if (writeElsewhere) this.writeElsewhere = write => writeElsewhere(this.base, write)
    if (createIOManagerAt) this.createIOManagerAt = createIOManagerAt
  }

  createIOManager(): IOManager {
    return this.#createIOManager()
  }

  session(): Promise<EngineSession> {
    this.#session ??= this.#engine.open({ timeZone: "UTC", scratch: this.base, now: new Date(0), signal })
    return this.#session
  }

  relation(rows: readonly ConformanceRow[]): OutputValue {
    const values = rows.map(row => [
      String(row.id),
      row.name,
      row.value !== null && Number.isNaN(row.value) ? "NaN" : row.value,
      row.part,
    ])
    const relation: Relation = { kind: "values", rows: values, schema: caseSchema }
    return { kind: "relation", relation, schema: caseSchema }
  }

  batches(rows: readonly ConformanceRow[]): OutputValue {
    return {
      kind: "batches",
      schema: caseSchema,
      async *batches() {
        // The first row by itself, so that two rows are two batches already.
        if (rows.length > 0) yield batchOf(rows.slice(0, 1))
        for (let i = 1; i < rows.length; i += batchRows) yield batchOf(rows.slice(i, i + batchRows))
      },
    }
  }

  failing(): OutputValue {
    const rows = Array.from({ length: 5000 }, (_, i) => [i === 4999 ? "not a number" : String(i)])
    const text: Schema = { columns: [{ name: "s", type: { kind: "string" } }] }
    const column = { kind: "column", name: "s", type: { kind: "string" } } as const
    const relation: Relation = {
      kind: "project",
      input: { kind: "values", rows, schema: text },
      columns: caseSchema.columns.map(({ name, type }) => ({
        name,
        expression:
          name === "id" ? { kind: "cast", input: column, mode: "ansi", type } : { kind: "literal", value: null, type },
      })),
      schema: caseSchema,
    }
    return { kind: "relation", relation, schema: caseSchema }
  }

  merge(former: Relation, added: Relation, keys: readonly string[]): Relation {
    return mergeRows(former, added, keys, caseSchema)
  }

  async read(stored: StoredValue): Promise<readonly ConformanceRow[]> {
    if (stored.kind !== "relation") throw new Error(`A table was stored, and ${stored.kind} came back.`)
    const input = stored.relation as Relation
    const id = { kind: "column", name: "id", type: { kind: "int64" } } as const
    const sorted: Relation = {
      kind: "sort",
      input,
      keys: [{ expression: id, direction: "asc", nulls: "first" }],
      schema: input.schema,
    }
    const rows: ConformanceRow[] = []
    for await (const batch of (await this.session()).batches(sorted, signal)) {
      for (const row of (batch as RecordBatch).toArray()) rows.push({ ...row.toJSON() } as unknown as ConformanceRow)
    }
    return rows
  }

  async close(): Promise<void> {
    await (await this.#session)?.close()
    if (this.#owned) rmSync(this.base, { recursive: true, force: true })
  }
}

function batchOf(rows: readonly ConformanceRow[]): RecordBatch {
  const fields = caseSchema.columns.map(column => new Field(column.name, arrowTypeOf(column.type), true))
  const children = fields.map(field => {
    const name = field.name as keyof ConformanceRow // the columns of caseSchema
    const [data] = vectorFromArray(
      rows.map(row => row[name]),
      field.type,
    ).data
    if (!data) throw new Error("a vector without data")
    return data
  })
  const data = makeData({ type: new Struct(fields), length: rows.length, nullCount: 0, children })
  return new RecordBatch(new ArrowSchema(fields), data)
}
