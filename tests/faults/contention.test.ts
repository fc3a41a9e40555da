import { expect, test } from "vitest"
import { contention } from "./contention.ts"

// A sixth of what `npm run contention` does; docs/reliability.md has the figures of the whole.
test("four processes that write and two that read get in each other's way, and nothing is lost or half-read", async () => {
  const { figures, faults } = await contention(10)
  expect(faults).toEqual([])
  expect(figures).toMatchObject({ errors: 0, "half reads": 0 })
  expect(figures.runs).toBeGreaterThan(4)
  expect(figures["waits told"]).toBeGreaterThan(0)
  expect(figures.reads).toBeGreaterThan(20)
})
