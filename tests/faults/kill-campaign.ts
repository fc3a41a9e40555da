// npm run faults -- [--kills 1000] [--seed N] [--storage parquet,parquet-run,duckdb] [--lanes 2] : kills processes that materialize,
// at named points and at any moment, and proves after each that nothing is lost. Ends with 1 when anything is.
import { rmSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { KillLane, type KnownRuns, type LaneResult } from "./kill-lane.ts"
import { type Kill, type KillAt, killsAt, killsOf, randomOf } from "./kill-plan.ts"
import { buildPrograms } from "./program.ts"
import { type Storage, storages } from "./shapes.ts"

/** Kills in one folder; then another one, so that young and old storage is met. */
const killsPerFolder = 25

export interface CampaignOptions {
  readonly kills: number
  readonly seed: number
  readonly storages?: readonly Storage[]
  /** Folders that are worked in at the same time. Default 2. */
  readonly lanes?: number
  readonly onLane?: (result: LaneResult, left: number) => void
}

export interface CampaignRow {
  readonly at: KillAt
  readonly storage: Storage
  readonly kills: number
  readonly reads: number
  readonly violations: number
}

export interface Campaign {
  readonly rows: readonly CampaignRow[]
  readonly kills: number
  readonly reads: number
  /** Each with the folder that is kept to look into. */
  readonly violations: readonly string[]
  readonly seconds: number
}

/** Kills as often as told, spread over points, storages and shapes. */
export async function killCampaign({ kills, seed, lanes = 2, onLane, ...options }: CampaignOptions): Promise<Campaign> {
  const wanted = options.storages ?? storages
  const begun = performance.now()
  const programs = buildPrograms(["worker.ts", "reader.ts"])
  const jobs = jobsOf(killsOf(wanted, kills, randomOf(seed)))
  const known = new Map<Storage, KnownRuns>()
  const results: { readonly storage: Storage; readonly result: LaneResult }[] = []
  const work = async () => {
    for (let job = jobs.shift(); job; job = jobs.shift()) {
      const { storage, list, number } = job
      const runs = known.get(storage) ?? new Map()
      known.set(storage, runs)
      const result = await new KillLane(programs, storage, runs, randomOf(seed + number)).run(list)
      results.push({ storage, result })
      onLane?.(result, jobs.length)
    }
  }
  try {
    await Promise.all(Array.from({ length: lanes }, work))
  } finally {
    rmSync(programs, { recursive: true, force: true })
  }
  const seconds = (performance.now() - begun) / 1000
  return { ...summary(wanted, results), seconds }
}

interface Job {
  readonly storage: Storage
  readonly list: readonly Kill[]
  readonly number: number
}

/** The storages by turns, so that two of them are at work at any time. */
function jobsOf(drawn: ReadonlyMap<Storage, readonly Kill[]>): Job[] {
  const jobs: Job[] = []
  const most = Math.max(...[...drawn.values()].map(list => list.length))
  for (let from = 0; from < most; from += killsPerFolder) {
    for (const [storage, list] of drawn) {
      const piece = list.slice(from, from + killsPerFolder)
      if (piece.length > 0) jobs.push({ storage, list: piece, number: jobs.length + 1 })
    }
  }
  return jobs
}

function summary(
  wanted: readonly Storage[],
  results: readonly { readonly storage: Storage; readonly result: LaneResult }[],
): Omit<Campaign, "seconds"> {
  const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)
  const rows = wanted.flatMap(storage => {
    const own = results.filter(one => one.storage === storage).map(({ result }) => result)
    return killsAt(storage).map(at => ({
      at,
      storage,
      kills: sum(own.map(({ kills }) => kills.get(at) ?? 0)),
      reads: sum(own.map(({ readsAt }) => readsAt.get(at) ?? 0)),
      violations: sum(own.map(({ violations }) => violations.filter(one => one.at === at).length)),
    }))
  })
  return {
    rows,
    kills: sum(rows.map(row => row.kills)),
    reads: sum(results.map(({ result }) => result.reads)),
    violations: results.flatMap(({ storage, result }) =>
      result.violations.map(({ at, text }) => `${storage}, ${at}, ${result.folder}: ${text}`),
    ),
  }
}

/** A table for people, which is also one in Markdown. */
export function tableOf({ rows, kills, reads, violations }: Campaign): string {
  const lines = rows.map(row => `| ${row.at} | ${row.storage} | ${row.kills} | ${row.reads} | ${row.violations} |`)
  return [
    "| point | IO manager | kills | reads | violations |",
    "| --- | --- | ---: | ---: | ---: |",
    ...lines,
    `| all | all | ${kills} | ${reads} | ${violations.length} |`,
  ].join("\n")
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      kills: { type: "string" },
      seed: { type: "string" },
      storage: { type: "string" },
      lanes: { type: "string" },
    },
  })
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1e9))
  const kills = Number(values.kills ?? 1_000)
  console.log(`${kills} kills, seed ${seed}`)
  const campaign = await killCampaign({
    kills,
    seed,
    lanes: Number(values.lanes ?? 2),
    ...(values.storage && { storages: storages.filter(one => values.storage?.split(",").includes(one)) }),
    onLane: ({ violations }, left) => {
      for (const { at, text } of violations) console.log(`VIOLATION ${at}: ${text}`)
      console.log(`${left} folders to go`)
    },
  })
  console.log(tableOf(campaign))
  for (const violation of campaign.violations) console.log(violation)
  console.log(`${campaign.seconds.toFixed(0)} s, seed ${seed}, ${campaign.violations.length} violations`)
  process.exitCode = campaign.violations.length === 0 ? 0 : 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
