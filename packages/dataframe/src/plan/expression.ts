import type { DataType } from "../schema/data-type.ts"

/** A literal as the plan keeps it: canonical and serializable. int64 and decimal as text, dates and times as ISO text, binary as hex, NaN and infinities as their names. */
export type LiteralValue = null | boolean | number | string

export interface SortKey<E> {
  readonly expression: E
  readonly direction: "asc" | "desc"
  readonly nulls: "first" | "last"
}

export interface Frame<E> {
  readonly unit: "rows" | "range"
  /** `null` is unbounded. 0 is the current row, negative numbers precede it. */
  readonly start: E | number | null
  readonly end: E | number | null
}

/** Makes a row of each element of an array, or of each entry of a map. One object for all its parts. */
export interface Generator {
  readonly source: Unresolved
  /** True: a row of nulls where there is no element. */
  readonly outer: boolean
}

/**
 * What a user builds, through the typed API or as text through `expr`: names are not looked up, types not known.
 * `resolveExpression` turns it into an `Expression` over the columns of a relation.
 */
export type Unresolved =
  | { readonly kind: "column"; readonly name: string; readonly side?: "left" | "right" }
  /** `type` is absent where Spark's rule for the literal's form decides: 1 → int, 1.5 → double for a JavaScript number. */
  | { readonly kind: "literal"; readonly value: LiteralValue; readonly type?: DataType }
  /** A function or operator, by its Spark name: `upper`, `+`, `and`, `isnull`, `in`, `like`, `getfield`. */
  | {
      readonly kind: "call"
      readonly name: string
      readonly args: readonly Unresolved[]
      readonly distinct?: boolean
      readonly where?: Unresolved
    }
  | { readonly kind: "cast"; readonly input: Unresolved; readonly type: DataType; readonly mode: "ansi" | "try" }
  | {
      readonly kind: "case"
      readonly branches: readonly (readonly [condition: Unresolved, value: Unresolved])[]
      readonly otherwise?: Unresolved
    }
  /** A value of the step, known when it runs: `partition.key`, `partition.start`, `partition.end`. */
  | { readonly kind: "parameter"; readonly name: string; readonly type: DataType }
  | {
      readonly kind: "window"
      readonly input: Unresolved
      readonly partitionBy: readonly Unresolved[]
      readonly orderBy: readonly SortKey<Unresolved>[]
      readonly frame?: Frame<Unresolved>
    }
  | { readonly kind: "lambda"; readonly parameters: readonly string[]; readonly body: Unresolved }
  | { readonly kind: "variable"; readonly name: string }
  /** A part of each row that a generator makes. Only at the top of a projection's columns. */
  | {
      readonly kind: "generated"
      readonly generator: Generator
      readonly part: "position" | "element" | "key" | "value"
    }
  /** Each aggregate in it takes only the rows of a condition. */
  | { readonly kind: "restricted"; readonly input: Unresolved; readonly where: Unresolved }
  /** Only at the top of an expression. */
  | { readonly kind: "alias"; readonly input: Unresolved; readonly name: string }
  | {
      readonly kind: "sort"
      readonly input: Unresolved
      readonly direction: "asc" | "desc"
      readonly nulls: "first" | "last"
    }

/**
 * A computation over the columns of a relation: every name is bound, every type is Spark's, and every implicit cast is
 * written out as a `cast`. A closed union: a printer that misses a kind does not compile.
 */
export type Expression =
  | { readonly kind: "column"; readonly name: string; readonly side?: "left" | "right"; readonly type: DataType }
  | { readonly kind: "literal"; readonly value: LiteralValue; readonly type: DataType }
  /** `name` is a row of the function table. */
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[]; readonly type: DataType }
  | { readonly kind: "cast"; readonly input: Expression; readonly mode: "ansi" | "try"; readonly type: DataType }
  | {
      readonly kind: "case"
      readonly branches: readonly (readonly [condition: Expression, value: Expression])[]
      readonly otherwise?: Expression
      readonly type: DataType
    }
  | { readonly kind: "parameter"; readonly name: string; readonly type: DataType }
  /** `name` is an aggregate of the function table. */
  | {
      readonly kind: "aggregate"
      readonly name: string
      readonly args: readonly Expression[]
      readonly distinct: boolean
      readonly where?: Expression
      readonly type: DataType
    }
  | {
      readonly kind: "window"
      readonly input: Expression
      readonly partitionBy: readonly Expression[]
      readonly orderBy: readonly SortKey<Expression>[]
      readonly frame?: Frame<Expression>
      readonly type: DataType
    }
  | {
      readonly kind: "lambda"
      readonly parameters: readonly { readonly name: string; readonly type: DataType }[]
      readonly body: Expression
      readonly type: DataType
    }
  | { readonly kind: "variable"; readonly name: string; readonly type: DataType }
