import type { DuckDBConnection, DuckDBPreparedStatement } from "@duckdb/node-api"

/** CPU nanoseconds a value of both forms, above a query that only reads and answers a column. */
export interface FormCost {
  /** Absent where there is no naive form, or it raises on each row. */
  readonly naive: number | undefined
  readonly ours: number
  /** What that query costs. */
  readonly empty: number
}

export interface Queries {
  readonly naive: string | undefined
  readonly ours: string
  readonly empty: string
}

const fewRounds = 2
const manyRounds = 7
/** No round begins after so much; for what is close to its limit, after so much. */
const mostMs = 250
const mostMsIfClose = 2000

/**
 * The least of several rounds, the queries taking turns. A case that `isClose` to its limit is given more rounds.
 * Queries are planned before: the time of planning does not grow with the rows.
 */
export async function formCost(
  connection: DuckDBConnection,
  queries: Queries,
  { rows, isClose }: { readonly rows: number; readonly isClose: (cost: FormCost) => boolean },
): Promise<FormCost> {
  const texts = [queries.empty, queries.ours, ...(queries.naive === undefined ? [] : [queries.naive])]
  const statements = await Promise.all(texts.map(text => connection.prepare(text)))
  const least = statements.map(() => Number.POSITIVE_INFINITY)
  const cost = (): FormCost => {
    const [empty = 0, ours = 0, naive] = least.map(ms => (ms * 1e6) / rows)
    return {
      empty,
      ours: Math.max(0, ours - empty),
      naive: naive === undefined ? undefined : Math.max(0, naive - empty),
    }
  }
  try {
    let spent = 0
    for (let round = 0; round < manyRounds; round++) {
      if ((round >= fewRounds || spent > mostMs) && (spent > mostMsIfClose || !isClose(cost()))) break
      for (const [i, statement] of statements.entries()) {
        const ms = await cpuMs(statement)
        spent += ms
        least[i] = Math.min(least[i] ?? ms, ms)
      }
    }
    return cost()
  } finally {
    for (const statement of statements) statement.destroySync()
  }
}

async function cpuMs(statement: DuckDBPreparedStatement): Promise<number> {
  const before = process.cpuUsage()
  await statement.run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
