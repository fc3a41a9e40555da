import {
  ConfigError,
  type Definitions,
  type LazyValue,
  type PlanStep,
  type Relation,
  type StoredData,
} from "@assets/core"

/** Prints the statement of a plan's step; undefined for a `compute`, which has none. */
export type StepSql = (step: PlanStep) => string | undefined

/**
 * Returns what prints the statements of an environment's engine. An asset that a step reads stands in it under the name
 * that `assets sql` gives it, a source as the files that it names.
 *
 * @throws ConfigError `ENVIRONMENT_UNSUPPORTED`
 */
export async function stepSql(project: Definitions, stored: StoredData, now: Date): Promise<StepSql> {
  const { compileDuckdb, mappedRelations, replaceRelations } = await import("@assets/dataframe")
  // One call of a transform serves all partitions.
  const plans = new Map<string, LazyValue>()
  return ({ key, partitions }) => {
    const asset = stored.asset(key)
    const lazy = plans.get(asset.key) ?? stored.lazyPlan(asset)
    if (!lazy) return undefined
    plans.set(asset.key, lazy)
    if (stored.engineName(asset) !== "duckdb") throw otherEngine(stored, stored.engineName(asset))
    const [partition] = partitions
    const window = partition === undefined ? undefined : asset.options.partitions?.window?.(partition)
    const parameters = { now, ...(partition !== undefined && { key: partition }), ...window }
    const inputs = new Map(lazy.inputs.map(input => [input, inputRelation(project, input)]))
    const relation = lazy.bind(inputs, parameters) as Parameters<typeof compileDuckdb>[0] // the frame's own
    // What functions make of batches is a table to what stands on it.
    const tables = new Map<typeof relation, typeof relation>()
    const feeds = mappedRelations(relation).map(mapped => {
      const name = `map_batches_${tables.size + 1}`
      const text = `-- through the function of mapBatches into ${name}:\n${compileDuckdb(replaceRelations(mapped.input, tables)).sql}`
      tables.set(mapped, { kind: "table", path: [name], schema: mapped.schema })
      return text
    })
    return [...feeds, compileDuckdb(replaceRelations(relation, tables)).sql].join("\n")
  }
}

/** What stands for an input: core hands relations on without looking into them, so this one is made as the frame does. */
function inputRelation({ assets, sources }: Definitions, input: string): Relation {
  const [key = input] = input.split("#") // an asset that is read through several mappings is several inputs
  const source = sources.get(key)
  if (source?.reader) return source.reader.relation(source.reader.paths)
  const at = key.lastIndexOf("/")
  const path = at === -1 ? [key] : [key.slice(0, at), key.slice(at + 1)]
  const table = { kind: "table", path, schema: (assets.get(key) ?? source)?.returns.schema?.() }
  return table
}

function otherEngine({ environment }: StoredData, engine: string): ConfigError {
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `The statements of the environment '${environment}' cannot be printed.`,
    why: `Its engine is ${engine}, and the printer at hand is DuckDB's.`,
    fix: "Choose an environment that computes on DuckDB with --env.",
    details: { environment, engine },
  })
}
