import type { Bool } from "apache-arrow"
import type { CheckPlan, CheckRule } from "./check-rule.ts"
import type { ColumnsOf } from "./column.ts"
import { ColumnExpression } from "./column-expression.ts"
import type { DataFrame } from "./data-frame.ts"
import type { FrameType } from "./frame.ts"
import { type CheckOptions, checkOf, countIf, type FrameCheck, wrongArgument } from "./frame-check.ts"
import type { Unresolved } from "./plan/expression.ts"
import type { Relation } from "./plan/relation.ts"
import { resolveExpression } from "./plan/resolve-expression.ts"
import { filter } from "./plan/select-rows.ts"
import { hasAggregate } from "./plan/walk-expression.ts"
import { isFrame, lazyFrame, relationOf } from "./plan-frame.ts"
import { rowProxy } from "./row-proxy.ts"
import type { Columns } from "./schema/columns.ts"
import type { TypedColumn } from "./schema/type-rules.ts"

/** The frame of a check, and its columns as properties where no method has the name. */
export type CheckedFrame<S> = DataFrame<S> & Omit<ColumnsOf<S>, keyof DataFrame<S>>

/** What a check of one's own may be told besides. */
export interface CustomCheckOptions<S extends Columns> extends CheckOptions {
  /** The asset's `returns`: types the callback by its columns. TypeScript cannot find them by itself. */
  readonly of?: FrameType<S>
}

/**
 * A check of one's own: a callback that gives either a condition that each row must meet (null counts as met; with an
 * aggregate in it, one that the whole table must meet), or the frame of the rows that break the rule.
 * @example
 * check("arrives after it leaves", f => f.arrival.gt(f.departure), { of: returns })
 * check("no thin day", f => f.groupBy("day").agg(() => ({ n: count() })).filter(d => d.n.lt(10)), { of: returns })
 */
export function check<S extends Columns = AnyColumns>(
  name: string,
  test: (frame: FrameOf<S>, columns: RowOf<S>) => TypedColumn<Bool> | AnyFrame,
  options?: CustomCheckOptions<S>,
): FrameCheck<AnyColumns extends S ? unknown : S> {
  const rule: CheckRule = table => {
    const columns = rowProxy(table.schema.columns)
    // both get their typed faces: the table has the columns of S, to which the stored schema was held
    const result: unknown = test(checkedFrame(table, columns) as FrameOf<S>, columns as unknown as RowOf<S>)
    return isFrame(result) ? badFrame(relationOf(result, "check")) : condition(name, table, result)
  }
  return checkOf(name, { check: "custom", name }, rule, options)
}

/** Stands for columns that nobody named. */
type AnyColumns = { readonly [column: string]: Columns[string] }
// Without `of` names and types are known when the check runs only; any other type would refuse each use of a column.
// biome-ignore lint/suspicious/noExplicitAny: see above
type FrameOf<S> = AnyColumns extends S ? any : CheckedFrame<S>
// biome-ignore lint/suspicious/noExplicitAny: see above
type RowOf<S> = AnyColumns extends S ? any : ColumnsOf<S>

/** The frame's methods, and beside them its columns. */
function checkedFrame(table: Relation, columns: ReturnType<typeof rowProxy>): unknown {
  return new Proxy(lazyFrame(table) as object, {
    get(target, key) {
      const own: unknown = Reflect.get(target, key, target)
      if (typeof own === "function") return own.bind(target)
      return own ?? (typeof key === "string" ? columns[key] : undefined)
    },
  })
}

/** A frame of any columns, by two of its methods. */
type AnyFrame = { readonly groupBy: unknown; readonly unionByName: unknown }

function badFrame(bad: Relation): CheckPlan {
  return {
    aggregates: [],
    badRows: bad,
    judge: values => ({ passed: Number(values.at(-1)) === 0, badRows: Number(values.at(-1)) }),
    samples: () => bad,
  }
}

function condition(name: string, table: Relation, result: unknown): CheckPlan {
  if (!(result instanceof ColumnExpression)) {
    throw wrongArgument(
      `The callback of the check '${name}' gave neither a column nor a frame.`,
      "(frame, f) => f.amount.geq(0)",
    )
  }
  const unresolved = result.unresolved
  const resolved = resolveExpression(unresolved, { columns: table.schema.columns })
  if (hasAggregate(resolved)) {
    return { aggregates: [unresolved], judge: ([met]) => ({ passed: met !== false }) }
  }
  const broken: Unresolved = { kind: "call", name: "not", args: [unresolved] }
  return {
    aggregates: [countIf(broken)],
    judge: ([bad]) => ({ passed: Number(bad) === 0, badRows: Number(bad) }),
    samples: () => filter(table, broken),
  }
}
