import type { Bool, Utf8 } from "apache-arrow"
import type { CheckRule, Verdict } from "./check-rule.ts"
import { type CheckOptions, checkOf, countIf, type FrameCheck, type Json, wrongArgument } from "./frame-check.ts"
import { aggregate } from "./plan/aggregate.ts"
import { columnNamed, findColumn } from "./plan/column-named.ts"
import { differences } from "./plan/conform.ts"
import type { Unresolved } from "./plan/expression.ts"
import { literalOf } from "./plan/literal.ts"
import type { Relation } from "./plan/relation.ts"
import { filter } from "./plan/select-rows.ts"
import { schemaOf } from "./schema/arrow-type.ts"
import type { Columns } from "./schema/columns.ts"
import type { Numeric, Temporal } from "./schema/type-rules.ts"

export type { CheckedFrame, CustomCheckOptions } from "./custom-check.ts"
export { check } from "./custom-check.ts"
export type { CheckOptions, CheckSeverity, FrameCheck } from "./frame-check.ts"

const call = (name: string, ...args: readonly Unresolved[]): Unresolved => ({ kind: "call", name, args })
const reference = (table: Relation, name: string): Unresolved => ({
  kind: "column",
  name: columnNamed(table.schema.columns, name).name,
})

/** A rule that counts the rows for which a condition is true. */
function badWhere(conditionOf: (table: Relation) => Unresolved): CheckRule {
  return table => {
    const condition = conditionOf(table)
    return {
      aggregates: [countIf(condition)],
      judge: ([bad]) => ({ passed: Number(bad) === 0, badRows: Number(bad) }),
      samples: () => filter(table, condition),
    }
  }
}

/** No value of the column is null. */
export function notNull<const N extends string>(
  column: N,
  options?: CheckOptions,
): FrameCheck<{ readonly [K in N]: Columns[string] }> {
  const rule = badWhere(table => call("isnull", reference(table, column)))
  return checkOf(`notNull(${column})`, { check: "notNull", column }, rule, options)
}

/** No two rows have the same value in the column, or in all of the columns; rows with a null are left out. */
export function unique<const N extends string>(
  columns: N | readonly N[],
  options?: CheckOptions,
): FrameCheck<{ readonly [K in N]: Columns[string] }> {
  const names: readonly string[] = typeof columns === "string" ? [columns] : columns
  const rule: CheckRule = table => {
    const references = names.map(name => reference(table, name))
    const present = references.map(value => call("isnotnull", value)).reduce((all, one) => call("and", all, one))
    return {
      aggregates: [countIf(present), { kind: "call", name: "count", args: references, distinct: true }],
      judge: ([rows, different]) => {
        const bad = Number(rows) - Number(different)
        return { passed: bad === 0, badRows: bad }
      },
      samples: () => repeated(filter(table, present), names),
    }
  }
  return checkOf(`unique(${names.join(", ")})`, { check: "unique", columns: names }, rule, options)
}

/** The values that come more than once, with how often. */
function repeated(table: Relation, names: readonly string[]): Relation {
  const rows = findColumn(table.schema.columns, "rows") && names.includes("rows") ? "count" : "rows"
  const counted = aggregate(table, names, [{ name: rows, unresolved: call("count", literalOf(1)) }])
  return filter(counted, call(">", { kind: "column", name: rows }, literalOf(1)))
}

/** Each value is one of these, or null. */
export function accepted<const N extends string, const V extends string | number | bigint | boolean>(
  column: N,
  values: readonly V[],
  options?: CheckOptions,
): FrameCheck<{ readonly [K in N]: TypeAccepting<V> }> {
  if (values.length === 0)
    throw wrongArgument("accepted was called without a value.", 'accepted("state", ["open", "done"])')
  const rule = badWhere(table => call("not", call("in", reference(table, column), ...values.map(literalOf))))
  const shown = values.map((value): Json => (typeof value === "bigint" ? String(value) : value))
  return checkOf(`accepted(${column})`, { check: "accepted", column, values: shown }, rule, options)
}

type TypeAccepting<V> = V extends string ? Utf8 : V extends boolean ? Bool : Numeric

type Bound = number | bigint | string | Date

/** Each value is at least `min` and at most `max`, or null. NaN is above every number. */
export function range<const N extends string, const V extends Bound>(
  column: N,
  bounds: { readonly min?: V; readonly max?: V },
  options?: CheckOptions,
): FrameCheck<{ readonly [K in N]: V extends number | bigint ? Numeric : Temporal | Utf8 }> {
  const { min, max } = bounds
  if (min === undefined && max === undefined) {
    throw wrongArgument("range was called without min and max.", 'range("delay", { min: 0, max: 60 })')
  }
  const rule = badWhere(table => {
    const value = reference(table, column)
    const outside = [
      ...(min === undefined ? [] : [call("<", value, literalOf(min))]),
      ...(max === undefined ? [] : [call(">", value, literalOf(max))]),
    ]
    return outside.reduce((any, one) => call("or", any, one))
  })
  const text = (bound: Bound | undefined): Json =>
    bound === undefined
      ? null
      : typeof bound === "number"
        ? bound
        : bound instanceof Date
          ? bound.toISOString()
          : String(bound)
  return checkOf(`range(${column})`, { check: "range", column, min: text(min), max: text(max) }, rule, options)
}

/** The table has at least `min` and at most `max` rows. */
export function rowCount(
  bounds: { readonly min?: number; readonly max?: number },
  options?: CheckOptions,
): FrameCheck<unknown> {
  const { min = 0, max = Number.POSITIVE_INFINITY } = bounds
  const rule: CheckRule = () => ({
    aggregates: [call("count", literalOf(1))],
    judge: ([rows]) => {
      const count = Number(rows)
      return count >= min && count <= max
        ? { passed: true }
        : { passed: false, message: `${count} rows, ${count < min ? `less than ${min}` : `more than ${max}`}` }
    },
  })
  return checkOf("rowCount", { check: "rowCount", min, max: Number.isFinite(max) ? max : null }, rule, options)
}

/** The latest value of the column is at most `maxAgeMs` old when the check runs. A wall clock counts as UTC. */
export function freshWithin<const N extends string>(
  column: N,
  maxAgeMs: number,
  options?: CheckOptions,
): FrameCheck<{ readonly [K in N]: Temporal }> {
  const rule: CheckRule = (table, now) => ({
    aggregates: [call("max", reference(table, column))],
    judge: ([latest]): Verdict => {
      if (typeof latest !== "string") return { passed: false, message: "there is no value" }
      const age = now.getTime() - Date.parse(/Z$|^[\d-]+$/.test(latest) ? latest : `${latest}Z`)
      return age <= maxAgeMs ? { passed: true } : { passed: false, message: `the latest is ${latest}` }
    },
  })
  return checkOf(`freshWithin(${column})`, { check: "freshWithin", column, maxAgeMs }, rule, options)
}

/** A regular expression matches a part of each value that is not null. */
export function matches<const N extends string>(
  column: N,
  pattern: string | RegExp,
  options?: CheckOptions,
): FrameCheck<{ readonly [K in N]: Utf8 }> {
  const source = typeof pattern === "string" ? pattern : pattern.source
  if (typeof pattern !== "string" && pattern.flags !== "") {
    throw wrongArgument(
      `The flags '${pattern.flags}' of the pattern are not known to the engine.`,
      "write (?i) into the pattern",
    )
  }
  const rule = badWhere(table => call("not", call("rlike", reference(table, column), literalOf(source))))
  return checkOf(`matches(${column})`, { check: "matches", column, pattern: source }, rule, options)
}

/** The stored table has these columns with these types. */
export function schemaContains<const S extends Columns>(columns: S, options?: CheckOptions): FrameCheck<S> {
  const declared = schemaOf(columns).columns
  const names = declared.map(column => column.name)
  const rule: CheckRule = table => ({
    aggregates: [],
    judge: () => {
      const own = table.schema.columns.filter(column => findColumn(declared, column.name))
      const faults = differences(own, declared).map(fault => fault.text)
      return faults.length === 0 ? { passed: true } : { passed: false, message: faults.join("; ") }
    },
  })
  return checkOf(`schemaContains(${names.join(", ")})`, { check: "schemaContains", columns: names }, rule, options)
}
