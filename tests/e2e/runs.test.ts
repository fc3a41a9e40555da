import { once } from "node:events"
import { rmSync } from "node:fs"
import { expect, test } from "vitest"
import { type CliProject, cliProject } from "./cli-project.ts"

/** Values in files of JSON, and assets that fail or wait as files of the project say. */
const files = {
  "assets.config.ts": `import { mkdirSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { defineConfig, type IOManager } from "@assets/core"

const folder = (base: string, key: string) => join(base, "data", key)
const io: IOManager = {
  name: "json",
  async current({ base }, keys) {
    const found = keys.filter(key => existsSync(folder(base, key))).map(key => {
      const kept = readdirSync(folder(base, key)).map(name => JSON.parse(readFileSync(join(folder(base, key), name), "utf8")))
      return [key, kept.map(({ partition, materialization }) => ({ partition, materialization, intact: true }))] as const
    })
    return new Map(found)
  },
  async handleOutput(context, value) {
    if (value.kind !== "json") throw new Error("JSON alone")
    const materialization = await context.approve({ stored: value })
    const [partition = null] = context.partitions
    const path = join(folder(context.base, context.key), (partition ?? "all") + ".json")
    mkdirSync(dirname(path), { recursive: true })
    const partial = path + context.id
    return context.commit(() => {
      writeFileSync(partial, JSON.stringify({ partition, materialization, value: value.value }))
      renameSync(partial, path)
      return materialization
    })
  },
  async loadInput({ base, key }) {
    const values = readdirSync(folder(base, key)).map(name => JSON.parse(readFileSync(join(folder(base, key), name), "utf8")).value)
    return { kind: "json", value: values }
  },
  async locate({ base, key }) {
    return [folder(base, key)]
  },
}
export default defineConfig({
  assets: ["./assets.ts"],
  defaultEnvironment: "local",
  environments: { local: { io }, prod: { io } },
})
`,
  "assets.ts": `import { existsSync } from "node:fs"
import { setTimeout as delay } from "node:timers/promises"
import { asset, daily, json, staticPartitions } from "@assets/core"

export const numbers = asset("t/numbers", {
  returns: json<number>(),
  version: "1",
  partitions: staticPartitions(["a", "b", "c"]),
  compute: (_, { partition }) => {
    if (existsSync("fail-" + partition.key)) throw new Error("no")
    return 1
  },
})
export const below = asset("t/below", {
  deps: { numbers },
  returns: json<number>(),
  version: "1",
  compute: () => 1,
})
export const slow = asset("t/slow", {
  returns: json<number>(),
  version: "1",
  compute: async (_, { log, signal }) => {
    log.info("began")
    while (existsSync("wait")) await delay(20, undefined, { signal })
    return 1
  },
})
export const days = asset("t/days", {
  returns: json<number>(),
  version: "1",
  partitions: daily({ start: "2020-01-01", end: "2020-05-01" }),
  compute: () => 1,
})
`,
}

const quick = ["t/numbers", "t/below"]

interface Run {
  readonly id: string
  readonly status: string
  readonly reason: string | null
  readonly environment: string
  readonly tags: { readonly [name: string]: string }
}

/** Starts a run that waits; resolves once its step has begun. */
async function waitingRun(project: CliProject) {
  project.write({ wait: "" })
  const child = project.start(["materialize", "t/slow", "--json"])
  const closed = once(child, "close")
  let text = ""
  for await (const chunk of child.stdout) {
    text += chunk
    if (text.includes("log_written")) break
  }
  child.stdout.resume()
  const { runId } = JSON.parse(text.split("\n")[0] ?? "")
  return { child, runId: String(runId), ended: closed.then(([code]) => code as number | null) }
}

test("runs retry runs what failed or was blocked in a run, in its environment, and nothing else", async () => {
  const project = cliProject({ ...files, "fail-b": "" })
  expect((await project.assets(["materialize", ...quick, "--env", "prod"])).code).toBe(1)
  rmSync(project.path("fail-b"))
  const retried = await project.assets(["runs", "retry", "latest"])
  expect(retried.stdout).toMatch(/OK t\/numbers \[b\] [\s\S]*OK t\/below [\s\S]*Done\. ok=2 skipped=0 failed=0 /)
  expect(retried.code).toBe(0)
  const [last, failed] = await project.json<Run>(["runs"])
  expect(last).toMatchObject({ environment: "prod", tags: { retryOf: failed?.id } })
  const again = await project.assets(["materialize", "--from-failure", "latest"])
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("Nothing to retry") })
  const selected = await project.assets(["materialize", "t/below", "--from-failure", "latest"])
  expect(selected).toMatchObject({ code: 2, stderr: expect.stringContaining("ARGUMENT_INVALID") })
})

test("runs delete deletes what it is told to, asks before, and refuses where nobody can be asked", async () => {
  const project = cliProject({ ...files, "fail-b": "" })
  await project.assets(["materialize", ...quick])
  rmSync(project.path("fail-b"))
  await project.assets(["materialize", ...quick])
  const refused = await project.assets(["runs", "delete", "--status", "failed"])
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("1 run would be deleted") })
  expect(await project.json(["runs"])).toHaveLength(2)
  expect((await project.assets(["runs", "delete", "--older-than", "30d"])).stdout).toBe("Deleted 0 runs.\n")
  const deleted = await project.json<Run>(["runs", "delete", "--status", "failed", "--yes"])
  expect(deleted.map(({ status }) => status)).toEqual(["failed"])
  expect((await project.assets(["runs", "delete", "latest", "--yes"])).stdout).toBe("Deleted 1 run.\n")
  expect(await project.json(["runs"])).toEqual([])
  expect((await project.assets(["materialize", ...quick])).stdout).toContain("ok=0 skipped=1 failed=0")
  expect((await project.assets(["runs", "delete"])).code).toBe(2)
  expect((await project.assets(["runs", "delete", "--older-than", "soon"])).code).toBe(2)
})

test("runs cancel stops the run of another process; of one that has ended it says so", async () => {
  const project = cliProject(files)
  const { runId, ended } = await waitingRun(project)
  const cancelled = await project.assets(["runs", "cancel", runId.slice(0, 30)])
  expect(cancelled).toMatchObject({ code: 0, stdout: expect.stringContaining("its process has stopped it") })
  expect(await ended).toBe(130)
  expect((await project.json<Run>(["runs"]))[0]).toMatchObject({ id: runId, status: "cancelled" })
  const again = await project.assets(["runs", "cancel", runId])
  expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining("RUN_ENDED") })
})

test("runs cancel takes the run of a stopped process, and what that makes when it wakes does not become current", async () => {
  const project = cliProject(files)
  const { child, runId, ended } = await waitingRun(project)
  child.kill("SIGSTOP")
  const [cancelled] = await project.json<{ how: string }>(["runs", "cancel", "latest"])
  expect(cancelled).toMatchObject({ id: runId, status: "cancelled", how: "taken" })
  rmSync(project.path("wait"))
  child.kill("SIGCONT")
  expect(await ended).not.toBe(0)
  expect((await project.json<Run>(["runs"]))[0]).toMatchObject({ status: "cancelled" })
  expect((await project.json<{ status: string }>(["status", "t/slow"]))[0]?.status).toBe("missing")
})

test("runs logs --follow prints events as they come until the run ends, and ends as the run did", async () => {
  const project = cliProject(files)
  const { ended } = await waitingRun(project)
  const follower = project.start(["runs", "logs", "latest", "--follow", "--json"])
  const closed = once(follower, "close")
  let text = ""
  for await (const chunk of follower.stdout) {
    const isFirst = text === ""
    text += chunk
    if (isFirst) rmSync(project.path("wait")) // it has caught up with the run, which goes on now
  }
  expect(await ended).toBe(0)
  expect((await closed)[0]).toBe(0)
  const events = text
    .trim()
    .split("\n")
    .map(line => JSON.parse(line))
  expect(events.map(({ type }) => type)).toEqual([
    "run_started",
    "step_started",
    "log_written",
    "asset_materialized",
    "run_succeeded",
  ])
  expect(events).toEqual(await project.json(["runs", "logs", "latest"]))
})

test("runs logs --follow ends when the process of the run is killed", async () => {
  const project = cliProject(files)
  const { child, ended } = await waitingRun(project)
  const follower = project.start(["runs", "logs", "latest", "--follow"])
  const closed = once(follower, "close")
  let text = ""
  for await (const chunk of follower.stdout) {
    if (text === "") child.kill("SIGKILL")
    text += chunk
  }
  await ended
  expect(text).toContain("run_failed")
  expect((await closed)[0]).toBe(1)
})

test("more than 100 partitions that were not asked for run with --yes alone", async () => {
  const project = cliProject(files)
  const refused = await project.assets(["materialize", "t/days"])
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain("121 partitions of 't/days'")
  expect(refused.stderr).toContain("--yes")
  expect((await project.assets(["materialize", "t/days", "--yes"])).stdout).toContain("Done. ok=121 ")
})
