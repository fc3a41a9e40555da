import type { Asset } from "./asset/asset.ts"
import type { Definitions } from "./definitions.ts"
import type { EngineSession, QueryBatch, Relation, Schema } from "./engine/engine.ts"
import type { EnvironmentConfig } from "./environment/environment.ts"
import { OpenEnvironment } from "./environment/open-environment.ts"
import { resolveEnvironment } from "./environment/resolve-environment.ts"
import { ConfigError, StorageError } from "./errors/assets-error.ts"
import type { Current, Materialization } from "./io/io-manager.ts"
import { callTransform } from "./plan/asset-code.ts"
import { storedSchema } from "./transfer/stored-value.ts"
import { groupBy } from "./util/group-by.ts"
import { didYouMean } from "./util/nearest-name.ts"
import type { AnyValueType, BoundOf, LazyValue, StoredValue } from "./value/value-type.ts"

export interface StoredDataOptions {
  /** Default: `ASSETS_ENV`, then the project's. */
  readonly environment?: string | EnvironmentConfig
  readonly signal?: AbortSignal
}

/** What is stored of a project's assets in one environment, for reading. Made by `openStoredData`. */
export class StoredData {
  readonly #project: Definitions
  readonly #environment: OpenEnvironment
  readonly #signal: AbortSignal

  constructor(project: Definitions, environment: OpenEnvironment, signal: AbortSignal) {
    this.#project = project
    this.#environment = environment
    this.#signal = signal
  }

  /** Name of the environment. */
  get environment(): string {
    return this.#environment.name
  }

  /** The asset of a key, whatever its case. @throws ConfigError `ASSET_UNKNOWN` with the nearest key */
  asset(key: string): Asset {
    const { assets, sources } = this.#project
    const found = assets.get(key) ?? [...assets.values()].find(one => one.key.toLowerCase() === key.toLowerCase())
    if (found) return found
    throw new ConfigError("ASSET_UNKNOWN", {
      what: sources.has(key) ? `'${key}' is a source: nothing is stored of it.` : `There is no asset '${key}'.`,
      why: `The project declares ${assets.size} assets, and none has this key.`,
      fix: didYouMean(key, [...assets.keys()]) ?? "List them: assets list",
      details: { key },
    })
  }

  /** What is current of an asset, by partition; empty when it was never materialized. */
  async current(asset: Asset): Promise<readonly Current[]> {
    const found = await this.#environment.io(asset).current(this.#environment.ioContext(this.#signal), [asset.key])
    return found.get(asset.key) ?? []
  }

  /** What is current of every asset, by key: of one moment for the assets of each IO manager. */
  async snapshot(): Promise<ReadonlyMap<string, readonly Current[]>> {
    const byManager = groupBy(this.#project.assets.values(), asset => this.#environment.io(asset))
    const context = this.#environment.ioContext(this.#signal)
    const reads = [...byManager].map(async ([io, assets]) => {
      return [
        ...(await io.current(
          context,
          assets.map(({ key }) => key),
        )),
      ]
    })
    return new Map((await Promise.all(reads)).flat())
  }

  /** Where the data rests, for people. @throws StorageError `STORAGE_DATA_MISSING` */
  async locate(asset: Asset): Promise<readonly string[]> {
    const stored = this.#stored(asset, await this.current(asset))
    const context = { ...this.#environment.ioContext(this.#signal), key: asset.key }
    return this.#environment.io(asset).locate(context, stored)
  }

  /** The stored value as a user's code gets it: for a frame a bound one. @throws StorageError `STORAGE_DATA_MISSING` */
  async value<V extends AnyValueType>(asset: Asset<V>): Promise<BoundOf<V>> {
    const bound = await asset.returns.bind(await this.#load(asset), () => this.session(asset))
    return bound as BoundOf<V> // what a value type's `bind` gives
  }

  /** The name of the engine that computes an asset; starts none. */
  engineName(asset: Asset): string {
    return this.#environment.engineName(asset)
  }

  /** What the `transform` of an asset returns; undefined for a `compute`. @throws FrameError, UserCodeError */
  lazyPlan(asset: Asset): LazyValue | undefined {
    return asset.options.transform && callTransform(asset)
  }

  /** The open engine of an asset. */
  session(asset: Asset): Promise<EngineSession> {
    return this.#environment.session(asset)
  }

  /**
   * Runs a statement in the dialect of the engine, which only reads. Each stored table is a view under its key, and
   * under its key with the last `/` as a dot: `"marts/revenue"`, `marts.revenue`. All views are of one moment, as far as
   * their assets share an IO manager: what is published while the statement runs is in all of them or in none.
   *
   * @throws ConfigError `ENVIRONMENT_UNSUPPORTED` when the engine takes no text
   * @throws EngineError `ENGINE_QUERY_FAILED` when the statement is wrong, or would write
   */
  async *query(text: string): AsyncGenerator<QueryBatch> {
    const assets = [...this.#project.assets.values()]
    const [first] = assets
    if (!first) throw new Error("A project without assets was opened. Please report this.")
    const session = await this.session(first)
    if (!session.query) throw this.#unsupported("takes no SQL text")
    let current: ReturnType<StoredData["snapshot"]> | undefined
    const view = async (asset: Asset) => {
      current ??= this.snapshot()
      return this.#relation(asset, session, (await current).get(asset.key) ?? [])
    }
    const views = new Map(assets.map(asset => [asset.key, () => view(asset)]))
    yield* session.query(text, views, this.#signal)
  }

  /**
   * Writes a stored table to one file, in the format that its ending names.
   * @throws ConfigError `ENVIRONMENT_UNSUPPORTED` when the value is no table, or the engine writes no such file
   */
  async exportFile(asset: Asset, path: string, format: "parquet" | "csv" | "json"): Promise<{ readonly rows: number }> {
    const session = await this.session(asset)
    if (!session.exportFile) throw this.#unsupported("writes no single files")
    return session.exportFile(await this.#relation(asset, session), { path, format }, this.#signal)
  }

  async close(): Promise<void> {
    await this.#environment.close()
  }

  async #relation(asset: Asset, session: EngineSession, current?: readonly Current[]): Promise<Relation> {
    const value = await this.#load(asset, { session, current })
    if (value.kind === "relation") return value.relation
    throw new ConfigError("VALUE_INVALID", {
      what: `'${asset.key}' is no table.`,
      why: `It is stored as ${value.kind}.`,
      fix: `Look at it: assets show ${asset.key}`,
      details: { key: asset.key },
    })
  }

  async #load(
    asset: Asset,
    {
      session,
      current: known,
    }: { readonly session?: EngineSession; readonly current?: readonly Current[] | undefined } = {},
  ): Promise<StoredValue> {
    const current = known ?? (await this.current(asset))
    const materializations = this.#stored(asset, current)
    return this.#environment.io(asset).loadInput({
      ...this.#environment.ioContext(this.#signal),
      key: asset.key,
      materializations,
      partitions: current.flatMap(({ partition }) => partition ?? []),
      schema: schemaOfAll(asset, materializations),
      session: () => (session ? Promise.resolve(session) : this.session(asset)),
    })
  }

  /** The materializations that hold what is current, each once. */
  #stored({ key }: Asset, current: readonly Current[]): Materialization[] {
    const lost = current.find(({ intact }) => !intact)
    if (current.length > 0 && !lost) {
      return [...new Map(current.map(({ materialization }) => [materialization.id, materialization])).values()]
    }
    throw new StorageError("STORAGE_DATA_MISSING", {
      what: lost ? `The stored data of '${key}' is not whole.` : `Nothing is stored of '${key}'.`,
      why: lost
        ? `Its record is there, and files of it are not${lost.partition === null ? "" : ` (partition ${lost.partition})`}.`
        : `It was not materialized in the environment '${this.environment}'.`,
      fix: `Materialize it: assets materialize ${key}`,
      details: { key, environment: this.environment },
    })
  }

  #unsupported(does: string): ConfigError {
    return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
      what: `The environment '${this.environment}' ${does}.`,
      why: "Its engine does not offer this.",
      fix: "Choose another environment with --env.",
      details: { environment: this.environment },
    })
  }
}

/** The columns under which stored versions are read together: their own, as long as they are of one declaration. */
function schemaOfAll(asset: Asset, [first, ...others]: readonly Materialization[]): Schema | undefined {
  const words = (made: Materialization | undefined) =>
    JSON.stringify(made?.columns?.map(({ name, type }) => [name, type]))
  const isOne = others.every(other => words(other) === words(first))
  return first && isOne ? storedSchema(asset, first) : asset.returns.schema?.()
}

/**
 * Opens what is stored of a project in one environment, for reading. An engine starts when a method needs it; `close`
 * ends it.
 *
 * @throws ConfigError `ENVIRONMENT_UNKNOWN`
 */
export function openStoredData(project: Definitions, options: StoredDataOptions = {}): StoredData {
  const environment = resolveEnvironment(project, options.environment)
  const signal = options.signal ?? new AbortController().signal
  const opened = new OpenEnvironment({ base: project.base, select: text => project.select(text) }, environment, {
    now: new Date(),
    signal,
  })
  return new StoredData(project, opened, signal)
}
