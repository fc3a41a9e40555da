import type { DataType as ArrowType } from "apache-arrow/type"

/** Any type of Arrow's. It has a name of its own so that messages do not print Arrow's parameters. */
export interface ColumnType extends ArrowType {}

/** Column name → Arrow type: what a frame is typed by. `Table<S>` of apache-arrow takes the same shape. */
export type Columns = { readonly [column: string]: ColumnType }

export type ColumnName<S> = Extract<keyof S, string>

/** Prints a computed type as the plain object that it is. */
export type Simplify<T> = { [K in keyof T]: T[K] } & {}

/** A mistake carried as a sentence: the compiler and the editor print it. */
export type SchemaError<Sentence extends string> = { readonly "schema error": Sentence }
