import type { AssetFacts, InputFacts, Measurement } from "./asset-facts.ts"

/** Older measurements tell of data that has become another. */
const LATEST = 5

/** The latest measurements, of partitions as of runs. */
export function latestOf({ measurements }: AssetFacts): readonly Measurement[] {
  return measurements.slice(0, LATEST)
}

/** The bytes of inputs together; undefined when one is not known. */
export function bytesOf(inputs: readonly InputFacts[]): number | undefined {
  let sum = 0
  for (const { bytes } of inputs) {
    if (bytes === undefined) return undefined
    sum += bytes
  }
  return sum
}

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
}

/** An entry of a config's `route` that sends an asset to an engine of another name. */
export function routeTo(key: string, name: string, engine: string): string {
  return `route: { "key:${key}": { engine: "${name}" } }, engines: { ${name}: ${engine} }`
}
