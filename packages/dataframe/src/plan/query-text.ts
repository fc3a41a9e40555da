import type { SortKey, Unresolved } from "./expression.ts"
import type { JoinKind } from "./relation.ts"

/** A statement of Spark SQL as it was read: names are not looked up, types not known. */
export interface QueryText {
  readonly named: readonly { readonly name: string; readonly query: QueryText }[]
  readonly body: QueryBody
  readonly orderBy: readonly SortKey<Unresolved>[]
  readonly limit: number | undefined
  readonly offset: number | undefined
}

export type QueryBody =
  | SelectText
  | {
      readonly kind: "set"
      readonly operation: "union" | "intersect" | "except"
      readonly all: boolean
      readonly left: QueryBody
      readonly right: QueryBody
    }
  | { readonly kind: "values"; readonly rows: readonly (readonly Unresolved[])[] }
  | { readonly kind: "query"; readonly query: QueryText }

export interface SelectText {
  readonly kind: "select"
  readonly distinct: boolean
  readonly items: readonly SelectItem[]
  readonly from: FromText | undefined
  readonly where: Unresolved | undefined
  readonly groupBy: GroupByText | undefined
  readonly having: Unresolved | undefined
}

/** `*`, `t.*`, or an expression with the name that it was given. */
export type SelectItem =
  | { readonly kind: "star"; readonly qualifier: string | undefined }
  | { readonly kind: "expression"; readonly expression: Unresolved; readonly name: string | undefined }

export interface GroupByText {
  readonly keys: readonly Unresolved[]
  readonly grouping: "plain" | "rollup" | "cube" | readonly (readonly Unresolved[])[]
}

export type FromText =
  | {
      readonly kind: "table"
      readonly path: readonly string[]
      readonly alias: string | undefined
      readonly start: number
    }
  | { readonly kind: "subquery"; readonly query: QueryText; readonly alias: string | undefined }
  | {
      readonly kind: "join"
      readonly left: FromText
      readonly right: FromText
      readonly how: JoinKind
      readonly on: Unresolved | undefined
      readonly using: readonly string[] | undefined
    }
  | {
      readonly kind: "lateral"
      readonly input: FromText
      readonly function: string
      readonly outer: boolean
      readonly source: Unresolved
      readonly alias: string | undefined
      readonly columns: readonly string[]
    }
