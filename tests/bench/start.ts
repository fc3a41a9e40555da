import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { cost, type Line, quantile } from "./measure.ts"

const cli = join(import.meta.dirname, "../../packages/cli/dist/main.js")

/** Wall seconds of two commands in turns: the median of the difference. */
async function difference(
  args: readonly string[],
  cwd: string,
  times: number,
): Promise<{ added: number; bare: number }> {
  const added: number[] = []
  const bare: number[] = []
  for (let i = 0; i < times; i++) {
    const empty = (await cost({ program: process.execPath, args: ["-e", "0"] })).wallSeconds
    const ours = (await cost({ program: process.execPath, args, cwd })).wallSeconds
    added.push(ours - empty)
    bare.push(empty)
  }
  return { added: quantile(added, 0.5), bare: quantile(bare, 0.5) }
}

/** Writes a project of chained assets that return JSON or frames, in one module. */
export function writeProject(folder: string, assets: number): void {
  mkdirSync(folder, { recursive: true })
  const lines = [
    `import { asset } from "@assets/core"`,
    `import { frame, t } from "@assets/dataframe"`,
    `const columns = frame({ id: t.int64, value: t.int64 })`,
    `export const a0 = asset("chain/a0", { returns: columns, version: "1", compute: () => [{ id: 1n, value: 1n }] })`,
  ]
  for (let i = 1; i < assets; i++) {
    // Ten chains below one asset: neither one long path nor one wide fan.
    const up = i <= 10 ? 0 : i - 10
    lines.push(
      `export const a${i} = asset("chain/a${i}", { deps: { up: a${up} }, returns: columns, transform: ({ up }) => up.withColumn("value", f => f.value.plus(${i})) })`,
    )
  }
  writeFileSync(join(folder, "assets.ts"), `${lines.join("\n")}\n`)
  writeFileSync(join(folder, "package.json"), `{ "name": "bench", "type": "module", "private": true }\n`)
}

/** The cost of starting: the version, the list of a project of ten, a run in which nothing changed. */
export async function start(folder: string, { times = 15 } = {}): Promise<Line[]> {
  const ten = join(folder, "ten")
  writeProject(ten, 10)
  const version = await difference([cli, "--version"], folder, times)
  const list = await difference([cli, "list"], ten, times)
  const thousand = join(folder, "thousand")
  writeProject(thousand, 1000)
  await cost({ program: process.execPath, args: [cli, "materialize"], cwd: thousand })
  const unchanged: number[] = []
  for (let i = 0; i < times; i++) {
    unchanged.push((await cost({ program: process.execPath, args: [cli, "materialize"], cwd: thousand })).wallSeconds)
  }
  const seconds = (value: number) => `${value.toFixed(3)} s`
  return [
    {
      what: "assets --version, above node -e 0",
      figure: `${seconds(version.added)} (node ${seconds(version.bare)})`,
      limit: "0.10 s",
      holds: version.added <= 0.1,
    },
    {
      what: "assets list of 10 assets, above node -e 0",
      figure: seconds(list.added),
      limit: "0.25 s",
      holds: list.added <= 0.25,
    },
    {
      what: "assets materialize, nothing changed, 1,000 assets",
      figure: seconds(quantile(unchanged, 0.5)),
      limit: "0.5 s",
      holds: quantile(unchanged, 0.5) <= 0.5,
    },
  ]
}
