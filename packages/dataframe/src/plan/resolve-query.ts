import { FrameError } from "../errors/frame-error.ts"
import { nearestNames } from "../errors/nearest-names.ts"
import { aggregate, type Grouping } from "./aggregate.ts"
import type { SortKey, Unresolved } from "./expression.ts"
import { expressionText } from "./expression-text.ts"
import { generateBelow } from "./generate.ts"
import { crossJoin, joinOn, joinUsing } from "./join.ts"
import { mapUnresolved } from "./map-unresolved.ts"
import { keep, projectResolved, select, withColumns } from "./project.ts"
import { apart, type QueryScope, qualified, scopeOf, starred } from "./query-scope.ts"
import type { FromText, QueryBody, QueryText, SelectText } from "./query-text.ts"
import type { Relation } from "./relation.ts"
import { resolveExpression } from "./resolve-expression.ts"
import type { NamedUnresolved } from "./resolve-row-wise.ts"
import { distinct, filter, limit, offset, sort } from "./select-rows.ts"
import { setOperation } from "./set-operation.ts"
import { hasAggregate } from "./walk-expression.ts"

/** Finds the table of a name; undefined where there is none. */
export type TableOf = (path: readonly string[]) => Relation | undefined

/** What the names of tables stand for. */
interface Tables {
  readonly find: TableOf
  readonly known: readonly string[]
}

/**
 * The plan of a query over tables.
 * @throws FrameError `FRAME_COLUMN_UNKNOWN` for a table or column that is not there, and what the plan refuses
 */
export function resolveQuery(query: QueryText, tables: Tables): Relation {
  const named = new Map<string, Relation>()
  let inner = tables
  for (const { name, query: one } of query.named) {
    named.set(name.toLowerCase(), resolveQuery(one, inner))
    inner = {
      known: [...tables.known, ...named.keys()],
      find: path => (path.length === 1 ? named.get(path[0]?.toLowerCase() ?? "") : undefined) ?? tables.find(path),
    }
  }
  const ordered = resolveBody(query.body, inner, query.orderBy)
  const skipped = query.offset === undefined ? ordered : offset(ordered, query.offset)
  return query.limit === undefined ? skipped : limit(skipped, query.limit)
}

function resolveBody(body: QueryBody, tables: Tables, orderBy: readonly SortKey<Unresolved>[] = []): Relation {
  switch (body.kind) {
    case "select":
      return resolveSelect(body, tables, orderBy)
    case "query":
      return ordered(resolveQuery(body.query, tables), orderBy)
    case "values":
      return ordered(resolveValues(body.rows), orderBy)
    case "set": {
      const [left, right] = [resolveBody(body.left, tables), resolveBody(body.right, tables)]
      return ordered(setOperation(left, right, body.operation, body.all), orderBy)
    }
  }
}

function ordered(relation: Relation, keys: readonly SortKey<Unresolved>[]): Relation {
  if (keys.length === 0) return relation
  return sort(
    relation,
    keys.map(key => sortKey(key, ordinal(key.expression, relation.schema.columns))),
  )
}

function sortKey({ direction, nulls }: SortKey<Unresolved>, input: Unresolved): Unresolved {
  return { kind: "sort", input, direction, nulls }
}

/** A whole number in ORDER BY and GROUP BY is the place of a column. */
function ordinal(key: Unresolved, columns: readonly { readonly name: string }[]): Unresolved {
  const column = key.kind === "literal" && typeof key.value === "number" ? columns[key.value - 1] : undefined
  return column ? { kind: "column", name: column.name } : key
}

/** What is read where there is no FROM. */
const oneRow: Relation = {
  kind: "values",
  rows: [[1]],
  schema: { columns: [{ name: "one row", type: { kind: "int32" } }] },
}

/** Rows of literals, named col1, col2, … as in Spark. */
function resolveValues(rows: readonly (readonly Unresolved[])[]): Relation {
  const made = rows.map(row =>
    select(
      oneRow,
      row.map((unresolved, i) => ({ name: `col${i + 1}`, unresolved })),
    ),
  )
  const [first, ...others] = made
  if (!first) throw new Error("VALUES was read without a row. Please report this.")
  return others.reduce((all, next) => setOperation(all, next, "union", true), first)
}

function resolveFrom(from: FromText | undefined, tables: Tables): QueryScope {
  if (!from) return { relation: oneRow, columns: [] }
  switch (from.kind) {
    case "table": {
      const relation = tables.find(from.path)
      if (relation) return scopeOf(relation, from.alias ?? from.path.at(-1))
      throw unknownTable(from.path.join("."), tables.known)
    }
    case "subquery":
      return scopeOf(resolveQuery(from.query, tables), from.alias)
    case "join":
      return resolveJoin(from, tables)
    case "lateral":
      return resolveLateral(from, tables)
  }
}

function resolveJoin(
  { left: l, right: r, how, on, using }: Extract<FromText, { kind: "join" }>,
  tables: Tables,
): QueryScope {
  const left = resolveFrom(l, tables)
  const right = apart(left, resolveFrom(r, tables), using)
  const isOneSided = how === "semi" || how === "anti"
  const isKey = (name: string) => (using ?? []).some(key => key.toLowerCase() === name.toLowerCase())
  const columns = [...left.columns, ...(isOneSided ? [] : right.columns.filter(({ internal }) => !isKey(internal)))]
  if (using) return { relation: joinUsing(left.relation, right.relation, using, how), columns }
  if (!on) return { relation: crossJoin(left.relation, right.relation), columns }
  const both = { relation: left.relation, columns: [...left.columns, ...right.columns] }
  const rightNames = new Set(right.relation.schema.columns.map(({ name }) => name))
  const sided = (node: Unresolved): Unresolved =>
    node.kind === "column"
      ? { ...node, side: rightNames.has(node.name) ? "right" : "left" }
      : mapUnresolved(node, sided)
  return { relation: joinOn(left.relation, right.relation, sided(qualified(on, both)), how), columns }
}

function resolveLateral(from: Extract<FromText, { kind: "lateral" }>, tables: Tables): QueryScope {
  const input = resolveFrom(from.input, tables)
  const outer = from.outer || from.function.endsWith("_outer")
  const generator = { source: qualified(from.source, input), outer }
  const type = resolveExpression(generator.source, { columns: input.relation.schema.columns }).type
  const parts = type.kind === "map" ? (["key", "value"] as const) : (["element"] as const)
  const isPlaced = from.function.startsWith("posexplode")
  const usual = [...(isPlaced ? ["pos"] : []), ...(type.kind === "map" ? ["key", "value"] : ["col"])]
  const all = [...(isPlaced ? (["position"] as const) : []), ...parts]
  const wanted = all.map((part, i): NamedUnresolved => {
    return { name: from.columns[i] ?? usual[i] ?? part, unresolved: { kind: "generated", generator, part } }
  })
  const made = generateBelow(input.relation, wanted, "LATERAL VIEW")
  const columns = made.columns.map(({ name, unresolved }) => {
    return { qualifier: from.alias, name, internal: unresolved.kind === "column" ? unresolved.name : name }
  })
  return { relation: made.input, columns: [...input.columns, ...columns] }
}

/** A column of the result: what computes it, by the names of the scope. */
interface Item {
  readonly name: string
  readonly expression: Unresolved
}

function resolveSelect(text: SelectText, tables: Tables, orderBy: readonly SortKey<Unresolved>[]): Relation {
  const from = resolveFrom(text.from, tables)
  const scope = text.where ? { ...from, relation: filter(from.relation, qualified(text.where, from)) } : from
  const items = itemsOf(text, scope)
  const keys = orderBy.map(key => ({ ...key, expression: orderedBy(key.expression, items, scope) }))
  const resolves = (expression: Unresolved) => resolveExpression(expression, { columns: scope.relation.schema.columns })
  const isAggregated =
    text.groupBy !== undefined ||
    text.having !== undefined ||
    items.some(({ expression }) => expression.kind !== "generated" && hasAggregate(resolves(expression)))
  const result = isAggregated
    ? aggregated(text, scope, items, keys)
    : hiddenSorted(items, keys, rows => select(scope.relation, rows))
  return text.distinct ? distinct(result) : result
}

function itemsOf(text: SelectText, scope: QueryScope): readonly Item[] {
  return text.items.flatMap((item): readonly Item[] => {
    if (item.kind === "star") {
      return starred(scope, item.qualifier).map(({ name, internal }) => ({
        name,
        expression: { kind: "column", name: internal },
      }))
    }
    const expression = qualified(item.expression, scope)
    return [{ name: item.name ?? nameOf(item.expression, expression, scope), expression }]
  })
}

/** The name of a column as it was written; of anything else its text. */
function nameOf(written: Unresolved, expression: Unresolved, scope: QueryScope): string {
  if (written.kind === "column") return written.name
  const [, field] = written.kind === "call" && written.name === "getfield" ? written.args : []
  if (field?.kind === "literal" && typeof field.value === "string") return field.value
  return expressionText(resolveExpression(expression, { columns: scope.relation.schema.columns }))
}

/** A sort key: the place or the name of a column of the result comes before the columns of the tables. */
function orderedBy(key: Unresolved, items: readonly Item[], scope: QueryScope): Unresolved {
  if (key.kind === "literal" && typeof key.value === "number") return items[key.value - 1]?.expression ?? key
  const named = key.kind === "column" && items.find(({ name }) => name.toLowerCase() === key.name.toLowerCase())
  return named ? named.expression : qualified(key, scope)
}

/** Projects the items; sorts by what is not among them as well. */
function hiddenSorted(
  items: readonly Item[],
  keys: readonly (SortKey<Unresolved> & { readonly expression: Unresolved })[],
  project: (rows: readonly NamedUnresolved[]) => Relation,
): Relation {
  const columns = items.map(({ name, expression }): NamedUnresolved => ({ name, unresolved: expression }))
  if (keys.length === 0) return project(columns)
  const text = (node: Unresolved) => JSON.stringify(node)
  const hidden: NamedUnresolved[] = []
  const places = keys.map(({ expression }, i) => {
    const item = items.find(one => text(one.expression) === text(expression))
    if (item) return item.name
    hidden.push({ name: `order ${i + 1}`, unresolved: expression })
    return `order ${i + 1}`
  })
  const wide = project([...columns, ...hidden])
  const done = sort(
    wide,
    keys.map((key, i) => sortKey(key, { kind: "column", name: places[i] ?? "" })),
  )
  if (hidden.length === 0) return done
  return projectResolved(
    done,
    done.schema.columns.slice(0, columns.length).map(column => keep(column)),
  )
}

function aggregated(
  text: SelectText,
  scope: QueryScope,
  items: readonly Item[],
  orderBy: readonly SortKey<Unresolved>[],
): Relation {
  const written = text.groupBy?.keys ?? []
  const keyOf = (key: Unresolved): Unresolved => {
    if (key.kind === "literal" && typeof key.value === "number") return items[key.value - 1]?.expression ?? key
    const isColumn =
      key.kind === "column" && scope.columns.some(({ name }) => name.toLowerCase() === key.name.toLowerCase())
    const item =
      key.kind === "column" && !isColumn && items.find(({ name }) => name.toLowerCase() === key.name.toLowerCase())
    return item ? item.expression : qualified(key, scope)
  }
  const keys = written.map(keyOf)
  const names = keys.map((key, i) => (key.kind === "column" ? key.name : `group ${i + 1}`))
  const computed = keys.flatMap((unresolved, i) =>
    unresolved.kind === "column" ? [] : [{ name: names[i] ?? "", unresolved }],
  )
  const input = computed.length > 0 ? withColumns(scope.relation, computed) : scope.relation
  const byText = new Map(keys.map((key, i) => [JSON.stringify(key), names[i] ?? ""]))
  const overKeys = (node: Unresolved): Unresolved => {
    const name = byText.get(JSON.stringify(node))
    return name === undefined ? mapUnresolved(node, overKeys) : { kind: "column", name }
  }
  const wanted = [
    ...items.map(({ expression }, i) => ({ name: `item ${i + 1}`, unresolved: overKeys(expression) })),
    ...(text.having ? [{ name: "having", unresolved: overKeys(qualified(text.having, scope)) }] : []),
    ...orderBy.map(({ expression }, i) => ({ name: `order ${i + 1}`, unresolved: overKeys(expression) })),
  ]
  const grouping = groupingOf(text, keys, names, keyOf)
  const made = aggregate(input, names, wanted, { grouping })
  const had = text.having ? filter(made, { kind: "column", name: "having" }) : made
  const done =
    orderBy.length > 0
      ? sort(
          had,
          orderBy.map((key, i) => sortKey(key, { kind: "column", name: `order ${i + 1}` })),
        )
      : had
  return projectResolved(
    done,
    items.map(({ name }, i) => {
      const column = done.schema.columns.find(one => one.name === `item ${i + 1}`)
      if (!column) throw new Error(`The item '${name}' was not aggregated. Please report this.`)
      return keep(column, name)
    }),
  )
}

function groupingOf(
  text: SelectText,
  keys: readonly Unresolved[],
  names: readonly string[],
  keyOf: (key: Unresolved) => Unresolved,
): Grouping | undefined {
  const { grouping = "plain" } = text.groupBy ?? {}
  if (grouping === "plain") return undefined
  if (grouping === "rollup" || grouping === "cube") return grouping
  const texts = keys.map(key => JSON.stringify(key))
  return grouping.map(set => set.map(key => names[texts.indexOf(JSON.stringify(keyOf(key)))] ?? ""))
}

function unknownTable(name: string, known: readonly string[]): FrameError {
  const nearest = nearestNames(name, known)
  return new FrameError("FRAME_COLUMN_UNKNOWN", {
    what: `There is no table '${name}'.`,
    why: known.length > 0 ? `The tables are ${known.join(", ")}.` : "No table was given.",
    fix:
      nearest.length > 0
        ? `Did you mean ${nearest.map(n => `'${n}'`).join(" or ")}?`
        : "Give the frame under this name.",
    details: { table: name, known: [...known] },
  })
}
