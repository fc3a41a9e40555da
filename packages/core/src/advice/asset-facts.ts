import type { MeasuredUsage } from "../io/io-manager.ts"
import type { PlanJoin } from "../value/value-type.ts"

/** A former materialization, by the engine that the asset has now. */
export interface Measurement {
  readonly durationMs: number
  readonly bytes?: number
  readonly usage?: MeasuredUsage
}

/** What one write holds of the asset now. */
export interface StoredPart {
  /** As for people: the partition's key, or those of a write of several. Null for the whole of an asset without partitions. */
  readonly partition: string | null
  /** Left out where the storage cannot tell: tables share the blocks of a database. */
  readonly bytes?: number
  readonly files?: number
}

/** Something that the asset reads, as it is stored now. */
export interface InputFacts {
  /** As the asset's function calls it. */
  readonly name: string
  readonly key: string
  /** What stands for it in the plan. */
  readonly slot: string
  readonly isSource: boolean
  readonly bytes?: number
  readonly files?: number
}

/** All that advice about an asset goes by: what was measured, and what is known of where it is computed. */
export interface AssetFacts {
  readonly key: string
  /** As it is recorded: `duckdb`, `spark`. Null where the environment has none. */
  readonly engine: string | null
  readonly machineMemoryBytes: number
  /** Latest first. */
  readonly measurements: readonly Measurement[]
  readonly stored: readonly StoredPart[]
  readonly inputs: readonly InputFacts[]
  /** Empty where the plan has none; undefined where nothing tells. */
  readonly joins: readonly PlanJoin[] | undefined
  readonly hasPartitions: boolean
  /** `layout.partitionBy`. */
  readonly layoutColumns: readonly string[]
  /** Whether the storage of the asset, and of what it reads, works with DuckDB in one process. */
  readonly canUseOneProcess: boolean
}
