import { type ChildProcess, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { buildSync } from "esbuild"

const here = import.meta.dirname
const scratch = join(here, "..", ".tmp")

/**
 * Builds programs of this folder from the sources as they are now, so that each process of a campaign runs the same code.
 * @returns the folder of the built files, inside the workspace so that they find its packages
 */
export function buildPrograms(names: readonly string[]): string {
  mkdirSync(scratch, { recursive: true })
  const outdir = mkdtempSync(join(scratch, "programs-"))
  buildSync({
    entryPoints: names.map(name => join(here, name)),
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["@assets/source"],
    external: ["@duckdb/*", "better-sqlite3", "apache-arrow", "parquet-wasm", "p-queue", "croner", "zod", "esbuild"],
    logLevel: "error",
  })
  return outdir
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A process that is told what to do, and tells what it did, in lines of JSON. */
export class Program<Line extends object> {
  readonly #child: ChildProcess
  readonly #lines: Line[] = []
  #wake: (() => void) | undefined
  #hasEnded = false
  /** What it wrote that is no line of JSON: complaints. */
  complaints = ""
  readonly ended: Promise<Ended>

  constructor(path: string, args: readonly string[], env: { readonly [name: string]: string } = {}) {
    this.#child = spawn(process.execPath, [path, ...args], {
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    })
    this.#child.stdin?.on("error", () => {}) // it was killed before it read
    this.#child.stderr?.on("data", chunk => (this.complaints += chunk))
    const lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }) // it is piped
    lines.on("line", line => this.#take(line))
    const ended = new Promise<Ended>((resolve, reject) => {
      this.#child.on("error", reject).on("close", (code, signal) => resolve({ code, signal }))
    })
    this.ended = ended.finally(() => {
      this.#hasEnded = true
      this.#wake?.()
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  send(command: object): void {
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`)
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** The next line; undefined when the process has ended and has said everything. */
  async next(): Promise<Line | undefined> {
    for (;;) {
      const line = this.#lines.shift()
      if (line || this.#hasEnded) return line
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
  }

  /** Tells it that nothing more comes, and waits until it has ended. */
  async end(): Promise<Ended> {
    this.#child.stdin?.end()
    return this.ended
  }

  #take(text: string): void {
    try {
      this.#lines.push(JSON.parse(text))
    } catch {
      this.complaints += `${text}\n` // cut off by the process's death, or not ours
    }
    this.#wake?.()
  }
}
