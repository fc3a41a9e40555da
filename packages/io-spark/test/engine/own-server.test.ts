import { readdirSync, readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import type { Relation } from "@assets/dataframe"
import { describe, expect, test } from "vitest"
import { spark } from "../../src/spark-engine.ts"
import { scratchFolder, skipsSpark, sparkFolder } from "../started-spark.ts"

const signal = new AbortController().signal
const rows: Relation = {
  kind: "values",
  rows: [["1"]],
  schema: { columns: [{ name: "id", type: { kind: "int64" } }] },
}

/** The process of the server whose folder is below this one. */
function serverBelow(folder: string): number {
  const found = readdirSync("/proc").find(pid => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")
      return /java$/.test(words[0] ?? "") && words.some(word => word.includes(folder))
    } catch {
      return false // no process, or one that has ended
    }
  })
  if (found === undefined) throw new Error("No server runs.")
  return Number(found)
}

describe.skipIf(skipsSpark)("a server that was started for a session", () => {
  test("and is killed is told as what it is, soon, and the session closes", async () => {
    const scratch = scratchFolder()
    const conf = { "spark.sql.ui.retainedExecutions": 10 } // no session can change it: of the server's start alone
    const engine = spark({ master: "local[1]", driverMemory: "512m", sparkHome: sparkFolder(), conf })
    const session = await engine.open({ timeZone: "UTC", scratch, now: new Date(0), signal })
    const read = async () => {
      for await (const { numRows } of session.batches(rows, signal)) return numRows
      return 0
    }
    expect(await read()).toBe(1)
    process.kill(serverBelow(scratch), "SIGKILL")
    await sleep(500)
    await expect(read()).rejects.toMatchObject({ code: "SPARK_START_FAILED", why: expect.any(String) })
    await session.close()
  })
})
