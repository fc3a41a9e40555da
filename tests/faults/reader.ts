// A process that reads all the time, by hand and by the product's API, and tells of what is not whole:
// node reader.mjs FOLDER STORAGE
import { writeSync } from "node:fs"
import { createInterface } from "node:readline"
import { setTimeout as delay } from "node:timers/promises"
import { AssetsError, openStoredData, type StoredData } from "@assets/core"
import { ioContext } from "@assets/core/testing"
import { countedParts } from "./counted-parts.ts"
import {
  contentsOf,
  type Generations,
  type Storage,
  shapedProject,
  shapeNames,
  shapeOf,
  shapes,
  storageOf,
} from "./shapes.ts"
import { HandReader, type Held } from "./stored-by-hand.ts"

export type ReaderCommand = { readonly look: { readonly keys: readonly string[] } }

export type ReaderLine =
  /** What is current, by key and partition; and how much was read until now. */
  | { readonly is: "seen"; readonly generations: { readonly [place: string]: number }; readonly reads: number }
  | { readonly is: "violation"; readonly text: string }

const [, , folder = "", storageName = ""] = process.argv
const storage = storageName as Storage
/** So long the storage is left alone between two reads: a DuckDB file cannot be written meanwhile. */
const pauseMs = storage === "duckdb" ? 60 : 40
const keys = shapeNames.flatMap(name => shapes[name].keys)
// What is read says of which generation it is; the assets are the same in each.
const first = Object.fromEntries(shapeNames.map(name => [name, 1])) as Generations
const project = shapedProject(folder, storage, first)
const io = storageOf(folder, storage)
const hand = new HandReader(folder, storage)
const latest = new Map<string, number>()
let reads = 0

function tell(line: ReaderLine): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

export const placeOf = (key: string, partition: string | null) => `${key}|${partition ?? ""}`

/** The generation that is current; tells when it is not whole, or older than what was seen before. */
function judge({ key, partition, generations }: Omit<Held, "id">, how: string): number {
  reads++
  const place = placeOf(key, partition)
  const generation = Math.max(0, ...generations.keys())
  const wanted = contentsOf(shapeOf(key), generation)
  const isWhole =
    generations.size === wanted.size &&
    [...wanted].every(([one, { rows, ids }]) => {
      const held = generations.get(one)
      return held?.rows === rows && held.ids === ids && held.parts === 1
    })
  if (!isWhole) {
    const held = JSON.stringify([...generations].sort(([a], [b]) => a - b))
    tell({ is: "violation", text: `${how}: ${place} is not whole: ${held}, wanted ${JSON.stringify([...wanted])}` })
  }
  const former = latest.get(place) ?? 0
  if (generation < former) {
    tell({ is: "violation", text: `${how}: ${place} went back from generation ${former} to ${generation}` })
  }
  latest.set(place, Math.max(former, generation))
  return generation
}

async function lookByHand(wanted: readonly string[]): Promise<{ [place: string]: number }> {
  const seen: { [place: string]: number } = {}
  for (const held of await hand.read(wanted)) seen[placeOf(held.key, held.partition)] = judge(held, "by hand")
  return seen
}

/** Reads an asset as a user's script would; again when it was replaced by what came after. */
async function lookByProduct(data: StoredData, key: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      const value = await data.value(data.asset(key))
      const parts = shapeOf(key) === "note" ? noteOf(value) : await countedParts(value)
      for (const [partition, generations] of parts) judge({ key, partition, generations }, "by product")
      return
    } catch (error) {
      if (!(error instanceof AssetsError) || error.code !== "STORAGE_DATA_MISSING" || tries > 20) throw error
      await delay(10)
    }
  }
}

type Parts = ReadonlyMap<string | null, Held["generations"]>

function noteOf(value: unknown): Parts {
  const { generation } = value as { generation: number } // as its asset returns
  return new Map([[null, new Map([[generation, { rows: 1, ids: 0, parts: 1 }]])]])
}

/** What is published together is seen together: all of one generation, whatever moment is looked at. */
async function lookAtPublication(): Promise<void> {
  const chain = shapes.chain.keys
  for (let tries = 0; ; tries++) {
    const current = await io.current(ioContext(folder), chain)
    try {
      const held = await Promise.all(
        chain.map(async key => {
          const id = current.get(key)?.[0]?.materialization.id ?? ""
          return [...(await hand.readVersion(key, null, id)).generations.keys()].join()
        }),
      )
      reads++
      if (new Set(held).size > 1) tell({ is: "violation", text: `publication: of one moment, ${chain} are ${held}` })
      return
    } catch (error) {
      if (tries > 20) throw error
      await delay(10) // two runs later the versions of that moment are collected
    }
  }
}

const asked: ReaderCommand[] = []
let isOver = false
const input = createInterface({ input: process.stdin })
input.on("line", line => asked.push(JSON.parse(line)))
input.on("close", () => {
  isOver = true
})

async function readAll(data: StoredData): Promise<void> {
  for (const key of keys) {
    for (const { look } of asked.splice(0)) {
      tell({ is: "seen", generations: await lookByHand(look.keys), reads })
    }
    if (isOver) return
    await lookByHand([key])
    await delay(pauseMs)
    await lookByProduct(data, key)
    if (storage === "parquet-run") await lookAtPublication()
    await delay(pauseMs)
  }
}

while (!isOver) {
  const data = openStoredData(project, { environment: "test" })
  try {
    await readAll(data)
  } catch (error) {
    tell({ is: "violation", text: `a read failed: ${error instanceof Error ? error.stack : error}` })
  } finally {
    await data.close()
  }
}
