import { FrameError } from "../errors/frame-error.ts"
import { nearestNames } from "../errors/nearest-names.ts"
import type { Column } from "../schema/data-type.ts"
import type { Expression, Unresolved } from "./expression.ts"

/** The columns that an expression may use; in a join's condition those of both sides. */
export type Scope =
  | { readonly columns: readonly Column[] }
  | { readonly left: readonly Column[]; readonly right: readonly Column[] }

type ColumnName = Extract<Unresolved, { kind: "column" }>

/** Binds a name, without regard to case, and gives it its own spelling. */
export function resolveColumn({ name, side }: ColumnName, scope: Scope): Expression {
  if ("columns" in scope) {
    const column = findColumn(name, scope.columns)
    if (!column) throw unknownColumn(name, scope.columns)
    return { kind: "column", name: column.name, type: column.type }
  }
  const left = side === "right" ? undefined : findColumn(name, scope.left)
  const right = side === "left" ? undefined : findColumn(name, scope.right)
  if (left && right) throw ambiguousColumn(name)
  if (left) return { kind: "column", name: left.name, side: "left", type: left.type }
  if (right) return { kind: "column", name: right.name, side: "right", type: right.type }
  const candidates = side ? scope[side] : [...scope.left, ...scope.right]
  throw unknownColumn(name, candidates, side)
}

function findColumn(name: string, columns: readonly Column[]): Column | undefined {
  const exact = columns.find(c => c.name === name)
  if (exact) return exact
  const lower = name.toLowerCase()
  return columns.find(c => c.name.toLowerCase() === lower)
}

/** A name that no column has. */
export function unknownColumn(name: string, columns: readonly Column[], side?: "left" | "right"): FrameError {
  const names = columns.map(c => c.name)
  const nearest = nearestNames(name, names)
  return new FrameError("FRAME_COLUMN_UNKNOWN", {
    what: `There is no column '${name}'${side ? ` on the ${side} side` : ""}.`,
    why: names.length === 0 ? "The frame has no columns." : `The columns are ${names.join(", ")}.`,
    fix: nearest.length > 0 ? `Did you mean ${nearest.map(n => `'${n}'`).join(" or ")}?` : "Use one of these columns.",
    details: { column: name, nearest, columns: names },
  })
}

function ambiguousColumn(name: string): FrameError {
  return new FrameError("FRAME_COLUMN_AMBIGUOUS", {
    what: `The column '${name}' is on both sides of the join.`,
    why: "A name in a join's condition must say which side it means.",
    fix: `Rename it on one side before the join, or use l.${name} and r.${name} in joinOn((l, r) => …).`,
    details: { column: name },
  })
}
