// One run of a small project over the built packages: node worker.mjs parquet|duckdb FOLDER GENERATION
// Each generation changes the plans, so that each run computes everything; each row says of which generation it is.
import { join } from "node:path"
import { asset, definitions, json, materialize } from "@assets/core"
import { frame, t } from "@assets/dataframe"
import { lit } from "@assets/dataframe/functions"
import { duckdb, duckdbFileIO } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"

const [, , kind, folder, generationText] = process.argv
const generation = Number(generationText)
const columns = { id: t.int64, generation: t.int32 }
export const ROWS = 5_000

const rows = asset("made/rows", {
  returns: frame(columns),
  version: `${generation}`,
  compute: async function* () {
    for (let id = 0; id < ROWS; id++) yield { id: BigInt(id), generation }
  },
})
const copy = asset("made/copy", {
  deps: { rows },
  returns: frame(columns),
  transform: ({ rows }) => rows.withColumn("generation", () => lit(generation).cast(t.int32)),
})
const last = asset("made/last", {
  deps: { copy },
  returns: frame(columns),
  transform: ({ copy }) => copy.filter(f => f.generation.equalTo(generation)),
})
const note = asset("made/note", {
  deps: { copy },
  returns: json(),
  version: `${generation}`,
  compute: () => ({ generation }),
})

const io =
  kind === "parquet" ? parquetIO({ root: join(folder, "data") }) : duckdbFileIO({ path: join(folder, "w.duckdb") })
const project = definitions({
  assets: { rows, copy, last, note },
  environments: { test: { engine: duckdb({ threads: 1 }), io } },
  defaultEnvironment: "test",
  base: folder,
  state: { path: join(folder, "state") },
})
const run = await materialize(project, { environment: "test", concurrency: 2 })
for (const step of run.steps) {
  console.log(JSON.stringify({ key: step.key, status: step.status, reason: step.reason, error: step.error?.message }))
}
process.exitCode = run.status === "succeeded" ? 0 : 1
