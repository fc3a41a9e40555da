import { spawn, spawnSync } from "node:child_process"
import { join } from "node:path"
import { expect, test } from "vitest"
import { cli } from "../built-command.ts"
import { cliProject, shop } from "./cli-project.ts"

const hasTerminal = spawnSync("script", ["--version"]).status === 0
const root = join(import.meta.dirname, "../..")

/** Runs the command in a terminal of its own, made by util-linux's `script`. */
function inTerminal(folder: string, args: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const child = spawn("script", ["-qec", `${process.execPath} ${cli} ${args}`, "/dev/null"], {
    cwd: folder,
    env: { ...process.env, CI: "", NO_COLOR: "", TERM: "xterm", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  })
  let output = ""
  child.stdout.on("data", text => (output += text))
  return new Promise((resolve, reject) => child.on("error", reject).on("close", () => resolve(output)))
}

test.skipIf(!hasTerminal)("on a terminal each running step has a line, drawn over when it ends", async () => {
  const output = await inTerminal(cliProject(shop).folder, "materialize")
  expect(output).toContain("RUN\u001b[39m staging/large")
  expect(output).toContain("\u001b[1A\u001b[0J")
  expect(output).toMatch(/3 of 3 .*OK.* reports\/best in/)
  expect(output.trimEnd().split("\n").at(-1)).toMatch(/^Done\. ok=3 skipped=0 failed=0 checks_failed=0 in/)
})

test.skipIf(!hasTerminal)("in CI, and with --json, a terminal gets plain lines", async () => {
  const control = "\u001b"
  expect(await inTerminal(cliProject(shop).folder, "materialize --no-color", { CI: "true" })).not.toContain(control)
  expect(await inTerminal(cliProject(shop).folder, "materialize --json")).not.toContain(control)
})

test("the command runs from source as it does built", () => {
  const project = cliProject(shop)
  const main = join(root, "packages/cli/src/main.ts")
  const args = ["--conditions=@assets/source", "--import", "tsx", main, "materialize"]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: project.folder, encoding: "utf8" })
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" })
  expect(stdout).toMatch(/\nDone\. ok=3 skipped=0 failed=0 checks_failed=0 in/)
})
