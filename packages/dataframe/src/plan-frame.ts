import { ColumnExpression, unresolvedOf } from "./column-expression.ts"
import type { Binding, BoundDataFrame, DataFrame, Derived } from "./data-frame.ts"
import { FrameError } from "./errors/frame-error.ts"
import * as actions from "./frame-actions.ts"
import { type AggregateOptions, aggregate } from "./plan/aggregate.ts"
import { columnNamed } from "./plan/column-named.ts"
import { checkedTo } from "./plan/conform.ts"
import type { Unresolved } from "./plan/expression.ts"
import { coalescePartitions, counted, repartition, withHint } from "./plan/hint.ts"
import { crossJoin, joinOn, joinUsing } from "./plan/join.ts"
import { mapBatches } from "./plan/map-batches.ts"
import { type DropMissing, dropMissing, fillMissing } from "./plan/missing-values.ts"
import { pivoted } from "./plan/pivot.ts"
import { columnName, drop, rename, select, withColumns } from "./plan/project.ts"
import type { Hint, Relation } from "./plan/relation.ts"
import { replaceValues } from "./plan/replace-values.ts"
import type { NamedUnresolved } from "./plan/resolve-row-wise.ts"
import { deduplicate, distinct, filter, limit, offset, sample, sort } from "./plan/select-rows.ts"
import { setOperation, unionByName } from "./plan/set-operation.ts"
import { unpivot } from "./plan/unpivot.ts"
import { rowProxy } from "./row-proxy.ts"
import { schemaOf } from "./schema/arrow-type.ts"
import type { Columns } from "./schema/columns.ts"
import { typeName } from "./schema/type-name.ts"
import type { OpenSession } from "./session/engine-session.ts"

/** Where a frame keeps its plan: found also by another copy of this package. */
const planKey: unique symbol = Symbol.for("@assets/dataframe/plan")

/** Node's key for what `console.log` prints. */
const inspected: unique symbol = Symbol.for("nodejs.util.inspect.custom")

type Callback = (...rows: readonly ReturnType<typeof rowProxy>[]) => unknown

interface Grouped {
  agg(aggregates: unknown): PlanFrame
}

interface GroupedFrame extends Grouped {
  pivot(column: unknown, values: readonly unknown[]): Grouped
  salted(key: unknown, buckets: unknown): GroupedFrame
}

/** What every `DataFrame` is at run time: a plan, and the session that runs it where it is bound. Immutable. */
export class PlanFrame {
  readonly [planKey]: Relation
  readonly #open: OpenSession | undefined

  constructor(relation: Relation, open: OpenSession | undefined) {
    this[planKey] = relation
    this.#open = open
    Object.freeze(this)
  }

  select(...columns: readonly unknown[]): PlanFrame {
    return this.#with(
      select(
        this[planKey],
        columns.flatMap((column): readonly (string | NamedUnresolved)[] =>
          typeof column === "function" ? this.#computed(column as Callback, "select") : [column as string],
        ),
      ),
    )
  }

  withColumn(name: unknown, compute: unknown): PlanFrame {
    const unresolved = unresolvedOf(this.#call(compute, "withColumn"))
    return this.#with(withColumns(this[planKey], [{ name: columnName(name), unresolved }]))
  }

  withColumns(compute: unknown): PlanFrame {
    return this.#with(withColumns(this[planKey], this.#computed(compute, "withColumns")))
  }

  rename(names: { readonly [from: string]: string }): PlanFrame {
    return this.#with(rename(this[planKey], names))
  }

  drop(...names: readonly unknown[]): PlanFrame {
    return this.#with(drop(this[planKey], names))
  }

  checked(columns: Columns): PlanFrame {
    return this.#with(checkedTo(this[planKey], schemaOf(columns), "checked()"))
  }

  filter(condition: unknown): PlanFrame {
    return this.#with(filter(this[planKey], unresolvedOf(this.#call(condition, "filter"))))
  }

  limit(rows: unknown): PlanFrame {
    return this.#with(limit(this[planKey], rows))
  }

  offset(rows: unknown): PlanFrame {
    return this.#with(offset(this[planKey], rows))
  }

  distinct(): PlanFrame {
    return this.#with(distinct(this[planKey]))
  }

  dropDuplicates(...names: readonly unknown[]): PlanFrame {
    return this.#with(deduplicate(this[planKey], names))
  }

  orderBy(...by: readonly unknown[]): PlanFrame {
    const keys = by.flatMap((key): readonly Unresolved[] => {
      if (typeof key !== "function") {
        return [{ kind: "column", name: columnNamed(this[planKey].schema.columns, key).name }]
      }
      const given = this.#call(key, "orderBy")
      return (Array.isArray(given) ? given : [given]).map(unresolvedOf)
    })
    return this.#with(sort(this[planKey], keys))
  }

  sample(fraction: unknown, seed: unknown = 42): PlanFrame {
    return this.#with(sample(this[planKey], fraction, seed))
  }

  fillna(values: unknown): PlanFrame {
    return this.#with(fillMissing(this[planKey], values))
  }

  replace(values: unknown, subset?: readonly unknown[]): PlanFrame {
    return this.#with(replaceValues(this[planKey], values, subset))
  }

  dropna(options: DropMissing = {}): PlanFrame {
    return this.#with(dropMissing(this[planKey], options))
  }

  join(right: unknown, using: unknown, how: unknown = "inner"): PlanFrame {
    return this.#with(joinUsing(this[planKey], relationOf(right, "join"), using, how))
  }

  joinOn(right: unknown, condition: unknown, how: unknown = "inner"): PlanFrame {
    const other = relationOf(right, "joinOn")
    const rows = [rowProxy(this[planKey].schema.columns, "left"), rowProxy(other.schema.columns, "right")]
    const unresolved = unresolvedOf(asCallback(condition, "joinOn")(...rows))
    return this.#with(joinOn(this[planKey], other, unresolved, how))
  }

  crossJoin(right: unknown): PlanFrame {
    return this.#with(crossJoin(this[planKey], relationOf(right, "crossJoin")))
  }

  union(right: unknown): PlanFrame {
    return this.#with(setOperation(this[planKey], relationOf(right, "union"), "union", true))
  }

  unionByName(right: unknown, options: { readonly allowMissing?: boolean } = {}): PlanFrame {
    return this.#with(unionByName(this[planKey], relationOf(right, "unionByName"), options.allowMissing ?? false))
  }

  intersect(right: unknown): PlanFrame {
    return this.#with(setOperation(this[planKey], relationOf(right, "intersect"), "intersect", false))
  }

  intersectAll(right: unknown): PlanFrame {
    return this.#with(setOperation(this[planKey], relationOf(right, "intersectAll"), "intersect", true))
  }

  except(right: unknown): PlanFrame {
    return this.#with(setOperation(this[planKey], relationOf(right, "except"), "except", false))
  }

  exceptAll(right: unknown): PlanFrame {
    return this.#with(setOperation(this[planKey], relationOf(right, "exceptAll"), "except", true))
  }

  groupBy(...names: readonly unknown[]): GroupedFrame {
    return this.#groupedBy(names, {})
  }

  #groupedBy(names: readonly unknown[], options: AggregateOptions): GroupedFrame {
    const pivot = (column: unknown, values: readonly unknown[]) =>
      this.#grouped(names, options, made => pivoted(this[planKey], column, values, made))
    const salted = (key: unknown, buckets: unknown) =>
      this.#groupedBy(names, { ...options, salt: { key, buckets: counted(buckets, "salted") } })
    return Object.freeze({ ...this.#grouped(names, options), pivot, salted })
  }

  rollup(...names: readonly unknown[]): Grouped {
    return this.#grouped(names, { grouping: "rollup" })
  }

  cube(...names: readonly unknown[]): Grouped {
    return this.#grouped(names, { grouping: "cube" })
  }

  groupingSets(sets: readonly (readonly unknown[])[]): Grouped {
    return this.#grouped(sets.flat(), { grouping: sets })
  }

  repartition(partitions: unknown, ...names: readonly unknown[]): PlanFrame {
    return this.#with(repartition(this[planKey], partitions, names))
  }

  coalescePartitions(partitions: unknown): PlanFrame {
    return this.#with(coalescePartitions(this[planKey], partitions))
  }

  cache(): PlanFrame {
    return this.hinted({ name: "cache" })
  }

  /** Not of the typed face: what `broadcast(frame)` calls. */
  hinted(hint: Hint): PlanFrame {
    return this.#with(withHint(this[planKey], hint))
  }

  unpivot(ids: readonly unknown[], values: readonly unknown[], variable: unknown, value: unknown): PlanFrame {
    return this.#with(unpivot(this[planKey], ids, values, { variable, value }))
  }

  mapBatches(columns: Columns, map: unknown, options: { readonly version?: string } = {}): PlanFrame {
    return this.#with(mapBatches(this[planKey], schemaOf(columns), map, options.version))
  }

  agg(aggregates: unknown): PlanFrame {
    return this.#with(aggregate(this[planKey], [], this.#computed(aggregates, "agg")))
  }

  collect(options: { readonly collectLimitBytes?: number } = {}): Promise<unknown> {
    return actions.collect(this[planKey], this.#session("collect"), options.collectLimitBytes)
  }

  rows(): AsyncIterableIterator<unknown> {
    return actions.rows(this[planKey], this.#session("rows"))
  }

  batches(): AsyncIterableIterator<unknown> {
    return actions.batches(this[planKey], this.#session("batches"))
  }

  count(): Promise<number> {
    return actions.count(this[planKey], this.#session("count"))
  }

  first(): Promise<unknown> {
    const taken = actions.take(limit(this[planKey], 1), this.#session("first"))
    return taken.then(([row]) => row ?? null)
  }

  take(rows: unknown): Promise<readonly unknown[]> {
    return actions.take(limit(this[planKey], rows), this.#session("take"))
  }

  show(rows: unknown = 20): Promise<void> {
    return actions.show(this[planKey], this.#session("show"), rows)
  }

  schema(): Relation["schema"] {
    this.#session("schema")
    return this[planKey].schema
  }

  explain(options: { readonly engine?: boolean } = {}): Promise<string> {
    return actions.explain(this[planKey], this.#session("explain"), options.engine ?? false)
  }

  /** `DataFrame[id: bigint, name: string]`, as Spark prints one. */
  toString(): string {
    return `DataFrame[${this[planKey].schema.columns.map(({ name, type }) => `${name}: ${typeName(type)}`).join(", ")}]`
  }

  [inspected](): string {
    return this.toString()
  }

  #grouped(
    names: readonly unknown[],
    options: AggregateOptions,
    change = (made: readonly NamedUnresolved[]): readonly NamedUnresolved[] => made,
  ): Grouped {
    for (const name of names) columnNamed(this[planKey].schema.columns, name)
    const agg = (aggregates: unknown) =>
      this.#with(aggregate(this[planKey], names, change(this.#computed(aggregates, "agg")), options))
    return Object.freeze({ agg })
  }

  #with(relation: Relation): PlanFrame {
    return new PlanFrame(relation, this.#open)
  }

  #call(callback: unknown, method: string): unknown {
    return asCallback(callback, method)(rowProxy(this[planKey].schema.columns))
  }

  #computed(callback: unknown, method: string): readonly NamedUnresolved[] {
    const given = this.#call(callback, method)
    if (typeof given !== "object" || given === null || given instanceof ColumnExpression || Array.isArray(given)) {
      throw new FrameError("FRAME_ARGUMENT_INVALID", {
        what: `The callback of ${method} did not return an object of columns.`,
        why: "Each column that is computed has a name.",
        fix: `Return names with columns: ${method}(f => ({ total: f.price.multiply(f.quantity) })).`,
      })
    }
    return Object.entries(given).map(([name, value]) => ({ name: columnName(name), unresolved: unresolvedOf(value) }))
  }

  #session(action: string): OpenSession {
    if (this.#open) return this.#open
    throw new FrameError("FRAME_ACTION_IN_TRANSFORM", {
      what: `${action}() was called on a frame that is not bound to an engine.`,
      why: "A transform is called while planning and runs nothing; an action in it would scan the data once more.",
      fix: "Express it as a part of the plan (filter, agg, join), or declare the asset with compute in place of transform.",
      details: { action },
    })
  }
}

function asCallback(value: unknown, method: string): Callback {
  if (typeof value === "function") return value as Callback // what it returns is looked at by the caller
  throw new FrameError("FRAME_ARGUMENT_INVALID", {
    what: `${method} was called with ${value === null ? "null" : `a value of type ${typeof value}`}.`,
    why: "It takes a function from the columns of the frame.",
    fix: `Write ${method}(f => …).`,
  })
}

/** The plan of a frame. @throws FrameError `FRAME_ARGUMENT_INVALID` for what is no frame */
export function relationOf(frame: unknown, method: string): Relation {
  const relation = isFrame(frame) ? frame[planKey] : undefined
  if (relation) return relation
  throw new FrameError("FRAME_ARGUMENT_INVALID", {
    what: `${method} was given ${frame === null ? "null" : `a value of type ${typeof frame}`}, not a DataFrame.`,
    why: "Only frames have rows and columns.",
    fix: "Give it a DataFrame.",
  })
}

export function isFrame(value: unknown): value is { readonly [planKey]: Relation } {
  return typeof value === "object" && value !== null && planKey in value
}

/** A lazy frame over a plan. The cast gives the untyped class its typed face; the schema of the plan is that of `S`. */
export function lazyFrame<S>(relation: Relation): DataFrame<S> {
  return new PlanFrame(relation, undefined) as unknown as DataFrame<S>
}

/** A frame over a plan that a session runs; the cast is that of `lazyFrame`. */
export function boundFrame<S>(relation: Relation, open: OpenSession): BoundDataFrame<S> {
  return new PlanFrame(relation, open) as unknown as Derived<S, Extract<Binding, "bound">>
}

/** A frame with a hint, bound to the same session. */
export function hinted(frame: unknown, method: string, hint: Hint): PlanFrame {
  relationOf(frame, method)
  return (frame as PlanFrame).hinted(hint) // relationOf has just said that it is one
}
