import type { Expression } from "./expression.ts"
import type { Relation } from "./relation.ts"
import { childrenOf } from "./walk-expression.ts"
import { bottomUp, inputsOf } from "./walk-relation.ts"

/** A column that a plan reads. */
export interface ColumnOrigin {
  /** Key of an input; of files their paths, of a table its name. */
  readonly key: string
  readonly column: string
}

/** Where a column of a plan comes from. */
export interface ColumnLineage {
  readonly column: string
  /** What its values are computed from. */
  readonly direct: readonly ColumnOrigin[]
  /** What decides which rows there are, or how they are put together: filters, keys, order before a limit, windows. */
  readonly indirect: readonly ColumnOrigin[]
}

type Origins = ReadonlySet<ColumnOrigin>

interface Traced {
  readonly direct: Origins
  readonly indirect: Origins
}

/** What is known of a relation: of each column, by its name in lower case, and of its rows. */
interface Trace {
  readonly columns: ReadonlyMap<string, Traced>
  readonly rows: Origins
  /** The columns of a sort that is still to be seen in the order of the rows: a limit makes rows of it. */
  readonly order: Origins
}

const none: Origins = new Set()
const nothing: Traced = { direct: none, indirect: none }

/** The columns that each column of a plan comes from, in the order of the plan's columns. */
export function columnLineage(root: Relation): readonly ColumnLineage[] {
  const traces = new Map<Relation, Trace>()
  const origins = new Map<string, ColumnOrigin>()
  const origin = (key: string, column: string): ColumnOrigin => {
    const id = JSON.stringify([key, column])
    const known = origins.get(id) ?? Object.freeze({ key, column })
    origins.set(id, known)
    return known
  }
  for (const relation of bottomUp(root)) {
    const below = inputsOf(relation).map(input => traces.get(input) ?? unseen())
    traces.set(relation, traceOf(relation, below, origin))
  }
  const { columns, rows } = traces.get(root) ?? unseen()
  return root.schema.columns.map(({ name }) => {
    const { direct, indirect } = columns.get(name.toLowerCase()) ?? nothing
    return { column: name, direct: listed(direct), indirect: listed(union(indirect, rows)) }
  })
}

function listed(origins: Origins): readonly ColumnOrigin[] {
  const text = ({ key, column }: ColumnOrigin) => `${key}\0${column}`
  return [...origins].sort((a, b) => (text(a) < text(b) ? -1 : 1))
}

function unseen(): never {
  throw new Error("A relation was traced before its input. Please report this.")
}

/** The union of sets; one of them itself where it has all. */
function union(...sets: readonly Origins[]): Origins {
  const [first = none, ...others] = sets.filter(set => set.size > 0).sort((a, b) => b.size - a.size)
  const further = others.filter(set => set !== first).flatMap(set => [...set].filter(one => !first.has(one)))
  return further.length === 0 ? first : new Set([...first, ...further])
}

const together = (traced: Iterable<Traced>): Origins => union(...[...traced].flatMap(one => [one.direct, one.indirect]))

function traceOf(
  relation: Relation,
  below: readonly Trace[],
  origin: (key: string, column: string) => ColumnOrigin,
): Trace {
  const [input = empty, right = empty] = below
  switch (relation.kind) {
    case "input":
      return leaf(relation, column => new Set([origin(relation.key, column)]))
    case "files":
      return leaf(relation, column => new Set([origin(relation.paths.join(" "), column)]))
    case "table":
      return leaf(relation, column => new Set([origin(relation.path.join("."), column)]))
    case "values":
      return leaf(relation, () => none)
    case "project":
      return { ...input, columns: named(relation.columns, expression => traced(expression, input)) }
    case "filter":
      return { ...input, rows: union(input.rows, all(traced(relation.condition, input))) }
    case "aggregate":
      return aggregated(relation, input)
    case "hint":
    case "sample":
      return input
    case "generate": {
      const made = traced(relation.expression, input)
      const columns = new Map([...input.columns, ...relation.columns.map(c => [c.name.toLowerCase(), made] as const)])
      return { columns, rows: union(input.rows, all(made)), order: none }
    }
    case "join":
      return joined(relation, input, right)
    case "set":
      return stacked(relation, input, right)
    case "distinct":
      return { ...input, rows: union(input.rows, together(input.columns.values())), order: none }
    case "deduplicate": {
      const keys = relation.columns.map(name => column(input, name))
      return { ...input, rows: union(input.rows, together(keys)), order: none }
    }
    case "sort":
      return { ...input, order: together(relation.keys.map(key => traced(key.expression, input))) }
    case "mapBatches": {
      // What the function does is not known: each column may be of any, and rows may be left out by any.
      const direct = together(input.columns.values())
      const columns = relation.schema.columns.map(
        ({ name }) => [name.toLowerCase(), { direct, indirect: none }] as const,
      )
      return { columns: new Map(columns), rows: union(input.rows, direct), order: none }
    }
    case "offset":
    case "limit":
      return { ...input, rows: union(input.rows, input.order) }
  }
}

type Of<K extends Relation["kind"]> = Extract<Relation, { kind: K }>

const empty: Trace = { columns: new Map(), rows: none, order: none }

function leaf({ schema }: Relation, direct: (column: string) => Origins): Trace {
  const columns = schema.columns.map(
    ({ name }) => [name.toLowerCase(), { direct: direct(name), indirect: none }] as const,
  )
  return { ...empty, columns: new Map(columns) }
}

function aggregated(relation: Of<"aggregate">, input: Trace): Trace {
  const keys = named(relation.keys, expression => traced(expression, input))
  const aggregates = named(relation.aggregates, expression => traced(expression, input))
  const rows = union(input.rows, together(keys.values()))
  return { columns: new Map([...keys, ...aggregates]), rows, order: none }
}

/** The keys of `using` have the values of one side, or of both. */
function joined({ how, using, condition }: Of<"join">, left: Trace, right: Trace): Trace {
  const keys = using ?? []
  const deciding = [...keys.flatMap(name => [column(left, name), column(right, name)])]
  if (condition) deciding.push(traced(condition, left, right))
  const rows = union(left.rows, right.rows, together(deciding))
  if (how === "semi" || how === "anti") return { columns: left.columns, rows, order: none }
  const key = (name: string): Traced => {
    const [l, r] = [column(left, name), column(right, name)]
    if (how === "full") return { direct: union(l.direct, r.direct), indirect: union(l.indirect, r.indirect) }
    return how === "right" ? r : l
  }
  const keyed = keys.map(name => [name.toLowerCase(), key(name)] as const)
  return { columns: new Map([...left.columns, ...right.columns, ...keyed]), rows, order: none }
}

/** Columns by position. What is left of a comparison of whole rows hangs on all columns. */
function stacked(relation: Of<"set">, left: Trace, right: Trace): Trace {
  const columns = relation.schema.columns.map(({ name }, i) => {
    const l = column(left, relation.left.schema.columns[i]?.name ?? "")
    const r = column(right, relation.right.schema.columns[i]?.name ?? "")
    const from = relation.operation === "except" ? [l] : [l, r]
    const direct = union(...from.map(one => one.direct))
    return [name.toLowerCase(), { direct, indirect: union(...from.map(one => one.indirect)) }] as const
  })
  const compared = relation.operation !== "union" || !relation.all
  const whole = compared ? together([...left.columns.values(), ...right.columns.values()]) : none
  return { columns: new Map(columns), rows: union(left.rows, right.rows, whole), order: none }
}

function named(
  columns: readonly { readonly name: string; readonly expression: Expression }[],
  of: (expression: Expression) => Traced,
): ReadonlyMap<string, Traced> {
  return new Map(columns.map(({ name, expression }) => [name.toLowerCase(), of(expression)]))
}

function column({ columns }: Trace, name: string): Traced {
  return columns.get(name.toLowerCase()) ?? nothing
}

const all = ({ direct, indirect }: Traced): Origins => union(direct, indirect)

/** What an expression is computed from; the frame of a window, and the filter of an aggregate, only choose its rows. */
function traced(root: Expression, input: Trace, right: Trace = input): Traced {
  const direct: Origins[] = []
  const indirect: Origins[] = []
  const seen = new Set<Expression>()
  const visit = (expression: Expression): void => {
    if (seen.has(expression)) return
    seen.add(expression)
    if (expression.kind === "column") {
      const of = column(expression.side === "right" ? right : input, expression.name)
      direct.push(of.direct)
      indirect.push(of.indirect)
      return
    }
    const values = valuesOf(expression)
    for (const child of values) visit(child)
    for (const child of childrenOf(expression)) {
      if (!values.includes(child)) indirect.push(all(traced(child, input, right)))
    }
  }
  visit(root)
  return { direct: union(...direct), indirect: union(...indirect) }
}

function valuesOf(expression: Expression): readonly Expression[] {
  if (expression.kind === "window") return [expression.input]
  return expression.kind === "aggregate" ? expression.args : childrenOf(expression)
}
