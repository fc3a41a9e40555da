import { writeSync } from "node:fs"
import { type ConformanceResult, conformanceTable, ioManagerConformance } from "@assets/core/testing"
import { afterAll, expect, onTestFinished, test } from "vitest"
import { describeStorages } from "./each-storage.ts"
import { storages } from "./storages.ts"

const results = Object.keys(storages).map(ioManager => ({ ioManager, outcomes: new Map() }) satisfies ConformanceResult)

/** Each write of a storage on Spark is a job of its own, and some cases write 500 times. */
const sparkTimeoutMs = 600_000

describeStorages((name, create) => {
  const timeout = name.endsWith("on spark") ? { timeout: sparkTimeoutMs } : {}
  const outcomes: Map<unknown, unknown> | undefined = results.find(one => one.ioManager === name)?.outcomes
  for (const conformance of ioManagerConformance) {
    test(`${conformance.theme}: ${conformance.name}`, timeout, async () => {
      const fixture = create()
      onTestFinished(() => fixture.close())
      outcomes?.set(conformance, "failed")
      outcomes?.set(conformance, await conformance.run(fixture))
    })
  }
})

test("each case has a name of its own", () => {
  const names = ioManagerConformance.map(one => `${one.theme}: ${one.name}`)
  expect(new Set(names).size).toBe(names.length)
})

// Past vitest's own lines, which would indent and cut it.
afterAll(() => void writeSync(1, `\n${conformanceTable(ioManagerConformance, results)}\n`))
