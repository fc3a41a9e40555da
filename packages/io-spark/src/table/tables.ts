import type { IOContext, Json, Refusal } from "@assets/core"
import type { AssetTable } from "./asset-table.ts"

/** The tables of an IO manager: what kind they are of, and where they are found. */
export interface Tables {
  /** Recorded with each materialization. */
  readonly name: string
  /** The options, for people. */
  describe(): { readonly [option: string]: Json }
  /** Why there can be none as the options say; undefined when there can. */
  refusal(): Refusal | undefined
  /** The table of a key; undefined where there is none, unless its place is known before it is made. */
  find(context: IOContext, key: string): Promise<AssetTable | undefined>
  /** The table of a key, for a write: also one that is not there yet. */
  open(context: IOContext, key: string): Promise<AssetTable>
  /** To be told of a table that was taken away. */
  forget(table: AssetTable): void
  /** Looks where they lie, and changes nothing; what was found in order. @throws AssetsError when it is not */
  examine(context: IOContext): Promise<string>
}
