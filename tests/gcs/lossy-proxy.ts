import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** What befalls a request on its way: it does not arrive, or its answer is lost, or is another one than the store's. */
export type Fault = "unsent" | "unanswered" | keyof typeof answers

/** What Google documents of answers that an emulator does not give. */
const answers = {
  busy: { code: 503, reason: "backendError", message: "Backend Error" },
  unknown: { code: 401, reason: "authError", message: "Invalid Credentials" },
  forbidden: { code: 403, reason: "forbidden", message: "a@b.test does not have storage.objects.get access" },
  bucketless: { code: 404, reason: "notFound", message: "The specified bucket does not exist." },
} as const

export interface LossyProxy {
  readonly endpoint: string
  /** The faults of the requests that come next and are chosen, in order; after them there are none. */
  befall(faults: readonly Fault[], isChosen?: (request: IncomingMessage) => boolean): void
  /** The fault of all requests, or of none any more. */
  befallAll(fault: Fault | undefined): void
  /** How many of them have befallen none yet. */
  readonly left: number
  /** Who asked: the header of each request, and what it asked. */
  readonly seen: readonly { readonly authorization: string | undefined; readonly asked: string }[]
  close(): Promise<void>
}

/** Stands before a store and passes on what is asked and answered, but for faults. */
export async function lossyProxy(store: string): Promise<LossyProxy> {
  let faults: Fault[] = []
  let always: Fault | undefined
  let chosen = (_: IncomingMessage) => true
  const seen: { readonly authorization: string | undefined; readonly asked: string }[] = []
  const server = createServer((asked, answer) => {
    seen.push({ authorization: asked.headers.authorization, asked: `${asked.method} ${asked.url}` })
    const fault = always ?? (chosen(asked) ? faults.shift() : undefined)
    if (fault === "unsent") asked.socket.destroy()
    else if (fault === undefined || fault === "unanswered") passOn(store, asked, answer, fault !== undefined)
    else asked.resume().on("end", () => tell(answer, fault))
  })
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo // it listens on a port
  return {
    endpoint: `http://127.0.0.1:${port}`,
    befall(next, isChosen = () => true) {
      faults = [...next]
      chosen = isChosen
    },
    befallAll(fault) {
      always = fault
    },
    seen,
    get left() {
      return faults.length
    },
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

function tell(answer: ServerResponse, fault: keyof typeof answers): void {
  const { code, reason, message } = answers[fault]
  const error = { code, message, errors: [{ message, domain: "global", reason }] }
  answer.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify({ error }))
}

function passOn(store: string, asked: IncomingMessage, answer: ServerResponse, isLost: boolean): void {
  const { host = "" } = asked.headers
  const sent = request(`${store}${asked.url}`, { method: asked.method, headers: asked.headers }, told => {
    const pieces: Buffer[] = []
    told.on("data", piece => pieces.push(piece))
    told.on("end", () => {
      if (isLost) return void asked.socket.destroy()
      const location = told.headers.location?.replace(store, `http://${host}`)
      answer.writeHead(told.statusCode ?? 500, { ...told.headers, ...(location && { location }) })
      answer.end(Buffer.concat(pieces))
    })
  })
  asked.pipe(sent)
}
