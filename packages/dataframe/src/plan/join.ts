import { FrameError } from "../errors/frame-error.ts"
import { castOf } from "../function/implicit-cast.ts"
import { commonType } from "../schema/common-type.ts"
import type { Column, DataType } from "../schema/data-type.ts"
import { isDatetime, isNumeric } from "../schema/type-family.ts"
import { sameType, typeName } from "../schema/type-name.ts"
import { columnNamed, findColumn } from "./column-named.ts"
import type { Expression, Unresolved } from "./expression.ts"
import { columnOf, keep, projectResolved } from "./project.ts"
import type { JoinKind, NamedExpression, Relation } from "./relation.ts"
import { resolveExpression } from "./resolve-expression.ts"
import { asCondition, comparable } from "./select-rows.ts"
import { hasAggregate } from "./walk-expression.ts"

const kinds: readonly JoinKind[] = ["inner", "left", "right", "full", "semi", "anti"]

interface KeyPair {
  readonly left: Column
  readonly right: Column
  readonly common: DataType
}

function kindOf(how: unknown): JoinKind {
  const kind = kinds.find(known => known === how)
  if (kind) return kind
  throw new FrameError("FRAME_JOIN_INVALID", {
    what: `There is no join of kind ${JSON.stringify(how) ?? String(how)}.`,
    why: `A join is one of ${kinds.join(", ")}.`,
    fix: 'Write join(right, "key", "left").',
  })
}

const keepsLeftOnly = (how: JoinKind) => how === "semi" || how === "anti"

/** `join(right, using, how)`: keys once and first, then the rest of the left, then that of the right. */
export function joinUsing(left: Relation, right: Relation, using: unknown, how: unknown): Relation {
  const kind = kindOf(how)
  const names = Array.isArray(using) ? using : [using]
  if (names.length === 0) throw noKeys()
  const pairs = names.map((name): KeyPair => {
    const l = columnNamed(left.schema.columns, name, "left")
    const r = columnNamed(right.schema.columns, name, "right")
    return { left: l, right: r, common: keyType(l, r) }
  })
  comparable(
    pairs.map(pair => pair.left),
    "join",
  )
  const keys = pairs.map(pair => pair.left.name)
  const restOfRight = without(
    right.schema.columns,
    pairs.map(pair => pair.right),
  )
  if (!keepsLeftOnly(kind)) refuseShared(left.schema.columns, restOfRight)
  const same = pairs.every(pair => sameType(pair.left.type, pair.right.type) && pair.left.name === pair.right.name)
  if (!same) return joinUnequal(left, right, pairs, kind)
  const leftKeys = pairs.map(pair => pair.left)
  const columns = [...leftKeys, ...without(left.schema.columns, leftKeys), ...(keepsLeftOnly(kind) ? [] : restOfRight)]
  const schema = { columns }
  return { kind: "join", left, right, how: kind, using: [...new Set(keys)], schema }
}

const without = (columns: readonly Column[], some: readonly Column[]) => columns.filter(c => !some.includes(c))

/**
 * Keys of different types or spelling: the right's get names of their own, a condition compares both in the type that
 * they have in common, and a projection puts the keys together.
 */
function joinUnequal(left: Relation, right: Relation, pairs: readonly KeyPair[], how: JoinKind): Relation {
  const aliases = new Map(pairs.map((pair, i) => [pair.right, freeName(`${pair.right.name}_right_${i}`, left, right)]))
  const renamed = projectResolved(
    right,
    right.schema.columns.map(column => keep(column, aliases.get(column))),
  )
  const condition = pairs
    .map((pair): Expression => {
      const sides = [
        castOf({ ...sided(pair.left, "left") }, pair.common),
        castOf({ ...sided({ ...pair.right, name: aliases.get(pair.right) ?? "" }, "right") }, pair.common),
      ]
      return { kind: "call", name: "=", args: sides, type: { kind: "boolean" } }
    })
    .reduce((all, one) => ({ kind: "call", name: "and", args: [all, one], type: { kind: "boolean" } }))
  const joined = joinResolved(left, renamed, condition, how)
  const leftKeys = pairs.map(pair => pair.left)
  if (keepsLeftOnly(how)) {
    return projectResolved(
      joined,
      [...leftKeys, ...without(left.schema.columns, leftKeys)].map(column => keep(column)),
    )
  }
  const rest = [...without(left.schema.columns, leftKeys), ...without(right.schema.columns, [...aliases.keys()])]
  return projectResolved(joined, [
    ...pairs.map((pair): NamedExpression => {
      const other = columnOf({ ...pair.right, name: aliases.get(pair.right) ?? "" })
      return { name: pair.left.name, expression: keyOf(columnOf(pair.left), other, pair.common, how) }
    }),
    ...rest.map(column => keep(column)),
  ])
}

function keyOf(left: Expression, right: Expression, common: DataType, how: JoinKind): Expression {
  if (how === "right") return right
  if (how !== "full") return left
  return { kind: "call", name: "coalesce", args: [castOf(left, common), castOf(right, common)], type: common }
}

function sided(column: Column, side: "left" | "right"): Expression {
  return { kind: "column", name: column.name, side, type: column.type }
}

function freeName(wanted: string, left: Relation, right: Relation): string {
  const taken = [...left.schema.columns, ...right.schema.columns]
  return findColumn(taken, wanted) ? freeName(`_${wanted}`, left, right) : wanted
}

function joinResolved(left: Relation, right: Relation, condition: Expression, how: JoinKind): Relation {
  const columns = keepsLeftOnly(how) ? left.schema.columns : [...left.schema.columns, ...right.schema.columns]
  return { kind: "join", left, right, how, condition, schema: { columns } }
}

/** `joinOn(right, condition, how)`: the columns of the left, then those of the right. */
export function joinOn(left: Relation, right: Relation, condition: Unresolved, how: unknown): Relation {
  const kind = kindOf(how)
  if (!keepsLeftOnly(kind)) refuseShared(left.schema.columns, right.schema.columns)
  const scope = { left: left.schema.columns, right: right.schema.columns }
  const resolved = asCondition(resolveExpression(condition, scope), "The condition of joinOn")
  if (hasAggregate(resolved)) {
    throw new FrameError("FRAME_AGGREGATE_INVALID", {
      what: "An aggregate stands in the condition of joinOn.",
      why: "The condition is computed for each pair of rows.",
      fix: "Aggregate one side before the join.",
    })
  }
  return joinResolved(left, right, resolved, kind)
}

export function crossJoin(left: Relation, right: Relation): Relation {
  refuseShared(left.schema.columns, right.schema.columns)
  const schema = { columns: [...left.schema.columns, ...right.schema.columns] }
  return { kind: "join", left, right, how: "cross", schema }
}

function keyType(left: Column, right: Column): DataType {
  const alike =
    sameType(left.type, right.type) ||
    (isNumeric(left.type) && isNumeric(right.type)) ||
    (isDatetime(left.type) && isDatetime(right.type))
  const common = alike ? commonType(left.type, right.type) : undefined
  if (common) return common
  throw new FrameError("FRAME_TYPE_MISMATCH", {
    what: `The key '${left.name}' has a different type on each side of the join.`,
    why: `It is ${typeName(left.type)} on the left and ${typeName(right.type)} on the right.`,
    fix: `Cast one side before the join: withColumn("${left.name}", f => f.${left.name}.cast(t.…)).`,
    details: { column: left.name, left: typeName(left.type), right: typeName(right.type) },
  })
}

function refuseShared(left: readonly Column[], right: readonly Column[]): void {
  const shared = right.filter(column => findColumn(left, column.name)).map(column => column.name)
  const [first] = shared
  if (first === undefined) return
  throw new FrameError("FRAME_COLUMN_AMBIGUOUS", {
    what: `Both sides of the join have the column ${shared.map(name => `'${name}'`).join(", ")}.`,
    why: "What the join gives would have two columns of one name.",
    fix: `Rename it on one side (rename({ ${first}: "${first}_right" })), drop it there, or join on it.`,
    details: { columns: shared },
  })
}

function noKeys(): FrameError {
  return new FrameError("FRAME_JOIN_INVALID", {
    what: "join was called without a key.",
    why: "It joins rows whose keys are equal.",
    fix: "Name the keys, or use crossJoin for each row with each.",
  })
}
