import type { EngineSession, Relation, Schema } from "../../engine/engine.ts"
import type { IOManager, WriteMode } from "../../io/io-manager.ts"
import type { OutputValue, StoredValue } from "../../value/value-type.ts"

/** A row of the suite's tables. */
export interface ConformanceRow {
  readonly id: bigint
  readonly name: string | null
  readonly value: number | null
  /** The partition that the row belongs to, in cases with partitions. */
  readonly part: string | null
}

/** A table whose columns a case chooses. */
export interface ConformanceTable {
  /** Name → type in Spark's words: `bigint`, `decimal(38,10)`, `array<string>`. The first is `id bigint`. */
  readonly columns: { readonly [name: string]: string }
  /**
   * In the order of `id`. Values by type: `tinyint` to `int`, `float`, `double` → number; `bigint` → bigint; decimals, dates
   * (`2026-01-05`) and times (ISO, with `Z` where they are instants) → text; `binary` → Uint8Array; arrays, structs → array,
   * object; maps → Map.
   */
  readonly rows: readonly { readonly [name: string]: unknown }[]
}

/** A write that another process makes. */
export interface ElsewhereWrite {
  readonly key: string
  readonly partitions: readonly string[]
  readonly fingerprint: string
  readonly write: WriteMode
  readonly rows: readonly ConformanceRow[]
}

/** Tables of columns that a case chooses. */
export interface ConformanceTables {
  schema(table: ConformanceTable): Schema
  /** The table as something that TypeScript made, or that the engine computes. */
  value(table: ConformanceTable, madeBy: "typescript" | "engine"): Promise<OutputValue>
  /** The rows of a stored table, in the order of `id`, with the values as in `ConformanceTable.rows`. */
  read(stored: StoredValue, table: ConformanceTable): Promise<readonly { readonly [name: string]: unknown }[]>
}

/**
 * What the suite needs of whoever runs it: an IO manager over storage that is empty, and values, since core knows no
 * frame. Cases that need one of the methods that may be left out are not offered without it.
 */
export interface IOManagerFixture {
  /** A manager over the fixture's storage; a second one sees what the first one stored. */
  createIOManager(): IOManager
  /** Absolute folder against which the manager's paths resolve. */
  readonly base: string
  /** The columns id int64, name string, value float64, part string. */
  readonly schema: Schema
  /** The session through which relations are written and read; the same on each call. */
  session(): Promise<EngineSession>
  /** Rows as something that the engine computes. */
  relation(rows: readonly ConformanceRow[]): OutputValue
  /** Rows as something that was made in TypeScript; several rows are more than one batch. */
  batches(rows: readonly ConformanceRow[]): OutputValue
  /** A value whose computation fails in the engine after some of its rows. */
  failing(): OutputValue
  /** The rows of a stored table, in the order of `id`. */
  read(stored: StoredValue): Promise<readonly ConformanceRow[]>
  /** The rows of `former` whose keys are none of `added`, and all of `added`: as a value type's `merge`. */
  merge?(former: Relation, added: Relation, keys: readonly string[]): Relation
  readonly tables?: ConformanceTables
  /** Deletes what is stored under a key by hand, and leaves the record of it. Left out where that cannot be. */
  deleteData?(key: string): Promise<void>
  /** Has another process write to the same storage; resolves when that process has ended. */
  writeElsewhere?(write: ElsewhereWrite): Promise<void>
  /** A manager whose option for the place of the data is this text, relative to `base`. Left out where there is no such option. */
  createIOManagerAt?(place: string): IOManager
}
