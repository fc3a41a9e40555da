import { transform } from "esbuild"
import { describe, expect, test } from "vitest"
import { canonicalText, moduleClosure } from "../src/project/code-version.ts"

const text = (source: string) => canonicalText(source, "ts", transform)

const source = `import { base, type Kind } from "./base.ts"
// a comment
const factor: number = 5
export const helper = (value: number) => { const inner = value * factor; return inner + base }
export function total(first: string, rest: string[]): string {
  for (const one of rest) { const next = one + first; console.log(next, one, next) }
  return first + helper(3)
}
export class Keeper { private held = 4; take(amount: number) { const { held: former } = this; return former + amount } }
`

describe("the canonical text of a module", () => {
  test.each([
    ["comments", (s: string) => s.replace("// a comment", "/*! kept by licences */")],
    ["formatting", (s: string) => s.replaceAll("; ", "\n;\n\t").replaceAll('"', "'")],
    ["types", (s: string) => s.replaceAll(": number", ": number | bigint").replace(", type Kind", "")],
    ["a local name", (s: string) => s.replaceAll("inner", "eeeeeeeeeeeeeeee")],
    ["a parameter", (s: string) => s.replaceAll("value", "q")],
    ["a name at the top that is not exported", (s: string) => s.replaceAll("factor", "tttttttttttttttt")],
    [
      "the name under which it imports",
      (s: string) => s.replace("{ base,", "{ base as other,").replace("+ base", "+ other"),
    ],
    ["all names of a loop", (s: string) => s.replaceAll("next", "zZzZzZzZ").replaceAll(/\bone\b/g, "Q")],
    ["a destructured name", (s: string) => s.replaceAll("former", "nnnn_oooo_ssss")],
  ])("stays when %s change", async (_, change) => {
    expect(change(source)).not.toBe(source)
    expect(await text(change(source))).toBe(await text(source))
  })

  test.each([
    ["a number", (s: string) => s.replace("= 5", "= 6")],
    ["an operator", (s: string) => s.replace("value * factor", "value + factor")],
    ["an exported name", (s: string) => s.replaceAll("helper", "helped")],
    ["what is imported", (s: string) => s.replace("{ base,", "{ bass as base,")],
    ["from where it is imported", (s: string) => s.replace("./base.ts", "./bass.ts")],
    ["a property", (s: string) => s.replaceAll("held", "kept")],
    ["a global", (s: string) => s.replace("console.log", "console.info")],
    ["the order of operands", (s: string) => s.replace("one + first", "first + one")],
  ])("changes with %s", async (_, change) => {
    expect(change(source)).not.toBe(source)
    expect(await text(change(source))).not.toBe(await text(source))
  })

  test("stays for two hundred names, whatever they are called", async () => {
    const many = (name: (i: number) => string) =>
      Array.from(
        { length: 200 },
        (_, i) => `const ${name(i)} = ${i}; export const e${i} = ${name(i)} + ${name(i)} * Math.PI`,
      ).join("\n")
    expect(await text(many(i => `alpha${i}`))).toBe(await text(many(i => `${"xyz"[i % 3]}${"eta".repeat(i % 7)}_${i}`)))
  })
})

describe("the closure of a module", () => {
  test("holds all that it imports, once, also in circles", () => {
    const imports = {
      "/a": { modules: ["/b", "/c"], packages: [] },
      "/b": { modules: ["/c"], packages: [] },
      "/c": { modules: ["/a"], packages: [] },
      "/d": { modules: ["/a"], packages: [] },
    }
    expect(moduleClosure("/a", imports)).toEqual(["/a", "/b", "/c"])
  })
})
