import { createRequire } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import type { Engine, EngineSession } from "../engine/engine.ts"
import { AssetsError, EngineError } from "../errors/assets-error.ts"
import type { EngineReference } from "../io/io-manager.ts"
import { makeScratchFolder, type ScratchFolder } from "./scratch-folder.ts"

export interface SessionOptions {
  readonly base: string
  readonly timeZone: string
  readonly now: Date
  readonly signal: AbortSignal
  expand(text: string): string
}

/** The engines of one run: each opened on first use, once, and closed together. */
export class EngineSessions {
  readonly #options: SessionOptions
  readonly #sessions = new Map<string, Promise<EngineSession>>()
  readonly #scratch: ScratchFolder[] = []

  constructor(options: SessionOptions) {
    this.#options = options
  }

  /** The session of an engine; `name` tells the engines of an environment apart. */
  open(name: string, engine: Engine | EngineReference): Promise<EngineSession> {
    let session = this.#sessions.get(name)
    if (!session) {
      session = this.#open(engine)
      this.#sessions.set(name, session)
      session.catch(() => this.#sessions.delete(name)) // the next step, or attempt, tries again
    }
    return session
  }

  /** The sessions that are open by now. */
  async opened(): Promise<readonly EngineSession[]> {
    const settled = await Promise.allSettled(this.#sessions.values())
    return settled.flatMap(result => (result.status === "fulfilled" ? [result.value] : []))
  }

  /** Closes the sessions in reverse order and removes their scratch folders. */
  async close(): Promise<void> {
    const sessions = (await this.opened()).toReversed()
    this.#sessions.clear()
    try {
      for (const session of sessions) await session.close()
    } finally {
      for (const folder of this.#scratch.splice(0)) folder.remove()
    }
  }

  async #open(engineOrReference: Engine | EngineReference): Promise<EngineSession> {
    const engine =
      "open" in engineOrReference ? engineOrReference : await importEngine(engineOrReference, this.#options.base)
    const { timeZone, now, signal, expand } = this.#options
    const scratch = makeScratchFolder()
    this.#scratch.push(scratch)
    return engine.open({ timeZone, now, signal, scratch: scratch.path, expand })
  }
}

/** Makes the engine that an IO manager brings: from the project's own packages, else from those beside core. */
async function importEngine({ module, name }: EngineReference, base: string): Promise<Engine> {
  const own = resolveFrom(import.meta.url, module)
  const ofProject = resolveFrom(pathToFileURL(join(base, "package.json")).href, module)
  try {
    // By its name where both mean the same file, so that the process has one copy of the package.
    const path = ofProject === undefined || ofProject === own ? module : pathToFileURL(ofProject).href
    const { [name]: factory } = (await import(path)) as { readonly [name: string]: () => Engine }
    if (factory) return factory()
    throw new Error(`${module} does not export ${name}`)
  } catch (error) {
    if (error instanceof AssetsError) throw error
    throw new EngineError("ENGINE_UNAVAILABLE", {
      what: `The engine ${name}() of ${module} could not be loaded.`,
      why: `The environment names no engine, and its IO manager brings this one: ${error instanceof Error ? error.message : error}`,
      fix: `Install it: npm install ${module}; or name another engine in the environment.`,
      details: { module, name },
      cause: error,
    })
  }
}

function resolveFrom(file: string, module: string): string | undefined {
  try {
    return createRequire(file).resolve(module)
  } catch {
    return undefined
  }
}
