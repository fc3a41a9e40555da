import { castOf } from "../../function/implicit-cast.ts"
import { join, numberLiteral, type Sql, sparkName, sql } from "../../function/sql-fragment.ts"
import type { Expression } from "../../plan/expression.ts"
import { hasBroadcastHint } from "../../plan/hint.ts"
import { notPrintable } from "../../plan/map-batches.ts"
import type { NamedExpression, Relation } from "../../plan/relation.ts"
import { bottomUp, inputsOf } from "../../plan/walk-relation.ts"
import { commonType } from "../../schema/common-type.ts"
import type { Column, DataType } from "../../schema/data-type.ts"
import { isComputed } from "../common-tables.ts"
import type { CompiledSql } from "../compile-sql.ts"
import { unboundInput } from "../unbound.ts"
import { type AggregateParts, aggregateParts } from "./salted-aggregate.ts"
import { type SparkColumn, sparkExpression, sparkSortKey } from "./spark-expression.ts"
import { sparkLiteral } from "./spark-literal.ts"

type Of<K extends Relation["kind"]> = Extract<Relation, { kind: K }>
type Leaf = Of<"files"> | Of<"table">

/** How the tables and files that a plan reads are written in FROM: an engine that has made views of them gives their names. */
export type SparkLeaf = (leaf: Leaf) => readonly string[]

/**
 * Prints a bound relation as Spark SQL. Each step of the plan is a SELECT of its own, which Spark's optimizer joins; a
 * relation that is used more than once and computes something is a common table.
 * @throws FrameError `FRAME_INPUT_UNBOUND` when an `input` or a parameter was not bound
 */
export function compileSpark(root: Relation, leaf: SparkLeaf = defaultLeaf): CompiledSql {
  const order = bottomUp(root)
  const users = new Map<Relation, number>()
  for (const relation of order) for (const input of inputsOf(relation)) users.set(input, (users.get(input) ?? 0) + 1)
  const printer = new SparkPrinter(leaf)
  const common: Sql[] = []
  for (const relation of order) {
    const query = printer.print(relation)
    if ((users.get(relation) ?? 0) < 2 || !isComputed(relation)) {
      printer.keep(relation, sql`(${query})`)
      continue
    }
    const name = sparkName(`shared${common.length + 1}`)
    common.push(sql`${name} AS (${query})`)
    printer.keep(relation, name)
  }
  const body = printer.print(root)
  return { sql: common.length === 0 ? body.text : sql`WITH ${join(common, sql`, `)} ${body}`.text }
}

/** Files by their paths, tables by their names. */
function defaultLeaf(leaf: Leaf): readonly string[] {
  if (leaf.kind === "table") return leaf.path
  const [only] = leaf.paths
  if (leaf.paths.length === 1 && only !== undefined) return [leaf.format, only]
  throw new Error("Several files need a view of their own. Please report this.")
}

const tableOf = sql`t`
const here: SparkColumn = column => sql`t.${sparkName(column.name)}`

class SparkPrinter {
  readonly #leaf: SparkLeaf
  readonly #tables = new Map<Relation, Sql>()

  constructor(leaf: SparkLeaf) {
    this.#leaf = leaf
  }

  /** How a relation is written where it is read. */
  keep(relation: Relation, table: Sql): void {
    this.#tables.set(relation, table)
  }

  print(relation: Relation): Sql {
    switch (relation.kind) {
      case "input":
        throw unboundInput(relation.key)
      case "files":
      case "table":
        return this.#scan(relation)
      case "values":
        return values(relation)
      case "project":
        return sql`SELECT ${this.#named(relation.columns)} FROM ${this.#from(relation.input)}`
      case "filter":
        return sql`SELECT * FROM ${this.#from(relation.input)} WHERE ${sparkExpression(relation.condition, here)}`
      case "aggregate":
        return this.#aggregate(relation)
      case "generate":
        return this.#generate(relation)
      case "join":
        return this.#join(relation)
      case "set":
        return this.#set(relation)
      case "distinct":
        return sql`SELECT DISTINCT * FROM ${this.#from(relation.input)}`
      case "deduplicate":
        return this.#deduplicate(relation)
      case "sort":
        return sql`SELECT * FROM ${this.#from(relation.input)}${orderBy(relation)}`
      case "limit":
      case "offset":
        return this.#part(relation)
      case "mapBatches":
        throw notPrintable()
      case "sample":
        return this.#sample(relation)
      case "hint":
        return this.#hint(relation)
    }
  }

  #table(relation: Relation): Sql {
    const table = this.#tables.get(relation)
    if (!table) throw new Error("A relation was printed before its input. Please report this.")
    return table
  }

  #from(relation: Relation): Sql {
    return sql`${this.#table(relation)} AS ${tableOf}`
  }

  #named(columns: readonly NamedExpression[]): Sql[] {
    return columns.map(({ name, expression }) => sql`${sparkExpression(expression, here)} AS ${sparkName(name)}`)
  }

  /** The stored columns as the declared types. */
  #scan(leaf: Leaf): Sql {
    const path = join(this.#leaf(leaf).map(sparkName), sql`.`)
    const columns = leaf.schema.columns.map(({ name, type }) => {
      const column: Expression = { kind: "column", name, type }
      return sql`${sparkExpression(column, here)} AS ${sparkName(name)}`
    })
    return sql`SELECT ${columns} FROM ${path} AS ${tableOf}`
  }

  #aggregate(relation: Of<"aggregate">): Sql {
    const parts = relation.salt && aggregateParts(relation.aggregates)
    if (parts && relation.salt) return this.#saltedAggregate(relation, relation.salt.buckets, parts)
    const keys = relation.keys.map(({ expression }) => sparkExpression(expression, here))
    const groups = relation.sets
      ? sql` GROUP BY GROUPING SETS (${relation.sets.map(set => sql`(${set.map(i => keys[i] ?? sql`NULL`)})`)})`
      : keys.length > 0
        ? sql` GROUP BY ${keys}`
        : sql``
    const columns = this.#named([...relation.keys, ...relation.aggregates])
    return sql`SELECT ${columns} FROM ${this.#from(relation.input)}${groups}`
  }

  /** Each group in parts first, so that one with most of the rows is not the work of one task. */
  #saltedAggregate({ input, keys }: Of<"aggregate">, buckets: number, { partial, final }: AggregateParts): Sql {
    const bucket = sql`pmod(xxhash64(${bucketColumns(input)}), ${buckets})`
    const grouped = keys.map(({ expression }) => sparkExpression(expression, here))
    const part = sql`SELECT ${this.#named([...keys, ...partial])} FROM ${this.#from(input)} GROUP BY ${[...grouped, bucket]}`
    const own = keys.map(({ name }) => sql`t.${sparkName(name)}`)
    const columns = [
      ...keys.map(({ name }, i) => sql`${own[i] ?? sql`NULL`} AS ${sparkName(name)}`),
      ...this.#named(final),
    ]
    return sql`SELECT ${columns} FROM (${part}) AS ${tableOf} GROUP BY ${own}`
  }

  #generate(relation: Of<"generate">): Sql {
    const source = sparkExpression(relation.expression, here)
    const isMap = relation.expression.type.kind === "map"
    const parts = isMap ? (["position", "key", "value"] as const) : (["position", "element"] as const)
    const nameOf = (part: (typeof parts)[number]) => sparkName(`generated ${part}`)
    const outer = relation.outer ? sql` OUTER` : sql``
    const view = sql`LATERAL VIEW${outer} posexplode(${source}) g AS ${parts.map(nameOf)}`
    const made = relation.columns.map(({ part, name }) => sql`g.${nameOf(part)} AS ${sparkName(name)}`)
    const kept = relation.input.schema.columns.map(({ name }) => sql`t.${sparkName(name)}`)
    return sql`SELECT ${[...kept, ...made]} FROM ${this.#from(relation.input)} ${view}`
  }

  #join(relation: Of<"join">): Sql {
    const { left, right, how } = relation
    const at = (side: "l" | "r") => (name: string) => sql`${side === "l" ? sql`l` : sql`r`}.${sparkName(name)}`
    const keys = keysOf(relation).map(({ name, left: a, right: b }) => {
      const [x, y] = [
        sparkExpression(a, column => at("l")(column.name)),
        sparkExpression(b, column => at("r")(column.name)),
      ]
      return { name, x, y }
    })
    const written =
      relation.condition &&
      sparkExpression(relation.condition, column => at(column.side === "right" ? "r" : "l")(column.name))
    const conditions = [...keys.map(({ x, y }) => sql`${x} = ${y}`), ...(written ? [written] : [])]
    const on = conditions.length > 0 ? sql` ON ${join(conditions, sql` AND `)}` : sql``
    const isOneSided = how === "semi" || how === "anti"
    const isKey = ({ name }: Column) => keys.some(key => key.name.toLowerCase() === name.toLowerCase())
    const key = ({ x, y }: (typeof keys)[number]) =>
      how === "full" ? sql`coalesce(${x}, ${y})` : how === "right" ? y : x
    const columns = [
      ...keys.map(key),
      ...left.schema.columns.filter(column => !isKey(column)).map(({ name }) => at("l")(name)),
      ...(isOneSided ? [] : right.schema.columns.filter(column => !isKey(column)).map(({ name }) => at("r")(name))),
    ].map((column, i) => sql`${column} AS ${sparkName(relation.schema.columns[i]?.name ?? "")}`)
    const hints = [
      ...(hasBroadcastHint(left) ? [sql`BROADCAST(l)`] : []),
      ...(hasBroadcastHint(right) ? [sql`BROADCAST(r)`] : []),
    ]
    const hint = hints.length > 0 ? sql`/*+ ${hints} */ ` : sql``
    const tables = sql`${this.#table(left)} AS l ${joinWords[how]} ${this.#table(right)} AS r`
    return sql`SELECT ${hint}${columns} FROM ${tables}${on}`
  }

  #set(relation: Of<"set">): Sql {
    const word = { union: sql`UNION`, intersect: sql`INTERSECT`, except: sql`EXCEPT` }[relation.operation]
    const all = relation.all ? sql` ALL` : sql``
    const side = (input: Relation) => sql`(SELECT * FROM ${this.#from(input)})`
    return sql`${side(relation.left)} ${word}${all} ${side(relation.right)}`
  }

  #deduplicate(relation: Of<"deduplicate">): Sql {
    const keys = relation.columns.map(name => sql`t.${sparkName(name)}`)
    let number = "row number"
    while (relation.schema.columns.some(({ name }) => name.toLowerCase() === number)) number += " "
    const numbered = sql`SELECT t.*, row_number() OVER (PARTITION BY ${keys} ORDER BY ${keys}) AS ${sparkName(number)} FROM ${this.#from(relation.input)}`
    const columns = relation.schema.columns.map(({ name }) => sql`t.${sparkName(name)}`)
    return sql`SELECT ${columns} FROM (${numbered}) AS t WHERE t.${sparkName(number)} = 1`
  }

  /** A sort below stands in the same SELECT: of one in a subquery Spark need not keep the order. */
  #part(relation: Of<"limit"> | Of<"offset">): Sql {
    const offset = relation.kind === "offset" ? relation : relation.input.kind === "offset" ? relation.input : undefined
    const limit = relation.kind === "limit" ? relation : undefined
    const below = (offset ?? relation).input
    const sorted = below.kind === "sort" ? below : undefined
    const order = sorted ? orderBy(sorted) : sql``
    const count = limit ? sql` LIMIT ${limit.rows}` : sql``
    const skipped = offset ? sql` OFFSET ${offset.rows}` : sql``
    return sql`SELECT * FROM ${this.#from(sorted ? sorted.input : below)}${order}${count}${skipped}`
  }

  #sample(relation: Of<"sample">): Sql {
    const percent = (relation.fraction * 100).toFixed(10)
    const part = sql`TABLESAMPLE (${numberLiteral(percent)} PERCENT) REPEATABLE (${relation.seed})`
    return sql`SELECT * FROM ${this.#table(relation.input)} ${part} AS ${tableOf}`
  }

  #hint({ input, hint }: Of<"hint">): Sql {
    const from = this.#from(input)
    if (hint.name === "coalesce") return sql`SELECT /*+ COALESCE(${hint.partitions}) */ * FROM ${from}`
    if (hint.name !== "repartition") return sql`SELECT * FROM ${from}`
    const by = hint.columns.map(name => sql`, ${sparkName(name)}`)
    return sql`SELECT /*+ REPARTITION(${hint.partitions}${join(by, sql``)}) */ * FROM ${from}`
  }
}

/** What tells the rows of a group apart: all that Spark hashes. Which rows share a bucket changes no answer. */
function bucketColumns({ schema }: Relation): Sql[] {
  const holdsMap = (type: DataType): boolean =>
    type.kind === "map" ||
    (type.kind === "array" && holdsMap(type.element)) ||
    (type.kind === "struct" && type.fields.some(field => holdsMap(field.type)))
  return schema.columns.filter(({ type }) => !holdsMap(type)).map(({ name }) => sql`t.${sparkName(name)}`)
}

const joinWords = {
  inner: sql`JOIN`,
  left: sql`LEFT JOIN`,
  right: sql`RIGHT JOIN`,
  full: sql`FULL JOIN`,
  semi: sql`LEFT SEMI JOIN`,
  anti: sql`LEFT ANTI JOIN`,
  cross: sql`CROSS JOIN`,
}

function orderBy(relation: Of<"sort">): Sql {
  return sql` ORDER BY ${relation.keys.map(key => sparkSortKey(key, e => sparkExpression(e, here)))}`
}

/** The keys of USING, both sides cast to what they have in common. */
function keysOf({ left, right, using }: Of<"join">) {
  return (using ?? []).map(name => {
    const [a, b] = [columnOf(left, name), columnOf(right, name)]
    const type = commonType(a.type, b.type)
    if (!type) throw new Error(`The keys '${name}' of a join have no type in common. Please report this.`)
    const side = (column: Column) => castOf({ kind: "column", ...column }, type)
    return { name: a.name, left: side(a), right: side(b) }
  })
}

function columnOf(relation: Relation, name: string): Column {
  const found = relation.schema.columns.find(column => column.name.toLowerCase() === name.toLowerCase())
  if (!found) throw new Error(`The key '${name}' is not among the columns of the join. Please report this.`)
  return found
}

/** An inline table: Spark's parser takes thousands of its rows, and but hundreds of selects in a union. */
function values({ schema: { columns }, rows }: Of<"values">): Sql {
  const names = columns.map(({ name }) => sparkName(name))
  const row = (cells: Of<"values">["rows"][number]) =>
    columns.map(({ type }, i) => sparkLiteral(cells[i] ?? null, type))
  if (rows.length === 0) {
    return sql`SELECT ${row([]).map((value, i) => sql`${value} AS ${names[i] ?? sql`NULL`}`)} WHERE FALSE`
  }
  return sql`SELECT * FROM VALUES ${rows.map(cells => sql`(${row(cells)})`)} AS ${tableOf}(${names})`
}
