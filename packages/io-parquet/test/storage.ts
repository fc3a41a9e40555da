import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type {
  EngineSession,
  IOManager,
  Materialization,
  OutputContext,
  OutputValue,
  RecordBatch,
  StoredValue,
} from "@assets/core"
import { ioContext, type OutputRequest, outputContext } from "@assets/core/testing"
import { arrowTypeOf, type Relation, type Schema } from "@assets/dataframe"
import {
  RecordBatch as ArrowBatch,
  Schema as ArrowSchema,
  Field,
  makeData,
  Struct,
  vectorFromArray,
} from "apache-arrow"
import { onTestFinished } from "vitest"
import { type ParquetOptions, parquetIO } from "../src/index.ts"

export const key = "marts/numbers"
export const columns: Schema = { columns: [{ name: "n", type: { kind: "int64" } }] }

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "assets-parquet-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export type WriteRequest = Partial<OutputRequest>

/** Sorts by time, like the UUIDv7 of a real write. */
export const nextId = () => `01900000-0000-7000-8000-${String(++writes).padStart(12, "0")}`
let writes = 0

/** A folder with a manager over it. The engine is none: what is written is made in TypeScript. */
export class Storage {
  readonly base: string
  readonly io: IOManager

  constructor(options: Partial<ParquetOptions> = {}, base = temporaryFolder()) {
    this.base = base
    this.io = parquetIO({ root: "data", ...options })
  }

  get asset(): string {
    return join(this.base, "data", key)
  }

  context(request: WriteRequest = {}): OutputContext {
    const { key: assetKey = key, fingerprint = "print", ...rest } = request
    const id = request.id ?? nextId()
    return outputContext({ base: this.base, session: noSession, ...rest, key: assetKey, fingerprint, id })
  }

  write(value: OutputValue, request?: WriteRequest): Promise<Materialization> {
    return this.io.handleOutput(this.context(request), value)
  }

  async current(): Promise<
    readonly { readonly id: string; readonly partition: string | null; readonly intact: boolean }[]
  > {
    const found = await this.io.current(ioContext(this.base), [key])
    return (found.get(key) ?? []).map(one => ({
      id: one.materialization.id,
      partition: one.partition,
      intact: one.intact,
    }))
  }

  load(
    materializations: readonly Materialization[],
    partitions: readonly string[] = [],
    schema = columns,
  ): Promise<StoredValue> {
    return this.io.loadInput({ ...ioContext(this.base), key, materializations, partitions, schema, session: noSession })
  }
}

async function noSession(): Promise<EngineSession> {
  throw new Error("no engine was to be opened")
}

/** The files that a stored table is read from. */
export function pathsOf(stored: StoredValue): readonly string[] {
  if (stored.kind !== "relation") throw new Error(`${stored.kind} is no table`)
  const relation = stored.relation as Relation // the manager makes relations of the dataframe
  if (relation.kind !== "files") throw new Error(`a ${relation.kind} was stored`)
  return relation.paths
}

export function batchOf(schema: Schema, values: readonly (readonly unknown[])[]): RecordBatch {
  const fields = schema.columns.map(column => new Field(column.name, arrowTypeOf(column.type), true))
  const children = fields.map((field, i) => {
    const [data] = vectorFromArray([...(values[i] ?? [])], field.type).data
    if (!data) throw new Error("a vector without data")
    return data
  })
  const data = makeData({ type: new Struct(fields), length: values[0]?.length ?? 0, nullCount: 0, children })
  return new ArrowBatch(new ArrowSchema(fields), data)
}

/** The numbers from 0 to `count`, in batches of at most 1000, made in TypeScript. */
export function numbers(count: number): OutputValue {
  return {
    kind: "batches",
    schema: columns,
    async *batches() {
      for (let from = 0; from < count; from += 1000) {
        const length = Math.min(1000, count - from)
        yield batchOf(columns, [Array.from({ length }, (_, i) => BigInt(from + i))])
      }
    },
  }
}
