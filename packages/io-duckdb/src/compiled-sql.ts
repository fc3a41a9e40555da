import { type CompiledSql, compileDuckdb, type Relation } from "@assets/dataframe"
import type { Lease } from "./connection-pool.ts"
import { csvHeaders } from "./csv-header.ts"
import { storedTypes } from "./stored-types.ts"

/** The statement of a relation, for the files as they are now. The connection is asked what is in them. */
export async function compiled(relation: Relation, lease: Lease): Promise<CompiledSql> {
  return compileDuckdb(relation, {
    csvHeaders: await csvHeaders(relation),
    storedTypes: await storedTypes(relation, lease),
  })
}
