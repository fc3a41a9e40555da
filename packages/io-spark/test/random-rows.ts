import { randomFillSync } from "node:crypto"
import type { Schema } from "@assets/dataframe"
import * as arrow from "apache-arrow"

export const randomRows: Schema = {
  columns: [
    { name: "id", type: { kind: "int64" } },
    { name: "part", type: { kind: "int64" } },
    { name: "noise", type: { kind: "binary" } },
  ],
}
export const batchRows = 65_536
const noiseBytes = 64
const fields = [
  new arrow.Field("id", new arrow.Int64(), true),
  new arrow.Field("part", new arrow.Int64(), true),
  new arrow.Field("noise", new arrow.Binary(), true),
]

/** Batches of 5 MB that cannot be compressed to less than 4; `part` is 0 and 1 in turn. */
export async function* randomBatches(batches: number): AsyncGenerator<arrow.RecordBatch> {
  const valueOffsets = Int32Array.from({ length: batchRows + 1 }, (_, i) => i * noiseBytes)
  for (let i = 0; i < batches; i++) {
    const noise = randomFillSync(new Uint8Array(batchRows * noiseBytes))
    const ids = BigInt64Array.from({ length: batchRows }, (_, row) => BigInt(i * batchRows + row))
    const parts = new BigInt64Array(batchRows).fill(BigInt(i % 2))
    const children = [
      arrow.makeData({ type: new arrow.Int64(), length: batchRows, data: ids }),
      arrow.makeData({ type: new arrow.Int64(), length: batchRows, data: parts }),
      arrow.makeData({ type: new arrow.Binary(), length: batchRows, data: noise, valueOffsets }),
    ]
    const type = new arrow.Struct(fields)
    const rows = arrow.makeData({ type, length: batchRows, nullCount: 0, children })
    yield new arrow.RecordBatch(new arrow.Schema(fields), rows)
  }
}
