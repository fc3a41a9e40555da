import { spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { afterEach } from "vitest"
import { cli, projects as scratch } from "../built-command.ts"

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly env?: { readonly [name: string]: string | undefined }
  /** Folder below the project's in which the command runs. */
  readonly cwd?: string
}

/** A project in a folder of its own, where its imports resolve. */
export class CliProject {
  readonly folder: string

  constructor(files: { readonly [path: string]: string }) {
    this.folder = mkdtempSync(join(scratch, "cli-"))
    this.write({ "package.json": '{ "name": "project", "type": "module", "private": true }', ...files })
  }

  write(files: { readonly [path: string]: string }): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(this.path(path)), { recursive: true })
      writeFileSync(this.path(path), text)
    }
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts)
  }

  read(path: string): string {
    return readFileSync(this.path(path), "utf8")
  }

  /** Runs the command to its end. */
  assets(args: readonly string[], options?: CommandOptions): Promise<Ended> {
    return ended(this.start(args, options))
  }

  /** Runs Node to its end: a script of the project. */
  node(args: readonly string[], options?: CommandOptions): Promise<Ended> {
    return ended(this.#start(args, options))
  }

  start(args: readonly string[], options?: CommandOptions) {
    return this.#start([cli, ...args], options)
  }

  #start(args: readonly string[], { env, cwd = "." }: CommandOptions = {}) {
    const clean = { ...process.env, CI: undefined, NO_COLOR: undefined, FORCE_COLOR: undefined, ASSETS_ENV: undefined }
    return spawn(process.execPath, args, {
      cwd: this.path(cwd),
      env: { ...clean, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    })
  }

  /** The objects that a command prints with `--json`. */
  async json<T = { readonly [name: string]: unknown }>(
    args: readonly string[],
    options?: CommandOptions,
  ): Promise<T[]> {
    const { stdout } = await this.assets([...args, "--json"], options)
    return stdout
      .split("\n")
      .filter(Boolean)
      .map(line => JSON.parse(line))
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** What a command has printed, once it has ended. */
export function ended(child: ReturnType<CliProject["start"]>): Promise<Ended> {
  return new Promise((resolve, reject) => {
    let stdout = ""
    let stderr = ""
    child.stdout.setEncoding("utf8").on("data", text => (stdout += text))
    child.stderr.setEncoding("utf8").on("data", text => (stderr += text))
    child.on("error", reject).on("close", code => resolve({ code, stdout, stderr }))
  })
}

const projects: CliProject[] = []

/** Makes a project that is removed after the test. */
export function cliProject(files: { readonly [path: string]: string }): CliProject {
  const project = new CliProject(files)
  projects.push(project)
  return project
}

afterEach(() => {
  for (const project of projects.splice(0)) project.remove()
})

/** A source, a table below it, one below that, and a value made in TypeScript. */
export const shop: { readonly [path: string]: string } = {
  "orders.csv": "id,customer,cents\n1,ada,1250\n2,grace,400\n3,ada,975\n",
  "limits.ts": "/** Cents from which an order counts. */\nexport const least = 500\n",
  "assets.ts": `import { asset, json, source } from "@assets/core"
import { csvFiles, frame, t } from "@assets/dataframe"
import { unique } from "@assets/dataframe/checks"
import { count, sum } from "@assets/dataframe/functions"
import { least } from "./limits.ts"

export const orders = source(
  "raw/orders",
  csvFiles("orders.csv", { id: t.int64, customer: t.string, cents: t.int64 }, { header: true }),
)

export const large = asset("staging/large", {
  group: "staging",
  deps: { orders },
  returns: frame({ id: t.int64, customer: t.string, cents: t.int64 }),
  transform: ({ orders }) => orders.filter(f => f.cents.geq(least)),
})

export const customers = asset("marts/customers", {
  group: "marts",
  deps: { large },
  returns: frame({ customer: t.string, orders: t.int64, cents: t.int64 }),
  checks: [unique("customer")],
  transform: ({ large }) => large.groupBy("customer").agg(f => ({ orders: count(), cents: sum(f.cents) })),
})

export const report = asset("reports/best", {
  deps: { customers },
  returns: json<{ customer: string | null }>(),
  compute: async ({ customers }) => {
    const [best] = await customers.orderBy(f => f.cents.desc()).take(1)
    return { customer: best?.customer ?? null }
  },
})
`,
}
