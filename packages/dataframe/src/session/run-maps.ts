import type { RecordBatch } from "apache-arrow"
import { type MappedRelation, mappedRelations, replaceRelations } from "../plan/map-batches.ts"
import type { Relation } from "../plan/relation.ts"
import type { Schema } from "../schema/schema.ts"
import { mapStream } from "./map-stream.ts"

/** What of an engine's session runs the functions of a plan. */
export interface MapSession {
  batches(plan: Relation, signal: AbortSignal): AsyncIterable<{ readonly numRows: number }>
  upload(batches: AsyncIterable<RecordBatch>, schema: Schema): Promise<Relation>
  /** Gives the place of an upload back before the session closes. */
  dropUpload(path: readonly string[]): Promise<void>
  explain(plan: Relation): Promise<string>
}

export interface RunMapsOptions {
  readonly signal: AbortSignal
  /** Gives the error that a user sees for what a function threw. */
  failed(thrown: unknown): unknown
}

/** A plan without functions, and what gives the place of their rows back. */
interface RanMaps {
  readonly relation: Relation
  release(): Promise<void>
}

/** Whether rows of a plan pass through functions of the project. */
export function isMapped(relation: Relation): boolean {
  return mappedRelations(relation).length > 0
}

/** Runs the functions of a plan; `work` gets one without them, over their rows. */
export async function withoutMaps<T>(
  session: MapSession,
  plan: Relation,
  options: RunMapsOptions,
  work: (plan: Relation) => Promise<T>,
): Promise<T> {
  if (!isMapped(plan)) return work(plan)
  const ran = await runMaps(session, plan, options)
  try {
    return await work(ran.relation)
  } finally {
    await ran.release()
  }
}

/** The batches of a plan with functions. */
export async function* mappedBatches(
  session: MapSession,
  plan: Relation,
  options: RunMapsOptions,
): AsyncGenerator<{ readonly numRows: number }, void, undefined> {
  const ran = await runMaps(session, plan, options)
  try {
    yield* session.batches(ran.relation, options.signal)
  } finally {
    await ran.release()
  }
}

/**
 * Runs the functions of a plan: the batches that each reads stream out of the engine, and what it makes of them back in,
 * where it stands in the plan in its place.
 */
async function runMaps(session: MapSession, plan: Relation, options: RunMapsOptions): Promise<RanMaps> {
  const tables = new Map<Relation, Relation>()
  const release = () => dropTables(session, tables)
  try {
    for (const mapped of mappedRelations(plan)) tables.set(mapped, await rowsOf(session, mapped, tables, options))
    return { relation: replaceRelations(plan, tables), release }
  } catch (error) {
    await release()
    throw error
  }
}

function rowsOf(
  session: MapSession,
  mapped: MappedRelation,
  tables: ReadonlyMap<Relation, Relation>,
  options: RunMapsOptions,
): Promise<Relation> {
  const input = replaceRelations(mapped.input, tables)
  // a session's batches are Arrow's; its interface knows the number of their rows alone
  const batches = session.batches(input, options.signal) as AsyncIterable<RecordBatch>
  return session.upload(mapStream(mapped, batches, options), mapped.schema)
}

/** The statements of a plan with functions: those that feed them, and the one over tables in their place. No function runs. */
export async function explainMaps(session: MapSession, plan: Relation): Promise<string> {
  const tables = new Map<Relation, Relation>()
  const parts: string[] = []
  try {
    for (const mapped of mappedRelations(plan)) {
      const table = await session.upload(noBatches(), mapped.schema)
      const name = table.kind === "table" ? table.path.at(-1) : ""
      const input = await session.explain(replaceRelations(mapped.input, tables))
      parts.push(`-- through the function of mapBatches into ${name}:\n${input}`)
      tables.set(mapped, table)
    }
    return [...parts, await session.explain(replaceRelations(plan, tables))].join("\n\n")
  } finally {
    await dropTables(session, tables)
  }
}

async function dropTables(session: MapSession, tables: ReadonlyMap<Relation, Relation>): Promise<void> {
  for (const table of tables.values()) if (table.kind === "table") await session.dropUpload(table.path)
}

async function* noBatches(): AsyncGenerator<never> {}
