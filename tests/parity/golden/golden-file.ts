import { readFileSync } from "node:fs"
import { gunzipSync } from "node:zlib"

/** A value as the golden file writes it. */
export type GoldenValue =
  | null
  | boolean
  | number
  | string
  | readonly GoldenValue[]
  | { readonly [kind: string]: GoldenValue }

export interface GoldenColumn {
  readonly name: string
  readonly type: string
  readonly duckdbType: string
}

export interface GoldenTable {
  readonly columns: readonly GoldenColumn[]
  readonly groupColumn?: string
  readonly rows: readonly { readonly key: number; readonly values: readonly GoldenValue[] }[]
}

export interface GoldenCase {
  readonly id: string
  readonly fn: string
  readonly category: string
  readonly kind: "row" | "group" | "window"
  readonly table: string
  readonly timeZone: string
  readonly sparkSql: string
  /** What one would write for DuckDB at first, whatever it answers. */
  readonly duckdbNaive: string
  readonly sparkType: string
  readonly duckdbType: string
  readonly verdict: "same" | "approx" | "rewrite" | "partial" | "impossible" | "refused"
  readonly tolerance?: number
  readonly zeroSignFree?: boolean
  readonly rows: readonly {
    readonly key: number
    readonly spark: { readonly value: GoldenValue } | { readonly error: string }
    readonly reproducible?: boolean
  }[]
}

export interface Golden {
  /** Where the answers were recorded. */
  readonly meta: { readonly spark: string }
  readonly tables: { readonly [name: string]: GoldenTable }
  readonly cases: readonly GoldenCase[]
}

/** The answers that Spark gave. */
export function readGolden(): Golden {
  return JSON.parse(gunzipSync(readFileSync(new URL("golden.json.gz", import.meta.url))).toString())
}
