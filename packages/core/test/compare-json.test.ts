import { expect, test } from "vitest"
import type { Json } from "../src/util/json.ts"
import { compareJson } from "../src/value/compare-json.ts"
import type { CompareOptions } from "../src/value/difference.ts"

const compare = (left: Json, right: Json, options: Partial<CompareOptions> = {}) =>
  compareJson(left, right, { samples: 10, signal: new AbortController().signal, ...options })

test("equal values are equal, whatever the order of names", () => {
  const left = { a: [1, { b: null }], c: "x" }
  expect(compare(left, { c: "x", a: [1, { b: null }] })).toMatchObject({ equal: true, samples: [], columns: [] })
})

test("what differs is told by its place, also names that need quotes and those of the prototype", () => {
  const right = JSON.parse('{ "a": [1, 3, 4], "o k": 2, "__proto__": 1 }')
  expect(compare({ a: [1, 2], "o k": 1, toString: "own" }, right)).toMatchObject({
    equal: false,
    added: 2,
    removed: 1,
    changed: 2,
    columns: [
      { name: "$.a[1]", changed: 1 },
      { name: '$["o k"]', changed: 1 },
    ],
    samples: [
      { change: "changed", left: { "$.a[1]": 2 }, right: { "$.a[1]": 3 } },
      { change: "added", left: null, right: { "$.a[2]": 4 } },
      { change: "changed" },
      { change: "removed", left: { "$.toString": "own" }, right: null },
      { change: "added", left: null, right: { "$.__proto__": 1 } },
    ],
  })
})

test("another kind of value is a change of its place, and no more samples are given than asked for", () => {
  expect(compare({ a: [] }, { a: {} })).toMatchObject({ changed: 1, samples: [{ left: { "$.a": [] } }] })
  expect(compare([1, 2, 3], [4, 5, 6], { samples: 1 })).toMatchObject({ changed: 3, samples: [{ change: "changed" }] })
})

test("numbers may differ by a tolerance, absolute or relative", () => {
  expect(compare(100, 101, { tolerance: 1 }).equal).toBe(true)
  expect(compare(100, 101, { tolerance: 0.5 }).equal).toBe(false)
  expect(compare(100, 101, { tolerance: { relative: 0.01 } }).equal).toBe(true)
  expect(compare("100", "101", { tolerance: 1 }).equal).toBe(false)
})
