import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { buffer } from "node:stream/consumers"
import { expect, onTestFinished, test } from "vitest"
import { gcsEndpoint, gcsHeaders } from "../src/object-store/gcs-access.ts"
import { GcsRefusal, gcsFailure } from "../src/object-store/gcs-failure.ts"
import { objectStoreAt } from "../src/object-store/object-store-at.ts"

const place = "gs://lake/assets"
const store = objectStoreAt(place)

/** Sets what names the store and the credentials, and nothing else that could, for one test. */
function variables(values: { readonly [name: string]: string }): string {
  const folder = mkdtempSync(join(tmpdir(), "assets-gcs-"))
  const names = ["STORAGE_EMULATOR_HOST", "GOOGLE_APPLICATION_CREDENTIALS"]
  const set = { CLOUDSDK_CONFIG: folder, METADATA_SERVER_DETECTION: "none", ...values }
  const former = [...names, ...Object.keys(set)].map(name => [name, process.env[name]] as const)
  for (const name of names) delete process.env[name]
  Object.assign(process.env, set)
  onTestFinished(() => {
    for (const [name, value] of former) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
    rmSync(folder, { recursive: true })
  })
  return folder
}

async function listening(answer: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on a port
}

test("the variable of Google's clients names another endpoint, with or without a scheme", () => {
  expect(gcsEndpoint({})).toBe("https://storage.googleapis.com")
  expect(gcsEndpoint({ STORAGE_EMULATOR_HOST: "localhost:9023" })).toBe("http://localhost:9023")
  expect(gcsEndpoint({ STORAGE_EMULATOR_HOST: "https://gcs.test/" })).toBe("https://gcs.test")
})

test("a store that does not answer is told as what cannot be reached", async () => {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo // it listens on a port, and then no longer
  await new Promise(resolve => server.close(resolve))
  variables({ STORAGE_EMULATOR_HOST: `127.0.0.1:${port}` })
  await expect(store.look(`${place}/a`)).rejects.toMatchObject({
    code: "STORAGE_UNREACHABLE",
    message: "The store of gs://lake/assets/a cannot be reached.",
    why: expect.stringContaining("ECONNREFUSED"),
    fix: expect.stringContaining("STORAGE_EMULATOR_HOST"),
  })
})

test("no credentials are told before anything is asked", async () => {
  variables({})
  await expect(store.put(`${place}/a`, "")).rejects.toMatchObject({
    code: "STORAGE_ACCESS_REFUSED",
    message: "There are no credentials for gs://lake/assets/a.",
    fix: expect.stringContaining("gcloud auth application-default login"),
  })
})

test("a file of credentials that is not there is told with its name", async () => {
  variables({ GOOGLE_APPLICATION_CREDENTIALS: "/nowhere/key.json" })
  await expect(store.look(`${place}/a`)).rejects.toMatchObject({
    code: "STORAGE_ACCESS_REFUSED",
    why: expect.stringContaining("/nowhere/key.json"),
  })
})

/** Credentials of somebody else's who is known, which are exchanged for a token at an address that they name. */
function federated(folder: string, tokens: string): string {
  const [path, subject] = [join(folder, "credentials.json"), join(folder, "subject")]
  writeFileSync(subject, "subject-token")
  const audience = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/provider"
  const credentials = {
    type: "external_account",
    audience,
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    token_url: `${tokens}/v1/token`,
    credential_source: { file: subject },
  }
  writeFileSync(path, JSON.stringify(credentials))
  return path
}

test("credentials are exchanged for a token once, which each request carries", async () => {
  const folder = variables({})
  const asked: string[] = []
  const tokens = await listening(async (request, response) => {
    asked.push((await buffer(request)).toString("utf8"))
    response.setHeader("content-type", "application/json")
    response.end(JSON.stringify({ access_token: "a-token", token_type: "Bearer", expires_in: 3600 }))
  })
  process.env.GOOGLE_APPLICATION_CREDENTIALS = federated(folder, tokens)
  for (let i = 0; i < 2; i++) expect((await gcsHeaders(place)).get("authorization")).toBe("Bearer a-token")
  expect(asked).toHaveLength(1)
  expect(decodeURIComponent(asked[0] ?? "")).toContain("devstorage.read_write")
})

test("credentials that are not accepted are told as refused", async () => {
  const folder = variables({})
  const tokens = await listening((_, response) => {
    response.writeHead(400, { "content-type": "application/json" })
    response.end(JSON.stringify({ error: "invalid_grant", error_description: "The subject token is expired." }))
  })
  process.env.GOOGLE_APPLICATION_CREDENTIALS = federated(folder, tokens)
  await expect(store.look(`${place}/a`)).rejects.toMatchObject({
    code: "STORAGE_ACCESS_REFUSED",
    message: "The store refused access to gs://lake/assets/a.",
    why: expect.stringContaining("The subject token is expired."),
  })
})

const told = (code: number, reason: string, message: string) =>
  JSON.stringify({ error: { code, message, errors: [{ message, domain: "global", reason }] } })

// The answers are those of Google's documentation of the JSON API.
test.each([
  [401, told(401, "authError", "Invalid Credentials"), "STORAGE_ACCESS_REFUSED"],
  [403, told(403, "forbidden", "a@b.c does not have storage.objects.get access"), "STORAGE_ACCESS_REFUSED"],
  [403, told(403, "accessNotConfigured", "Access Not Configured."), "STORAGE_ACCESS_REFUSED"],
  [403, told(403, "rateLimitExceeded", "Too many requests."), "STORAGE_UNREADABLE"],
  [404, told(404, "notFound", "The specified bucket does not exist."), "STORAGE_BUCKET_MISSING"],
  [429, told(429, "rateLimitExceeded", "The object exceeded the rate limit"), "STORAGE_UNREADABLE"],
  [503, "Service Unavailable", "STORAGE_UNREADABLE"],
])("the answer %d %s is told as what it is", (status, body, code) => {
  const failure = gcsFailure(new GcsRefusal(status, body), `${place}/a`, "read")
  const message = body.startsWith("{") ? JSON.parse(body).error.message : body
  expect(failure).toMatchObject({ code, why: expect.stringContaining(message) })
})

/** An upload in chunks as Google documents it: what was taken is told by 308 and a range. */
class Session {
  readonly taken: Buffer[] = []
  isWhole = false
  /** What befalls the requests with bytes that come next. */
  faults: ("lost" | "busy" | "half")[] = []

  get bytes(): number {
    return this.taken.reduce((sum, one) => sum + one.length, 0)
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const body = await buffer(request)
    if (request.method === "POST") return response.setHeader("location", `http://${request.headers.host}/session`).end()
    const [, first, , total] = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(request.headers["content-range"] ?? "") ?? []
    if (first !== undefined) {
      const fault = this.faults.shift()
      if (fault === "busy") return response.writeHead(503).end()
      if (Number(first) !== this.bytes) return response.writeHead(400).end("These bytes are not the next ones.")
      this.taken.push(fault === "half" ? body.subarray(0, body.length / 2) : body)
      this.isWhole = total !== "*" && this.bytes === Number(total)
      if (fault === "lost") return request.socket.destroy()
    }
    if (this.isWhole) return response.end(JSON.stringify({ generation: "1" }))
    return response.writeHead(308, this.bytes > 0 ? { range: `bytes=0-${this.bytes - 1}` } : {}).end()
  }
}

test("an upload goes on from where the store is after a lost answer, a busy store, and a chunk of which half was taken", async () => {
  const session = new Session()
  const endpoint = await listening((request, response) => session.answer(request, response))
  variables({ STORAGE_EMULATOR_HOST: endpoint })
  session.faults = ["lost", "busy", "half"]
  const piece = Buffer.from(Uint8Array.from({ length: 9_000_001 }, (_, i) => i % 253))
  async function* pieces() {
    for (let i = 0; i < 4; i++) yield piece
  }
  expect(await store.upload(`${place}/large`, pieces())).toBe(4 * piece.length)
  const isSame = Buffer.concat(session.taken).equals(Buffer.concat(Array(4).fill(piece)))
  expect([session.isWhole, session.faults, isSame]).toEqual([true, [], true])
})
