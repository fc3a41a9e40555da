import { expect, test } from "vitest"
import { fitColumns } from "../src/fit-columns.ts"

test("a text is cut where the columns end, characters kept whole", () => {
  expect(fitColumns("plain", 10)).toBe("plain")
  expect(fitColumns("plain", 3)).toBe("pla")
  expect(fitColumns("[東京]", 4)).toBe("[東")
  expect(fitColumns("🦆🦆", 3)).toBe("🦆")
  expect(fitColumns("e\u0301e\u0301e", 2)).toBe("e\u0301e\u0301")
})
