import type { Data, Field, RecordBatch, Vector } from "apache-arrow"

type Arrow = typeof import("apache-arrow")

/** A batch without dictionaries: Spark reads the numbers of a dictionary in the place of its texts, without an error. */
export function plainBatch(batch: RecordBatch, arrow: Arrow): RecordBatch {
  if (!batch.schema.fields.some(field => hasDictionary(field.type, arrow))) return batch
  const children = batch.data.children.map(data => plainData(data, arrow))
  const fields = batch.schema.fields.map((field, i) => field.clone({ type: children[i]?.type ?? field.type }))
  const type = new arrow.Struct(fields)
  return new arrow.RecordBatch(
    new arrow.Schema(fields),
    arrow.makeData({ type, length: batch.numRows, nullCount: 0, children }),
  )
}

function hasDictionary(type: Field["type"], arrow: Arrow): boolean {
  if (arrow.DataType.isDictionary(type)) return true
  return (type.children ?? []).some((field: Field) => hasDictionary(field.type, arrow))
}

function plainData(data: Data, arrow: Arrow): Data {
  if (!hasDictionary(data.type, arrow)) return data
  if (arrow.DataType.isDictionary(data.type)) return written(new arrow.Vector([data]), data.type.dictionary, arrow)
  const children = data.children.map(child => plainData(child, arrow))
  const fields: Field[] = data.type.children.map((field: Field, i: number) =>
    field.clone({ type: children[i]?.type ?? field.type }),
  )
  // The offsets and the nulls of a list, a struct or a map stay; only what they hold is another.
  return data.clone(withChildren(data, fields, arrow), data.offset, data.length, data.nullCount, undefined, children)
}

function withChildren({ type }: Data, fields: Field[], arrow: Arrow): Data["type"] {
  const [first] = fields
  if (arrow.DataType.isList(type) && first) return new arrow.List(first)
  if (arrow.DataType.isMap(type) && first) return new arrow.Map_(first as never, type.keysSorted) // its entries, a struct
  if (arrow.DataType.isStruct(type)) return new arrow.Struct(fields)
  throw new Error(`Dictionaries inside of ${type} are not known. Please report this.`)
}

function written(vector: Vector, type: Data["type"], arrow: Arrow): Data {
  const builder = arrow.makeBuilder({ type, nullValues: [null, undefined] })
  for (const value of vector) builder.append(value)
  return builder.finish().flush()
}
