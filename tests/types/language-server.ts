import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"

const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc")

interface Answer {
  readonly id?: number | string
  readonly method?: string
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

interface CompletionList {
  readonly items: readonly { readonly label: string }[]
}

/** TypeScript's language server: what an editor asks while somebody types. */
export class LanguageServer {
  readonly #process: ChildProcessWithoutNullStreams
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  #received = Buffer.alloc(0)
  #requests = 0

  private constructor() {
    this.#process = spawn(process.execPath, [tsc, "--lsp", "--stdio"], { stdio: "pipe" })
    this.#process.stdout.on("data", (chunk: Buffer) => this.#receive(chunk))
    this.#process.on("exit", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("the language server ended"))
    })
  }

  static async start(folder: string): Promise<LanguageServer> {
    const server = new LanguageServer()
    await server.#request("initialize", {
      processId: process.pid,
      rootUri: pathToFileURL(folder).href,
      capabilities: {},
    })
    server.#send({ method: "initialized", params: {} })
    return server
  }

  open(file: string): void {
    const textDocument = { uri: pathToFileURL(file).href, languageId: "typescript", version: 1 }
    this.#send({
      method: "textDocument/didOpen",
      params: { textDocument: { ...textDocument, text: readFileSync(file, "utf8") } },
    })
  }

  /** What is offered at a place of an open file, its line and character counted from 0. */
  async completions(file: string, line: number, character: number): Promise<readonly string[]> {
    const textDocument = { uri: pathToFileURL(file).href }
    const list = (await this.#request("textDocument/completion", {
      textDocument,
      position: { line, character },
    })) as CompletionList | CompletionList["items"] | null // of the protocol
    if (!list) return []
    return ("items" in list ? list.items : list).map(item => item.label)
  }

  async close(): Promise<void> {
    await this.#request("shutdown", undefined)
    this.#send({ method: "exit" })
  }

  #request(method: string, params: unknown): Promise<unknown> {
    const id = ++this.#requests
    this.#send({ id, method, params })
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
  }

  #send(message: object): void {
    const text = JSON.stringify({ jsonrpc: "2.0", ...message })
    this.#process.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk])
    for (;;) {
      const end = this.#received.indexOf("\r\n\r\n")
      const length = Number(/Content-Length: (\d+)/i.exec(this.#received.toString("utf8", 0, end))?.[1])
      if (end === -1 || this.#received.length < end + 4 + length) return
      const message: Answer = JSON.parse(this.#received.toString("utf8", end + 4, end + 4 + length))
      this.#received = this.#received.subarray(end + 4 + length)
      this.#answered(message)
    }
  }

  #answered({ id, method, result, error }: Answer): void {
    // The server asks, too: for settings, and to be told of changed files. It is told that there is nothing to say.
    if (method !== undefined) {
      if (id !== undefined) this.#send({ id, result: null })
      return
    }
    const waiting = this.#waiting.get(Number(id))
    this.#waiting.delete(Number(id))
    if (error) waiting?.reject(new Error(error.message))
    else waiting?.resolve(result)
  }
}
