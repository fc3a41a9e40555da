import { writeSync } from "node:fs"
import { type ConformanceResult, conformanceTable, ioManagerConformance } from "@assets/core/testing"
import { afterAll, onTestFinished, test } from "vitest"
import { isChosen } from "./chosen-cases.ts"
import { describeStorages, isOnSpark } from "./each-storage.ts"
import { storages } from "./storages.ts"

/** Each write of a storage on Spark is a job of its own, and some cases write 500 times. */
const sparkTimeoutMs = 600_000

/** The cases that every IO manager has to pass, for the storages that are wanted; prints them as a table. */
export function describeIOManagers(only: (storage: string) => boolean): void {
  const names = Object.keys(storages).filter(only)
  const results = names.map(ioManager => ({ ioManager, outcomes: new Map() }) satisfies ConformanceResult)
  describeStorages(
    (name, create) => {
      const timeout = isOnSpark(name) ? { timeout: sparkTimeoutMs } : {}
      const outcomes: Map<unknown, unknown> | undefined = results.find(one => one.ioManager === name)?.outcomes
      for (const conformance of ioManagerConformance) {
        const title = `${conformance.theme}: ${conformance.name}`
        if (!isChosen(name, title)) continue
        test(title, timeout, async () => {
          const fixture = create()
          onTestFinished(() => fixture.close())
          outcomes?.set(conformance, "failed")
          outcomes?.set(conformance, await conformance.run(fixture))
        })
      }
    },
    { only, ofServicesOnSpark: true },
  )
  // Past vitest's own lines, which would indent and cut it.
  afterAll(() => void writeSync(1, `\n${conformanceTable(ioManagerConformance, results)}\n`))
}
