import { parse } from "acorn"
import { transform } from "esbuild"
import { expect, test } from "vitest"
import { LiteralRecorder, recordLiterals } from "../src/project/record-literals.ts"

/** Runs TypeScript, rewritten, and gives the place of what stands at a path of the value of `result`. */
async function placeIn(source: string, ...path: (string | number)[]): Promise<string | undefined> {
  const { code, map } = await transform(source, { loader: "ts", sourcemap: "external", sourcefile: "a.ts" })
  const recorder = new LiteralRecorder()
  recorder.install()
  const result = new Function(`${recordLiterals(parse, "a.ts", code, map)}; return result`)()
  const place = recorder.placeOf(result, path)
  return place && `${place.line}:${place.column}`
}

test.each<[string, string, (string | number)[], string | undefined]>([
  ["a property", `type A = { b: 1 }\nconst result: A = { b: 1 }`, ["b"], "2:21"],
  ["a quoted, a short and a numbered one", `const b = 1\nconst result = { "a": 1, b, 3: 1 }`, ["b"], "2:26"],
  ["a method", `const result = {\n  m() {} }`, ["m"], "2:3"],
  ["a nested one", `const result = { a: { b: [0, { c: 1 }] } }`, ["a", "b", 1, "c"], "1:32"],
  ["one of a list", `const result = [1,\n  2]`, [1], "2:3"],
  ["one that a spread brings", `const base = {\n a: 1 }\nconst result = { ...base, b: 2 }`, ["a"], "2:2"],
  ["the last of several", `const base = { a: 1 }\nconst result = { a: 0, ...base, a: 2 }`, ["a"], "2:33"],
  ["a spread of a spread", `const result = { ...{ ...{ a: 1 } } }`, ["a"], "1:28"],
  ["one that a function made", `const f = (n: number) => ({ a: n })\nconst result = { x: f(1) }`, ["x", "a"], "1:29"],
  ["one that is not there: what lacks it", `const result = { x: { } }`, ["x", "gone"], "1:18"],
  ["one that an assignment made: none", `const result: any = { }\nresult.a = 1`, ["a"], undefined],
  ["one of an unknown spread: none", `const result = { a: 0, ...JSON.parse('{"a":1}') }`, ["a"], undefined],
  [
    "one that a computed name replaced: none",
    `const k: string = ["a"][0]!\nconst result = { ...{ a: 0 }, [k]: 1 }`,
    ["a"],
    undefined,
  ],
  ["one behind a spread of a list: none", `const result = [...[1, 2], 3]`, [2], undefined],
])("the place of %s", async (_, source, path, place) => {
  expect(await placeIn(source, ...path)).toBe(place)
})

test("what the code does is what it did", async () => {
  const source = `const log: number[] = []
    const note = (n: number) => { log.push(n); return { ["k" + n]: n } }
    const { a = [1], ...rest } = { ...note(1), b: { ...note(2) }, get c() { return [...[3]] } }
    class C { static s = [...new Set([4])] }
    const result = { log, a, rest, s: C.s, f: (({ x } = { x: 5 }) => x)(), t: \`\${[6]}\` }`
  const { code, map } = await transform(source, { loader: "ts", sourcemap: "external", sourcefile: "a.ts" })
  const run = (text: string) => new Function(`${text}; return result`)()
  new LiteralRecorder().install()
  expect(run(recordLiterals(parse, "a.ts", code, map))).toEqual(run(code))
})

test("what is no module stays as it is", () => {
  expect(recordLiterals(parse, "a.cjs", "with (a) { b = {} }", "{}")).toBe("with (a) { b = {} }")
})
