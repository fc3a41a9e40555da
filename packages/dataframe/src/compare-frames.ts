import { fetchRows, type PlainValue, plainValue } from "./fetch-rows.ts"
import { aggregate } from "./plan/aggregate.ts"
import { findColumn } from "./plan/column-named.ts"
import { comparableValue } from "./plan/comparable-value.ts"
import type { Unresolved } from "./plan/expression.ts"
import { literalOf } from "./plan/literal.ts"
import { select } from "./plan/project.ts"
import type { Relation } from "./plan/relation.ts"
import type { NamedUnresolved } from "./plan/resolve-row-wise.ts"
import { filter, limit, sort } from "./plan/select-rows.ts"
import { setOperation } from "./plan/set-operation.ts"
import type { Column } from "./schema/data-type.ts"
import { isFloating, isOrderable } from "./schema/type-family.ts"
import { sameType, typeName } from "./schema/type-name.ts"
import type { EngineSession } from "./session/engine-session.ts"
import type { RowObject } from "./session/row-reader.ts"

/** How two tables are compared. */
export interface CompareOptions {
  /** Columns that tell a row; without them, or where they repeat, rows are compared whole, as a multiset. */
  readonly keys?: readonly string[]
  /**
   * What two floating point values may differ by and still count as equal: so much, or so much of the greater one.
   * Default none. Without keys the columns that are not floating point tell the rows; where they repeat, it has no effect.
   */
  readonly tolerance?: number | { readonly relative: number }
  /** How many differing rows are brought as samples. */
  readonly samples: number
  readonly signal: AbortSignal
}

/** A row that differs. */
export interface RowDifference {
  readonly change: "added" | "removed" | "changed"
  /** The row before; null for one that was added. */
  readonly left: { readonly [column: string]: PlainValue } | null
  /** The row after; null for one that was removed. */
  readonly right: { readonly [column: string]: PlainValue } | null
}

/** In what two tables differ. One of core's differences. */
export interface FrameDifference {
  readonly equal: boolean
  /** Columns that one side lacks (null), or has with another type; their values are not compared. */
  readonly schema: readonly { readonly column: string; readonly left: string | null; readonly right: string | null }[]
  readonly rows: { readonly left: number; readonly right: number }
  /** What told the rows; null when they were compared whole. */
  readonly keys: readonly string[] | null
  /** Keys that come more than once on a side, for which the rows were compared whole. */
  readonly repeatedKeys?: number
  readonly added: number
  readonly removed: number
  readonly changed: number
  /** Columns whose values differ in rows of both sides, with the count of these rows. */
  readonly columns: readonly { readonly name: string; readonly changed: number }[]
  readonly samples: readonly RowDifference[]
}

const call = (name: string, ...args: readonly Unresolved[]): Unresolved => ({ kind: "call", name, args })
const column = (name: string): Unresolved => ({ kind: "column", name })
const either = (list: readonly Unresolved[]): Unresolved => list.reduce((a, b) => call("or", a, b), literalOf(false))
const countIf = (condition: Unresolved): Unresolved => call("count_if", condition)
const isLeft = call("=", column("side"), literalOf(0))
const isRight = call("=", column("side"), literalOf(1))

/**
 * Compares two tables in one pass over each: their rows are put together and grouped, by the keys or as a whole. A second
 * pass brings samples, where there are differences. Null equals null and NaN equals NaN; the order of rows does not count.
 */
export async function compareFrames(
  left: Relation,
  right: Relation,
  session: EngineSession,
  options: CompareOptions,
): Promise<FrameDifference> {
  const schema = schemaDifferences(left, right)
  const common = left.schema.columns.filter(one => {
    const other = findColumn(right.schema.columns, one.name)
    return other && sameType(one.type, other.type)
  })
  if (common.length === 0) return countsAlone(left, right, schema, session, options.signal)
  const { keys = unrounded(common, options) } = options
  const keyColumns = keys.flatMap(name => findColumn(common, name) ?? [])
  if (keys.length > 0 && keyColumns.length === keys.length && keyColumns.every(({ type }) => isOrderable(type))) {
    const keyed = await new KeyedComparison(left, right, keyColumns, common, options).run(session)
    if (!keyed.repeatedKeys) return { ...keyed, schema, equal: keyed.equal && schema.length === 0 }
    const whole = await new WholeComparison(left, right, common, options).run(session)
    return { ...whole, repeatedKeys: keyed.repeatedKeys, schema, equal: whole.equal && schema.length === 0 }
  }
  const whole = await new WholeComparison(left, right, common, options).run(session)
  return { ...whole, schema, equal: whole.equal && schema.length === 0 }
}

/** With a tolerance: what tells rows whose floating point columns may differ. */
function unrounded(columns: readonly Column[], { tolerance }: CompareOptions): readonly string[] {
  if (tolerance === undefined) return []
  return columns.filter(({ type }) => !isFloating(type) && isOrderable(type)).map(({ name }) => name)
}

/** The columns that a check says to be unique; undefined when it says something else. */
export function uniqueColumnsOf(check: { describe?(): unknown }): readonly string[] | undefined {
  const said = check.describe?.()
  if (typeof said !== "object" || said === null) return undefined
  const { check: kind, columns } = said as { readonly check?: unknown; readonly columns?: unknown } // any check's words
  return kind === "unique" && Array.isArray(columns) ? columns.map(String) : undefined
}

function schemaDifferences(left: Relation, right: Relation): FrameDifference["schema"] {
  const [l, r] = [left.schema.columns, right.schema.columns]
  const own = l.flatMap(({ name, type }) => {
    const other = findColumn(r, name)
    if (other && sameType(type, other.type)) return []
    return [{ column: name, left: typeName(type), right: other ? typeName(other.type) : null }]
  })
  const further = r.filter(({ name }) => !findColumn(l, name))
  return [...own, ...further.map(({ name, type }) => ({ column: name, left: null, right: typeName(type) }))]
}

async function countsAlone(
  left: Relation,
  right: Relation,
  schema: FrameDifference["schema"],
  session: EngineSession,
  signal: AbortSignal,
): Promise<FrameDifference> {
  const counted = async (table: Relation) => {
    const rows = aggregate(table, [], [{ name: "rows", unresolved: call("count", literalOf(1)) }])
    const [row] = await fetchRows(rows, session, signal)
    return Number(row?.rows)
  }
  const rows = { left: await counted(left), right: await counted(right) }
  const counts = { added: rows.right, removed: rows.left, changed: 0 }
  return { equal: false, schema, rows, keys: null, ...counts, columns: [], samples: [] }
}

type Compared = Omit<FrameDifference, "schema">

/** Both tables as one: the columns under names that cannot collide, and on which side a row stands. */
function bothSides(left: Relation, right: Relation, columns: readonly Column[]): Relation {
  const [first, second] = [left, right].map((table, side) => {
    const taken = columns.map(({ name }, i): NamedUnresolved => {
      const own = findColumn(table.schema.columns, name) as Column // it is common to both
      return { name: `c${i}`, unresolved: comparableValue(column(own.name), own.type) }
    })
    return select(table, [...taken, { name: "side", unresolved: literalOf(side) }])
  }) as [Relation, Relation] // one for each of the two
  return setOperation(first, second, "union", true)
}

/** The values of columns `<prefix>0`, `<prefix>1` … under the names of the columns. */
function namedRow(row: RowObject, columns: readonly Column[], prefix: string): { readonly [name: string]: PlainValue } {
  return Object.fromEntries(columns.map(({ name }, i) => [name, plainValue(row[`${prefix}${i}`])]))
}

/** Rows that are told by keys. */
class KeyedComparison {
  readonly #keys: readonly Column[]
  readonly #values: readonly Column[]
  readonly #options: CompareOptions
  /** A row for each key: how often it comes on each side, its values there, and which of them differ. */
  readonly #byKey: Relation

  constructor(
    left: Relation,
    right: Relation,
    keys: readonly Column[],
    common: readonly Column[],
    options: CompareOptions,
  ) {
    this.#keys = keys
    this.#values = common.filter(one => !keys.includes(one))
    this.#options = options
    const all = [...keys, ...this.#values]
    const valueAt = (i: number, side: Unresolved): Unresolved => {
      return { kind: "call", name: "any_value", args: [column(`c${keys.length + i}`)], where: side }
    }
    const grouped = aggregate(
      bothSides(left, right, all),
      keys.map((_, i) => `c${i}`),
      [
        { name: "lefts", unresolved: countIf(isLeft) },
        { name: "rights", unresolved: countIf(isRight) },
        ...this.#values.flatMap((_, i) => [
          { name: `l${i}`, unresolved: valueAt(i, isLeft) },
          { name: `r${i}`, unresolved: valueAt(i, isRight) },
        ]),
      ],
    )
    const onBoth = call("and", call(">", column("lefts"), literalOf(0)), call(">", column("rights"), literalOf(0)))
    this.#byKey = select(grouped, [
      ...grouped.schema.columns.map(({ name }) => name),
      ...this.#values.map((value, i) => ({
        name: `d${i}`,
        unresolved: call("and", onBoth, call("not", this.#isEqual(value, column(`l${i}`), column(`r${i}`)))),
      })),
    ])
  }

  async run(session: EngineSession): Promise<Compared> {
    const { samples, signal } = this.#options
    const zero = literalOf(0)
    const added = call("=", column("lefts"), zero)
    const removed = call("=", column("rights"), zero)
    const changed = either(this.#values.map((_, i) => column(`d${i}`)))
    const repeated = call("or", call(">", column("lefts"), literalOf(1)), call(">", column("rights"), literalOf(1)))
    const counted = aggregate(
      this.#byKey,
      [],
      [
        { name: "lefts", unresolved: call("sum", column("lefts")) },
        { name: "rights", unresolved: call("sum", column("rights")) },
        ...Object.entries({ added, removed, changed, repeated }).map(([name, condition]) => {
          return { name, unresolved: countIf(condition) }
        }),
        ...this.#values.map((_, i) => ({ name: `d${i}`, unresolved: countIf(column(`d${i}`)) })),
      ],
    )
    const [row = {}] = await fetchRows(counted, session, signal)
    const counts = { added: Number(row.added), removed: Number(row.removed), changed: Number(row.changed) }
    const repeatedKeys = Number(row.repeated)
    const equal = counts.added + counts.removed + counts.changed === 0
    const differing = filter(this.#byKey, either([added, removed, changed]))
    return {
      equal,
      rows: { left: Number(row.lefts ?? 0), right: Number(row.rights ?? 0) },
      keys: this.#keys.map(({ name }) => name),
      ...(repeatedKeys > 0 && { repeatedKeys }),
      ...counts,
      columns: this.#values.flatMap(({ name }, i) => {
        const count = Number(row[`d${i}`])
        return count > 0 ? [{ name, changed: count }] : []
      }),
      samples: equal || repeatedKeys > 0 || samples === 0 ? [] : await this.#sampled(differing, session),
    }
  }

  async #sampled(differing: Relation, session: EngineSession): Promise<RowDifference[]> {
    const { samples, signal } = this.#options
    const inOrder = sort(
      differing,
      this.#keys.map((_, i) => column(`c${i}`)),
    )
    const rows = await fetchRows(limit(inOrder, samples), session, signal)
    return rows.map(row => {
      const key = namedRow(row, this.#keys, "c")
      const left = row.lefts === 0n ? null : { ...key, ...namedRow(row, this.#values, "l") }
      const right = row.rights === 0n ? null : { ...key, ...namedRow(row, this.#values, "r") }
      return { change: left ? (right ? "changed" : "removed") : "added", left, right }
    })
  }

  #isEqual({ type }: Column, left: Unresolved, right: Unresolved): Unresolved {
    const same = call("<=>", left, right)
    const { tolerance = 0 } = this.#options
    const wanted = typeof tolerance === "number" ? tolerance : tolerance.relative
    if (!isFloating(type) || wanted === 0) return same
    const apart = call("abs", call("-", left, right))
    const greater = call("greatest", call("abs", left), call("abs", right))
    const allowed = typeof tolerance === "number" ? literalOf(wanted) : call("*", literalOf(wanted), greater)
    // Of an infinite and a finite value the one is not near the other, whatever share of infinity they are apart.
    const near = call("and", call("<=", apart, allowed), call("<", apart, literalOf(Number.POSITIVE_INFINITY)))
    return call("or", same, call("coalesce", near, literalOf(false)))
  }
}

/** Rows that are told by all their values: how often each comes on each side. */
class WholeComparison {
  readonly #columns: readonly Column[]
  readonly #options: CompareOptions
  readonly #byRow: Relation

  constructor(left: Relation, right: Relation, columns: readonly Column[], options: CompareOptions) {
    this.#columns = columns
    this.#options = options
    this.#byRow = aggregate(
      bothSides(left, right, columns),
      columns.map((_, i) => `c${i}`),
      [
        { name: "lefts", unresolved: countIf(isLeft) },
        { name: "rights", unresolved: countIf(isRight) },
      ],
    )
  }

  async run(session: EngineSession): Promise<Compared> {
    const { samples, signal } = this.#options
    const [lefts, rights] = [column("lefts"), column("rights")]
    const more = (a: Unresolved, b: Unresolved) => call("sum", call("greatest", call("-", a, b), literalOf(0n)))
    const counted = aggregate(
      this.#byRow,
      [],
      [
        { name: "lefts", unresolved: call("sum", lefts) },
        { name: "rights", unresolved: call("sum", rights) },
        { name: "added", unresolved: more(rights, lefts) },
        { name: "removed", unresolved: more(lefts, rights) },
      ],
    )
    const [row = {}] = await fetchRows(counted, session, signal)
    const counts = { added: Number(row.added ?? 0), removed: Number(row.removed ?? 0) }
    const equal = counts.added + counts.removed === 0
    const differing = filter(this.#byRow, call("not", call("=", lefts, rights)))
    const rows = equal || samples === 0 ? [] : await fetchRows(limit(differing, samples), session, signal)
    return {
      equal,
      rows: { left: Number(row.lefts ?? 0), right: Number(row.rights ?? 0) },
      keys: null,
      ...counts,
      changed: 0,
      columns: [],
      samples: rows.map(one => {
        const values = namedRow(one, this.#columns, "c")
        const isRemoved = Number(one.lefts) > Number(one.rights)
        return isRemoved
          ? { change: "removed", left: values, right: null }
          : { change: "added", left: null, right: values }
      }),
    }
  }
}
