import { mkdirSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { type Cost, cost, type Line, quantile } from "./measure.ts"

const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc")
const types = ["int64", "float64", "string", "date", "timestamp", "int32", "boolean"]
const limitSeconds = 4

/** `count` columns in which all types come: the keys that the assets use, then `c0`, `c1`, … */
function columns(count: number): string {
  const further = Array.from({ length: count - 5 }, (_, i) => `c${i}: t.${types[i % types.length]}`)
  return ["id: t.int64", "name: t.string", "amount: t.float64", "total: t.float64", "orders: t.int64", ...further].join(
    ", ",
  )
}

/** An asset of seven steps below the one before it: the frame with one of its columns computed anew. */
function linkOfChain(i: number, count: number): string {
  return `import { asset } from "@assets/core"
import { frame, t } from "@assets/dataframe"
import { count, sum } from "@assets/dataframe/functions"
import { a${i - 1} } from "./a${i - 1}.ts"

export const a${i} = asset("chain/a${i}", {
  deps: { above: a${i - 1} },
  returns: frame({ ${columns(count)} }),
  transform: ({ above }) => {
    const sums = above
      .filter(f => f.amount.gt(${i}))
      .withColumn("half", f => f.amount.divide(2))
      .groupBy("id")
      .agg(f => ({ sum: sum(f.half), rows: count() }))
    return above
      .join(sums, "id", "left")
      .withColumn("total", f => f.sum.plus(f.total))
      .drop("sum", "rows")
  },
})
`
}

/** A grouping of one asset of the chain, with as many columns. */
function groupingOf(i: number, count: number): string {
  const sums = Array.from({ length: count - 1 }, (_, n) => `s${n}`)
  return `import { asset } from "@assets/core"
import { frame, t } from "@assets/dataframe"
import { max } from "@assets/dataframe/functions"
import { a${i} } from "./a${i}.ts"

export const g${i} = asset("groups/g${i}", {
  deps: { above: a${i} },
  returns: frame({ name: t.string, ${sums.map(name => `${name}: t.float64`).join(", ")} }),
  transform: ({ above }) =>
    above.groupBy("name").agg(f => ({ ${sums.map(name => `${name}: max(f.amount)`).join(", ")} })),
})
`
}

/** A project of `assets` assets, each in a module of its own: half of them a chain, half groupings of its links. */
function project(folder: string, assets: number, count: number): string {
  mkdirSync(folder, { recursive: true })
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  const options = {
    noEmit: true,
    strict: true,
    module: "nodenext",
    target: "es2023",
    skipLibCheck: true,
    types: ["node"],
  }
  write("package.json", `{ "type": "module", "private": true }`)
  write("tsconfig.json", JSON.stringify({ compilerOptions: { ...options, allowImportingTsExtensions: true } }))
  write(
    "a0.ts",
    `import { source } from "@assets/core"
import { parquetFiles, t } from "@assets/dataframe"
export const a0 = source("chain/a0", parquetFiles("a.parquet", { ${columns(count)} }))
`,
  )
  const half = Math.ceil(assets / 2)
  for (let i = 1; i <= half; i++) {
    write(`a${i}.ts`, linkOfChain(i, count))
    if (half + i <= assets) write(`g${i}.ts`, groupingOf(i, count))
  }
  return folder
}

/** Median CPU and wall seconds of a check of the full project above those of the bare one, the two taking turns. */
async function checkTime(full: string, bare: string, flags: readonly string[], times: number) {
  const check = (path: string) => cost({ program: process.execPath, args: [tsc, "-p", path, ...flags] })
  const pairs: { readonly full: Cost; readonly bare: Cost }[] = []
  for (let i = 0; i < times; i++) pairs.push({ bare: await check(bare), full: await check(full) })
  const above = (seconds: (one: Cost) => number) =>
    quantile(
      pairs.map(one => seconds(one.full) - seconds(one.bare)),
      0.5,
    )
  return {
    cpu: above(one => one.cpuSeconds),
    wall: above(one => one.wallSeconds),
    start: quantile(
      pairs.map(one => one.bare.cpuSeconds),
      0.5,
    ),
  }
}

/**
 * What `tsc` takes to check 200 assets of 45 columns, set up as by `assets init` and against the packages' declarations,
 * above a project with one asset of five columns. The limit is on the CPU time of one checker, which is the wall time
 * where nothing else runs. By default `tsc` has four: each of them checks the chain above its modules anew.
 */
export async function typeCheck(folder: string, { times = 5 } = {}): Promise<Line[]> {
  const bare = project(join(folder, "bare"), 1, 5)
  const full = project(join(folder, "full"), 200, 45)
  const one = await checkTime(full, bare, ["--singleThreaded"], times)
  const four = await checkTime(full, bare, [], times)
  const seconds = ({ cpu, wall, start }: typeof one) =>
    `${cpu.toFixed(2)} s of CPU (${wall.toFixed(2)} s of wall time, ${start.toFixed(2)} s of CPU to start)`
  return [
    {
      what: "type check of 200 assets with 45 columns",
      figure: `${seconds(one)} in one thread; ${seconds(four)} by default`,
      limit: `${limitSeconds} s`,
      holds: one.cpu <= limitSeconds,
    },
  ]
}
