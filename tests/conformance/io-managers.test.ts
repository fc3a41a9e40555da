import { ioManagerConformance } from "@assets/core/testing"
import { expect, test } from "vitest"
import { chosenCases } from "./chosen-cases.ts"
import { describeIOManagers } from "./describe-io-managers.ts"
import { isOnSpark } from "./each-storage.ts"

describeIOManagers(name => !isOnSpark(name))

test("each case has a name of its own", () => {
  const names = ioManagerConformance.map(one => `${one.theme}: ${one.name}`)
  expect(new Set(names).size).toBe(names.length)
})

test.each(Object.entries(chosenCases))("each case that is chosen for %s is one of the suite", (_, chosen) => {
  const names = new Set(ioManagerConformance.map(one => `${one.theme}: ${one.name}`))
  expect([...chosen].filter(name => !names.has(name))).toEqual([])
})
