import type { DataType as ArrowType, Utf8 } from "apache-arrow/type"
import type { Column } from "./column.ts"
import { ColumnExpression, unresolvedOf } from "./column-expression.ts"
import type { Unresolved } from "./plan/expression.ts"
import type { Integer, Operand, Temporal, TypedColumn } from "./schema/type-rules.ts"

/** A text: a column, or a literal. */
export type Text = Operand<Utf8>
/** A whole number: a column, or a literal. */
export type Count = TypedColumn<Integer> | number
/** A date or a timestamp. */
export type Time = TypedColumn<Temporal>

/** A column by its expression. The class gets its typed face; the signature of the function says which. */
export function column<T extends ArrowType>(unresolved: Unresolved): Column<T> {
  return new ColumnExpression(unresolved) as unknown as Column<T>
}

/** A call of a function by its Spark name, arguments that were left out at the end taken away. */
export function call<T extends ArrowType>(name: string, ...args: readonly unknown[]): Column<T> {
  return column({ kind: "call", name, args: args.filter(arg => arg !== undefined).map(unresolvedOf) })
}
