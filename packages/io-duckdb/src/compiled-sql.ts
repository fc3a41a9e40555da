import { type CompiledSql, compileDuckdb, type Relation } from "@assets/dataframe"
import { csvHeaders } from "./csv-header.ts"

/** The statement of a relation, for the files as they are now. */
export async function compiled(relation: Relation): Promise<CompiledSql> {
  return compileDuckdb(relation, await csvHeaders(relation))
}
