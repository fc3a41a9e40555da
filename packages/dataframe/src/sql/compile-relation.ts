import { castTo } from "../function/duckdb-type.ts"
import { isWideArithmetic } from "../function/narrow-decimal.ts"
import { identifier, join, numberLiteral, type Sql, sql } from "../function/sql-fragment.ts"
import type { Expression } from "../plan/expression.ts"
import { notPrintable } from "../plan/map-batches.ts"
import type { GeneratedColumn, NamedExpression, Relation } from "../plan/relation.ts"
import { childrenOf } from "../plan/walk-expression.ts"
import type { Column } from "../schema/data-type.ts"
import { compileJoin } from "./compile-join.ts"
import type { Compilation } from "./compile-sql.ts"
import { withImpliedBounds } from "./implied-bounds.ts"
import { mergeProjection } from "./merge-projection.ts"
import { type ColumnSql, printExpression, printSortKey } from "./print-expression.ts"
import { fromTable, isBare, isCut, isRowwise, nested, plainColumns, type Query, selectSql } from "./query.ts"
import { scanFiles, valuesQuery } from "./scan-sql.ts"
import { holdsFloat, signless } from "./signless.ts"

type Of<K extends Relation["kind"]> = Extract<Relation, { kind: K }>

/** Adds a relation to the query of what lies below it. */
export function compileRelation(relation: Relation, compilation: Compilation): Query {
  switch (relation.kind) {
    case "input":
      throw new Error("An input reached the printer. Please report this.")
    case "files":
      return scanFiles(relation, compilation)
    case "table":
      return fromTable(join(relation.path.map(identifier), sql`.`), relation.schema.columns, compilation.alias())
    case "values":
      return valuesQuery(relation, compilation.alias())
    case "project":
      return compileProject(relation, compilation)
    case "filter":
      return compileFilter(relation, compilation)
    case "aggregate":
      return compileAggregate(relation, compilation)
    case "join":
      return compileJoin(relation, compilation)
    case "set":
      return compileSet(relation, compilation)
    case "distinct":
      return compileDistinct(relation, compilation)
    case "deduplicate":
      return compileDeduplicate(relation, compilation)
    case "sort":
      return compileSort(relation, compilation)
    case "hint": // for engines that shuffle; what is cached and used twice is a common table already
      return compilation.query(relation.input)
    case "generate":
      return compileGenerate(relation, compilation)
    case "offset": {
      const below = compilation.query(relation.input)
      const fits = below.limit === undefined && below.offset === undefined
      return { ...(fits ? below : wrapped(relation.input, compilation)), offset: relation.rows }
    }
    case "limit": {
      const query = compilation.query(relation.input)
      return { ...query, limit: Math.min(relation.rows, query.limit ?? Number.POSITIVE_INFINITY) }
    }
    case "mapBatches":
      throw notPrintable()
    case "sample":
      return compileSample(relation, compilation)
  }
}

/** Counts how often each column is used. What a form writes more than once is counted as twice. */
function columnUses(expressions: readonly Expression[], times = 1, uses = new Map<string, number>()) {
  for (const e of expressions) {
    if (e.kind === "column") uses.set(e.name, (uses.get(e.name) ?? 0) + times)
    else columnUses(childrenOf(e), isWideArithmetic(e) ? 2 : times, uses)
  }
  return uses
}

function holds(e: Expression, kind: Expression["kind"]): boolean {
  return e.kind === kind || childrenOf(e).some(child => holds(child, kind))
}

/** How the columns of a query are written in an expression that is added to it. */
export function columnsOf(query: Query): ColumnSql {
  const byName = new Map(query.columns.map(c => [c.name, c.sql]))
  return ({ name }) => {
    const found = byName.get(name)
    if (!found) throw new Error(`The column '${name}' is not among those of its relation. Please report this.`)
    return found
  }
}

/** Whether expressions can be written in terms of the FROM clause: what is computed there may be used once only. */
function canInline(query: Query, expressions: readonly Expression[], most: number): boolean {
  const uses = columnUses(expressions)
  return query.columns.every(c => c.plain || (uses.get(c.name) ?? 0) <= most)
}

function wrapped(relation: Relation, compilation: Compilation): Query {
  return nested(compilation.query(relation), relation.schema.columns, compilation.alias())
}

function compileProject(relation: Of<"project">, compilation: Compilation): Query {
  const expressions = relation.columns.map(c => c.expression)
  const windowed = expressions.some(e => holds(e, "window"))
  const below = compilation.query(relation.input)
  const computes = expressions.some(e => e.kind !== "column")
  // A limit or DISTINCT counts rows of the former columns; only leaving out or renaming keeps the count of a limit.
  const blocked = below.distinct !== undefined || (isCut(below) && computes) || (windowed && !isRowwise(below))
  const query = blocked || !canInline(below, expressions, 1) ? wrapped(relation.input, compilation) : below
  const columnSql = columnsOf(query)
  const plain = new Set(query.columns.filter(c => c.plain).map(c => c.name))
  const columns = relation.columns.map(({ name, expression }) => ({
    name,
    sql: printExpression(expression, columnSql),
    plain: expression.kind === "column" && plain.has(expression.name),
  }))
  return { ...query, columns, windowed: windowed || query.windowed }
}

function compileFilter(relation: Of<"filter">, compilation: Compilation): Query {
  const below = compilation.query(relation.input)
  const fits = isRowwise(below) && canInline(below, [relation.condition], 0)
  const query = fits ? below : wrapped(relation.input, compilation)
  const condition = printExpression(withImpliedBounds(relation.condition), columnsOf(query))
  return { ...query, where: [...query.where, condition] }
}

function compileAggregate(given: Of<"aggregate">, compilation: Compilation): Query {
  const relation = compilation.isCommon(given.input) ? given : mergeProjection(given)
  const expressions = [...relation.keys, ...relation.aggregates].map(c => c.expression)
  const below = compilation.query(relation.input)
  const fits = isRowwise(below) && below.orderBy.length === 0 && canInline(below, expressions, 1)
  const query = fits ? below : wrapped(relation.input, compilation)
  const columnSql = columnsOf(query)
  const keys = relation.keys.map(key => ({ ...key, sql: keySql(key, columnSql) }))
  const columns = [
    ...keys.map(({ name, sql }) => ({ name, sql, plain: false })),
    ...relation.aggregates.map(({ name, expression }) => ({
      name,
      sql: printExpression(expression, keyColumns(keys, columnSql)),
      plain: false,
    })),
  ]
  const all = keys.map(k => k.sql)
  const sets = relation.sets?.map(set => sql`(${set.map(i => all[i] ?? sql`NULL`)})`)
  const groupBy = sets ? [sql`GROUPING SETS (${sets})`] : all
  return { from: query.from, where: query.where, columns, groupBy, orderBy: [], windowed: false }
}

/** UNNEST stands in a SELECT of its own: a filter above it is one of its rows. */
function compileGenerate(relation: Of<"generate">, compilation: Compilation): Query {
  const below = compilation.query(relation.input)
  const fits = isRowwise(below) && below.orderBy.length === 0 && canInline(below, [relation.expression], 0)
  const query = fits ? below : wrapped(relation.input, compilation)
  const source = printExpression(relation.expression, columnsOf(query))
  const made = relation.columns.map(({ part, name, type }) => ({
    name,
    sql: castTo(sql`unnest(${generatedPart(source, part, relation)})`, type),
    plain: false,
  }))
  const all = { ...query, columns: [...query.columns, ...made] }
  return nested(all, relation.schema.columns, compilation.alias())
}

function generatedPart(source: Sql, part: GeneratedColumn["part"], { expression, outer }: Of<"generate">): Sql {
  const isMap = expression.type.kind === "map"
  const length = isMap ? sql`cardinality(${source})` : sql`len(${source})`
  const list =
    part === "position"
      ? sql`range(CAST(${length} AS BIGINT))`
      : part === "element"
        ? source
        : part === "key"
          ? sql`map_keys(${source})`
          : sql`map_values(${source})`
  return outer ? sql`CASE WHEN ${length} > 0 THEN ${list} ELSE [NULL] END` : list
}

function keySql(key: NamedExpression, columnSql: ColumnSql): Sql {
  return signless(printExpression(key.expression, columnSql), key.expression.type)
}

/** A float key is written with its sign taken away, so that a column outside of an aggregate is the key itself. */
function keyColumns(keys: readonly (NamedExpression & { readonly sql: Sql })[], columnSql: ColumnSql): ColumnSql {
  const floats = new Map<string, Sql>()
  for (const key of keys) {
    if (key.expression.kind === "column" && holdsFloat(key.expression.type)) floats.set(key.expression.name, key.sql)
  }
  return column => floats.get(column.name) ?? columnSql(column)
}

function withoutSigns(query: Query, columns: readonly Column[]): Query {
  if (!columns.some(c => holdsFloat(c.type))) return query
  return {
    ...query,
    columns: query.columns.map((c, i) => {
      const type = columns[i]?.type
      return type && holdsFloat(type) ? { ...c, sql: signless(c.sql, type), plain: false } : c
    }),
  }
}

const operators = { union: sql`UNION`, intersect: sql`INTERSECT`, except: sql`EXCEPT` }

function compileSet(relation: Of<"set">, compilation: Compilation): Query {
  const columns = relation.schema.columns
  const normalise = relation.operation !== "union" || !relation.all
  const sides = [relation.left, relation.right].map(side => {
    const query = compilation.query(side)
    const ready = query.orderBy.length > 0 || isCut(query) ? wrapped(side, compilation) : query
    return selectSql(normalise ? withoutSigns(grouped(ready, side, compilation), side.schema.columns) : ready)
  })
  const all = relation.all ? sql` ALL` : sql``
  return fromTable(sql`(${join(sides, sql` ${operators[relation.operation]}${all} `)})`, columns, compilation.alias())
}

/** The sign of a key or of a DISTINCT cannot be taken away in the same SELECT. */
function grouped(query: Query, relation: Relation, compilation: Compilation): Query {
  return query.distinct === undefined ? query : nested(query, relation.schema.columns, compilation.alias())
}

function compileDistinct(relation: Of<"distinct">, compilation: Compilation): Query {
  const below = compilation.query(relation.input)
  const fits = below.distinct === undefined && !isCut(below) && below.orderBy.length === 0
  const query = fits ? below : wrapped(relation.input, compilation)
  return { ...withoutSigns(query, relation.schema.columns), distinct: "all" }
}

function compileDeduplicate(relation: Of<"deduplicate">, compilation: Compilation): Query {
  const below = compilation.query(relation.input)
  const query = isBare(below) ? below : wrapped(relation.input, compilation)
  const keys = new Set(relation.columns.map(name => name.toLowerCase()))
  const isKey = (name: string) => keys.has(name.toLowerCase())
  const columns = query.columns.map((c, i) => {
    const type = relation.schema.columns[i]?.type
    return type && isKey(c.name) ? { ...c, sql: signless(c.sql, type), plain: false } : c
  })
  return { ...query, columns, distinct: columns.filter(c => isKey(c.name)).map(c => c.sql) }
}

function compileSort(relation: Of<"sort">, compilation: Compilation): Query {
  const below = compilation.query(relation.input)
  const expressions = relation.keys.map(k => k.expression)
  const fits = !isCut(below) && below.distinct === undefined && canInline(below, expressions, 0)
  const query = fits ? below : wrapped(relation.input, compilation)
  const columnSql = columnsOf(query)
  return { ...query, orderBy: relation.keys.map(key => printSortKey(key, e => printExpression(e, columnSql))) }
}

function compileSample(relation: Of<"sample">, compilation: Compilation): Query {
  const alias = compilation.alias()
  const table = sql`(${selectSql(compilation.query(relation.input))})`
  const percent = numberLiteral((relation.fraction * 100).toFixed(10))
  const from = sql`${table} AS ${identifier(alias)} TABLESAMPLE bernoulli(${percent} PERCENT) REPEATABLE (${relation.seed})`
  const columns = plainColumns(relation.schema.columns, alias)
  return { from, columns, where: [], orderBy: [], windowed: false }
}
