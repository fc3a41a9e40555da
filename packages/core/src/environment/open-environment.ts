import { isAbsolute, resolve } from "node:path"
import type { Engine, EngineSession, Progress } from "../engine/engine.ts"
import { ConfigError } from "../errors/assets-error.ts"
import type { EngineReference, IOContext, IOManager } from "../io/io-manager.ts"
import { tellWaiting } from "../io/wait-listener.ts"
import { didYouMean } from "../util/nearest-name.ts"
import { noteVariable } from "../util/secret-mask.ts"
import { defaultEngine } from "./default-engine.ts"
import { EngineSessions } from "./engine-sessions.ts"
import type { EnvironmentConfig } from "./environment.ts"
import { expandText } from "./expand-text.ts"
import type { ResolvedEnvironment } from "./resolve-environment.ts"

/** What an environment needs to know of the project that it is opened for. */
export interface EnvironmentProject {
  /** Folder against which relative paths resolve. */
  readonly base: string
  /** Gives the keys that a selection means. */
  select(selection: string): readonly string[]
}

/** What says which IO manager and engine an asset wants. */
export interface Routed {
  readonly key: string
  readonly options: { readonly io?: string; readonly engine?: string }
}

interface Place {
  readonly engine: string
  readonly io: string
}

/** How many open environments use an IO manager: a config is shared by all runs of a process. */
const uses = new WeakMap<IOManager, number>()

/** An environment for the time of one run. Opening it starts nothing: an engine starts when its session is asked for. */
export class OpenEnvironment {
  readonly name: string
  readonly config: EnvironmentConfig
  readonly base: string
  readonly timeZone: string
  readonly now: Date
  readonly #waits: boolean
  readonly #sessions: EngineSessions
  readonly #project: EnvironmentProject
  readonly #used = new Set<IOManager>()
  #routes: ReadonlyMap<string, Partial<Place>> | undefined
  #roots: ReadonlyMap<string, string> | undefined

  constructor(
    project: EnvironmentProject,
    { name, config }: ResolvedEnvironment,
    { now, signal, wait = true }: { readonly now: Date; readonly signal: AbortSignal; readonly wait?: boolean },
  ) {
    this.#waits = wait
    this.name = name
    this.config = config
    this.base = project.base
    this.timeZone = config.timeZone ?? "UTC"
    this.now = now
    this.#project = project
    // Resources get them without an expansion.
    for (const [variable, value] of Object.entries(config.vars ?? {})) noteVariable(variable, value)
    const expand = (text: string) => this.expand(text)
    this.#sessions = new EngineSessions({ base: project.base, timeZone: this.timeZone, now, signal, expand })
  }

  /** The names of the engine that computes an asset and of the IO manager that stores it. */
  placeOf(asset: Routed): { readonly engine: string; readonly io: string } {
    return this.#place(asset)
  }

  /** The IO manager that stores an asset. */
  io(asset: Routed): IOManager {
    const { io: name } = this.#place(asset)
    const found = name === "default" ? (this.config.io ?? this.config.ios?.default) : this.config.ios?.[name]
    if (!found) return this.#unknown(asset, "IO manager", name, Object.keys(this.config.ios ?? {}), "io")
    if (!this.#used.has(found)) {
      this.#used.add(found)
      uses.set(found, (uses.get(found) ?? 0) + 1)
    }
    return found
  }

  /** What a call of an IO manager is given in every case. */
  ioContext(signal: AbortSignal): IOContext {
    return {
      base: this.base,
      signal,
      durability: this.config.durability ?? "process",
      expand: text => this.expand(text),
      waiting: tellWaiting,
      ...(!this.#waits && { wait: false }),
    }
  }

  /** Puts the values of variables in the place of each `${NAME}`. @throws ConfigError `VARIABLE_MISSING` */
  expand(text: string): string {
    return expandText(text, this)
  }

  /** The session of the engine that computes an asset, opened on first use. */
  session(asset: Routed): Promise<EngineSession> {
    try {
      const { name, engine } = this.#engine(asset)
      return this.#sessions.open(name, engine)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** The name that is recorded of the engine that computes an asset: `duckdb`. */
  engineName(asset: Routed): string {
    return this.#engine(asset).engine.name
  }

  /** The folder or URL against which a source's relative paths resolve. */
  sourcesRoot(key: string): string {
    const { sources } = this.config
    if (typeof sources === "object") {
      this.#roots ??= this.#bySelection(sources)
      return this.#absolute(this.expand(this.#roots.get(key) ?? "."))
    }
    return this.#absolute(this.expand(sources ?? "."))
  }

  /** Stops what the engines do on behalf of a step. */
  async interrupt(stepId: string): Promise<void> {
    for (const session of await this.#sessions.opened()) await session.interrupt(stepId)
  }

  /** How far the engines are with what they do on behalf of a step. */
  async progress(stepId: string): Promise<Progress> {
    for (const session of await this.#sessions.opened()) {
      const progress = session.progress?.(stepId)
      if (progress?.percent !== undefined || progress?.rows !== undefined) return progress
    }
    return {}
  }

  /** Closes the engines that were opened, and the IO managers that no other run of this process uses. */
  async close(): Promise<void> {
    try {
      await this.#sessions.close()
    } finally {
      for (const io of this.#used) {
        const left = (uses.get(io) ?? 1) - 1
        uses.set(io, left)
        if (left === 0) await io.close?.()
      }
      this.#used.clear()
    }
  }

  #absolute(path: string): string {
    return /^[a-z][a-z0-9+.-]*:\/\//i.test(path) || isAbsolute(path) ? path : resolve(this.base, path)
  }

  #engine(asset: Routed): { readonly name: string; readonly engine: Engine | EngineReference } {
    const { engine: name } = this.#place(asset)
    if (name !== "default") {
      const engine = this.config.engines?.[name]
      return {
        name,
        engine: engine ?? this.#unknown(asset, "engine", name, Object.keys(this.config.engines ?? {}), "engines"),
      }
    }
    const engine = defaultEngine(this.config) ?? this.io(asset).defaultEngine
    if (engine) return { name: "open" in engine ? name : `${engine.module} ${engine.name}`, engine }
    throw new ConfigError("ENVIRONMENT_UNSUPPORTED", {
      what: `The environment '${this.name}' has no engine, and '${asset.key}' needs one.`,
      why: `It names none, and its IO manager ${this.io(asset).name} brings none.`,
      fix: "Add one: 'engine: duckdb()' from @assets/io-duckdb.",
      details: { environment: this.name, key: asset.key },
    })
  }

  /** The environment has the last word on where an asset is computed and rests; the asset's own names come second. */
  #place({ key, options }: Routed): Place {
    const route = this.#route(key)
    return { engine: route?.engine ?? options.engine ?? "default", io: route?.io ?? options.io ?? "default" }
  }

  #route(key: string): Partial<Place> | undefined {
    if (!this.config.route) return undefined
    this.#routes ??= this.#bySelection(this.config.route)
    return this.#routes.get(key)
  }

  /** Each key with the last entry whose selection holds it. */
  #bySelection<T>(entries: { readonly [selection: string]: T }): ReadonlyMap<string, T> {
    const found = new Map<string, T>()
    for (const [selection, value] of Object.entries(entries)) {
      for (const key of this.#project.select(selection)) found.set(key, value)
    }
    return found
  }

  #unknown(asset: Routed, what: string, name: string, known: readonly string[], option: string): never {
    const isDefault = name === "default"
    throw new ConfigError("ENVIRONMENT_UNSUPPORTED", {
      what: `The environment '${this.name}' has no ${what}${isDefault ? "" : ` '${name}'`}, and '${asset.key}' needs it.`,
      why: known.length > 0 ? `It has ${known.join(", ")}.` : `It sets no '${option}'.`,
      fix: didYouMean(name, known) ?? `Add it to '${option}' of the environment.`,
      details: { environment: this.name, key: asset.key, name },
    })
  }
}
