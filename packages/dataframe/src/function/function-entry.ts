import type { Expression } from "../plan/expression.ts"
import type { DataType } from "../schema/data-type.ts"
import type { Sql } from "./sql-fragment.ts"

/**
 * `unstable` depends on the order of rows or on ties, `volatile` gives another answer each time. What a step makes is
 * reused only when all that it calls is stable.
 */
export type Stability = "stable" | "unstable" | "volatile"

/** Arguments with Spark's implicit casts written out, and the type of the result. */
export interface Resolution {
  readonly args: readonly Expression[]
  readonly type: DataType
}

/** Spark's rule for arguments and result. @throws FrameError when the arguments do not fit */
export type TypeRule = (args: readonly Expression[], name: string) => Resolution

/** The arguments of a call, printed. */
export interface PrintedArguments {
  readonly args: readonly Sql[]
  /** The same arguments as expressions, for their types and literals. */
  readonly inputs: readonly Expression[]
  readonly type: DataType
  /** Prints a part of an argument, for forms that write it in another way. */
  print(part: Expression): Sql
}

/** A call of a function of one row's values. */
export interface PrintedCall extends PrintedArguments {
  /** Prints the body of the lambda that is an argument, with values in the place of its parameters. */
  body(index: number, ...values: readonly Sql[]): Sql
}

export interface AggregateCallOptions {
  readonly where?: Sql
  readonly distinct?: boolean
  /** What stands behind the arguments: `IGNORE NULLS`, `WITHIN GROUP (…)`. */
  readonly after?: Sql
}

/** A call of an aggregate. */
export interface PrintedAggregate extends PrintedArguments {
  readonly distinct: boolean
  /** Whether it stands before OVER: DuckDB then takes IGNORE NULLS, and no FILTER for what is no aggregate. */
  readonly hasOver: boolean
  /** The condition of `FILTER`. */
  readonly where?: Sql
  /**
   * Prints an aggregate of the engine over `args` with this call's FILTER and OVER, and with its DISTINCT unless told
   * otherwise. `where` is one more condition.
   */
  aggregate(name: string, args: readonly Sql[], options?: AggregateCallOptions): Sql
}

/** A name stands for `name(args)`. */
export type ScalarForm = string | ((call: PrintedCall) => Sql)
export type AggregateForm = string | ((call: PrintedAggregate) => Sql)

interface Row<Form> {
  readonly types: TypeRule
  readonly stability: Stability
  /** Raised when the printed form changes an answer. */
  readonly revision: number
  readonly duckdb: Form
  /** Left out where Spark's form is `name(args)`. */
  readonly spark?: Form
}

export interface ScalarEntry extends Row<ScalarForm> {
  readonly kind: "scalar"
}

export interface AggregateEntry extends Row<AggregateForm> {
  readonly kind: "aggregate"
}

/** Only with OVER: `row_number`, `lag`. */
export interface WindowEntry extends Row<AggregateForm> {
  readonly kind: "window"
}

/** A row of the function table. */
export type FunctionEntry = ScalarEntry | AggregateEntry | WindowEntry

type More = Partial<Pick<FunctionEntry, "stability" | "revision">>

/** A row for a function of one row's values. */
export function scalar(types: TypeRule, duckdb: ScalarForm, more: More & { spark?: ScalarForm } = {}): ScalarEntry {
  return { kind: "scalar", types, duckdb, stability: "stable", revision: 1, ...more }
}

/** A row for a function of many rows' values. */
export function aggregate(
  types: TypeRule,
  duckdb: AggregateForm,
  more: More & { spark?: AggregateForm } = {},
): AggregateEntry {
  return { kind: "aggregate", types, duckdb, stability: "stable", revision: 1, ...more }
}

/** A row for a function that needs OVER. */
export function windowed(
  types: TypeRule,
  duckdb: AggregateForm,
  more: More & { spark?: AggregateForm } = {},
): WindowEntry {
  return { kind: "window", types, duckdb, stability: "stable", revision: 1, ...more }
}
