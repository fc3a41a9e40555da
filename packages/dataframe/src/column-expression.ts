import { FrameError } from "./errors/frame-error.ts"
import type { Unresolved } from "./plan/expression.ts"
import { literalOf } from "./plan/literal.ts"
import { typeFrom } from "./schema/arrow-type.ts"
import { overWindow } from "./window.ts"

/** What every `Column` is at run time: an expression whose names and types are not looked up yet. Immutable. */
export class ColumnExpression {
  readonly unresolved: Unresolved

  constructor(unresolved: Unresolved) {
    this.unresolved = unresolved
    Object.freeze(this)
  }

  isNull(): ColumnExpression {
    return this.#call("isnull")
  }

  isNotNull(): ColumnExpression {
    return this.#call("isnotnull")
  }

  isNaN(): ColumnExpression {
    return this.#call("isnan")
  }

  not(): ColumnExpression {
    return this.#call("not")
  }

  equalTo(other: unknown): ColumnExpression {
    return this.#call("=", other)
  }

  notEqual(other: unknown): ColumnExpression {
    return this.#call("<>", other)
  }

  gt(other: unknown): ColumnExpression {
    return this.#call(">", other)
  }

  geq(other: unknown): ColumnExpression {
    return this.#call(">=", other)
  }

  lt(other: unknown): ColumnExpression {
    return this.#call("<", other)
  }

  leq(other: unknown): ColumnExpression {
    return this.#call("<=", other)
  }

  eqNullSafe(other: unknown): ColumnExpression {
    return this.#call("<=>", other)
  }

  and(other: unknown): ColumnExpression {
    return this.#call("and", other)
  }

  or(other: unknown): ColumnExpression {
    return this.#call("or", other)
  }

  plus(other: unknown): ColumnExpression {
    return this.#call("+", other)
  }

  minus(other: unknown): ColumnExpression {
    return this.#call("-", other)
  }

  multiply(other: unknown): ColumnExpression {
    return this.#call("*", other)
  }

  divide(other: unknown): ColumnExpression {
    return this.#call("/", other)
  }

  mod(other: unknown): ColumnExpression {
    return this.#call("%", other)
  }

  like(pattern: unknown): ColumnExpression {
    return this.#call("like", pattern)
  }

  rlike(pattern: unknown): ColumnExpression {
    return this.#call("rlike", pattern)
  }

  startsWith(other: unknown): ColumnExpression {
    return this.#call("startswith", other)
  }

  endsWith(other: unknown): ColumnExpression {
    return this.#call("endswith", other)
  }

  contains(other: unknown): ColumnExpression {
    return this.#call("contains", other)
  }

  getItem(key: unknown): ColumnExpression {
    return this.#call("getitem", key)
  }

  isin(...values: readonly unknown[]): ColumnExpression {
    // of no values it is false also for null, as in Spark
    return values.length > 0 ? this.#call("in", ...values) : new ColumnExpression({ kind: "literal", value: false })
  }

  between(low: unknown, high: unknown): ColumnExpression {
    return this.#call("between", low, high)
  }

  substr(start: unknown, length: unknown): ColumnExpression {
    return this.#call("substring", start, length)
  }

  getField(name: unknown): ColumnExpression {
    return this.#call("getfield", name)
  }

  cast(type: unknown): ColumnExpression {
    return new ColumnExpression({ kind: "cast", input: this.unresolved, type: typeFrom(type), mode: "ansi" })
  }

  tryCast(type: unknown): ColumnExpression {
    return new ColumnExpression({ kind: "cast", input: this.unresolved, type: typeFrom(type), mode: "try" })
  }

  over(window: unknown): ColumnExpression {
    return new ColumnExpression(overWindow(this.unresolved, window))
  }

  asc(): ColumnExpression {
    return this.#sort("asc", "first")
  }

  ascNullsLast(): ColumnExpression {
    return this.#sort("asc", "last")
  }

  desc(): ColumnExpression {
    return this.#sort("desc", "last")
  }

  descNullsFirst(): ColumnExpression {
    return this.#sort("desc", "first")
  }

  /** Adds a branch to a `when`. */
  when(condition: unknown, value: unknown): ColumnExpression {
    const chain = this.#openCase("when")
    return new ColumnExpression({
      ...chain,
      branches: [...chain.branches, [unresolvedOf(condition), unresolvedOf(value)]],
    })
  }

  /** Closes a `when`. */
  otherwise(value: unknown): ColumnExpression {
    return new ColumnExpression({ ...this.#openCase("otherwise"), otherwise: unresolvedOf(value) })
  }

  /** A Column has no value here: an operator of JavaScript, or a text made of one, would silently be something else. */
  [Symbol.toPrimitive](): never {
    throw new FrameError("FRAME_ARGUMENT_INVALID", {
      what: "A Column was used as a JavaScript value.",
      why: "It stands for a computation in the engine; JavaScript's operators do not know of it.",
      fix: "Use its methods: f.a.gt(1) for f.a > 1, f.a.plus(f.b) for f.a + f.b, concat(f.a, f.b) for texts.",
    })
  }

  #call(name: string, ...others: readonly unknown[]): ColumnExpression {
    return new ColumnExpression({ kind: "call", name, args: [this.unresolved, ...others.map(unresolvedOf)] })
  }

  #sort(direction: "asc" | "desc", nulls: "first" | "last"): ColumnExpression {
    return new ColumnExpression({ kind: "sort", input: this.unresolved, direction, nulls })
  }

  #openCase(method: string): Extract<Unresolved, { kind: "case" }> {
    if (this.unresolved.kind === "case" && this.unresolved.otherwise === undefined) return this.unresolved
    throw new FrameError("FRAME_ARGUMENT_INVALID", {
      what: `${method}() was called on a column that is no open when().`,
      why: "Branches are added to what when() gives, before its otherwise().",
      fix: "Write when(condition, value).when(condition, value).otherwise(value).",
    })
  }
}

/** The expression of a column, or of the literal that a value is. */
export function unresolvedOf(value: unknown): Unresolved {
  return value instanceof ColumnExpression ? value.unresolved : literalOf(value)
}
