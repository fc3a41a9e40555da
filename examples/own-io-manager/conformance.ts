import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { EngineSession } from "@assets/core"
import { type ConformanceOutcome, conformanceTable, ioManagerConformance } from "@assets/core/testing"
import { conformanceValues } from "@assets/dataframe/testing"
import { duckdb } from "@assets/io-duckdb"
import { arrowIO } from "./arrow-io.ts"

const signal = new AbortController().signal
const outcomes = new Map<(typeof ioManagerConformance)[number], ConformanceOutcome | "failed">()

for (const one of ioManagerConformance) {
  const base = mkdtempSync(join(tmpdir(), "arrow-io-"))
  let opened: Promise<EngineSession> | undefined
  const session = () => (opened ??= duckdb().open({ timeZone: "UTC", scratch: base, now: new Date(), signal }))
  const createIOManagerAt = (root: string) => arrowIO({ root })
  const createIOManager = () => arrowIO({ root: "data" })
  const fixture = { base, session, createIOManager, createIOManagerAt, ...conformanceValues(session) }
  try {
    outcomes.set(one, await one.run(fixture))
  } catch (error) {
    outcomes.set(one, "failed")
    console.error(one.name, error)
  }
  await (await opened)?.close()
  rmSync(base, { recursive: true, force: true })
}
console.log(conformanceTable(ioManagerConformance, [{ ioManager: "arrow", outcomes }]))
