import { outputContext } from "@assets/core/testing"
import { deltaIO } from "@assets/io-spark"

/**
 * Writes JSON values to partitions of one Delta table as a process of its own: `commit-json.ts FOLDER NAME COUNT`. Tells
 * the partitions that became current, one a line.
 */
const [base = "", name = "", count = "0"] = process.argv.slice(2)
const io = deltaIO({ root: "data" })
for (let i = 0; i < Number(count); i++) {
  const partition = `${name}-${i}`
  const session = () => Promise.reject(new Error("no engine is wanted"))
  const context = outputContext({ base, key: "marts/table", partitions: [partition], session })
  await io.handleOutput(context, { kind: "json", value: partition })
  console.log(partition)
}
