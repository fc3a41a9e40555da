import { duckdbTypeText, type Relation, typeName } from "@assets/dataframe"
import type { DuckDBConnection } from "@duckdb/node-api"
import type { Expression } from "../../../packages/dataframe/src/plan/expression.ts"
import { rowsOf } from "../../../packages/dataframe/src/session/row-reader.ts"
import { compileDuckdb } from "../../../packages/dataframe/src/sql/compile-sql.ts"
import { compileSpark } from "../../../packages/dataframe/src/sql/spark/compile-spark.ts"
import type { SparkClient } from "../../../packages/io-spark/src/connect/client.ts"
import { sql } from "../../../packages/io-spark/src/connect/relation.ts"
import type { GoldenTable, GoldenValue } from "../golden/golden-file.ts"
import { createGoldenTables } from "../golden/golden-tables.ts"
import { goldenValue, sameValue } from "../golden/golden-value.ts"
import { written } from "../golden/run-spark-case.ts"
import { valuesOf } from "../golden/spark-tables.ts"
import { type RandomExpression, randomSchema, toleranceOf } from "./random-expression.ts"

/** An expression of which the engines do not say the same. */
export interface Found {
  readonly text: string
  readonly difference: string
}

/** What DuckDB says of each row: a value, or what it raised. */
type Answers = ReadonlyMap<number, { readonly value: GoldenValue } | { readonly error: string }>

interface Asked extends RandomExpression {
  readonly answers: Answers
}

const key: Expression = { kind: "column", name: "key", type: { kind: "int32" } }

/** Both engines with one table of random rows. */
export class BothEngines {
  readonly #duckdb: DuckDBConnection
  readonly #spark: SparkClient
  #table: GoldenTable = { columns: [], rows: [] }
  #name = ""
  #tables = 0

  constructor(duckdb: DuckDBConnection, spark: SparkClient) {
    this.#duckdb = duckdb
    this.#spark = spark
  }

  async use(table: GoldenTable): Promise<void> {
    this.#table = table
    this.#name = `random_${++this.#tables}`
    await createGoldenTables(this.#duckdb, { meta: { spark: "" }, tables: { [this.#name]: table }, cases: [] })
    // Of files: what stands in the plan is computed while it is optimized, and otherwise than by a query.
    const rows = compileSpark(valuesOf(table)).sql
    await this.#spark.sqlCommand(`CREATE TABLE ${this.#name} USING parquet AS ${rows}`)
  }

  /** The expressions on whose values or errors the engines differ. */
  async compare(expressions: readonly RandomExpression[]): Promise<Found[]> {
    const found: Found[] = []
    const asked: Asked[] = []
    for (const one of expressions) {
      const answers = await this.#onDuckdb(one)
      if (typeof answers === "string") found.push({ text: one.text, difference: answers })
      else asked.push({ ...one, answers })
    }
    found.push(...(await this.#onSpark(asked)))
    for (const one of asked) {
      const difference = await this.#raises(one)
      if (difference !== undefined) found.push({ text: one.text, difference })
    }
    return found
  }

  #relation(expressions: readonly Expression[], keys?: readonly number[]): Relation {
    const table: Relation = {
      kind: "table",
      path: [this.#name],
      schema: { columns: [{ name: "key", type: key.type }, ...randomSchema.columns] },
    }
    const columns = [key, ...expressions].map((expression, i) => ({ name: i === 0 ? "key" : `e${i - 1}`, expression }))
    const input: Relation = keys
      ? { kind: "filter", input: table, condition: memberOf(keys), schema: table.schema }
      : table
    return {
      kind: "project",
      input,
      columns,
      schema: { columns: columns.map(c => ({ name: c.name, type: c.expression.type })) },
    }
  }

  async #onDuckdb({ expression }: RandomExpression): Promise<Answers | string> {
    const ask = async (keys?: readonly number[]) => {
      const result = await this.#duckdb.runAndReadAll(compileDuckdb(this.#relation([expression], keys)).sql)
      const type = String(result.columnTypes()[1])
      return {
        type,
        rows: result.getRows().map(([k, v]) => [Number(k), goldenValue(v ?? null, expression.type)] as const),
      }
    }
    try {
      const { type, rows } = await ask()
      const wanted = duckdbTypeText(expression.type)
      if (plain(type) !== plain(wanted) && expression.type.kind !== "void")
        return `DuckDB's type is ${type}, not ${wanted}`
      return new Map(rows.map(([k, value]) => [k, { value }]))
    } catch {
      const answers = new Map<number, { value: GoldenValue } | { error: string }>()
      for (const row of this.#table.rows) {
        try {
          const [first] = (await ask([row.key])).rows
          answers.set(row.key, { value: first?.[1] ?? null })
        } catch (error) {
          answers.set(row.key, { error: messageOf(error) })
        }
      }
      return answers
    }
  }

  /** Rows for which DuckDB raised are asked for apart: one of them ends the statement of all. */
  async #onSpark(asked: readonly Asked[]): Promise<Found[]> {
    if (asked.length === 0) return []
    const guarded = asked.map(({ expression, answers }): Expression => {
      const raised = [...answers].flatMap(([k, answer]) => ("error" in answer ? [k] : []))
      if (raised.length === 0) return expression
      const condition: Expression = { kind: "call", name: "not", args: [memberOf(raised)], type: { kind: "boolean" } }
      return { kind: "case", branches: [[condition, expression]], type: expression.type }
    })
    const relation = this.#relation(guarded)
    let rows: Map<number, { readonly [name: string]: unknown }>
    try {
      const text = compileSpark(relation).sql
      const types = (await this.#spark.schema(sql(text))).slice(1)
      const wrong = asked.flatMap(({ text: of, expression }, i) => {
        const [type, wanted] = [types[i]?.type, expression.type]
        const given = type ? typeName(type) : types[i]?.typeText
        return given === typeName(wanted)
          ? []
          : [{ text: of, difference: `Spark's type is ${given}, not ${typeName(wanted)}` }]
      })
      if (wrong.length > 0) {
        const right = asked.filter(one => !wrong.some(other => other.text === one.text))
        return [...wrong, ...(await this.#onSpark(right))]
      }
      rows = await this.#rowsOn(relation, text)
    } catch (error) {
      const [first] = asked
      if (asked.length === 1 && first)
        return [{ text: first.text, difference: `Spark raises: ${messageOf(error)}${await this.#where(first)}` }]
      const half = Math.ceil(asked.length / 2)
      return [...(await this.#onSpark(asked.slice(0, half))), ...(await this.#onSpark(asked.slice(half)))]
    }
    return asked.flatMap(({ text, expression, answers }, i) => {
      const differences: string[] = []
      for (const [k, answer] of answers) {
        if ("error" in answer) continue
        const value = written(rows.get(k)?.[`e${i}`] ?? null, expression.type)
        if (!sameValue(answer.value, value, { tolerance: toleranceOf(text) }))
          differences.push(
            `${this.#inputs(k, text)}: DuckDB ${JSON.stringify(answer.value)}, Spark ${JSON.stringify(value)}`,
          )
      }
      return differences.length === 0
        ? []
        : [{ text, difference: `${differences.length} rows; ${differences.slice(0, 3).join("; ")}` }]
    })
  }

  async #rowsOn(relation: Relation, text: string): Promise<Map<number, { readonly [name: string]: unknown }>> {
    const rows = new Map<number, { readonly [name: string]: unknown }>()
    for await (const batch of this.#spark.batches(sql(text)))
      for (const row of rowsOf(batch, relation.schema)) rows.set(Number(row.key), row)
    return rows
  }

  /** The row on which Spark raises and DuckDB does not. */
  async #where({ expression, answers, text }: Asked): Promise<string> {
    let keys = [...answers].flatMap(([k, answer]) => ("error" in answer ? [] : [k]))
    while (keys.length > 1) {
      const half = keys.slice(0, Math.ceil(keys.length / 2))
      keys = (await this.#sparkRaises(expression, half)) ? half : keys.slice(half.length)
    }
    return keys[0] === undefined
      ? ""
      : ` at ${this.#inputs(keys[0], text)}: DuckDB ${JSON.stringify(answers.get(keys[0]))}`
  }

  async #sparkRaises(expression: Expression, keys: readonly number[]): Promise<boolean> {
    const relation = this.#relation([expression], keys)
    return this.#rowsOn(relation, compileSpark(relation).sql).then(
      () => false,
      () => true,
    )
  }

  /** Of the rows for which DuckDB raised, one or two. */
  async #raises({ expression, answers, text }: Asked): Promise<string | undefined> {
    const raised = [...answers].flatMap(([k, answer]) => ("error" in answer ? [{ k, error: answer.error }] : []))
    const some = raised.length > 1 ? [raised[0], raised[Math.floor(raised.length / 2)]] : raised
    for (const one of some) {
      if (!one || this.#isKnown(one.k, one.error, text) || (await this.#sparkRaises(expression, [one.k]))) continue
      return `${this.#inputs(one.k, text)}: DuckDB raises ${one.error}, Spark does not`
    }
    return undefined
  }

  /** Whether it is known that DuckDB raises, and Spark does not, and why. */
  #isKnown(k: number, error: string, text: string): boolean {
    if (knownErrors.some(([pattern]) => pattern.test(error))) return true
    // Where an argument is null Spark looks at none to the right of it.
    return this.#table.columns.some(
      ({ name }, i) => this.#table.rows[k]?.values[i] === null && new RegExp(`\\b${name}\\b`).test(text),
    )
  }

  #inputs(k: number, text: string): string {
    const values = this.#table.rows[k]?.values ?? []
    const used = this.#table.columns.flatMap(({ name }, i) =>
      new RegExp(`\\b${name}\\b`).test(text) ? [`${name}=${JSON.stringify(values[i])}`] : [],
    )
    return used.join(" ")
  }
}

/** What DuckDB raises, with the reason why Spark does not. */
const knownErrors: readonly (readonly [error: RegExp, why: string])[] = [
  [/could not convert blob to UTF8/, "Spark's texts may be any bytes, and DuckDB's are UTF-8."],
  [/Overflow in \w+ of DECIMAL\(38\)/, "Spark rounds what has more than 38 digits on the way to its result."],
  [/INT128.*destination type INT64/, "What is no bigint Spark's div of decimals cuts off to its last 64 bits."],
]

function memberOf(keys: readonly number[]): Expression {
  const literals = keys.map((value): Expression => ({ kind: "literal", value, type: key.type }))
  return { kind: "call", name: "in", args: [key, ...literals], type: { kind: "boolean" } }
}

function plain(type: string): string {
  return type.replace(/[ "]/g, "")
}

function messageOf(error: unknown): string {
  const { message, why } = error as { message?: string; why?: string }
  return `${why ?? message ?? error}`.split("\n", 1)[0]?.slice(0, 200) ?? ""
}
