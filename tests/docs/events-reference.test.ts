import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"

const root = join(import.meta.dirname, "../..")

test("docs/reference/events.md has a row for each event, and for no other", () => {
  const source = readFileSync(join(root, "packages/core/src/event/event.ts"), "utf8")
  const page = readFileSync(join(root, "docs/reference/events.md"), "utf8")
  const declared = [...source.matchAll(/type: "(\w+)"/g)].map(match => match[1]).sort()
  const rows = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(match => match[1]).sort()
  expect(declared.length).toBeGreaterThan(10)
  expect(rows).toEqual(declared)
})
