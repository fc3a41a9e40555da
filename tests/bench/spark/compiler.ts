import { rmSync } from "node:fs"
import { join } from "node:path"
import type { SparkOptions } from "@assets/io-spark"
import { cost, type Line, quantile } from "../measure.ts"
import { flightsPipeline, type Pipeline, tinyPipeline, tpchPipeline } from "./work.ts"

const project = join(import.meta.dirname, "../projects/spark")
const cli = join(import.meta.dirname, "../../../packages/cli/dist/main.js")

export interface CompilerBenchOptions {
  /** With the tables of TPC-H. */
  readonly data: string
  readonly scale: number
  readonly times: number
}

/** How the server's JVM compiles. */
const compilers = {
  "quick compiler": "-XX:TieredStopAtLevel=1",
  "both compilers": "-XX:TieredStopAtLevel=4",
}

/** Whole commands, each with the server that it starts and ends, by how the JVM of the server compiles. */
export async function sparkCompilers(folder: string, options: CompilerBenchOptions): Promise<Line[]> {
  const { data, scale, times } = options
  const pipelines = [tinyPipeline(data), flightsPipeline(), tpchPipeline(data, scale)]
  const lines: Line[] = []
  for (const pipeline of pipelines) {
    const used: { [compiler: string]: number[] } = {}
    for (let i = 0; i < times; i++) {
      const names = Object.entries(compilers)
      for (const [name, java] of i % 2 === 0 ? names : names.reverse()) {
        used[name] = [...(used[name] ?? []), await secondsOf(pipeline, { folder, data, java })]
      }
    }
    const figures = Object.entries(used).map(([name, seconds]) => `${name} ${quantile(seconds, 0.5).toFixed(1)}`)
    lines.push({
      what: `assets materialize with its server: ${pipeline.what}`,
      figure: `${figures.join(", ")} s of CPU (median of ${times})`,
      limit: "none",
      holds: true,
    })
  }
  return lines
}

async function secondsOf(
  { selection }: Pipeline,
  { folder, data, java }: { readonly folder: string; readonly data: string; readonly java: string },
): Promise<number> {
  const output = join(folder, "out")
  rmSync(output, { recursive: true, force: true })
  const conf = { "spark.driver.extraJavaOptions": java }
  const engine: SparkOptions = { master: "local[2]", driverMemory: "2g", conf }
  const env = { BENCH_SOURCES: data, BENCH_OUTPUT: output, BENCH_SPARK: JSON.stringify(engine), SPARK_REMOTE: "" }
  const args = [cli, "materialize", ...selection, "--quiet"]
  const { cpuSeconds } = await cost({ program: process.execPath, args, cwd: project, env })
  return cpuSeconds
}
