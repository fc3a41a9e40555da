import { FrameError } from "../errors/frame-error.ts"
import type { Column, DataType } from "../schema/data-type.ts"
import { isOrderable } from "../schema/type-family.ts"
import { typeName } from "../schema/type-name.ts"
import { columnNamed } from "./column-named.ts"
import type { Expression, SortKey, Unresolved } from "./expression.ts"
import type { Relation } from "./relation.ts"
import { resolveRowWise } from "./resolve-row-wise.ts"

/** `filter`: the rows for which the condition is true. */
export function filter(input: Relation, condition: Unresolved): Relation {
  const resolved = asCondition(resolveRowWise(condition, input.schema.columns, "filter"), "The condition of filter")
  return { kind: "filter", input, condition: resolved, schema: input.schema }
}

/** Holds a condition to a boolean. @throws FrameError `FRAME_TYPE_MISMATCH` */
export function asCondition(condition: Expression, what: string): Expression {
  if (condition.type.kind === "boolean") return condition
  if (condition.kind === "literal" && condition.value === null) return { ...condition, type: { kind: "boolean" } }
  throw new FrameError("FRAME_TYPE_MISMATCH", {
    what: `${what} is ${typeName(condition.type)}, not boolean.`,
    why: "Rows are kept for which a condition is true.",
    fix: "Compare the value: f.amount.gt(0), f.name.isNotNull().",
    details: { type: typeName(condition.type) },
  })
}

/** Holds columns to types whose values can be equal. @throws FrameError `FRAME_TYPE_MISMATCH` */
export function comparable(columns: readonly Column[], what: string): void {
  const wrong = columns.find(column => !isOrderable(column.type))
  if (wrong) throw notComparable(wrong.name, wrong.type, what)
}

function notComparable(name: string, type: DataType, what: string): FrameError {
  return new FrameError("FRAME_TYPE_MISMATCH", {
    what: `${what} cannot use '${name}', which is ${typeName(type)}.`,
    why: "Maps are neither equal nor ordered, in Spark as here.",
    fix: "Leave the column out, or use a part of it: f.column.getItem(key).",
    details: { column: name, type: typeName(type) },
  })
}

export function distinct(input: Relation): Relation {
  comparable(input.schema.columns, "distinct")
  return { kind: "distinct", input, schema: input.schema }
}

/** `dropDuplicates`: one row for each value of the columns, of all when none is named. */
export function deduplicate(input: Relation, names: readonly unknown[]): Relation {
  if (names.length === 0) return distinct(input)
  const columns = names.map(name => columnNamed(input.schema.columns, name))
  comparable(columns, "dropDuplicates")
  return { kind: "deduplicate", input, columns: [...new Set(columns.map(c => c.name))], schema: input.schema }
}

/** `orderBy`: ascending and nulls first where nothing else is said. */
export function sort(input: Relation, by: readonly Unresolved[]): Relation {
  if (by.length === 0) {
    throw new FrameError("FRAME_ARGUMENT_INVALID", {
      what: "orderBy was called without a column.",
      why: "Rows are ordered by something.",
      fix: 'Name a column: orderBy("day"), orderBy(f => f.amount.desc()).',
    })
  }
  const keys = by.map((key): SortKey<Expression> => {
    const { direction, nulls } = key.kind === "sort" ? key : { direction: "asc" as const, nulls: "first" as const }
    const value = key.kind === "sort" ? key.input : key
    const expression = resolveRowWise(value, input.schema.columns, "orderBy")
    if (!isOrderable(expression.type)) throw notComparable("a key", expression.type, "orderBy")
    return { expression, direction, nulls }
  })
  return { kind: "sort", input, keys, schema: input.schema }
}

export function limit(input: Relation, rows: unknown): Relation {
  return { kind: "limit", input, rows: rowCount(rows, "limit and take count"), schema: input.schema }
}

/** `offset`: all rows but the first ones. */
export function offset(input: Relation, rows: unknown): Relation {
  return { kind: "offset", input, rows: rowCount(rows, "offset counts"), schema: input.schema }
}

function rowCount(rows: unknown, who: string): number {
  if (typeof rows === "number" && Number.isSafeInteger(rows) && rows >= 0) return rows
  throw new FrameError("FRAME_ARGUMENT_INVALID", {
    what: `${String(rows)} is not a number of rows.`,
    why: `${who} rows from 0.`,
    fix: "Give a whole number that is not negative.",
  })
}

export function sample(input: Relation, fraction: unknown, seed: unknown): Relation {
  const valid = typeof fraction === "number" && fraction >= 0 && fraction <= 1
  if (valid && typeof seed === "number" && Number.isSafeInteger(seed)) {
    return { kind: "sample", input, fraction, seed, schema: input.schema }
  }
  throw new FrameError("FRAME_ARGUMENT_INVALID", {
    what: valid ? `${String(seed)} is not a seed.` : `${String(fraction)} is not a fraction of rows.`,
    why: "sample takes a fraction from 0 to 1, and a seed that is a whole number.",
    fix: "Write sample(0.1) or sample(0.1, 7).",
  })
}
