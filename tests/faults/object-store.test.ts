import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type IOManager, joinObjectUrl, objectStore } from "@assets/core"
import { ioContext, outputContext } from "@assets/core/testing"
import { duckdb, installExtension } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
import { deltaIO } from "@assets/io-spark"
import { describe, expect, onTestFinished, test } from "vitest"
import { EngineFixture } from "../conformance/fixture.ts"
import { bucket, setVariables, sharedObjectStore, skipsObjectStores } from "../object-store.ts"

const key = "marts/cases"
const row = (id: number, name: string) => ({ id: BigInt(id), name, value: id, part: null })

function fixtureAt(root: string): { readonly fixture: EngineFixture; readonly open: () => IOManager } {
  const open = () => parquetIO({ root })
  const fixture = new EngineFixture(duckdb(), open)
  onTestFinished(() => fixture.close())
  return { fixture, open }
}

function variables(values: { readonly [name: string]: string | undefined }): void {
  onTestFinished(setVariables(values))
}

async function namesBelow(url: string): Promise<string[]> {
  const names: string[] = []
  for await (const object of objectStore().list(url)) names.push(object.url)
  return names
}

describe.skipIf(skipsObjectStores)("two writers of one asset", () => {
  sharedObjectStore()

  for (const write of ["overwrite", "append"] as const) {
    test(`the second ${write} is told of the conflict, and harms nothing`, async () => {
      const root = `s3://${bucket}/${write}`
      const { fixture, open } = fixtureAt(root)
      const context = (fingerprint: string, onApprove?: () => Promise<void>) =>
        outputContext({
          base: fixture.base,
          key,
          fingerprint,
          write,
          session: () => fixture.session(),
          ...(onApprove && { onApprove }),
        })
      const [slow, quick] = [open(), open()]
      await quick.handleOutput(context("former"), fixture.relation([row(1, "former")]))
      // The quick writer begins and ends between the other's look at the pointer and its commit.
      const between = async () => {
        await quick.handleOutput(context("quick"), fixture.relation([row(2, "quick")]))
      }
      const lost = slow.handleOutput(context("slow", between), fixture.batches([row(3, "slow")]))
      await expect(lost).rejects.toMatchObject({ code: "STORAGE_CONFLICT", fix: expect.stringContaining("Run again") })
      const current = (await open().current(ioContext(fixture.base), [key])).get(key) ?? []
      expect(current.map(one => [one.materialization.fingerprint, one.intact])).toEqual([["quick", true]])
      const schema = fixture.schema
      const stored = await open().loadInput({
        ...ioContext(fixture.base),
        key,
        materializations: current.map(one => one.materialization),
        partitions: [],
        schema,
        session: () => fixture.session(),
      })
      const names = (await fixture.read(stored)).map(one => one.name)
      expect(names).toEqual(write === "append" ? ["former", "quick"] : ["quick"])
      // What the loser wrote goes: an addition at once, since nobody can use it; an overwrite is kept as an orphan.
      const versions = new Set((await namesBelow(`${root}/${key}/_versions/`)).map(url => url.split("/")[7]))
      expect(versions.size).toBe(write === "append" ? 2 : 3)
    })
  }

  test("of twenty that move one pointer at once one succeeds", async () => {
    const url = joinObjectUrl(`s3://${bucket}/pointers`, "one.json")
    const store = objectStore()
    const first = await Promise.all(Array.from({ length: 20 }, (_, i) => store.put(url, `${i}`, { etag: null })))
    const etags = first.filter(etag => etag !== undefined)
    expect(etags.length).toBe(1)
    const etag = etags[0] ?? ""
    const second = await Promise.all(Array.from({ length: 20 }, (_, i) => store.put(url, `again ${i}`, { etag })))
    expect(second.filter(one => one !== undefined).length).toBe(1)
  })
})

describe.skipIf(skipsObjectStores)("an object that is written in parts", () => {
  sharedObjectStore()

  test("is there whole, and its bytes can be read by ranges", async () => {
    const url = `s3://${bucket}/large`
    const piece = new Uint8Array(3 * 1024 * 1024)
    for (let i = 0; i < piece.length; i++) piece[i] = i % 251
    async function* pieces() {
      for (let i = 0; i < 12; i++) yield piece
    }
    expect(await objectStore().upload(url, pieces())).toBe(12 * piece.length)
    expect(await objectStore().look(url)).toMatchObject({ bytes: 12 * piece.length })
    const read = await objectStore().read(url, { start: 11 * piece.length, length: 4 })
    expect([...(read ?? [])]).toEqual([0, 1, 2, 3])
  })

  test("is not there at all when what makes it fails, nor when it is aborted", async () => {
    const url = `s3://${bucket}/broken`
    const large = new Uint8Array(20 * 1024 * 1024)
    async function* failing() {
      yield large
      yield large
      throw new Error("the source broke")
    }
    await expect(objectStore().upload(url, failing())).rejects.toThrow("the source broke")
    const controller = new AbortController()
    async function* aborted() {
      yield large
      yield large
      controller.abort(new Error("stopped"))
      yield large
    }
    await expect(objectStore().upload(url, aborted(), controller.signal)).rejects.toThrow("stopped")
    expect(await objectStore().look(url)).toBeUndefined()
    expect(await namesBelow(url)).toEqual([])
  })
})

describe.skipIf(skipsObjectStores)("a store without conditional writes", () => {
  sharedObjectStore("unconditional")
  const noSession = () => Promise.reject(new Error("no engine is wanted"))

  test.each([
    ["parquetIO", parquetIO],
    ["deltaIO", deltaIO],
  ])("is refused by %s before anything is written", async (_name, create) => {
    const root = `s3://${bucket}/unconditional`
    const base = mkdtempSync(join(tmpdir(), "assets-object-fault-"))
    onTestFinished(() => rmSync(base, { recursive: true, force: true }))
    const context = outputContext({ base, key, session: noSession })
    const written = create({ root }).handleOutput(context, { kind: "json", value: 1 })
    await expect(written).rejects.toMatchObject({
      code: "ENVIRONMENT_UNSUPPORTED",
      why: expect.stringContaining("If-None-Match"),
    })
    expect(await namesBelow(`${root}/${key}`)).toEqual([])
  })
})

describe.skipIf(skipsObjectStores)("a store that does not do what it is asked for", () => {
  sharedObjectStore("versitygw")

  const read = async (root: string) => {
    const io = parquetIO({ root })
    const base = mkdtempSync(join(tmpdir(), "assets-object-fault-"))
    onTestFinished(() => rmSync(base, { recursive: true, force: true }))
    return io.current(ioContext(base), [key])
  }

  test("refuses wrong credentials, which are told without the secret", async () => {
    variables({ AWS_SECRET_ACCESS_KEY: "wrong-secret" })
    const error = await read(`s3://${bucket}/assets`).catch(error => error)
    expect(error).toMatchObject({ code: "STORAGE_ACCESS_REFUSED", fix: expect.stringContaining("s3:PutObject") })
    expect(JSON.stringify(error)).not.toContain("wrong-secret")
  })

  test("takes the right ones", async () => {
    expect((await read(`s3://${bucket}/assets`)).size).toBe(0)
  })

  test("keeps the credentials out of what DuckDB fails by", async () => {
    const { fixture } = fixtureAt(`s3://${bucket}/assets`)
    variables({ AWS_SECRET_ACCESS_KEY: "wrong-secret" })
    const session = await fixture.session()
    const relation = { kind: "files", format: "parquet", paths: [`s3://${bucket}/x.parquet`], schema: fixture.schema }
    const batches = session.batches(relation, new AbortController().signal)
    const error = await (async () => {
      for await (const _ of batches) throw new Error("there were rows")
    })().catch(error => error)
    expect(error).toMatchObject({ code: "STORAGE_ACCESS_REFUSED" })
    expect(JSON.stringify([error, String(error.cause), error.stack])).not.toContain("wrong-secret")
  })

  test("has no such bucket", async () => {
    await expect(read("s3://no-such-bucket/assets")).rejects.toMatchObject({
      code: "STORAGE_BUCKET_MISSING",
      fix: expect.stringContaining("aws s3 mb s3://no-such-bucket"),
    })
  })

  test("is not reached", async () => {
    variables({ AWS_ENDPOINT_URL_S3: "http://127.0.0.1:9" })
    await expect(read(`s3://${bucket}/assets`)).rejects.toMatchObject({
      code: "STORAGE_UNREACHABLE",
      fix: expect.stringContaining("AWS_ENDPOINT_URL_S3"),
    })
  })

  test("is told by doctor, with what mends it", async () => {
    variables({ AWS_SECRET_ACCESS_KEY: "wrong-secret" })
    for (const create of [parquetIO, deltaIO]) {
      const findings = await create({ root: `s3://${bucket}/assets` }).doctor?.(ioContext("/"))
      expect(findings).toMatchObject([{ level: "error", fix: expect.stringContaining("AWS_ACCESS_KEY_ID") }])
    }
  })
})

test("says what is missing when DuckDB's extension cannot be brought", async () => {
  const cache = mkdtempSync(join(tmpdir(), "assets-no-extension-"))
  onTestFinished(() => rmSync(cache, { recursive: true, force: true }))
  variables({ ASSETS_CACHE: cache, PATH: cache })
  for (const name of ["httpfs", "delta"] as const) {
    await expect(installExtension(name)).rejects.toMatchObject({
      code: "ENGINE_EXTENSION_MISSING",
      fix: expect.stringContaining(`duckdb-extension-${name}`),
    })
  }
})
