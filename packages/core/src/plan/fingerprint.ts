import type { Asset } from "../asset/asset.ts"
import { partitionWindow } from "../asset/partition-window.ts"
import { sha256 } from "../util/sha256.ts"
import type { AssetCode } from "./asset-code.ts"

/** What is done for one partition of an asset, or for the whole of one without partitions. */
export interface PartitionWork {
  readonly asset: Asset
  readonly code: AssetCode
  readonly partition: string | null
}

/**
 * SHA-256 of the work of a step: two steps with the same one give the same data. Over the code (which holds the plan or
 * the code version, the functions' revisions, `returns`, write mode, layout and time zone), the partition, and the data
 * versions of the inputs by key. Engine and storage are not in it.
 */
export function fingerprintOf({ asset, code, partition }: PartitionWork, inputs: ReadonlyMap<string, string>): string {
  const window = partitionWindow(asset, partition)
  const sorted = inputs.size > 1 ? [...inputs].sort(([a], [b]) => (a < b ? -1 : 1)) : [...inputs]
  const span = window ? [window.start.toISOString(), window.end.toISOString()] : null
  return sha256(JSON.stringify([code.digest, partition, span, sorted]))
}

/** What decides the data version of a step's output, once it is written. */
export interface DataVersionFacts {
  readonly asset: Asset
  readonly code: AssetCode
  readonly fingerprint: string
  readonly forced: boolean
  /** The data version that was current before. */
  readonly former: string | undefined
  /** SHA-256 of the content, where it was computed. */
  readonly digest: string | undefined
  /** Of the materialization. */
  readonly id: string
}

/** The data version of an output; see DESIGN section 9. */
export function dataVersionOf({ asset, code, fingerprint, forced, former, digest, id }: DataVersionFacts): string {
  if (adds(asset)) return sha256(JSON.stringify([former ?? null, fingerprint]))
  if (forced) return sha256(JSON.stringify([fingerprint, id]))
  if (digest !== undefined) return digest
  if (isKnownBefore(asset, code)) return fingerprint
  return sha256(JSON.stringify([fingerprint, id]))
}

/** Whether an output adds to what is stored, so that its data version hangs on what was. */
export function adds(asset: Asset): boolean {
  return (asset.options.write ?? "overwrite") !== "overwrite"
}

/** Whether the data version is the fingerprint: a plan that always gives the same rows. */
export function isKnownBefore(asset: Asset, code: AssetCode): boolean {
  return code.lazy !== undefined && code.stability === "stable" && asset.options.cutoff === undefined
}

/** Whether the output is told by its content, so that running again may leave the data version as it is. */
export function isToldByContent(asset: Asset, code: AssetCode): boolean {
  if (code.lazy) return asset.options.cutoff === "content" && asset.returns.digest !== undefined
  return asset.returns.kind !== "nothing"
}
