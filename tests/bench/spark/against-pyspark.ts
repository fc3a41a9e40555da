import type { Line } from "../measure.ts"
import { comparedPipeline } from "./pairs.ts"
import { pysparkPython } from "./pyspark.ts"
import { roundTrip } from "./round-trip.ts"
import { type MeasuredServer, measuredServer } from "./server.ts"
import { flightsPipeline, type Pipeline, tpchPipeline } from "./work.ts"

export interface AgainstOptions {
  /** With the tables of TPC-H. */
  readonly data: string
  readonly pairs: number
}

/** `select 1` on one server, by our session and by PySpark's. */
export function selectAgainstPyspark(folder: string): Promise<Line[]> {
  return onServer(folder, (server, python) => roundTrip(server, python))
}

export function flightsAgainstPyspark(folder: string, options: AgainstOptions): Promise<Line[]> {
  return pipelineAgainstPyspark(folder, flightsPipeline(), options)
}

export function tpchAgainstPyspark(
  folder: string,
  { scale, ...options }: AgainstOptions & { readonly scale: number },
): Promise<Line[]> {
  return pipelineAgainstPyspark(folder, tpchPipeline(options.data, scale), options)
}

function pipelineAgainstPyspark(folder: string, pipeline: Pipeline, options: AgainstOptions): Promise<Line[]> {
  return onServer(folder, (server, python) => comparedPipeline(pipeline, { ...options, folder, server, python }))
}

/** A server that compiles as one that lives longer than a run does, and the Python of its version of PySpark. */
async function onServer(
  folder: string,
  measure: (server: MeasuredServer, python: string) => Promise<Line[]>,
): Promise<Line[]> {
  const conf = { "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=4" }
  const server = await measuredServer(folder, { driverMemory: "4g", conf })
  try {
    return await measure(server, pysparkPython(server.version))
  } finally {
    await server.stop()
  }
}
