import type { Schema } from "../engine/engine.ts"
import { ConfigError } from "../errors/assets-error.ts"

export interface ColumnNames {
  /** Who cannot have a name: `duckdbFileIO cannot keep`. */
  readonly refusal: string
  /** Why a name cannot be had; undefined of one that can. */
  whyNot(name: string): string | undefined
}

/**
 * Refuses columns that cannot be columns of a table.
 * @throws ConfigError `ENVIRONMENT_UNSUPPORTED` naming the column
 */
export function confirmColumnNames({ columns }: Schema, { refusal, whyNot }: ColumnNames): void {
  for (const { name } of columns) {
    const why = whyNot(name)
    if (why === undefined) continue
    throw new ConfigError("ENVIRONMENT_UNSUPPORTED", {
      what: `${refusal} a column with the name '${name}'.`,
      why,
      fix: "Rename the column, or keep the asset with parquetIO.",
      details: { column: name },
    })
  }
}
