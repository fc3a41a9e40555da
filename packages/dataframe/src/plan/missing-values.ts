import { FrameError } from "../errors/frame-error.ts"
import type { Column, DataType } from "../schema/data-type.ts"
import { isFloating, isNumeric } from "../schema/type-family.ts"
import { typeName } from "../schema/type-name.ts"
import { columnNamed } from "./column-named.ts"
import type { Unresolved } from "./expression.ts"
import { literalOf } from "./literal.ts"
import { withColumns } from "./project.ts"
import type { Relation } from "./relation.ts"
import type { NamedUnresolved } from "./resolve-row-wise.ts"
import { filter } from "./select-rows.ts"

// NaN counts as missing, as in Spark's fillna and dropna.

const call = (name: string, ...args: readonly Unresolved[]): Unresolved => ({ kind: "call", name, args })
const reference = (column: Column): Unresolved => ({ kind: "column", name: column.name })

function isMissing(column: Column): Unresolved {
  const value = reference(column)
  return isFloating(column.type) ? call("or", call("isnull", value), call("isnan", value)) : call("isnull", value)
}

/** `fillna`: a value for each column, or one value for all columns of its kind. */
export function fillMissing(input: Relation, values: unknown): Relation {
  const scope = input.schema.columns
  const fills =
    typeof values === "object" && values !== null && !(values instanceof Date)
      ? Object.entries(values)
          .filter(([, value]) => value !== undefined)
          .map(([name, value]) => [columnNamed(scope, name), value] as const)
      : scope.filter(column => takes(column.type, values)).map(column => [column, values] as const)
  for (const [column, value] of fills) if (!takes(column.type, value)) throw wrongFill(column, value)
  if (fills.length === 0) return input
  return withColumns(
    input,
    fills.map(([column, value]): NamedUnresolved => {
      const filled: Unresolved = { kind: "cast", input: literalOf(value), type: column.type, mode: "ansi" }
      const branch = [isMissing(column), filled] as const
      return {
        name: column.name,
        unresolved: { kind: "case", branches: [branch], otherwise: reference(column) },
      }
    }),
  )
}

function takes(type: DataType, value: unknown): boolean {
  if (typeof value === "number" || typeof value === "bigint") return isNumeric(type)
  if (typeof value === "boolean") return type.kind === "boolean"
  if (value instanceof Date) return ["date", "timestamp", "timestamp_ntz"].includes(type.kind)
  return typeof value === "string" && ["string", "date", "timestamp", "timestamp_ntz"].includes(type.kind)
}

function wrongFill(column: Column, value: unknown): FrameError {
  return new FrameError("FRAME_TYPE_MISMATCH", {
    what: `fillna cannot put ${typeof value === "string" ? JSON.stringify(value) : String(value)} into '${column.name}'.`,
    why: `The column is ${typeName(column.type)}.`,
    fix: "Give a value of the column's type.",
    details: { column: column.name, type: typeName(column.type) },
  })
}

export interface DropMissing {
  readonly how?: unknown
  readonly thresh?: unknown
  readonly subset?: readonly unknown[]
}

/** `dropna`: keeps rows with at least as many values as asked for. */
export function dropMissing(input: Relation, { how = "any", thresh, subset }: DropMissing): Relation {
  const columns = subset ? subset.map(name => columnNamed(input.schema.columns, name)) : input.schema.columns
  if (columns.length === 0) return input
  if (how !== "any" && how !== "all") throw wrongOption("how", how, '"any" or "all"')
  if (thresh === undefined) {
    const present = columns.map(column => call("not", isMissing(column)))
    return filter(
      input,
      present.reduce((all, one) => call(how === "any" ? "and" : "or", all, one)),
    )
  }
  if (typeof thresh !== "number" || !Number.isSafeInteger(thresh)) throw wrongOption("thresh", thresh, "a whole number")
  const one = columns.map(
    (column): Unresolved => ({
      kind: "case",
      branches: [[isMissing(column), { kind: "literal", value: 0 }]],
      otherwise: { kind: "literal", value: 1 },
    }),
  )
  const counted = one.reduce((sum, next) => call("+", sum, next))
  return filter(input, call(">=", counted, literalOf(thresh)))
}

function wrongOption(name: string, value: unknown, expected: string): FrameError {
  return new FrameError("FRAME_ARGUMENT_INVALID", {
    what: `dropna has no ${name}: ${JSON.stringify(value) ?? String(value)}.`,
    why: `It is ${expected}.`,
    fix: 'Write dropna(), dropna({ how: "all" }) or dropna({ thresh: 2, subset: ["a", "b"] }).',
  })
}
