import { writeSync } from "node:fs"
import {
  type ConformanceCase,
  type ConformanceResult,
  conformanceTable,
  ioManagerConformance,
} from "@assets/core/testing"
import { afterAll, expect, onTestFinished, test } from "vitest"
import { gapOf, isChosen } from "./chosen-cases.ts"
import { describeStorages, isOnSpark } from "./each-storage.ts"
import { storages } from "./storages.ts"

/** Each write of a storage on Spark is a job of its own, and some cases write 500 times. */
const sparkTimeoutMs = 600_000

const titleOf = ({ theme, name }: ConformanceCase) => `${theme}: ${name}`

/** The cases that every IO manager has to pass, for the storages that are wanted; prints them as a table. */
export function describeIOManagers(only: (storage: string) => boolean): void {
  const isWanted = (storage: string) =>
    only(storage) && ioManagerConformance.some(one => isChosen(storage, titleOf(one)))
  const names = Object.keys(storages).filter(isWanted)
  const results = names.map(ioManager => ({ ioManager, outcomes: new Map() }) satisfies ConformanceResult)
  describeStorages(
    (name, create) => {
      const timeout = isOnSpark(name) ? { timeout: sparkTimeoutMs } : {}
      const outcomes: Map<unknown, unknown> | undefined = results.find(one => one.ioManager === name)?.outcomes
      for (const conformance of ioManagerConformance) {
        const title = titleOf(conformance)
        if (!isChosen(name, title)) continue
        test(title, timeout, async () => {
          const fixture = create()
          onTestFinished(() => fixture.close())
          outcomes?.set(conformance, "failed")
          const gap = gapOf(name, title)
          if (gap === undefined) outcomes?.set(conformance, await conformance.run(fixture))
          else {
            await expect(conformance.run(fixture)).rejects.toMatchObject({ code: gap })
            outcomes?.set(conformance, "not offered")
          }
        })
      }
    },
    { only: isWanted, ofServicesOnSpark: true },
  )
  // Past vitest's own lines, which would indent and cut it.
  afterAll(() => void writeSync(1, `\n${conformanceTable(ioManagerConformance, results)}\n`))
}
