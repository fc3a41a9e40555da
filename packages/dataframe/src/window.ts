import type { SortColumn } from "./column.ts"
import { ColumnExpression, unresolvedOf } from "./column-expression.ts"
import { FrameError } from "./errors/frame-error.ts"
import type { Frame, SortKey, Unresolved } from "./plan/expression.ts"
import type { TypedColumn } from "./schema/type-rules.ts"

/** A bound of a window's frame: rows (or values) from the current one, negative ones before it. */
export type WindowBound = number | TypedColumn

/**
 * Which rows a window function sees: those with the same `partitionBy`, in the order of `orderBy`, within the frame.
 * Immutable; each method gives a new one.
 */
export interface WindowSpec {
  partitionBy(...columns: readonly TypedColumn[]): WindowSpec
  /** Ascending with nulls first, or as `asc()` and `desc()` say. */
  orderBy(...columns: readonly (TypedColumn | SortColumn)[]): WindowSpec
  /** Rows by their distance from the current one: `rowsBetween(-6, Window.currentRow)`. */
  rowsBetween(start: number, end: number): WindowSpec
  /** Rows whose one sort key is at most so far from the current one's; an interval where the key is a time. */
  rangeBetween(start: WindowBound, end: WindowBound): WindowSpec
}

/** Where a window begins: `Window.partitionBy(f.customer).orderBy(f.day.desc())`. */
export interface WindowStart extends WindowSpec {
  readonly unboundedPreceding: number
  readonly unboundedFollowing: number
  readonly currentRow: number
}

/** What every `WindowSpec` is at run time. */
class WindowParts {
  readonly partition: readonly Unresolved[]
  readonly order: readonly SortKey<Unresolved>[]
  readonly frame: Frame<Unresolved> | undefined

  constructor(
    partition: readonly Unresolved[],
    order: readonly SortKey<Unresolved>[],
    frame: Frame<Unresolved> | undefined,
  ) {
    this.partition = partition
    this.order = order
    this.frame = frame
    Object.freeze(this)
  }

  partitionBy(...columns: readonly unknown[]): WindowParts {
    return new WindowParts(columns.map(columnOf), this.order, this.frame)
  }

  orderBy(...columns: readonly unknown[]): WindowParts {
    return new WindowParts(this.partition, columns.map(sortKeyOf), this.frame)
  }

  rowsBetween(start: unknown, end: unknown): WindowParts {
    return this.#framed("rows", start, end)
  }

  rangeBetween(start: unknown, end: unknown): WindowParts {
    return this.#framed("range", start, end)
  }

  #framed(unit: "rows" | "range", start: unknown, end: unknown): WindowParts {
    const frame = { unit, start: boundOf(start, unit), end: boundOf(end, unit) }
    if (typeof start === "number" && typeof end === "number" && start > end) throw wrongFrame(start, end)
    return new WindowParts(this.partition, this.order, frame)
  }
}

class WindowBegin extends WindowParts {
  get unboundedPreceding(): number {
    return Number.NEGATIVE_INFINITY
  }

  get unboundedFollowing(): number {
    return Number.POSITIVE_INFINITY
  }

  get currentRow(): number {
    return 0
  }
}

/** The begin of every window, with the words for its bounds. The cast gives the class its typed face. */
export const Window = new WindowBegin([], [], undefined) as unknown as WindowStart

/** A column over a window. @throws FrameError `FRAME_ARGUMENT_INVALID` when it is given no window */
export function overWindow(input: Unresolved, window: unknown): Unresolved {
  if (!(window instanceof WindowParts)) throw noWindow()
  const { partition: partitionBy, order: orderBy, frame } = window
  return { kind: "window", input, partitionBy, orderBy, ...(frame && { frame }) }
}

function columnOf(column: unknown): Unresolved {
  if (column instanceof ColumnExpression && column.unresolved.kind !== "sort") return column.unresolved
  throw new FrameError("FRAME_ARGUMENT_INVALID", {
    what: "A window is parted by something that is no column.",
    why: "Each argument of partitionBy is a column of the row: f.customer.",
    fix: "Write Window.partitionBy(f.customer).orderBy(f.day).",
  })
}

function sortKeyOf(column: unknown): SortKey<Unresolved> {
  if (!(column instanceof ColumnExpression)) throw noSortKey()
  const { unresolved } = column
  if (unresolved.kind !== "sort") return { expression: unresolved, direction: "asc", nulls: "first" }
  return { expression: unresolved.input, direction: unresolved.direction, nulls: unresolved.nulls }
}

/** `null` is unbounded in the plan. */
function boundOf(bound: unknown, unit: "rows" | "range"): Unresolved | number | null {
  if (bound === Number.NEGATIVE_INFINITY || bound === Number.POSITIVE_INFINITY) return null
  if (Number.isInteger(bound)) return bound as number // isInteger has just said so
  if (unit === "range" && (typeof bound === "number" || bound instanceof ColumnExpression)) return unresolvedOf(bound)
  throw new FrameError("FRAME_ARGUMENT_INVALID", {
    what: `${String(bound instanceof ColumnExpression ? "A column" : bound)} is no bound of a window.`,
    why: unit === "rows" ? "Rows are counted in whole numbers." : "A range is bounded by numbers or intervals.",
    fix: "Write rowsBetween(-6, Window.currentRow), or rangeBetween with what the sort key can be moved by.",
  })
}

function wrongFrame(start: number, end: number): FrameError {
  return new FrameError("FRAME_ARGUMENT_INVALID", {
    what: `A window's frame begins at ${start} and ends at ${end}.`,
    why: "It ends before it begins.",
    fix: `Write them the other way round: (${end}, ${start}).`,
  })
}

function noSortKey(): FrameError {
  return new FrameError("FRAME_ARGUMENT_INVALID", {
    what: "A window is ordered by something that is no column.",
    why: "Each argument of orderBy is a column of the row, or one with asc() or desc().",
    fix: "Write Window.partitionBy(f.customer).orderBy(f.day.desc()).",
  })
}

function noWindow(): FrameError {
  return new FrameError("FRAME_ARGUMENT_INVALID", {
    what: "over() was given no window.",
    why: "It says over which rows a function is computed.",
    fix: "Write over(Window.partitionBy(f.customer).orderBy(f.day)).",
  })
}
