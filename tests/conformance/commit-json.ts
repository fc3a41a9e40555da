import { outputContext } from "@assets/core/testing"
import { fixtureOf, key } from "./table-fixture.ts"

/**
 * Writes JSON values to partitions of one table as a process of its own: `commit-json.ts STORAGE FOLDER NAME COUNT`. Tells
 * the partitions that became current, one a line.
 */
const [storage = "", base = "", name = "", count = "0"] = process.argv.slice(2)
const io = fixtureOf(storage, base).createIOManager()
for (let i = 0; i < Number(count); i++) {
  const partition = `${name}-${i}`
  const session = () => Promise.reject(new Error("no engine is wanted"))
  const context = outputContext({ base, key, partitions: [partition], session })
  await io.handleOutput(context, { kind: "json", value: partition })
  console.log(partition)
}
