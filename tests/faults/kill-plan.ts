import { type Shape, type Storage, shapeNames } from "./shapes.ts"

/** Points at which a process dies exactly there. */
const points = ["step.compute", "io.write", "io.rows", "io.marker", "event.append"] as const
/** Where data becomes current: after each step, or for all of a run at once. */
const stepPoints = ["io.pointer"] as const
const runPoints = ["io.publish", "io.published"] as const
/** Moments at which it is killed from outside: some time after it began, or after it passed a point. */
const moments = ["any moment", "amid a write", "amid a commit"] as const

export type KillAt =
  | (typeof points)[number]
  | (typeof stepPoints)[number]
  | (typeof runPoints)[number]
  | (typeof moments)[number]

/** Shapes whose rows are made in TypeScript: they alone see rows go by. */
const streamed: readonly Shape[] = ["chain", "feed", "upsert", "slices"]

export function killsAt(storage: Storage): readonly KillAt[] {
  return [...points, ...(storage === "parquet-run" ? runPoints : stepPoints), ...moments]
}

export interface Kill {
  readonly storage: Storage
  readonly at: KillAt
  readonly shape: Shape
}

/** A source of numbers in [0, 1) that gives the same ones for a seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Kills of each storage: each point × shape as often as the others, in an order that the seed draws. */
export function killsOf(storages: readonly Storage[], kills: number, random: () => number): Map<Storage, Kill[]> {
  const drawn = new Map<Storage, Kill[]>()
  for (const [i, storage] of storages.entries()) {
    const wanted = Math.floor((kills * (i + 1)) / storages.length) - Math.floor((kills * i) / storages.length)
    const list: Kill[] = []
    while (list.length < wanted) list.push(...shuffled(everyKill(storage), random))
    drawn.set(storage, list.slice(0, wanted))
  }
  return drawn
}

function everyKill(storage: Storage): Kill[] {
  return killsAt(storage).flatMap(at =>
    shapeNames
      .filter(shape => at !== "io.rows" || streamed.includes(shape))
      .filter(shape => at !== "io.marker" || storage !== "duckdb" || shape !== "note")
      .map(shape => ({ storage, at, shape })),
  )
}

function shuffled<T>(list: T[], random: () => number): T[] {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const [a, b] = [list[i], list[j]] as [T, T] // both are indices of the list
    list[i] = b
    list[j] = a
  }
  return list
}
