import { ioManagerConformance } from "@assets/core/testing"
import { describe, onTestFinished, test } from "vitest"
import { storages } from "./storages.ts"

describe.each(Object.entries(storages))("%s", (_name, create) => {
  for (const conformance of ioManagerConformance) {
    test(conformance.name, async () => {
      const fixture = create()
      onTestFinished(() => fixture.close())
      await conformance.run(fixture)
    })
  }
})
