import { get } from "node:http"
import { createServer } from "node:net"
import { asset, definitions, type EventLog, inMemory, nothing, openEventLog } from "@assets/core"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import type { AssetDetail, AssetPage, ErrorView, EventPage, RunPage, StepPage } from "../src/api/api-view.ts"
import { type Server, type ServerOptions, startServer } from "../src/index.ts"
import { type ExampleProject, exampleProject, writeRun } from "./example-project.ts"

let example: ExampleProject
let log: EventLog
const servers: Server[] = []

beforeEach(() => {
  example = exampleProject()
  log = openEventLog(example.project)
})
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
  log.close()
  example.remove()
})

async function start(options: Partial<ServerOptions> = {}): Promise<Server> {
  const server = await startServer({ project: example.project, readOnly: true, port: 0, ...options })
  servers.push(server)
  return server
}

async function json<T>(server: Server, path: string, status = 200): Promise<T> {
  const response = await fetch(server.url + path)
  expect([path, response.status]).toEqual([path, status])
  expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8")
  return (await response.json()) as T // the type of the route
}

/** A request with headers that fetch does not let one set. */
function request(url: string, headers: { readonly [name: string]: string }): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    get(url, { headers }, response => {
      let body = ""
      response.setEncoding("utf8")
      response.on("data", (chunk: string) => {
        body += chunk
      })
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }))
    }).on("error", reject)
  })
}

describe("the project", () => {
  test("lists assets, sources, and the environments of this event log", async () => {
    const project = await json<{ [name: string]: unknown }>(await start(), "/api/project")
    expect(project).toMatchObject({
      defaultEnvironment: "local",
      environments: [{ name: "local" }, { name: "prod" }],
      assets: [
        { key: "marts/revenue", deps: ["staging/orders"] },
        { key: "marts/users" },
        { key: "staging/orders", group: "staging", tags: { pii: "yes" }, kinds: ["api"], deps: ["raw/events"] },
      ],
      sources: [{ key: "raw/events", kind: "source", description: "Clicks, as they come." }],
    })
  })

  test("gives assets page by page, with the latest materialization in each environment", async () => {
    writeRun(log, { id: "run-1", end: "run_succeeded" })
    const server = await start()
    const first = await json<AssetPage>(server, "/api/assets?limit=2")
    expect(first.assets.map(asset => asset.key)).toEqual(["marts/revenue", "marts/users"])
    expect([first.total, first.next]).toEqual([3, "marts/users"])
    const second = await json<AssetPage>(server, "/api/assets?limit=2&after=marts/users")
    expect(second.next).toBeNull()
    expect(second.assets.map(({ key, latest }) => ({ key, latest }))).toEqual([
      {
        key: "staging/orders",
        latest: {
          local: {
            id: "m-run-1-staging/orders",
            runId: "run-1",
            createdAt: "2026-01-05T10:00:00.000Z",
            partitions: [],
            rows: 18,
            bytes: 2048,
            dataVersion: "d-run-1",
            checksFailed: 1,
          },
          prod: null,
        },
      },
    ])
  })

  test("finds assets by words of their key, group, tags and description", async () => {
    const server = await start()
    const found = async (q: string) =>
      (await json<AssetPage>(server, `/api/assets?q=${encodeURIComponent(q)}`)).assets.map(asset => asset.key)
    expect(await found("marts USERS")).toEqual(["marts/users"])
    expect(await found("pii=yes")).toEqual(["staging/orders"])
    expect(await found("cancelled")).toEqual(["staging/orders"])
    expect(await found("marts cancelled")).toEqual([])
  })

  test("gives one asset by its key, the slash encoded or not, with its neighbours and history", async () => {
    writeRun(log, { id: "run-1", end: "run_succeeded" })
    writeRun(log, { id: "run-2", end: "run_succeeded" })
    const server = await start()
    const asset = await json<AssetDetail>(server, "/api/assets/staging%2Forders")
    expect(asset).toMatchObject({ deps: ["raw/events"], downstream: ["marts/revenue", "marts/users"] })
    expect(asset.latest.local?.runId).toBe("run-2")
    expect(await json(server, "/api/assets/staging/orders")).toEqual(asset)
    expect(await json(server, "/api/assets/raw%2Fevents")).toMatchObject({
      kind: "source",
      downstream: ["staging/orders"],
    })
    const history = await json<{ materializations: { runId: string }[] }>(
      server,
      "/api/assets/staging%2Forders/history",
    )
    expect(history.materializations.map(item => item.runId)).toEqual(["run-2", "run-1"])
  })
})

describe("runs", () => {
  beforeEach(() => {
    writeRun(log, { id: "run-1", end: "run_succeeded", selection: "+marts/revenue" })
    writeRun(log, { id: "run-2", end: "run_failed", environment: "prod" })
    writeRun(log, { id: "run-3", tags: { by: "schedule" } })
  })

  test("come latest first, page by page", async () => {
    const server = await start()
    const ids = (page: RunPage) => page.runs.map(run => run.id)
    const first = await json<RunPage>(server, "/api/runs?limit=2")
    expect([ids(first), first.next]).toEqual([["run-3", "run-2"], "run-2"])
    const second = await json<RunPage>(server, `/api/runs?limit=2&before=${first.next}`)
    expect([ids(second), second.next]).toEqual([["run-1"], null])
  })

  test("are filtered by environment, status and words", async () => {
    const server = await start()
    const ids = async (query: string) => (await json<RunPage>(server, `/api/runs?${query}`)).runs.map(run => run.id)
    expect(await ids("environment=prod")).toEqual(["run-2"])
    expect(await ids("status=running")).toEqual(["run-3"])
    expect(await ids("status=succeeded&environment=prod")).toEqual([])
    expect(await ids("q=Revenue")).toEqual(["run-1"])
    expect(await ids("q=by%3Dschedule")).toEqual(["run-3"])
  })

  test("one run has its record, steps and events", async () => {
    const server = await start()
    expect(await json(server, "/api/runs/run-1")).toMatchObject({
      id: "run-1",
      status: "succeeded",
      counts: { steps: 1, ok: 1, skipped: 0, failed: 0, checksFailed: 0 },
    })
    const { steps, cursor } = await json<StepPage>(server, "/api/runs/run-1/steps")
    expect(steps).toMatchObject([{ id: "staging/orders", status: "materialized", rows: 18, attempts: 1 }])
    expect(cursor).toBe(log.events({ limit: 100 }).at(-1)?.id)
    const events = await json<EventPage>(server, "/api/runs/run-1/events?limit=2")
    expect(events.events.map(event => event.type)).toEqual(["run_started", "step_started"])
    const rest = await json<EventPage>(server, `/api/runs/run-1/events?after=${events.next}`)
    expect([rest.events.map(event => event.type), rest.next]).toEqual([
      ["log_written", "asset_materialized", "run_succeeded"],
      null,
    ])
    const logs = await json<EventPage>(server, "/api/runs/run-1/events?types=log_written&step=staging/orders")
    expect(logs.events).toMatchObject([{ message: "reading for run-1" }])
  })
})

test("the steps of a long run come in pages", async () => {
  log.append({ type: "run_started", runId: "long", environment: "local", selection: "*", tags: {}, steps: 2_500 })
  for (let i = 0; i < 2_500; i++) {
    const key = `x/a${i}`
    log.append({ type: "step_skipped", runId: "long", step: key, key, partitions: [], reason: "unchanged" })
  }
  const server = await start()
  const keys: string[] = []
  for (let after: number | null = 0; after !== null; ) {
    const page: StepPage = await json<StepPage>(server, `/api/runs/long/steps?after=${after}&limit=500`)
    expect(page.steps.length).toBeLessThanOrEqual(500)
    keys.push(...page.steps.map(step => step.key))
    after = page.next
  }
  expect(keys).toEqual(Array.from({ length: 2_500 }, (_, i) => `x/a${i}`))
})

describe("refusals are JSON with code, what, why and fix", () => {
  test.each([
    ["/api/runs/none", 404, "RUN_UNKNOWN"],
    ["/api/runs/none/steps", 404, "RUN_UNKNOWN"],
    ["/api/runs?before=none", 404, "RUN_UNKNOWN"],
    ["/api/assets/none", 404, "ASSET_UNKNOWN"],
    ["/api/assets?environment=none", 400, "ENVIRONMENT_UNKNOWN"],
    ["/api/runs?limit=0", 400, "ARGUMENT_INVALID"],
    ["/api/runs?limit=ten", 400, "ARGUMENT_INVALID"],
    ["/api/runs?status=lost", 400, "ARGUMENT_INVALID"],
    ["/api/runs?enviroment=prod", 400, "ARGUMENT_INVALID"],
    ["/api/%zz", 400, "ARGUMENT_INVALID"],
    ["/api/none", 404, "SERVER_PATH_UNKNOWN"],
    ["/static/none.js", 404, "SERVER_PATH_UNKNOWN"],
  ])("%s", async (path, status, code) => {
    const error = await json<ErrorView>(await start(), path, status)
    expect(error.code).toBe(code)
    expect(Object.keys(error)).toEqual(["code", "what", "why", "fix"])
    for (const text of Object.values(error)) expect(text).not.toBe("")
  })

  test("nothing can be changed: other methods than GET have no route", async () => {
    const server = await start()
    for (const method of ["POST", "PUT", "DELETE"]) {
      const response = await fetch(`${server.url}/api/runs`, { method })
      expect([method, response.status]).toEqual([method, 404])
    }
  })
})

describe("who may ask", () => {
  test("another Host than loopback is refused: DNS rebinding", async () => {
    const server = await start()
    for (const host of ["evil.example", "evil.example:3000", "127.0.0.1.evil.example", "10.0.0.1"]) {
      const { status, body } = await request(`${server.url}/api/runs`, { host })
      expect([host, status, JSON.parse(body).code]).toEqual([host, 403, "SERVER_REQUEST_REFUSED"])
    }
    for (const host of ["localhost:9", "127.0.0.1", "[::1]:80"]) {
      expect((await request(`${server.url}/api/runs`, { host })).status).toBe(200)
    }
  })

  test("a page of another site is refused, also one on another port", async () => {
    const server = await start()
    const port = new URL(server.url).port
    for (const origin of ["https://evil.example", "null", "http://127.0.0.1:1", `http://localhost:${port}`]) {
      const { status, body } = await request(`${server.url}/api/runs`, { origin })
      expect([origin, status, JSON.parse(body).code]).toEqual([origin, 403, "SERVER_REQUEST_REFUSED"])
    }
    expect((await request(`${server.url}/api/runs`, { origin: server.url })).status).toBe(200)
  })

  test("listening elsewhere than on loopback demands a token", async () => {
    await expect(start({ host: "0.0.0.0" })).rejects.toMatchObject({ code: "SERVER_TOKEN_REQUIRED" })
    await expect(start({ host: "0.0.0.0", token: "" })).rejects.toMatchObject({ code: "SERVER_TOKEN_REQUIRED" })
  })

  test("with a token, nothing is given without it", async () => {
    const server = await start({ host: "0.0.0.0", token: "secret" })
    for (const path of ["/api/runs", "/api/events", "/api/openapi.json", "/", "/api/none"]) {
      expect([path, (await fetch(server.url + path)).status]).toEqual([path, 401])
    }
    const wrong = await request(`${server.url}/api/runs`, { authorization: "Bearer guess" })
    expect([wrong.status, JSON.parse(wrong.body).code]).toEqual([401, "SERVER_TOKEN_WRONG"])
    expect((await request(`${server.url}/api/runs`, { authorization: "Bearer secret" })).status).toBe(200)
  })

  test("the token in a page's address becomes a cookie and leaves the address", async () => {
    const server = await start({ host: "0.0.0.0", token: "secret" })
    const response = await fetch(`${server.url}/runs?status=failed&token=secret`, { redirect: "manual" })
    expect([response.status, response.headers.get("location")]).toEqual([302, "/runs?status=failed"])
    const cookie = response.headers.get("set-cookie") ?? ""
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict$/)
    expect((await request(`${server.url}/api/runs`, { cookie: cookie.split(";")[0] ?? "" })).status).toBe(200)
    const away = await fetch(`${server.url}//evil.example/?token=secret`, { redirect: "manual" })
    expect(away.headers.get("location")).toBe("/evil.example/")
  })

  test("browsers are told to run only our own scripts, in our own page", async () => {
    const { headers } = await fetch(`${(await start()).url}/api/runs`)
    expect(headers.get("content-security-policy")).toMatch(
      /default-src 'none'; script-src 'self';.*frame-ancestors 'none'/,
    )
    expect(headers.get("x-content-type-options")).toBe("nosniff")
    expect(headers.get("cache-control")).toBe("no-store")
  })
})

describe("starting and stopping", () => {
  test("a port in use is told with another to take", async () => {
    const other = createServer()
    await new Promise<void>(resolve => other.listen(0, "127.0.0.1", resolve))
    const { port } = other.address() as { port: number } // it listens on TCP
    try {
      await expect(start({ port })).rejects.toMatchObject({
        code: "SERVER_PORT_IN_USE",
        fix: expect.stringContaining(`--port ${port + 1}`),
      })
    } finally {
      other.close()
    }
  })

  test("an environment that the project does not have is refused", async () => {
    await expect(start({ environment: "none" })).rejects.toMatchObject({ code: "ENVIRONMENT_UNKNOWN" })
  })

  test("what the server did not foresee is answered as an error of the same form", async () => {
    let isOdd = false
    const owners = Object.assign([], { toJSON: () => (isOdd ? Reflect.get(null as never, "nothing") : []) })
    const odd = asset("a/odd", { returns: nothing(), version: "1", owners, compute: () => {} })
    const project = definitions({ assets: { odd }, environments: { local: inMemory() }, base: example.project.base })
    const server = await start({ project })
    isOdd = true // what was declared can be written as JSON no more
    const error = await json<ErrorView>(server, "/api/assets/a/odd", 500)
    expect(error).toMatchObject({ code: "SERVER_FAILED", fix: expect.stringContaining("report") })
  })

  test("the API describes itself", async () => {
    const server = await start()
    const api = await json<{ paths: object; components: { schemas: object } }>(server, "/api/openapi.json")
    expect(Object.keys(api.paths).sort()).toEqual([
      "/api/assets",
      "/api/assets/{key}",
      "/api/assets/{key}/history",
      "/api/events",
      "/api/project",
      "/api/runs",
      "/api/runs/{id}",
      "/api/runs/{id}/events",
      "/api/runs/{id}/steps",
      "/api/server",
    ])
    const refs = [...JSON.stringify(api).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(match => match[1])
    expect(refs).toContain("Run")
    expect([...new Set(refs)].filter(name => !((name ?? "") in api.components.schemas))).toEqual([])
  })
})
