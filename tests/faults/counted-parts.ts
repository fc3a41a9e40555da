import type { BoundDataFrame } from "@assets/dataframe"
import { count, countDistinct, sum } from "@assets/dataframe/functions"
import type { Columns } from "./shapes.ts"
import type { Held } from "./stored-by-hand.ts"

/** What a frame holds that the product's API gave, counted by partition (`null` for none) and generation. */
export async function countedParts(value: unknown): Promise<ReadonlyMap<string | null, Held["generations"]>> {
  const rows = (value as BoundDataFrame<Columns>) // as the frames of all shapes are declared
    .groupBy("part", "generation")
    .agg(f => ({ n: count(), ids: sum(f.id), parts: countDistinct(f.part) }))
    .rows()
  const found = new Map<string | null, Map<number, { rows: number; ids: number; parts: number }>>()
  for await (const { part, generation, n, ids, parts } of rows) {
    const generations = found.get(part || null) ?? new Map()
    const counts = { rows: Number(n), ids: Number(ids), parts: Number(parts) }
    found.set(part || null, generations.set(Number(generation), counts))
  }
  return found
}
