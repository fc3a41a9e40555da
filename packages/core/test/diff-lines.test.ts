import { expect, test } from "vitest"
import { diffLines } from "../src/plan/diff-lines.ts"

test.each([
  ["equal texts have none", "a\nb", "a\nb", []],
  ["a changed line is told before and after", "a\nb\nc", "a\nx\nc", ["- b", "+ x"]],
  ["lines that moved are told once each", "a\nb", "b\na", ["- a", "+ a"]],
  ["added and removed lines stay in their places", "a\nb\nc", "z\na\nc\nd", ["+ z", "- b", "+ d"]],
])("%s", (_, before, after, lines) => {
  expect(diffLines(before, after)).toEqual(lines)
})

test("very long texts are told by their length", () => {
  expect(diffLines("a\n".repeat(1000), "b")).toEqual(["- 1001 lines", "+ 1 lines"])
})
