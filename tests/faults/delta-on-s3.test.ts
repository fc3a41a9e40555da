import { createServer, type IncomingMessage, request, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { buffer } from "node:stream/consumers"
import { type Current, type IOManager, type Materialization, objectStore } from "@assets/core"
import { ioContext, outputContext } from "@assets/core/testing"
import { deltaIO } from "@assets/io-spark"
import { describe, expect, onTestFinished, test, vi } from "vitest"
import { bucket, setVariables, sharedObjectStore, skipsObjectStores } from "../object-store.ts"

const key = "marts/values"

/** What becomes of a request; one that is held is not sent to the store, until `late` does. */
type Handling = "passed" | "answer lost" | "held"

/** Stands between this process and its store. */
class Between {
  readonly #server: Server
  readonly #store: string
  readonly #handle: (request: IncomingMessage) => Handling
  readonly #held: (() => Promise<void>)[] = []

  constructor(handle: (request: IncomingMessage) => Handling) {
    this.#handle = handle
    this.#store = process.env.AWS_ENDPOINT_URL_S3 ?? ""
    this.#server = createServer((asked, answer) => {
      void buffer(asked).then(async body => {
        const handling = this.#handle(asked)
        const told = handling === "held" ? undefined : await this.#ask(asked, body)
        if (handling === "held") this.#held.push(async () => void (await this.#ask(asked, body)))
        if (told && handling === "passed") answer.writeHead(told.status, told.headers).end(told.body)
        else asked.socket.destroy()
      })
    })
  }

  async open(): Promise<void> {
    await new Promise<void>(resolve => this.#server.listen(0, "127.0.0.1", resolve))
    const { port } = this.#server.address() as AddressInfo // of a server that listens
    const restore = setVariables({ AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}` })
    onTestFinished(() => {
      restore()
      this.#server.closeAllConnections()
      this.#server.close()
    })
  }

  /** The store gets the first request that was held after all. */
  async late(): Promise<void> {
    await this.#held[0]?.()
  }

  #ask({ method, url, headers }: IncomingMessage, body: Buffer) {
    return new Promise<{ status: number; headers: IncomingMessage["headers"]; body: Buffer }>((resolve, reject) => {
      const asked = request(`${this.#store}${url}`, { method, headers }, answer => {
        buffer(answer).then(body => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }), reject)
      })
      asked.on("error", reject).end(body)
    })
  }
}

class Table {
  readonly root: string
  readonly io: IOManager

  constructor(name: string) {
    this.root = `s3://${bucket}/${name}`
    this.io = deltaIO({ root: this.root })
  }

  write(value: string, partitions: readonly string[] = []): Promise<Materialization> {
    const session = () => Promise.reject(new Error("no engine is wanted"))
    const context = outputContext({ base: "/", key, fingerprint: value, partitions, session })
    return this.io.handleOutput(context, { kind: "json", value })
  }

  async current(io: IOManager = deltaIO({ root: this.root })): Promise<readonly Current[]> {
    return (await io.current(ioContext("/"), [key])).get(key) ?? []
  }

  async value(): Promise<unknown> {
    const materializations = (await this.current()).map(one => one.materialization)
    const session = () => Promise.reject(new Error("no engine is wanted"))
    const read = { ...ioContext("/"), key, materializations, partitions: [], schema: undefined, session }
    return this.io.loadInput(read)
  }

  async collect(dryRun: boolean, inUse: readonly string[] = []): Promise<string[]> {
    const context = { ...ioContext("/"), dryRun, inUse: () => new Set(inUse) }
    const found = (await this.io.collect?.(context, [key])) ?? []
    return found.map(one => one.what.slice(`${this.root}/${key}/`.length)).sort()
  }

  /** The names of the objects below a folder of the table. */
  async names(below = ""): Promise<string[]> {
    const place = `${this.root}/${key}/${below}`
    const names: string[] = []
    for await (const { url } of objectStore().list(place)) names.push(url.slice(place.length))
    return names
  }
}

const commit = (version: number) => `${String(version).padStart(20, "0")}.json`
const isCommit = ({ method, url = "" }: IncomingMessage) => method === "PUT" && url.includes("/_delta_log/")

describe.skipIf(skipsObjectStores)("a commit to a Delta table on S3", () => {
  sharedObjectStore()

  test("counts once when its answer is lost", async () => {
    const table = new Table("lost")
    await table.write("former")
    let lost = 0
    await new Between(asked => (isCommit(asked) && ++lost === 1 ? "answer lost" : "passed")).open()
    const record = await table.write("next")
    expect(lost).toBeGreaterThan(1)
    expect((await table.current()).map(one => [one.materialization.id, one.intact])).toEqual([[record.id, true]])
    expect(await table.names("_delta_log/")).toEqual([commit(0), commit(1)])
  })

  test("finds its files when the store carries it out after the writer has given up", async () => {
    const table = new Table("late")
    const former = await table.write("former")
    const between = new Between(asked => (isCommit(asked) ? "held" : "passed"))
    await between.open()
    await expect(table.write("late")).rejects.toMatchObject({ code: "STORAGE_UNREACHABLE" })
    expect((await table.current()).map(one => one.materialization.id)).toEqual([former.id])
    await between.late()
    expect((await table.current()).map(one => [one.materialization.fingerprint, one.intact])).toEqual([["late", true]])
    expect(await table.value()).toEqual({ kind: "json", value: "late" })
  })

  test("is made by one of twenty managers that write one asset at once, and of partitions by all", async () => {
    const table = new Table("many")
    const managers = Array.from({ length: 20 }, () => new Table("many"))
    const ended = await Promise.allSettled(managers.map((one, i) => one.write(`${i}`)))
    const codes = ended.flatMap(one => (one.status === "rejected" ? [one.reason.code] : []))
    expect(codes).toEqual(Array.from({ length: 19 }, () => "STORAGE_CONFLICT"))
    expect(await table.names("_delta_log/")).toEqual([commit(0)])
    // What the others wrote is gone.
    expect((await table.names()).filter(name => name.endsWith(".parquet")).length).toBe(1)
    const parts = new Table("parts")
    await Promise.all(Array.from({ length: 20 }, (_, i) => new Table("parts").write(`${i}`, [`p${i}`])))
    expect((await parts.current()).map(one => [one.partition, one.intact]).sort()).toEqual(
      Array.from({ length: 20 }, (_, i) => [`p${i}`, true]).sort(),
    )
  })
})

describe.skipIf(skipsObjectStores)("a Delta table on S3", () => {
  sharedObjectStore()

  test("is told the same with its written state, and with a damaged one", async () => {
    const table = new Table("state")
    const wanted: [string, string][] = []
    for (let i = 0; i < 70; i++) wanted.push([`p${i}`, (await table.write(`${i}`, [`p${i}`])).id])
    const told = async () => (await table.current()).map(one => [one.partition, one.materialization.id])
    const [state = ""] = await table.names("_assets/")
    expect(state).toMatch(/^state-\d{20}\.json$/)
    expect((await told()).sort()).toEqual(wanted.sort())
    await objectStore().put(`${table.root}/${key}/_assets/${state}`, "{")
    expect((await told()).sort()).toEqual(wanted.sort())
  })

  test("lets versions be collected a week after they were replaced, unless they are read", async () => {
    const table = new Table("collected")
    const [first, second] = [await table.write("a"), await table.write("b")]
    const abandoned = "01900000-0000-7000-8000-000000000000"
    await objectStore().put(`${table.root}/${key}/${abandoned}/part-0.parquet`, "of a dead writer")
    expect(await table.collect(false)).toEqual([])
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 8 * 24 * 3_600_000 })
    onTestFinished(() => void vi.useRealTimers())
    // A client of its own: each keeps how far its clock is from the store's.
    onTestFinished(setVariables({ AWS_EXECUTION_ENV: "a week later" }))
    expect(await table.collect(false, [first.id, abandoned])).toEqual([])
    expect(await table.collect(true)).toEqual([abandoned, first.id].sort())
    expect(await table.collect(false)).toEqual([abandoned, first.id].sort())
    expect((await table.names()).filter(name => name.endsWith(".parquet"))).toEqual([`${second.id}/value.parquet`])
    expect((await table.current()).map(one => [one.materialization.id, one.intact])).toEqual([[second.id, true]])
  })

  test("whose removal has died on the way is told as damaged, and is removed by another one", async () => {
    const table = new Table("removed")
    for (const value of ["a", "b", "c"]) await table.write(value)
    await objectStore().remove([`${table.root}/${key}/_delta_log/${commit(0)}`])
    await expect(table.current()).rejects.toMatchObject({ code: "STORAGE_CORRUPT" })
    await deltaIO({ root: table.root }).remove?.({ ...ioContext("/"), key })
    expect(await table.names()).toEqual([])
    const record = await table.write("again")
    expect((await table.current()).map(one => one.materialization.id)).toEqual([record.id])
  })
})
