import { expect, test } from "vitest"
import { AssetGraph, findCycles } from "../src/asset/asset-graph.ts"

const graph = (edges: { [key: string]: string[] }) => new AssetGraph(new Map(Object.entries(edges)))

test("orders keys after what they depend on, and equals by key", () => {
  expect(graph({ c: ["a"], b: ["a"], a: [], z: [], d: ["b", "c"] }).keys).toEqual(["a", "z", "b", "c", "d"])
})

test("gives neighbours in topological order, each once", () => {
  const g = graph({ a: [], b: ["a", "a"], c: ["b", "a"] })
  expect([g.upstream("c"), g.downstream("a"), g.upstream("b")]).toEqual([["a", "b"], ["b", "c"], ["a"]])
})

test("gives what is above and below by levels", () => {
  const g = graph({ a: [], b: ["a"], c: ["b"], d: ["c"] })
  expect([...g.ancestors(["d"])].sort()).toEqual(["a", "b", "c"])
  expect([...g.ancestors(["d"], 2)].sort()).toEqual(["b", "c"])
  expect([...g.descendants(["a"], 1)]).toEqual(["b"])
  expect([...g.descendants(["a"], 0)]).toEqual([])
})

test("counts indirect ways for roots and sinks", () => {
  const g = graph({ a: [], between: ["a"], b: ["between"], c: [] })
  const keys = new Set(["a", "b", "c"])
  expect([...g.roots(keys)].sort()).toEqual(["a", "c"])
  expect([...g.sinks(keys)].sort()).toEqual(["b", "c"])
})

test("knows the longest path below", () => {
  const g = graph({ a: [], b: ["a"], c: ["b"], d: ["a"] })
  expect(["a", "b", "c", "d"].map(key => g.pathBelow(key))).toEqual([2, 1, 0, 0])
})

test("names cycles in the order of the data, the least key first", () => {
  const cycles = findCycles(
    new Map([
      ["ok", []],
      ["c", ["b", "ok"]],
      ["b", ["a"]],
      ["a", ["c"]],
      ["self", ["self"]],
      ["below", ["c"]],
    ]),
  )
  expect(cycles).toEqual([["a", "b", "c"], ["self"]])
})

test("holds a chain of 100,000 keys without recursion", () => {
  const edges = new Map<string, string[]>()
  for (let i = 0; i < 100_000; i++) edges.set(`k${i}`, i === 0 ? [] : [`k${i - 1}`])
  const g = new AssetGraph(edges)
  expect(g.pathBelow("k0")).toBe(99_999)
  expect(g.descendants(["k0"]).size).toBe(99_999)
  expect(g.roots(new Set(g.keys)).size).toBe(1)
  edges.set("k0", ["k99999"])
  expect(findCycles(edges)[0]).toHaveLength(100_000)
})
