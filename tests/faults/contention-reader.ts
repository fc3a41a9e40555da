// One of the processes that read all the time: node contention-reader.mjs FOLDER SECONDS
import { writeSync } from "node:fs"
import { setTimeout as delay } from "node:timers/promises"
import { AssetsError, openStoredData, type StoredData } from "@assets/core"
import { appendedKeys, contentionProject, keys } from "./contention-project.ts"
import { countedParts } from "./counted-parts.ts"
import { appended, overwritten, upTo } from "./shapes.ts"
import { HandReader, type Held } from "./stored-by-hand.ts"

export interface ReaderReport {
  readonly reads: number
  readonly longestReadMs: number
  /** Reads that began anew: what they were to read was replaced in a DuckDB file, which keeps no former versions. */
  readonly anew: number
  readonly errors: readonly string[]
  readonly violations: readonly string[]
}

const [, , folder = "", seconds = "0"] = process.argv
const project = contentionProject(folder, 1)
const lake = new HandReader(folder, "parquet")
const file = new HandReader(folder, "duckdb")
const violations: string[] = []
const errors: string[] = []
let reads = 0
let anew = 0
let longestReadMs = 0

function judge({ key, partition, generations }: Omit<Held, "id">, how: string): void {
  reads++
  const isAppended = appendedKeys.includes(key)
  const rows = isAppended ? appended : overwritten
  const isWhole = [...generations].every(([generation, held]) => {
    const wanted = upTo(rows(generation))
    return held.rows === wanted.rows && held.ids === wanted.ids && held.parts === 1
  })
  if (isWhole && (isAppended || generations.size === 1)) return
  violations.push(`${how}: ${key} ${partition ?? ""} is not whole: ${JSON.stringify([...generations])}`)
}

async function readByProduct(data: StoredData, key: string): Promise<void> {
  try {
    for (const [partition, generations] of await countedParts(await data.value(data.asset(key)))) {
      judge({ key, partition, generations }, "by product")
    }
  } catch (error) {
    if (!(error instanceof AssetsError) || error.code !== "STORAGE_DATA_MISSING") throw error
    anew++
    await readByProduct(data, key)
  }
}

async function timed(read: Promise<void>): Promise<void> {
  const begun = performance.now()
  try {
    await read
  } catch (error) {
    errors.push(error instanceof AssetsError ? `${error.code} ${error.message}` : String(error))
  }
  longestReadMs = Math.max(longestReadMs, performance.now() - begun)
}

async function readByHand(key: string): Promise<void> {
  const hand = key.startsWith("lake/") ? lake : file
  for (const held of await hand.read([key])) judge(held, "by hand")
}

const end = Date.now() + Number(seconds) * 1000
while (Date.now() < end) {
  const data = openStoredData(project, { environment: "test" })
  for (const key of keys) {
    await timed(readByHand(key))
    await delay(20)
    await timed(readByProduct(data, key))
    await delay(20)
  }
  await data.close()
}
const report: ReaderReport = { reads, longestReadMs, anew, errors, violations }
writeSync(1, `${JSON.stringify(report)}\n`)
