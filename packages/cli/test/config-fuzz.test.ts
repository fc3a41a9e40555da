import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { AssetsError } from "@assets/core"
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { environmentSettings } from "../../core/src/environment/setting-rules.ts"
import { loadProject } from "../src/load-project.ts"

const scratch = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..", "tests", ".tmp")
let folder = ""

beforeAll(() => {
  mkdirSync(scratch, { recursive: true })
  folder = mkdtempSync(join(scratch, "fuzz-"))
  writeFileSync(join(folder, "package.json"), `{ "name": "fuzz", "type": "module", "private": true }`)
  writeFileSync(join(folder, "assets.ts"), "export {}\n") // no assets: what a sound config comes to
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Loads a project with this config; what it throws, if anything. */
async function faultOf(config: string): Promise<unknown> {
  writeFileSync(join(folder, "assets.config.ts"), config)
  return loadProject({ cwd: folder }).then(
    () => undefined,
    error => error,
  )
}

function expectOurs(error: unknown, config: string): void {
  if (error === undefined || error instanceof AssetsError) return
  expect.fail(`${config}\n${error instanceof Error ? error.stack : error}`)
}

const sound = `const memoryIO = () => ({ name: "memory", current() {}, handleOutput() {}, describe: () => ({ root: "x" }) })
const base = { pools: { api: 2 }, vars: { STAGE: "x" } }
export default {
  assets: ["./assets.ts"],
  defaultEnvironment: "local",
  environments: {
    local: { ...base, io: memoryIO(), timeZone: "UTC", state: { path: "\${STAGE}" } },
    prod: { extends: "local", io: memoryIO(), route: { "*": { engine: "default" } }, reuse: [] },
  },
}
`

describe("a config ends in a project or in an error of ours", () => {
  test("that is sound", async () => expect(await faultOf(sound)).toMatchObject({ code: "PROJECT_EMPTY" }))

  test("that is any text", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), async text => expectOurs(await faultOf(text), text)),
      { numRuns: 40 },
    )
  })

  test("that is cut off anywhere, or has a piece of it doubled or taken out", async () => {
    const at = fc.nat({ max: sound.length })
    await fc.assert(
      fc.asyncProperty(at, at, fc.constantFrom("cut", "double", "take"), async (a, b, how) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)]
        const rest = how === "cut" ? "" : how === "double" ? sound.slice(from) : sound.slice(to)
        const text = (how === "double" ? sound.slice(0, to) : sound.slice(0, from)) + rest
        expectOurs(await faultOf(text), text)
      }),
      { numRuns: 60 },
    )
  })

  test("that holds any values under the names of settings, each fault at a place of it", async () => {
    const environment = fc.dictionary(
      fc.constantFrom(...environmentSettings, "other", "__proto__"),
      fc.jsonValue({ maxDepth: 2 }),
      { maxKeys: 5 },
    )
    const config = fc.record(
      {
        environments: fc.oneof(
          fc.dictionary(fc.constantFrom("local", "prod", "a b", "toString"), environment),
          fc.jsonValue(),
        ),
        assets: fc.oneof(fc.constant(["./assets.ts"]), fc.jsonValue({ maxDepth: 1 })),
        defaultEnvironment: fc.oneof(fc.constantFrom("local", "toString"), fc.jsonValue({ maxDepth: 1 })),
        state: fc.jsonValue({ maxDepth: 1 }),
      },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(config, async value => {
        const text = `export default ${JSON.stringify(value)}\n`
        const error = await faultOf(text)
        expectOurs(error, text)
        const faults = error instanceof AssetsError && "faults" in error ? (error.faults as AssetsError[]) : []
        for (const fault of faults) expect(fault.location?.line ?? 1, `${text}\n${fault.message}`).toBe(1)
      }),
      { numRuns: 100 },
    )
  })
})
