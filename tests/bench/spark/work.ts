import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import type { Asset } from "@assets/core"
import { compileSpark, type Relation, type Schema, sparkTypeText } from "@assets/dataframe"
import * as flightsAssets from "../../../examples/flights/assets.ts"
import * as first from "../../../examples/tpch/queries-1-11.ts"
import * as second from "../../../examples/tpch/queries-12-22.ts"
import * as tables from "../../../examples/tpch/tables.ts"
import { tiny } from "../projects/spark/tiny.ts"

/** What the peer does: sources under names, and what is selected from them and written, in order. */
export interface Work {
  readonly sources: readonly {
    readonly name: string
    readonly path: string
    readonly format: string
    readonly schema: string | null
    readonly options: { readonly [option: string]: string }
  }[]
  /** Those of each write. */
  readonly options: { readonly [option: string]: string }
  readonly steps: readonly Step[]
}

interface Step {
  readonly key: string
  readonly name: string
  readonly sql: string
  /** A query over what was written. */
  readonly check: string | null
  /** Whether a line is fitted to its rows. */
  readonly fit: boolean
}

/** The checks of the flights, as one would write them: one query over each table. */
const flightsChecks: { readonly [key: string]: string } = {
  "staging/flights": "select count_if(day is null), count_if(not (delay between -60 and 1440)) from staging_flights",
  "marts/airport_delays": `select count_if(name is null),
     (select count(*) from (select iata from marts_airport_delays group by iata having count(*) > 1))
     from marts_airport_delays`,
  "marts/daily_traffic": `select count(*),
     (select count(*) from (select day from marts_daily_traffic group by day having count(*) > 1))
     from marts_daily_traffic`,
}

const writeOptions = { compression: "zstd", "mapreduce.fileoutputcommitter.marksuccessfuljobs": "false" }
const flightsFolder = dirname(dirname(createRequire(import.meta.url).resolve("vega-datasets")))
const nameOf = (key: string) => key.replace("/", "_")

/** What Spark selects for an asset, over tables named after the keys. */
function selectOf(asset: Asset): string {
  const { returns } = asset
  const { transform } = asset.options
  if (!transform || !returns.lazy) throw new Error(`${asset.key} is no transform.`)
  const deps = Object.entries(asset.deps) as [string, Asset][] // sources have what is asked for here, too
  const inputs = Object.fromEntries(deps.map(([name, dep]) => [name, dep.returns.input?.(dep.key)]))
  const relations = deps.map(([, dep]): [string, Relation] => [
    dep.key,
    { kind: "table", path: [nameOf(dep.key)], schema: dep.returns.schema?.() as Schema },
  ])
  const plan = returns.lazy(transform(inputs as never, {} as never))
  return compileSpark(plan.bind(new Map(relations), { now: new Date() }) as Relation).sql // the frame's own
}

function step(asset: Asset): Step {
  const { key } = asset
  const fit = key === "marts/hourly_delays"
  return { key, name: nameOf(key), sql: selectOf(asset), check: flightsChecks[key] ?? null, fit }
}

function tableSources(folder: string): Work["sources"] {
  return Object.values(tables).map(({ key }) => {
    const path = join(folder, `${key.slice("tpch/".length)}.parquet`)
    return { name: nameOf(key), path, format: "parquet", schema: null, options: {} }
  })
}

function flightsSources(): Work["sources"] {
  const csv = flightsAssets.airports.returns.schema?.() as Schema
  const columns = csv.columns.map(({ name, type }) => `${name} ${sparkTypeText(type)}`).join(", ")
  const data = join(flightsFolder, "data")
  return [
    { name: "raw_flights", path: join(data, "flights-3m.parquet"), format: "parquet", schema: null, options: {} },
    {
      name: "raw_airports",
      path: join(data, "airports.csv"),
      format: "csv",
      schema: columns,
      options: { header: "true" },
    },
  ]
}

/** A pipeline by both ways: what `assets materialize` is to select, and the work of the peer. */
export interface Pipeline {
  readonly what: string
  readonly selection: readonly string[]
  readonly work: Work
}

export function flightsPipeline(): Pipeline {
  const { cleanFlights, airportDelays, routes, dailyTraffic, hourlyDelays } = flightsAssets
  const steps = [cleanFlights, airportDelays, routes, dailyTraffic, hourlyDelays].map(asset => step(asset as Asset))
  return {
    what: "flights, 3 M rows, 6 assets with their checks",
    selection: ["staging/*", "marts/*", "models/*"],
    work: { sources: flightsSources(), options: writeOptions, steps },
  }
}

export function tpchPipeline(folder: string, scale: number): Pipeline {
  const queries: readonly Asset[] = Object.values({ ...first, ...second })
  return {
    what: `TPC-H, 22 queries at scale factor ${scale}`,
    selection: ["tpch/q*"],
    work: { sources: tableSources(folder), options: writeOptions, steps: queries.map(step) },
  }
}

/** Five rows read and written: what is subtracted. */
export function tinyPipeline(folder: string): Pipeline {
  const sources = tableSources(folder).filter(({ name }) => name === "tpch_region")
  return {
    what: "five rows",
    selection: [tiny.key],
    work: { sources, options: writeOptions, steps: [step(tiny as Asset)] },
  }
}
