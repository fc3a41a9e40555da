import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fastify, { type FastifyInstance } from "fastify"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { servePage } from "../src/page.ts"

let app: FastifyInstance
let folder: string

beforeEach(() => {
  app = fastify()
  folder = `${mkdtempSync(join(tmpdir(), "assets-page-"))}/`
  mkdirSync(join(folder, "static"))
  writeFileSync(join(folder, "index.html"), "<title>the page</title>")
  writeFileSync(join(folder, "static/main-1a2b.js"), "1")
})
afterEach(async () => {
  await app.close()
  rmSync(folder, { recursive: true, force: true })
})

describe("the page", () => {
  test.each(["/", "/runs", "/runs/0195-a", "/assets/marts/revenue.v2"])("%s gives the HTML", async path => {
    await servePage(app, folder)
    const { statusCode, body, headers } = await app.inject(path)
    expect([statusCode, body, headers["cache-control"]]).toEqual([200, "<title>the page</title>", "no-cache"])
  })

  test("files whose name holds a hash are kept by browsers", async () => {
    await servePage(app, folder)
    const { headers } = await app.inject("/static/main-1a2b.js")
    expect(headers["cache-control"]).toBe("public, max-age=31536000, immutable")
  })

  test("a file of a former build is not answered by HTML", async () => {
    await servePage(app, folder)
    expect((await app.inject("/static/main-0000.js")).json()).toMatchObject({ code: "SERVER_PATH_UNKNOWN" })
  })

  test("files beside the page are out of reach", async () => {
    await servePage(app, join(folder, "static/"))
    for (const url of ["/../index.html", "/%2e%2e/index.html", "/..%2findex.html"]) {
      expect((await app.inject(url)).body).not.toContain("the page")
    }
  })

  test("says how it is built when it is not", async () => {
    await servePage(app, undefined)
    const { statusCode, body } = await app.inject({ url: "/", headers: { accept: "text/html" } })
    expect(statusCode).toBe(503)
    expect(body).toContain("npm run build:web -w @assets/ui")
    expect((await app.inject("/runs")).json()).toMatchObject({ code: "SERVER_PAGE_MISSING" })
  })
})
