import { ioManagerConformance } from "@assets/core/testing"
import { expect, test } from "vitest"
import { describeIOManagers } from "./describe-io-managers.ts"
import { isOnSpark } from "./each-storage.ts"

describeIOManagers(name => !isOnSpark(name))

test("each case has a name of its own", () => {
  const names = ioManagerConformance.map(one => `${one.theme}: ${one.name}`)
  expect(new Set(names).size).toBe(names.length)
})
