import type { Definitions } from "./definitions.ts"
import type { EnvironmentConfig } from "./environment/environment.ts"
import type { Materialization } from "./io/io-manager.ts"
import type { Json } from "./util/json.ts"

export interface ReportOptions {
  /** A source without a reader, or an asset that returns `nothing()`. */
  readonly key: string
  readonly partition?: string
  /** Whatever changes when the data does. Default: the instant of the report. */
  readonly dataVersion?: string
  readonly metadata?: { readonly [name: string]: Json }
  readonly environment?: string | EnvironmentConfig
}

/** Records that data was made outside of this product, so that what is below it becomes stale. */
export async function reportMaterialization(_project: Definitions, _report: ReportOptions): Promise<Materialization> {
  throw new Error("not yet")
}
