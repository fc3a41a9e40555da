import { appendFileSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { cliProject, shop } from "./cli-project.ts"

/** Durations of lines replaced, so that the rest can be compared. */
const timeless = (text: string) => text.replace(/\d+(\.\d+)?s\b/g, "<time>")

describe("assets materialize", () => {
  test("runs all, tells each step, and skips all when nothing changed", async () => {
    const project = cliProject(shop)
    const first = await project.assets(["materialize"])
    expect(first.stderr).toBe("")
    expect(timeless(first.stdout)).toBe(`1 of 3 OK staging/large 2 rows in <time>
2 of 3 OK marts/customers 1 row in <time>
3 of 3 OK reports/best in <time>
Done. ok=3 skipped=0 failed=0 checks_failed=0 in <time>
`)
    expect(first.code).toBe(0)
    const second = await project.assets(["materialize"])
    expect(timeless(second.stdout)).toBe(`1 of 3 SKIP staging/large unchanged
2 of 3 SKIP marts/customers unchanged
3 of 3 SKIP reports/best unchanged
Done. ok=0 skipped=3 failed=0 checks_failed=0 in <time>
`)
    expect(second.code).toBe(0)
    expect(await project.json(["show", "marts/customers"])).toEqual([{ customer: "ada", orders: "2", cents: "2225" }])
  })

  test("--quiet prints the last line alone, --verbose also the reasons", async () => {
    const project = cliProject(shop)
    const verbose = await project.assets(["materialize", "--verbose"])
    expect(verbose.stderr).toContain("staging/large attempt 1: never materialized")
    expect(verbose.stderr).toContain("check unique(customer) of marts/customers passed")
    const quiet = await project.assets(["materialize", "--quiet"])
    expect(timeless(quiet.stdout)).toBe("Done. ok=0 skipped=3 failed=0 checks_failed=0 in <time>\n")
  })

  test("a selection runs what it names; several are a union; sources come with --force, too", async () => {
    const project = cliProject(shop)
    expect((await project.assets(["materialize", "staging/large"])).stdout).toContain("1 of 1 OK staging/large")
    const both = await project.assets(["materialize", "staging/large", "marts/customers"])
    expect(both.stdout).toContain("1 of 2 SKIP staging/large unchanged")
    expect(both.stdout).toContain("2 of 2 OK marts/customers")
    const forced = await project.assets(["materialize", "--force", "+marts/customers"])
    expect(timeless(forced.stdout)).toContain("Done. ok=2 skipped=0 failed=0 checks_failed=0")
  })

  test("--json prints one event per line, the same as the event log holds, and nothing else", async () => {
    const project = cliProject(shop)
    const events = await project.json(["materialize", "--tag", "team=a", "--tag", "why=test"])
    expect(events.map(event => event.type)).toEqual([
      "run_started",
      ...["step_started", "asset_materialized"],
      ...["step_started", "check_evaluated", "asset_materialized"],
      ...["step_started", "asset_materialized"],
      "run_succeeded",
    ])
    expect(events[0]).toMatchObject({ tags: { team: "a", why: "test" }, environment: "local", steps: 3 })
    expect(await project.json(["runs", "logs", "latest"])).toEqual(events)
  })

  test("--dry-run prints the plan and stores nothing", async () => {
    const project = cliProject(shop)
    const dry = await project.assets(["materialize", "--dry-run"])
    expect(dry.code).toBe(0)
    expect(timeless(dry.stdout)).toBe(timeless((await project.assets(["plan"])).stdout))
    expect(dry.stdout).toContain("RUN   staging/large  never materialized")
    expect(readdirSync(project.folder)).not.toContain("data")
  })

  test("a failed step shows the user's line first, skips what is below, and is exit 1", async () => {
    const project = cliProject({
      ...shop,
      "assets.ts":
        shop["assets.ts"]?.replace("const [best] =", 'throw new TypeError("no best")\n    const [best] =') ?? "",
    })
    const { code, stdout, stderr } = await project.assets(["materialize"])
    expect(code).toBe(1)
    expect(stdout).toMatch(/^3 of 3 FAIL reports\/best in .*TypeError: no best$/m)
    expect(stdout).toMatch(/\nDone\. ok=2 skipped=0 failed=1 checks_failed=0 in .*\n$/)
    const line =
      project
        .read("assets.ts")
        .split("\n")
        .findIndex(text => text.includes("no best")) + 1
    expect(stderr.split("\n")[0]).toBe(`assets.ts:${line}:11`)
    expect(stderr).toContain("USER_CODE_FAILED")
    const run = await project.assets(["runs", "show", "latest"])
    expect(run.stdout).toContain("TypeError: no best")
    const again = await project.assets(["materialize"])
    expect(again.stdout).toContain("2 of 3 SKIP marts/customers unchanged")
    expect(again.code).toBe(1)
  })

  test("what is below a failed step is skipped, and the rest goes on", async () => {
    const project = cliProject({
      "assets.ts": `import { asset, json } from "@assets/core"
const value = (key: string, deps: any, compute: () => unknown) => asset(key, { deps, returns: json(), version: "1", compute: compute as any })
export const bad = value("x/bad", {}, () => { throw new Error("bad") })
export const below = value("x/below", { bad }, () => 1)
export const other = value("x/other", {}, () => 2)
`,
    })
    const { code, stdout } = await project.assets(["materialize", "--concurrency", "1"])
    expect(code).toBe(1)
    expect(stdout).toContain("OK x/other")
    expect(stdout).toMatch(/SKIP x\/below blocked by x\/bad/)
    expect(stdout).toMatch(/\nDone\. ok=1 skipped=1 failed=1 checks_failed=0 in/)
  })

  test("a failed blocking check keeps the former data, and is exit 1", async () => {
    const project = cliProject(shop)
    await project.assets(["materialize"])
    project.write({
      "assets.ts":
        shop["assets.ts"]?.replace(
          `large.groupBy("customer").agg(f => ({ orders: count(), cents: sum(f.cents) }))`,
          `large.select(f => ({ customer: f.customer, orders: f.id, cents: f.cents }))`,
        ) ?? "",
    })
    const { code, stdout, stderr } = await project.assets(["materialize"])
    expect(code).toBe(1)
    expect(stdout).toMatch(/\nDone\. ok=0 skipped=2 failed=1 checks_failed=1 in/)
    expect(stderr).toContain("check unique(customer) of marts/customers failed")
    expect(stderr).toContain("CHECK_FAILED")
    expect(await project.json(["show", "marts/customers"])).toEqual([{ customer: "ada", orders: "2", cents: "2225" }])
  })

  test("Ctrl-C cancels the run and is exit 130; the next run completes", async () => {
    const project = cliProject({
      "assets.ts": `import { asset, json } from "@assets/core"
export const slow = asset("x/slow", { returns: json(), version: "1", compute: (_, { signal, log }) => {
  log.info("begun")
  return process.env.QUICK ? 1 : new Promise((_, reject) => {
    const alive = setInterval(() => {}, 1000)
    signal.addEventListener("abort", () => { clearInterval(alive); reject(signal.reason) })
  })
} })
`,
    })
    const child = project.start(["materialize"])
    let stdout = ""
    child.stdout.on("data", text => (stdout += text))
    let told = ""
    child.stderr.on("data", text => {
      told += text
      if (told.includes("begun") && !told.includes("Cancelling")) child.kill("SIGINT")
    })
    const code = await new Promise(resolve => child.on("close", resolve))
    expect(code).toBe(130)
    expect(stdout).toMatch(/\nDone\. ok=0 skipped=0 failed=0 checks_failed=0 cancelled=1 in .*\n$/)
    expect((await project.json(["runs"]))[0]).toMatchObject({ status: "cancelled" })
    expect((await project.assets(["materialize"], { env: { QUICK: "1" } })).stdout).toContain("1 of 1 OK x/slow")
  })

  test("a second Ctrl-C ends the process at once", async () => {
    const project = cliProject({
      "assets.ts": `import { asset, json } from "@assets/core"
export const deaf = asset("x/deaf", { returns: json(), version: "1", compute: (_, { log }) => {
  log.info("begun")
  for (const until = Date.now() + 300; Date.now() < until; );
  return new Promise(resolve => setTimeout(resolve, 60_000))
} })
`,
    })
    const child = project.start(["materialize"])
    let told = ""
    let sent = 0
    child.stderr.on("data", text => {
      told += text
      if (sent === 0 && told.includes("begun")) sent = child.kill("SIGINT") ? 1 : 0
      else if (sent === 1 && told.includes("Cancelling")) sent = child.kill("SIGINT") ? 2 : 1
    })
    const startedAt = performance.now()
    expect(await new Promise(resolve => child.on("close", resolve))).toBe(130)
    expect(performance.now() - startedAt).toBeLessThan(20_000)
  })
})

describe("what is computed again", () => {
  const ok = (stdout: string) => [...stdout.matchAll(/ OK (\S+)/g)].map(match => match[1])

  test("a changed helper of a transform recomputes it, shows the difference, and the former code finds its data", async () => {
    const project = cliProject(shop)
    await project.assets(["materialize"])
    project.write({ "limits.ts": "export const least = 1000" })
    const plan = await project.assets(["plan"])
    expect(plan.stdout).toMatch(/RUN +staging\/large +code changed/)
    expect(plan.stdout).toMatch(/^ +- .*500/m)
    expect(plan.stdout).toMatch(/^ +\+ .*1000/m)
    expect(ok((await project.assets(["materialize"])).stdout)).toContain("staging/large")
    project.write({ "limits.ts": "export const least = 500" })
    const back = await project.assets(["materialize"])
    expect(timeless(back.stdout)).toMatch(/Done\. ok=0 skipped=3 failed=0|restored/)
    expect(await project.json(["show", "marts/customers"])).toEqual([{ customer: "ada", orders: "2", cents: "2225" }])
  })

  test("comments, formatting, types and names of variables recompute nothing", async () => {
    const project = cliProject(shop)
    await project.assets(["materialize"])
    const text = shop["assets.ts"] ?? ""
    project.write({
      "limits.ts": "// reformatted\nexport const least: number = (500)\n",
      "assets.ts": text
        .replaceAll("best", "first")
        .replace("reports/first", "reports/best")
        .replace(
          "({ orders }) => orders.filter(f => f.",
          "({ orders }) =>\n  // all of them\n  orders.filter(row => row.",
        )
        .replace("async ({ customers }) => {", "async (\n  { customers },\n) => { // here"),
    })
    const { stdout } = await project.assets(["materialize"])
    expect(timeless(stdout)).toContain("Done. ok=0 skipped=3 failed=0 checks_failed=0")
  })

  test("a constant in an imported helper of a compute recomputes it, and what is below", async () => {
    const files = {
      "deep/rate.ts": `export const rate = 3 // euros`,
      "help.ts": `import { rate } from "./deep/rate.ts"\nexport const pay = (hours: number) => hours * rate`,
      "other.ts": `import { asset, json } from "@assets/core"
import { hours } from "./assets.ts"
export const other = asset("x/other", { deps: { hours }, returns: json<number>(), compute: ({ hours }) => hours + 1 })`,
      "assets.ts": `import { asset, json } from "@assets/core"
import { pay } from "./help.ts"
export const hours = asset("x/hours", { returns: json<number>(), version: "1", compute: () => 8 })
export const wage = asset("x/wage", { deps: { hours }, returns: json<number>(), compute: ({ hours }) => pay(hours) })
export const half = asset("x/half", { deps: { wage }, returns: json<number>(), version: "1", compute: ({ wage }) => wage / 2 })
`,
      "assets.config.ts": `import { defineConfig } from "@assets/core"
import { duckdb } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
export default defineConfig({ assets: ["assets.ts", "other.ts"], environments: { local: { engine: duckdb(), io: parquetIO({ root: "data" }) } } })`,
    }
    const project = cliProject(files)
    expect(ok((await project.assets(["materialize"])).stdout).sort()).toEqual([
      "x/half",
      "x/hours",
      "x/other",
      "x/wage",
    ])
    project.write({ "deep/rate.ts": `/** In euros. */\nexport const rate: number = 3` })
    expect(ok((await project.assets(["materialize"])).stdout)).toEqual([])
    project.write({ "deep/rate.ts": `export const rate = 4` })
    const plan = await project.assets(["plan"])
    expect(plan.stdout).toMatch(/RUN +x\/wage +code changed/)
    expect(plan.stdout).toMatch(/MAYBE +x\/half/)
    expect(ok((await project.assets(["materialize"])).stdout)).toContain("x/half")
    expect(await project.json(["show", "x/half"])).toEqual([16])
    project.write({ "other.ts": files["other.ts"].replace("hours + 1", "hours + 2") })
    expect(ok((await project.assets(["materialize"])).stdout)).toEqual(["x/other"])
  })

  test("a source that was only touched changes nothing; one that changed with its time kept is seen", async () => {
    const project = cliProject(shop)
    await project.assets(["materialize"])
    const { atime, mtime } = statSync(project.path("orders.csv"))
    utimesSync(project.path("orders.csv"), new Date(), new Date())
    expect(ok((await project.assets(["materialize"])).stdout)).toEqual([])
    project.write({ "orders.csv": "id,customer,cents\n1,ada,1250\n2,grace,900\n3,ada,975\n" })
    utimesSync(project.path("orders.csv"), atime, mtime)
    const plan = await project.assets(["plan"])
    expect(plan.stdout).toMatch(/RUN +staging\/large +input changed: raw\/orders/)
    expect(ok((await project.assets(["materialize"])).stdout)).toEqual([
      "staging/large",
      "marts/customers",
      "reports/best",
    ])
  })

  test("data that was deleted by hand is missing, and is made again", async () => {
    const project = cliProject(shop)
    await project.assets(["materialize"])
    const [file = ""] = (await project.assets(["path", "staging/large"])).stdout.trim().split("\n")
    rmSync(file)
    const status = await project.json(["status"])
    expect(status.find(one => one.key === "staging/large")).toMatchObject({ causes: [{ kind: "data_missing" }] })
    const shown = await project.assets(["show", "staging/large"])
    expect(shown.code).toBe(1)
    expect(shown.stderr).toContain("STORAGE_DATA_MISSING")
    expect((await project.assets(["plan"])).stdout).toMatch(/RUN +staging\/large +data missing/)
    const { code, stdout } = await project.assets(["materialize"])
    expect(code).toBe(0)
    expect(ok(stdout)).toContain("staging/large")
    rmSync(project.path("data"), { recursive: true })
    expect(ok((await project.assets(["materialize"])).stdout)).toHaveLength(3)
  })

  test("the event log can be deleted: what is stored tells what is current", async () => {
    const project = cliProject(shop)
    await project.assets(["materialize"])
    rmSync(project.path(".assets"), { recursive: true })
    expect(ok((await project.assets(["materialize"])).stdout)).toEqual([])
    appendFileSync(project.path("orders.csv"), "4,edsger,700\n")
    expect(ok((await project.assets(["materialize"])).stdout)).toContain("marts/customers")
  })
})
