import { asset, definitions, type EventLog, inMemory, json, materialize, openEventLog } from "@assets/core"
import { type Server, startServer } from "@assets/ui"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { buildPage } from "./built-page.ts"
import { launchChromium, skipsBrowser } from "./chromium.ts"
import { pageProject, RunWriter } from "./page-project.ts"

let browser: Browser
let context: BrowserContext
let page: Page
let fixture: ReturnType<typeof pageProject>
let log: EventLog
let server: Server
/** What the browser complained about: errors of scripts, refusals of the content security policy, lost files. */
let complaints: string[]

const wide = { width: 1280, height: 800 }
const narrow = { width: 390, height: 844 }
const failure = {
  code: "ENGINE_QUERY_FAILED",
  what: "The engine refused the query of marts/revenue.",
  why: "There is no column 'amout'.",
  fix: "Write 'amount' in assets/marts.ts.",
}

describe.skipIf(skipsBrowser)("the page", () => {
  beforeAll(async () => {
    buildPage()
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())

  beforeEach(async () => {
    fixture = pageProject()
    log = openEventLog(fixture.project)
    server = await startServer({ project: fixture.project, readOnly: true, port: 0 })
    context = await browser.newContext({ viewport: wide, colorScheme: "light" })
    page = await context.newPage()
    complaints = []
    page.on("pageerror", error => complaints.push(error.message))
    page.on("console", message => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text())
    })
  })
  afterEach(async () => {
    await context.close()
    await server.close()
    log.close()
    fixture.remove()
  })

  const open = (path: string) => page.goto(server.url + path)
  const row = (name: string) => page.getByRole("row").filter({ hasText: name })

  test("an empty history says what to type", async () => {
    await open("/")
    await page.getByRole("heading", { name: "Nothing has run yet" }).waitFor()
    expect(await page.getByText("assets materialize", { exact: true }).isVisible()).toBe(true)
    expect(new URL(page.url()).pathname).toBe("/runs")
    expect(complaints).toEqual([])
  })

  test("a project without assets says how to add one", async () => {
    await server.close()
    const project = definitions({ assets: [], environments: { local: {} }, base: fixture.project.base })
    server = await startServer({ project, readOnly: true, port: 0 })
    await open("/assets")
    await page.getByRole("heading", { name: "This project declares no assets" }).waitFor()
  })

  test("runs are listed latest first, with status, counts and a filter that stays in the address", async () => {
    new RunWriter(log, "run-1", { selection: "+marts/revenue" })
      .start("marts/revenue")
      .materialize("marts/revenue", 18)
      .end("run_succeeded")
    new RunWriter(log, "run-2", { environment: "prod" })
      .start("marts/revenue")
      .fail("marts/revenue", failure)
      .end("run_failed")
    await open("/runs")
    await row("+marts/revenue").waitFor()
    const rows = await page.getByRole("row").allInnerTexts()
    expect(rows.slice(1).map(text => text.split(/\s+/)[0])).toEqual(["Failed", "Succeeded"])
    expect(rows[1]).toContain("1 failed")
    expect(rows[2]).toContain("1 ok")
    await page.getByRole("button", { name: "Failed" }).click()
    await row("+marts/revenue").waitFor({ state: "detached" })
    expect(await page.getByRole("row").count()).toBe(2)
    expect(new URL(page.url()).search).toBe("?status=failed")
    await page.reload()
    await row("prod").waitFor()
    expect(await page.getByRole("row").count()).toBe(2)
    expect(complaints).toEqual([])
  })

  test("a run appears and changes in the list while one looks", async () => {
    await open("/runs")
    await page.getByRole("heading", { name: "Nothing has run yet" }).waitFor()
    const run = new RunWriter(log, "run-1").start("marts/revenue")
    await row("Running").waitFor()
    run.materialize("marts/revenue", 18).end("run_succeeded")
    await row("Succeeded").waitFor()
    expect(complaints).toEqual([])
  })

  test("a run is followed step by step, without reading the page anew", async () => {
    const run = new RunWriter(log, "run-1", { steps: 2 }).start("staging/orders")
    await open("/runs/run-1")
    await page.getByText("Live", { exact: true }).waitFor()
    await page.getByRole("button", { name: "staging/orders: Running" }).waitFor()
    await page.evaluate("globalThis.sameDocument = true")
    run.materialize("staging/orders", 1234).start("marts/revenue")
    await page.getByRole("button", { name: "staging/orders: Materialized" }).waitFor()
    expect(await row("staging/orders").textContent()).toContain("1,234")
    await page.getByRole("button", { name: "marts/revenue: Running" }).waitFor()
    run.materialize("marts/revenue", 5).end("run_succeeded")
    await page.getByText("Succeeded", { exact: true }).waitFor()
    expect(await page.evaluate("globalThis.sameDocument")).toBe(true)
    expect(complaints).toEqual([])
  })

  test("a run of the product itself is followed from its start to its end", async () => {
    let release = () => {}
    const released = new Promise<void>(resolve => {
      release = resolve
    })
    const slow = asset("raw/slow", {
      returns: json<number>(),
      compute: async (_inputs, { log }) => {
        log.warn("waiting for the gate")
        await released
        return 1
      },
    })
    const next = asset("marts/next", { deps: { slow }, returns: json<number>(), compute: ({ slow }) => slow + 1 })
    // A copy: the environment's values are in memory, its history is in the folder.
    const environments = { local: { ...inMemory() } }
    const project = definitions({ assets: [slow, next], environments, base: fixture.project.base })
    await open("/runs")
    const run = materialize(project, { select: "+marts/next" })
    await page.getByRole("link", { name: /^Run .*: \+marts\/next$/ }).click()
    await page.getByRole("button", { name: "raw/slow: Running" }).waitFor()
    expect(await row("marts/next").textContent()).toContain("waiting")
    release()
    expect((await run).status).toBe("succeeded")
    await page.getByText("Succeeded", { exact: true }).waitFor()
    await page.getByRole("button", { name: "marts/next: Materialized" }).waitFor()
    expect(await row("raw/slow").textContent()).toContain("never materialized")
    await page.getByRole("tab", { name: "Logs" }).click()
    await page.getByText("waiting for the gate").waitFor()
    expect(complaints).toEqual([])
  })

  test("a failed step tells what, why and how to mend it, above the steps and in its panel", async () => {
    new RunWriter(log, "run-1").start("marts/revenue").fail("marts/revenue", failure).end("run_failed")
    await open("/runs/run-1")
    const alert = page.getByRole("alert")
    await alert.waitFor()
    for (const text of Object.values(failure)) expect(await alert.textContent()).toContain(text)
    await page.getByRole("button", { name: "marts/revenue: Failed" }).click()
    const panel = page.getByRole("complementary", { name: "Step marts/revenue" })
    await panel.getByText("step failed").waitFor()
    expect(await panel.textContent()).toContain(failure.fix)
    expect(complaints).toEqual([])
  })

  test("log lines and events are read, and come as they are written", async () => {
    const run = new RunWriter(log, "run-1").start("models/churn").write("models/churn", "fitted in 3 rounds")
    await open("/runs/run-1")
    await page.getByRole("tab", { name: "Logs" }).click()
    await page.getByText("fitted in 3 rounds").waitFor()
    run.write("models/churn", "saved")
    await page.getByText("saved", { exact: true }).waitFor()
    await page.getByRole("tab", { name: "Events" }).click()
    await page.getByText("run started").waitFor()
    expect(await page.getByRole("listitem").count()).toBe(4)
    expect(complaints).toEqual([])
  })

  test("assets show what is current, and are found by a column's name", async () => {
    new RunWriter(log, "run-1").start("staging/orders").materialize("staging/orders", 4321).end("run_succeeded")
    await open("/assets")
    await row("staging/orders").getByText("4,321").waitFor()
    expect(await row("staging/orders").textContent()).toMatch(/just now|ago/)
    expect(await row("marts/revenue").textContent()).toContain("never")
    await page.getByRole("searchbox").fill("customer")
    await row("marts/revenue").waitFor({ state: "detached" })
    expect(await page.getByRole("row").count()).toBe(2)
    await page.getByRole("searchbox").fill("nothing like it")
    await page.getByRole("heading", { name: "No asset is like that" }).waitFor()
    expect(complaints).toEqual([])
  })

  test("an asset shows columns with their types, neighbours and history, and follows new materializations", async () => {
    new RunWriter(log, "run-1").start("staging/orders").materialize("staging/orders", 4321).end("run_succeeded")
    await open("/assets/staging/orders")
    await row("decimal(10,2)").waitFor()
    expect(await row("decimal(10,2)").textContent()).toContain("amount")
    expect(await page.getByRole("link", { name: "marts/revenue" }).getAttribute("href")).toBe("/assets/marts/revenue")
    expect(await page.getByRole("link", { name: "raw/events" }).isVisible()).toBe(true)
    await row("4,321").waitFor()
    new RunWriter(log, "run-2").start("staging/orders").materialize("staging/orders", 999).end("run_succeeded")
    await row("999").waitFor()
    await page.getByRole("link", { name: "raw/events" }).click()
    await page.getByText("Clicks, as they come.").waitFor()
    expect(complaints).toEqual([])
  })

  test("the keyboard is enough: slash searches, arrows walk the list, enter opens", async () => {
    for (const id of ["run-1", "run-2"]) new RunWriter(log, id, { selection: `key:${id}` }).end("run_succeeded")
    await open("/runs")
    await row("key:run-1").waitFor()
    await page.keyboard.press("/")
    expect(await page.evaluate("document.activeElement.type")).toBe("search")
    await page.keyboard.type("run-1")
    await row("key:run-2").waitFor({ state: "detached" })
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await page.waitForURL("**/runs/run-1")
    await page.keyboard.press("g")
    await page.keyboard.press("a")
    await page.waitForURL("**/assets")
    expect(complaints).toEqual([])
  })

  test("the rows stay until the server has answered what is searched", async () => {
    for (const id of ["run-1", "run-2"]) new RunWriter(log, id, { selection: `key:${id}` }).end("run_succeeded")
    await open("/runs")
    await row("key:run-2").waitFor()
    let answer = () => {}
    const held = new Promise<void>(resolve => {
      answer = resolve
    })
    const isSearch = (url: URL) => url.pathname === "/api/runs" && url.searchParams.get("q") === "run-1"
    await page.route(isSearch, async route => {
      await held
      await route.continue()
    })
    const asked = page.waitForRequest(request => isSearch(new URL(request.url())))
    await page.getByRole("searchbox").fill("run-1")
    await asked
    expect(await page.getByRole("table", { name: "Runs" }).getAttribute("aria-busy")).toBe("true")
    expect(await row("key:run-1").isVisible()).toBe(true)
    answer()
    await row("key:run-2").waitFor({ state: "detached" })
    expect(await row("key:run-1").isVisible()).toBe(true)
  })

  test("everything that one can use has a name, and shows the focus", async () => {
    new RunWriter(log, "run-1").start("marts/revenue").fail("marts/revenue", failure).end("run_failed")
    for (const path of ["/runs", "/runs/run-1?step=marts/revenue", "/assets", "/assets/marts/revenue"]) {
      await open(path)
      await page.getByRole("row").nth(1).waitFor()
      const nameless = await page.evaluate(`[...document.querySelectorAll("a, button, input, select")]
        .filter(e => !(e.getAttribute("aria-label") || e.textContent.trim()))
        .map(e => e.outerHTML)`)
      expect(nameless).toEqual([])
      await page.keyboard.press("Tab")
      await page.keyboard.press("Tab")
      expect(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")).toBe("solid")
    }
  })

  test("light and dark follow the system, or the choice that is kept", async () => {
    await open("/runs")
    const background = () => page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    const toggle = page.getByRole("button", { name: /^Theme/ })
    await toggle.waitFor()
    const light = await background()
    await page.emulateMedia({ colorScheme: "dark" })
    const dark = await background()
    expect(dark).not.toBe(light)
    await toggle.click()
    expect(await background()).toBe(light)
    await page.reload()
    await toggle.waitFor()
    expect(await background()).toBe(light)
    await toggle.click()
    await page.emulateMedia({ colorScheme: "light" })
    expect(await background()).toBe(dark)
  })

  test("no view is wider than the window, on a desk and on a phone", async () => {
    const key = "staging/orders"
    new RunWriter(log, "run-1", {
      selection: "group:marts and not tag:pii=yes and not key:staging/orders and x".repeat(3),
    })
      .start(key)
      .write(key, "x".repeat(400))
      .fail(key, { ...failure, why: "y".repeat(300) })
      .end("run_failed")
    new RunWriter(log, "run-2").start(key).materialize(key, 123_456_789).end("run_succeeded")
    const paths = ["/runs", "/runs/run-1", `/runs/run-1?step=${key}`, "/runs/run-1?tab=logs", "/runs/run-1?tab=events"]
    for (const size of [wide, narrow]) {
      await page.setViewportSize(size)
      for (const path of [...paths, "/assets", `/assets/${key}`, "/runs/none"]) {
        await open(path)
        await page.locator("[role=cell], td, li, [role=alert]").first().waitFor()
        const over = await page.evaluate(
          "Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)",
        )
        expect([size.width, path, over]).toEqual([size.width, path, 0])
      }
    }
  })

  test("thousands of runs: few rows are drawn, and the oldest is reached by scrolling", async () => {
    const last = 1_500
    for (let i = 0; i <= last; i++) new RunWriter(log, `run-${i}`, { selection: `key:nr-${i}` }).end("run_succeeded")
    await open("/runs")
    await row(`key:nr-${last}`).waitFor()
    const oldest = page.getByText("key:nr-0", { exact: true })
    for (let i = 0; i < 200 && !(await oldest.isVisible()); i++) {
      await page.mouse.wheel(0, 20_000)
      await page.waitForResponse(/api\/runs\?/, { timeout: 300 }).catch(() => undefined) // none comes at the end
    }
    expect(await oldest.isVisible()).toBe(true)
    expect(await page.getByRole("row").count()).toBeLessThan(120)
    expect(complaints).toEqual([])
  })

  test("the page goes on by itself when the server comes back", async () => {
    const run = new RunWriter(log, "run-1").start("staging/orders")
    await open("/runs/run-1")
    await page.getByText("Live", { exact: true }).waitFor()
    const port = Number(new URL(server.url).port)
    await server.close()
    await page.getByText("Connecting …").waitFor()
    run.materialize("staging/orders", 77).end("run_succeeded")
    server = await startServer({ project: fixture.project, readOnly: true, port })
    await page.getByText("Succeeded", { exact: true }).waitFor()
    await row("staging/orders").getByText("77").waitFor()
  })

  test("with a token, the page asks for it and then works", async () => {
    await server.close()
    server = await startServer({ project: fixture.project, readOnly: true, port: 0, token: "a secret" })
    await open("/assets")
    await page.getByLabel(/asks for its token/).fill("a secret")
    await page.getByRole("button", { name: "Open" }).click()
    await row("marts/revenue").waitFor()
    expect(page.url()).not.toContain("secret")
  })
})
