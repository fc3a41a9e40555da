import type { RecordBatch } from "apache-arrow"
import type { Schema } from "../schema/schema.ts"
import { readerOf } from "./value-reader.ts"

export type RowObject = { readonly [column: string]: unknown }

/** The rows of a batch whose columns are those of a schema, as objects. */
export function* rowsOf(batch: RecordBatch, schema: Schema): Generator<RowObject> {
  const columns = schema.columns.map(({ name, type }, i) => {
    const data = batch.data.children[i]
    if (!data) throw new Error(`A batch has no column '${name}'. Please report this.`)
    return [name, readerOf(data, type)] as const
  })
  for (let index = 0; index < batch.numRows; index++) {
    const row: { [column: string]: unknown } = {}
    for (const [name, read] of columns) {
      if (name === "__proto__") setOwn(row, name, read(index))
      else row[name] = read(index)
    }
    yield row
  }
}

/** An assignment to this name would set the object's prototype. */
function setOwn(row: object, name: string, value: unknown): void {
  Object.defineProperty(row, name, { value, enumerable: true, writable: true, configurable: true })
}
