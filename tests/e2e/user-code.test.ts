import { cpSync } from "node:fs"
import { dirname, join } from "node:path"
import { expect, test } from "vitest"
import { cli } from "../built-command.ts"
import { cliProject } from "./cli-project.ts"

const compute = (body: string, before = "") => ({
  "assets.ts": `import { asset, json } from "@assets/core"
${before}
export const a = asset("x/a", { deps: {}, returns: json<number>(), compute: async () => { ${body}; return 1 } })
export const b = asset("x/b", { deps: {}, returns: json<number>(), compute: async () => 2 })
`,
})

test("what the project's code prints goes to stderr: stdout holds answers only", async () => {
  const project = cliProject(
    compute(`console.log("while running"); process.stdout.write("raw\\n")`, `console.log("while loading")`),
  )
  const run = await project.assets(["materialize", "--json"])
  for (const line of run.stdout.trim().split("\n")) expect(() => JSON.parse(line)).not.toThrow()
  expect(run.stderr).toContain("while loading\n")
  expect(run.stderr).toContain("while running\n")
  expect(run.stderr).toContain("raw\n")
  const list = await project.assets(["list", "--json"])
  expect(
    list.stdout
      .trim()
      .split("\n")
      .map(line => JSON.parse(line).key),
  ).toEqual(["x/a", "x/b"])
})

test("process.exit in a compute fails its step, at its line, and the rest goes on", async () => {
  const { code, stdout, stderr } = await cliProject(compute("process.exit(0)")).assets(["materialize"])
  expect(code).toBe(1)
  expect(stderr).toMatch(/^assets\.ts:3:\d+\n/)
  expect(stderr).toContain("process.exit(0) was called")
  expect(stdout).toContain("ok=1 skipped=0 failed=1")
})

test("process.exit in a module is exit 2, at its line", async () => {
  const { code, stderr } = await cliProject(compute("", "process.exit(0)")).assets(["list"])
  expect(code).toBe(2)
  expect(stderr).toMatch(/^assets\.ts:2:9\n/)
  expect(stderr).toContain("PROJECT_LOAD_FAILED")
})

test.each([
  [
    "a promise that nobody awaits",
    `void Promise.reject(new Error("stray")); await new Promise(r => setTimeout(r, 5_000))`,
  ],
  ["a timer", `setTimeout(() => { throw new Error("stray") }, 1); await new Promise(r => setTimeout(r, 5_000))`],
])("an error of %s is told as the project's, at its line, and is exit 1", async (_, body) => {
  const { code, stderr } = await cliProject(compute(body)).assets(["materialize"])
  expect(code).toBe(1)
  expect(stderr).toMatch(/^assets\.ts:3:\d+\n/)
  expect(stderr).toContain("USER_CODE_FAILED The project's code threw where nobody waits for it: Error: stray")
  expect(stderr).not.toContain("did not expect")
})

test("an error that nobody awaits ends the command also when the command's own files are gone", async () => {
  const remove = `rmSync("node_modules/@assets/cli/dist/stray-error.js")`
  const wait = "await new Promise(r => setTimeout(r, 60_000))"
  const project = cliProject(
    compute(`${remove}; void Promise.reject(new Error("stray")); ${wait}`, `import { rmSync } from "node:fs"`),
  )
  cpSync(join(dirname(cli), ".."), project.path("node_modules/@assets/cli"), { recursive: true })
  const { code, stderr } = await project.node(["node_modules/@assets/cli/dist/main.js", "materialize"])
  expect(code).toBe(1)
  expect(stderr).toContain("Error: stray")
})

test("a module that awaits what never comes is told, and is exit 1", async () => {
  const { code, stderr } = await cliProject(compute("", "await new Promise(() => {})")).assets(["list"])
  expect(code).toBe(1)
  expect(stderr).toContain("never settles")
})

test("a run goes on when the reader of its lines has gone", async () => {
  const project = cliProject(compute("await new Promise(r => setTimeout(r, 300))"))
  const child = project.start(["materialize"])
  child.stdout.once("data", () => child.stdout.destroy())
  const code = await new Promise(resolve => child.on("close", resolve))
  expect(code).toBe(0)
  expect(await project.json(["status"])).toMatchObject([{ status: "fresh" }, { status: "fresh" }])
})

test("a closed terminal cancels the run", async () => {
  const project = cliProject(compute("await new Promise(r => setTimeout(r, 60_000))"))
  const child = project.start(["materialize", "--json"])
  let isHung = false
  child.stdout.setEncoding("utf8").on("data", text => {
    if (isHung || !text.includes("step_started")) return
    isHung = true // a second signal ends the process at once
    child.kill("SIGHUP")
  })
  expect(await new Promise(resolve => child.on("close", resolve))).toBe(130)
  expect(await project.json(["runs"])).toMatchObject([{ status: "cancelled" }])
})

test("a config that exports something else is exit 2", async () => {
  for (const text of [
    "3",
    "() => ({})",
    "Promise.resolve({})",
    "{ environments: null }",
    `{ environments: {}, assets: "a.ts" }`,
  ]) {
    const project = cliProject({ ...compute(""), "assets.config.ts": `export default ${text}\n` })
    const { code, stderr } = await project.assets(["list"])
    expect(stderr).toContain("CONFIG_INVALID")
    expect(code).toBe(2)
  }
})

test("causes are told, a message that looks like a stack misleads nobody, and what would steer a terminal is left out", async () => {
  const project = cliProject(
    compute(`throw new Error("outer\\n    at fake (/etc/passwd:1:1)\\u001b[2J", {
  cause: new AggregateError([new TypeError("first"), new Error("second")], "many", { cause: "root" }),
})`),
  )
  const { stderr, code } = await project.assets(["materialize"])
  expect(code).toBe(1)
  expect(stderr).toMatch(/^assets\.ts:3:\d+\n/)
  expect(stderr).not.toContain("Look at /etc/passwd")
  expect(stderr).not.toContain("\u001b")
  for (const cause of ["AggregateError: many", "TypeError: first", "Error: second", "root"]) {
    expect(stderr).toContain(`Caused by ${cause}\n`)
  }
})
