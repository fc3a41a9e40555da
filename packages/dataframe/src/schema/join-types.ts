import type { SchemaError, Simplify } from "./columns.ts"
import type { Common } from "./type-rules.ts"

export type JoinHow = "inner" | "left" | "right" | "full" | "semi" | "anti"

type Shared<L, R> = Extract<keyof L & keyof R, string>
/** Columns of both sides that have the same type. */
type JoinKey<L, R> = { [K in Shared<L, R>]: Common<L[K], R[K]> extends never ? never : K }[Shared<L, R>]

/** `unknown` where a join on `Keys` can be done, else the sentence that says why not. */
export type Joinable<L, R, Keys, How> = [Exclude<Keys, keyof L>] extends [never]
  ? [Exclude<Keys, keyof R>] extends [never]
    ? [Exclude<Keys, JoinKey<L, R>>] extends [never]
      ? ApartUnlessLeft<L, Omit<R, Extract<Keys, string>>, How>
      : SchemaError<`key "${Exclude<Keys, JoinKey<L, R>> & string}" has a different type on each side`>
    : SchemaError<`right side has no column "${Exclude<Keys, keyof R> & string}"`>
  : SchemaError<`left side has no column "${Exclude<Keys, keyof L> & string}"`>

/** `unknown` where no column is on both sides. */
export type Apart<L, R> = [Shared<L, R>] extends [never]
  ? unknown
  : SchemaError<`both sides have column "${Shared<L, R>}"; rename one or join on it`>

/** As `Apart`, for joins that keep the columns of the right. */
export type ApartUnlessLeft<L, R, How> = How extends "semi" | "anti" ? unknown : Apart<L, R>

/** The columns of a join. A key is the left's, for `right` the right's, and for `full` of the type that holds both. */
export type Joined<L, R, Keys, How> = [How] extends ["semi" | "anti"]
  ? L
  : [How] extends ["right"]
    ? Simplify<Omit<L, Extract<Keys, string>> & R>
    : [How] extends ["full"]
      ? Simplify<L & Omit<R, Extract<Keys, string>> extends infer J ? FullKeys<J, L, R, Keys> : never>
      : Simplify<L & Omit<R, Extract<Keys, string>>>

type FullKeys<J, L, R, Keys> = {
  [K in keyof J]: K extends Keys & keyof L & keyof R ? Common<L[K], R[K]> : J[K]
}

/** `unknown` where the rows of both can stand under one another. */
export type Stackable<L, R> = [Exclude<keyof L, keyof R>] extends [never]
  ? [Exclude<keyof R, keyof L>] extends [never]
    ? SameTypes<L, R>
    : SchemaError<`left side lacks column "${Exclude<keyof R, keyof L> & string}"`>
  : SchemaError<`right side lacks column "${Exclude<keyof L, keyof R> & string}"`>

export type SameTypes<L, R> = [Exclude<Shared<L, R>, JoinKey<L, R>>] extends [never]
  ? unknown
  : SchemaError<`column "${Exclude<Shared<L, R>, JoinKey<L, R>>}" has a different type on each side`>

/** The columns of a union: the wider type where the sides differ. */
export type Stacked<L, R> = { [K in keyof L]: K extends keyof R ? Common<L[K], R[K]> : L[K] }
