import { existsSync } from "node:fs"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { basename, join } from "node:path"
import { buffer } from "node:stream/consumers"
import {
  asset,
  defineConfig,
  definitions,
  describeEnvironment,
  type IOManager,
  json,
  type Materialization,
  materialize,
  objectStore,
} from "@assets/core"
import { ioContext, outputContext } from "@assets/core/testing"
import { tableIO } from "@assets/io-spark"
import { describe, expect, onTestFinished, test } from "vitest"
import { catalogVariables, sharedCatalog, skipsCatalogs } from "../iceberg-catalog.ts"
import { bucket, sharedObjectStore, skipsObjectStores } from "../object-store.ts"
import { ids, JsonTable } from "./json-table.ts"
import { catalogFolder, catalogOf } from "./storages.ts"
import { key } from "./table-fixture.ts"
import { writersOf } from "./table-writers.ts"

const storage = "iceberg rest on spark"

/** What the catalog says by itself of the table of a folder. */
async function told(base: string, method = "GET"): Promise<{ readonly status: number; readonly snapshots: number }> {
  const namespace = [basename(base), ...key.split("/").slice(0, -1)].join("%1F")
  const url = `${process.env[catalogVariables.uri]}/v1/lake/namespaces/${namespace}/tables/${key.split("/").at(-1)}`
  const headers = { authorization: `Bearer ${process.env[catalogVariables.token]}` }
  const response = await fetch(url, { method, headers })
  const text = await response.text()
  const { metadata } = (text ? JSON.parse(text) : {}) as { readonly metadata?: { readonly snapshots: unknown[] } }
  return { status: response.status, snapshots: metadata?.snapshots.length ?? 0 }
}

const writeBy = (io: IOManager, base: string, of = key): Promise<Materialization> => {
  const session = () => Promise.reject(new Error("no engine is wanted"))
  return io.handleOutput(outputContext({ base, key: of, partitions: ["a"], session }), { kind: "json", value: "a" })
}

/** The catalog with something between that may spoil requests to commit; the address. */
async function spoiled(
  spoils: (answer: ServerResponse, forward: () => Promise<Response>) => Promise<boolean>,
): Promise<string> {
  const forward = async (request: IncomingMessage): Promise<Response> => {
    const body = await buffer(request)
    const { authorization = "" } = request.headers
    const method = request.method ?? "GET"
    return fetch(`${process.env[catalogVariables.uri]}${request.url}`, {
      method,
      headers: { authorization, "content-type": "application/json" },
      ...(body.length > 0 && { body }),
    })
  }
  const server = createServer(async (request, answer) => {
    const isCommit = request.method === "POST" && /\/tables\/[^/]+$/.test(request.url ?? "")
    if (isCommit && (await spoils(answer, () => forward(request)))) return
    const { status, ...response } = await forward(request).then(async one => ({
      status: one.status,
      text: await one.text(),
    }))
    answer.writeHead(status, { "content-type": "application/json" }).end(response.text)
  })
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe.skipIf(skipsCatalogs)("tables of a REST catalog", () => {
  sharedCatalog()

  test("give each of many writers at once a commit of its own", async () => {
    const { io, base, write } = new JsonTable(storage)
    const written = await Promise.all(Array.from({ length: 10 }, (_, i) => write(`p${i}`)))
    const wanted = Object.fromEntries(written.map((one, i) => [`p${i}`, one.id]))
    expect(await ids(io, base)).toEqual(wanted)
    expect(await ids(new JsonTable(storage, base).io, base)).toEqual(wanted)
    expect((await told(base)).snapshots).toBe(10)
  })

  test("keep what each of several processes has committed", async () => {
    const { io, base } = new JsonTable(storage)
    const written = await writersOf(storage, base, ["a", "b"], { count: 8 })
    expect(written).toHaveLength(16)
    expect(Object.keys(await ids(io, base)).sort()).toEqual(written.sort())
  })

  test("keep what killed writers had committed, and nothing else", async () => {
    const { io, base } = new JsonTable(storage)
    const written = await writersOf(storage, base, ["a"], { fault: "io.pointer:5:kill" })
    expect(written).toEqual(["a-0", "a-1", "a-2", "a-3"])
    expect(Object.keys(await ids(io, base)).sort()).toEqual(written)
  })

  test("are written once where the answer to a commit is lost, and where the catalog was not ready", async () => {
    const { base } = new JsonTable(storage)
    let commits = 0
    const uri = await spoiled(async (answer, forward) => {
      commits++
      if (commits === 1) {
        answer.writeHead(503).end()
        return true
      }
      if (commits > 2) return false
      await forward()
      answer.destroy()
      return true
    })
    const io = tableIO({ format: "iceberg", catalog: { ...catalogOf(base), uri } })
    const { id } = await writeBy(io, base)
    expect(await ids(io, base)).toEqual({ a: id })
    expect(await told(base)).toEqual({ status: 200, snapshots: 1 })
    expect(commits).toBe(2)
  })

  test("keep the files of a write of which nobody knows whether it was committed", async () => {
    const { io, base } = new JsonTable(storage)
    const uri = await spoiled(async answer => {
      answer.writeHead(503).end()
      return true
    })
    const writing = writeBy(tableIO({ format: "iceberg", catalog: { ...catalogOf(base), uri } }), base)
    await expect(writing).rejects.toMatchObject({ code: "STORAGE_UNWRITABLE" })
    expect(await ids(io, base)).toEqual({})
    expect(existsSync(`${catalogFolder(base, key)}/data`)).toBe(true)
  })

  test("are found with the tokens that a credential is given", async () => {
    const { base, write } = new JsonTable(storage)
    const { id } = await write("a")
    const { token: _, ...catalog } = catalogOf(base)
    const io = tableIO({ format: "iceberg", catalog: { ...catalog, credential: "reader:secret" } })
    expect(await ids(io, base)).toEqual({ a: id })
    expect(await io.doctor?.(ioContext(base))).toMatchObject([{ level: "ok" }])
  })

  test("are refused with the reason to who has no right, or does not reach the catalog", async () => {
    const { base } = new JsonTable(storage)
    const wrong = tableIO({ format: "iceberg", catalog: { ...catalogOf(base), token: "another" } })
    await expect(ids(wrong, base)).rejects.toMatchObject({
      code: "STORAGE_ACCESS_REFUSED",
      why: expect.stringContaining("Not authorized"),
    })
    const nowhere = tableIO({ format: "iceberg", catalog: { ...catalogOf(base), uri: "http://127.0.0.1:1" } })
    await expect(ids(nowhere, base)).rejects.toMatchObject({ code: "STORAGE_UNREACHABLE" })
    expect(await nowhere.doctor?.(ioContext(base))).toMatchObject([{ level: "error" }])
  })

  test("are materialized and skipped while nothing changes, and their token is not shown", async () => {
    const { base } = new JsonTable(storage)
    const numbers = asset("raw/numbers", { returns: json<number[]>(), version: "1", compute: () => [1, 2] })
    const { environments } = defineConfig({
      environments: {
        lake: { io: tableIO({ format: "iceberg", catalog: catalogOf(base) }) },
        literal: { io: tableIO({ format: "iceberg", catalog: { ...catalogOf(base), token: "written out" } }) },
      },
    })
    const project = definitions({ assets: [numbers], environments, state: { path: join(base, "state") } })
    for (const status of ["materialized", "skipped"]) {
      const run = await materialize(project, { environment: "lake" })
      expect(run.steps.map(step => [step.status, step.error])).toEqual([[status, undefined]])
      expect(await run.value(numbers)).toEqual([1, 2])
    }
    const shown = (name: string) =>
      describeEnvironment(project, name).settings.find(one => one.setting === "io.catalog.token")?.value
    expect(shown("literal")).toBe("***")
    expect(shown("lake")).toBe(catalogOf(base).token)
  })

  test("need a namespace", async () => {
    const { base } = new JsonTable(storage)
    const { namespace: _, ...catalog } = catalogOf(base)
    const writing = writeBy(tableIO({ format: "iceberg", catalog }), base, "alone")
    await expect(writing).rejects.toMatchObject({ code: "ENVIRONMENT_UNSUPPORTED" })
  })

  test("are made anew where somebody has dropped them, and are gone with their files when they are removed", async () => {
    const { io, base, write } = new JsonTable(storage)
    await write("a")
    expect((await told(base, "DELETE")).status).toBeLessThan(300)
    expect(await ids(io, base)).toEqual({})
    const again = await write("a")
    expect(await ids(io, base)).toEqual({ a: again.id })
    await io.remove?.({ ...ioContext(base), key })
    expect((await told(base)).status).toBe(404)
    expect(existsSync(catalogFolder(base, key))).toBe(false)
    expect(await ids(io, base)).toEqual({})
  })
})

describe.skipIf(skipsCatalogs || skipsObjectStores)("tables of a REST catalog on S3", () => {
  sharedObjectStore()
  sharedCatalog(`s3://${bucket}/lake`)

  test("have their files, manifests and records there, until they are removed", async () => {
    const { io, base, write } = new JsonTable(storage)
    await Promise.all([write("a"), write("b")])
    const materialization = await write("a")
    const other = new JsonTable(storage, base).io
    expect(Object.keys(await ids(other, base)).sort()).toEqual(["a", "b"])
    const session = () => Promise.reject(new Error("no engine is wanted"))
    const asked = { materializations: [materialization], partitions: ["a"], schema: undefined, session }
    expect(await other.loadInput({ ...ioContext(base), key, ...asked })).toEqual({ kind: "json", value: "a" })
    const folder = `s3://${bucket}/lake/${basename(base)}/${key}`
    const names = async () => {
      const found: string[] = []
      for await (const { url } of objectStore().list(`${folder}/`)) found.push(url.slice(folder.length))
      return found
    }
    for (const kind of [/^\/data\/.*\.parquet$/, /^\/metadata\/.*\.avro$/, /^\/_assets\/.*\.json$/])
      expect(await names()).toContainEqual(expect.stringMatching(kind))
    await io.remove?.({ ...ioContext(base), key })
    expect(await names()).toEqual([])
  })
})
