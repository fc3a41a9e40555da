import { json, nothing } from "@assets/core"
import { describe, expect, test } from "vitest"
import { canonicalJson, digestOf } from "../src/util/canonical-json.ts"

const output = (value: unknown) => json().output(value)

test("keeps what JSON keeps as it is, as a copy", () => {
  const value = { a: [1, "x", null, true, { deep: -1.5 }], "b c": {}, ["__proto__"]: { x: 1 } }
  const stored = output(value)
  expect(stored).toEqual({ kind: "json", value })
  value.a.push("later")
  expect(stored).not.toEqual({ kind: "json", value })
  expect(Object.getPrototypeOf(Reflect.get(stored, "value"))).toBe(Object.prototype)
  expect(output(Object.assign(Object.create(null), { a: 1 }))).toEqual({ kind: "json", value: { a: 1 } })
})

describe("refuses what JSON cannot hold, naming the path", () => {
  const cycle: { self?: unknown } = {}
  cycle.self = cycle
  test.each([
    [undefined, "$"],
    [{ a: { b: undefined } }, "$.a.b"],
    [[1, Number.NaN], "$[1]"],
    [{ "a b": Number.POSITIVE_INFINITY }, '$["a b"]'],
    [{ a: 1n }, "$.a"],
    [{ at: new Date(0) }, "$.at"],
    [{ f: () => 1 }, "$.f"],
    [Symbol("x"), "$"],
    [new Map(), "$"],
    [{ list: [new Set()] }, "$.list[0]"],
    [{ bytes: new Uint8Array(1) }, "$.bytes"],
    [cycle, "$.self"],
    [new Array(2), "$[0]"],
  ])("%o", (value, path) => {
    expect(() => output(value)).toThrow(expect.objectContaining({ code: "VALUE_INVALID", details: { path } }))
  })

  test("but not what is used twice", () => {
    const shared = { x: 1 }
    expect(output([shared, shared])).toEqual({ kind: "json", value: [shared, shared] })
  })
})

test("nothing() takes nothing", () => {
  expect(nothing().output(undefined)).toEqual({ kind: "nothing" })
  expect(() => nothing().output(1)).toThrow(expect.objectContaining({ code: "VALUE_INVALID" }))
})

test("canonical JSON does not depend on the order of names", () => {
  expect(canonicalJson({ b: [1, { d: null, c: "ü" }], a: true })).toBe('{"a":true,"b":[1,{"c":"ü","d":null}]}')
  expect(digestOf({ a: 1, b: 2 })).toBe(digestOf({ b: 2, a: 1 }))
  expect(digestOf({ a: 1 })).not.toBe(digestOf({ a: "1" }))
})
