import { type EngineSession, thrownBy } from "@assets/core"
import { type MappedRelation, mappedRelations, mapStream, type Relation, replaceRelations } from "@assets/dataframe"
import type { RecordBatch as ArrowBatch } from "apache-arrow"
import type { DuckdbSession } from "./duckdb-session.ts"

/** A plan without functions, and what gives the memory of their rows back. */
export interface RanMaps {
  readonly relation: Relation
  release(): Promise<void>
}

/** Whether rows of a plan pass through functions of the project. */
export function isMapped(relation: Relation): boolean {
  return mappedRelations(relation).length > 0
}

/**
 * Runs the functions of a plan: the batches that each reads stream out of DuckDB and what it makes of them into a table,
 * which stands in the plan in its place. What DuckDB's memory does not hold of the table, it spills.
 */
export async function runMaps(session: DuckdbSession, plan: Relation, signal: AbortSignal): Promise<RanMaps> {
  const tables = new Map<Relation, Relation>()
  const release = async () => {
    for (const table of tables.values()) if (table.kind === "table") await session.dropUpload(table.path)
  }
  try {
    for (const mapped of mappedRelations(plan)) tables.set(mapped, await rowsOf(session, mapped, tables, signal))
    return { relation: replaceRelations(plan, tables), release }
  } catch (error) {
    await release()
    throw error
  }
}

async function rowsOf(
  session: DuckdbSession,
  mapped: MappedRelation,
  tables: ReadonlyMap<Relation, Relation>,
  signal: AbortSignal,
): Promise<Relation> {
  const input = replaceRelations(mapped.input, tables)
  // the session's batches are Arrow's; core knows the number of their rows alone
  const batches = session.batches(input, signal) as AsyncIterable<ArrowBatch>
  const failed = (thrown: unknown) => thrownBy("The function of mapBatches", thrown)
  const made = mapStream(mapped, batches, { signal, failed })
  return session.upload(made, mapped.schema)
}

/** The statements of a plan with functions: those that feed them, and the one over tables in their place. No function runs. */
export async function explainMaps(
  session: DuckdbSession,
  plan: Relation,
  explain: (relation: Relation) => ReturnType<EngineSession["explain"]>,
): Promise<string> {
  const tables = new Map<Relation, Relation>()
  const parts: string[] = []
  try {
    for (const mapped of mappedRelations(plan)) {
      const table = await session.upload(noBatches(), mapped.schema)
      const name = table.kind === "table" ? table.path.at(-1) : ""
      parts.push(
        `-- through the function of mapBatches into ${name}:\n${await explain(replaceRelations(mapped.input, tables))}`,
      )
      tables.set(mapped, table)
    }
    return [...parts, await explain(replaceRelations(plan, tables))].join("\n\n")
  } finally {
    for (const table of tables.values()) if (table.kind === "table") await session.dropUpload(table.path)
  }
}

async function* noBatches(): AsyncGenerator<never> {}
