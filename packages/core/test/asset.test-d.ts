import {
  type Asset,
  asset,
  assets,
  type Check,
  dep,
  json,
  lastN,
  type Resource,
  resource,
  type Source,
  source,
  type ValueType,
} from "@assets/core"

/** Whether two types are the same; `any` is the same as nothing but itself. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const holds = <_T extends true>(): void => {}

interface Rows<C> {
  readonly lazy: C
}
type Table<C> = ValueType<Rows<C>, readonly C[], readonly C[], C, { readonly key: string }>
declare function table<C>(): Table<C>
declare function unique<C extends string>(column: C): Check<{ readonly [K in C]: unknown }>

const raw = source("raw/x")
const days = asset("days", { returns: table<{ id: number; day: string }>(), compute: () => [{ id: 1, day: "x" }] })
const model = asset("model", {
  deps: { days, raw, last: dep(days, { partitions: lastN(7) }) },
  returns: json<{ slope: number }>(),
  compute: async ({ days, raw, last }, ctx) => {
    holds<Same<typeof days, readonly { id: number; day: string }[]>>()
    holds<Same<typeof last, typeof days>>()
    holds<Same<typeof raw, undefined>>()
    holds<Same<typeof ctx.partition.window.start, Date>>()
    return { slope: days.length }
  },
})
holds<Same<typeof model, Asset<ValueType<never, { slope: number }, { slope: number }>>>>()
holds<Same<typeof raw, Source<ValueType<never, undefined, void>>>>()

asset("t", {
  deps: { days },
  returns: table<{ id: number; day: string }>(),
  checks: [unique("id")],
  write: { merge: ["id"] },
  layout: { partitionBy: ["day"] },
  transform: ({ days }, { partition }) => {
    holds<Same<typeof partition, { readonly key: string }>>()
    return days
  },
})

asset("t", {
  returns: table<{ id: number }>(),
  // @ts-expect-error a check of a column that is not returned
  checks: [unique("day")],
  compute: () => [],
})
asset("t", {
  returns: table<{ id: number }>(),
  // @ts-expect-error a merge key that is not returned
  write: { merge: ["day"] },
  compute: () => [],
})
asset("t", {
  returns: table<{ id: number }>(),
  // @ts-expect-error a layout over a column that is not returned
  layout: { sortBy: ["day"] },
  compute: () => [],
})
asset("j", {
  returns: json<{ a: number }>(),
  // @ts-expect-error another type than 'returns' declares
  compute: () => ({ a: "text" }),
})
asset("j", {
  deps: { days },
  returns: json<number>(),
  // @ts-expect-error a name that is not in 'deps'
  compute: ({ weeks }) => weeks,
})
asset("j", {
  returns: json<number>(),
  // @ts-expect-error JSON is made by TypeScript: it has no transform
  transform: () => 1,
})
// @ts-expect-error what is returned has to be declared
asset("j", { compute: () => 1 })
asset("j", {
  returns: json<number>(),
  compute: () => 1,
  // @ts-expect-error a misspelled option
  retires: { attempts: 2 },
})

const outputs = assets({
  deps: { days },
  outputs: {
    ids: { key: "out/ids", returns: table<{ id: number }>(), checks: [unique("id")] },
    size: { key: "out/size", returns: json<number>() },
  },
  compute: ({ days }) => ({ ids: days.map(({ id }) => ({ id })), size: days.length }),
})
holds<Same<typeof outputs.ids, Asset<Table<{ id: number }>>>>()
holds<Same<typeof outputs.size, Asset<ValueType<never, number, number>>>>()

assets({
  outputs: { a: { key: "a", returns: json<number>() }, b: { key: "b", returns: json<string>() } },
  // @ts-expect-error an output is missing
  compute: () => ({ a: 1 }),
})
assets({
  // @ts-expect-error a check of a column that the output does not have
  outputs: { a: { key: "a", returns: table<{ id: number }>(), checks: [unique("day")] } },
  compute: () => ({ a: [] }),
})
assets({
  deps: { days },
  outputs: { a: { key: "a", returns: table<{ id: number; day: string }>() } },
  transform: ({ days }) => ({ a: days }),
})

const database = resource("db", {
  open: async () => ({ query: (sql: string) => sql }),
  close: db => void db.query("bye"),
})
holds<Same<typeof database, Resource<{ query: (sql: string) => string }>>>()
