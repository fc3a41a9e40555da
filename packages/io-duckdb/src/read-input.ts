import type { EngineSession, InputContext, Json, StoredValue } from "@assets/core"
import type { Relation, Schema } from "@assets/dataframe"
import { DuckdbSession } from "./duckdb-session.ts"
import type { FileAccess } from "./file-access.ts"
import type { StoredRecord } from "./materialization-table.ts"
import { partitionsRelation, tableOf, tableRelation } from "./stored-table.ts"
import { pinVersions, requireVersions, versionsGone, versionsOf, type WantedVersions } from "./stored-versions.ts"

/**
 * Gives what a step is to read. DuckDB reads a table later, by statements that each look first whether its data is still
 * the wanted one; any other engine reads a copy of it.
 */
export async function readInput(access: FileAccess, context: InputContext): Promise<StoredValue> {
  const { key, materializations, partitions } = context
  const file = access.file(context)
  const kind = materializations[0]?.kind
  const versions = versionsOf(materializations, partitions)
  const waiting = context.waiting?.bind(context)
  const wanted: WantedVersions = { key, path: file.path, versions, ...(waiting && { waiting }) }
  let records: StoredRecord[] = []
  if (versions.size > 0) {
    if (!file.exists) throw versionsGone(wanted)
    records = await access.onRecords(file, "read", context, lease => requireVersions(lease, file.alias, wanted))
  }
  if (kind === "nothing") return { kind }
  if (kind === "json") return { kind, value: jsonOf(records, partitions) }
  const schema = context.schema as Schema | undefined // core hands on what the dataframe made
  if (!schema) throw new Error(`${key} is a table and has no schema. Please report this.`)
  if (versions.size === 0) return { kind: "relation", relation: noRows(schema), schema }
  const session = await context.session()
  const path = tableOf(file.alias, key)
  pinVersions(path, wanted)
  const relation = partitions.length === 0 ? tableRelation(path, schema) : partitionsRelation(path, schema, partitions)
  if (!(session instanceof DuckdbSession)) {
    return { kind: "relation", relation: await copied(access, context, session, { wanted, relation }), schema }
  }
  access.introduce(session, file, context)
  return { kind: "relation", relation, schema }
}

interface TableRead {
  readonly wanted: WantedVersions
  readonly relation: Relation
}

/** A copy of a table's rows for a session that cannot attach the file. */
async function copied(
  access: FileAccess,
  context: InputContext,
  session: EngineSession,
  { wanted, relation }: TableRead,
): Promise<Relation> {
  const exchange = await access.exchange(context, session)
  const { key, path, versions } = wanted
  const name = JSON.stringify([path, key, relation.schema, [...versions].map(([part, one]) => [part, [...one].sort()])])
  return exchange.copyOf(name, context.signal, () => {
    access.introduce(exchange.session, access.file(context), context)
    return exchange.stage(exchange.session, relation, { stepId: `read ${key}`, signal: context.signal })
  })
}

function noRows(schema: Schema): Relation {
  return { kind: "values", rows: [], schema }
}

/** The value of one record; of several, the values by partition key. */
function jsonOf(records: readonly StoredRecord[], partitions: readonly string[]): Json {
  const [first] = records
  if (records.length === 1 && first && partitions.length <= 1) return first.value ?? null
  return Object.fromEntries(records.map(record => [record.partition ?? "", record.value ?? null]))
}
