import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { EngineSession } from "@assets/core"
import { spark } from "@assets/io-spark"
import type { Golden } from "./golden-file.ts"
import { runSparkCase, type SparkOutcome } from "./run-spark-case.ts"
import { writeGoldenTables } from "./spark-tables.ts"

/** How each case comes out on the Spark that `spark()` finds. */
export async function sparkOutcomes(
  golden: Golden,
): Promise<{ readonly outcomes: ReadonlyMap<string, SparkOutcome>; readonly version: string }> {
  const folder = mkdtempSync(join(tmpdir(), "assets-golden-spark-"))
  const outcomes = new Map<string, SparkOutcome>()
  let version = ""
  try {
    for (const timeZone of new Set(golden.cases.map(c => c.timeZone))) {
      const { signal } = new AbortController()
      const session = await spark().open({ timeZone, scratch: folder, now: new Date(0), signal })
      try {
        version = await versionOf(session)
        const files = await writeGoldenTables(session, golden, mkdtempSync(join(folder, "tables-")))
        for (const c of golden.cases.filter(one => one.timeZone === timeZone))
          outcomes.set(c.id, await runSparkCase({ session, files }, golden, c))
      } finally {
        await session.close()
      }
    }
    return { outcomes, version }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function versionOf(session: EngineSession): Promise<string> {
  for await (const { rows } of session.query?.("SELECT version()", new Map(), new AbortController().signal) ?? []) {
    if (rows[0]) return String(rows[0][0]).replace(/ .*/, "")
  }
  throw new Error("Spark did not tell its version.")
}
