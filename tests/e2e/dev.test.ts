import { expect, test } from "vitest"
import { cliProject, shop } from "./cli-project.ts"

test("assets dev serves the page and its API, and ends with Ctrl-C", async () => {
  const project = cliProject(shop)
  await project.assets(["materialize"])
  const child = project.start(["dev", "--port", "0", "--json"])
  let stdout = ""
  let stderr = ""
  child.stderr.on("data", text => (stderr += text))
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", text => {
      stdout += text
      if (stdout.includes("\n")) resolve(JSON.parse(stdout).url)
    })
    child.on("close", () => reject(new Error(stderr)))
  })
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  const runs = await fetch(`${url}/api/runs`)
  expect(runs.status).toBe(200)
  expect(JSON.stringify(await runs.json())).toContain("succeeded")
  const ended = new Promise(resolve => child.on("close", resolve))
  child.kill("SIGINT")
  expect(await ended).toBe(0)
  expect(stderr).toBe("")
})

test("a port that is in use and an address that others reach without a token are exit 2", async () => {
  const project = cliProject(shop)
  const outside = await project.assets(["dev", "--host", "0.0.0.0", "--port", "0"], {
    env: { ASSETS_TOKEN: undefined },
  })
  expect(outside.code).toBe(2)
  expect(outside.stderr).toContain("SERVER_TOKEN_REQUIRED")
  expect((await project.assets(["dev", "--port", "70000"])).code).toBe(2)
})
