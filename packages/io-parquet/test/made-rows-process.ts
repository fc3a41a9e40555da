import { ioContext, outputContext } from "@assets/core/testing"
import { parquetIO } from "../src/index.ts"
import { batchOf, columns, key } from "./storage.ts"

/** Stores rows of an async iterable that is never all in memory: `made-rows-process.ts BASE ROWS`. Prints the peak in MiB. */
const [base = "", rows = ""] = process.argv.slice(2)
const io = parquetIO({ root: "data" })
const session = () => Promise.reject(new Error("no engine was to be opened"))
const size = 10_000

async function* batches() {
  for (let from = 0; from < Number(rows); from += size) {
    yield batchOf(columns, [Array.from({ length: size }, (_, i) => BigInt(from + i) * 7919n)])
  }
}

const record = await io.handleOutput(outputContext({ base, key, session }), {
  kind: "batches",
  schema: columns,
  batches,
})
await io.close?.()
const paths = await io.locate({ ...ioContext(base), key }, [record])
console.log(JSON.stringify({ rows: record.rows, files: paths.length, peakMB: process.resourceUsage().maxRSS / 1024 }))
