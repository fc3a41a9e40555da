import { createHash, randomUUID } from "node:crypto"
import { serialize } from "node:v8"
import type { Asset } from "../asset/asset.ts"
import type { Source } from "../asset/source.ts"
import type { EngineSession, RecordBatch } from "../engine/engine.ts"
import type { OpenEnvironment } from "../environment/open-environment.ts"
import { ConfigError } from "../errors/assets-error.ts"
import type { RunLog } from "../event/run-log.ts"
import { type ObservedSource, observeSource } from "../source/observe-source.ts"
import { didYouMean } from "../util/nearest-name.ts"
import type { OutputValue, StoredValue } from "../value/value-type.ts"
import { userCodeError } from "./user-code.ts"

export interface SourceVersionsOptions {
  readonly environment: OpenEnvironment
  readonly log: RunLog
  readonly assets: ReadonlyMap<string, Asset>
  readonly sources: ReadonlyMap<string, Source>
  /** Values in place of what is stored, by key. */
  readonly given: { readonly [key: string]: unknown }
  readonly signal: AbortSignal
}

interface Given {
  readonly dataVersion: string
  load(session: () => Promise<EngineSession>): Promise<StoredValue>
}

/** The data that is made elsewhere: what each source holds now, and the values that were given in place of stored ones. */
export class SourceVersions {
  readonly #options: SourceVersionsOptions
  readonly #given = new Map<string, Given>()
  readonly #observed = new Map<string, ObservedSource>()

  /** @throws ConfigError `ASSET_UNKNOWN` when a value is given for a key that the project does not have */
  constructor(options: SourceVersionsOptions) {
    this.#options = options
    for (const [key, value] of Object.entries(options.given)) {
      const of = options.sources.get(key) ?? options.assets.get(key)
      if (!of) throw unknownInput(key, [...options.sources.keys(), ...options.assets.keys()])
      this.#given.set(key, given(of, value))
    }
  }

  isGiven(key: string): boolean {
    return this.#given.has(key)
  }

  /** The data version of a key, when it is given or a source that was observed. */
  version(key: string): string | undefined {
    return this.#given.get(key)?.dataVersion ?? this.#observed.get(key)?.dataVersion
  }

  /** The files of a source that was observed: absolute paths, or URLs that only the engine reads. Those of a table are not known. */
  files(key: string): readonly string[] | undefined {
    const observed = this.#observed.get(key)
    return observed?.version === undefined ? observed?.files : undefined
  }

  /** Looks at sources: finds their files and hashes what has changed. */
  async observe(sources: Iterable<Source>): Promise<void> {
    const wanted = [...sources].filter(source => !this.isGiven(source.key))
    await Promise.all(wanted.map(async source => this.#observed.set(source.key, await this.#observe(source))))
  }

  /** Looks at a source once more; true when it holds what it held before, as the version that is read of a table does. */
  async isUnchanged(source: Source): Promise<boolean> {
    if (this.isGiven(source.key)) return true
    const observed = this.#observed.get(source.key)
    return (await this.#observe(source, observed?.version)).dataVersion === observed?.dataVersion
  }

  /** The value of a source, or what was given in place of an asset. */
  async load(of: Source | Asset, session: () => Promise<EngineSession>): Promise<StoredValue | undefined> {
    const given = this.#given.get(of.key)
    if (given) return given.load(session)
    if (of.kind === "asset") return undefined
    const { reader, returns } = of
    if (!reader) return { kind: "nothing" }
    const { files = [], version } = this.#observed.get(of.key) ?? {}
    const relation = reader.relation(files, version)
    return { kind: "relation", relation, schema: returns.schema?.() ?? (await (await session()).schema(relation)) }
  }

  async #observe(source: Source, version?: number): Promise<ObservedSource> {
    const { environment, log, signal } = this.#options
    if (!source.reader) {
      const [reported] = log.latest({ environment: environment.name, key: source.key })
      if (reported) return { dataVersion: reported.materialization.dataVersion, files: [] }
    }
    const { hashLimitMB } = environment.config
    const root = environment.sourcesRoot(source.key)
    return observeSource(source, { root, cache: log, nowMs: Date.now(), hashLimitMB, signal, version })
  }
}

function given(of: Source | Asset, value: unknown): Given {
  let output: OutputValue
  try {
    output = of.returns.output(value)
  } catch (error) {
    throw userCodeError(of.key, "given input", error)
  }
  const uploaded = new Map<EngineSession, Promise<StoredValue>>()
  let collected: Promise<RecordBatch[]> | undefined
  return {
    dataVersion: digestOfGiven(value),
    load: async open => {
      if (output.kind !== "batches") return output
      const session = await open()
      collected ??= collect(output.batches())
      const batches = await collected
      const { schema } = output
      const stored =
        uploaded.get(session) ??
        session.upload(each(batches), schema).then(relation => ({ kind: "relation", relation, schema }) as const)
      uploaded.set(session, stored)
      return stored
    },
  }
}

async function collect(batches: AsyncIterable<RecordBatch>): Promise<RecordBatch[]> {
  const collected: RecordBatch[] = []
  for await (const batch of batches) collected.push(batch)
  return collected
}

async function* each(batches: readonly RecordBatch[]): AsyncGenerator<RecordBatch> {
  yield* batches
}

/** A digest of plain data; of a stream, which can be read once only, a version that never comes again. */
function digestOfGiven(value: unknown): string {
  try {
    return createHash("sha256").update(serialize(value)).digest("hex")
  } catch {
    return randomUUID() // it holds functions: an iterable that is made while it is read
  }
}

function unknownInput(key: string, known: readonly string[]): ConfigError {
  return new ConfigError("ASSET_UNKNOWN", {
    what: `A value is given for '${key}', which the project does not have.`,
    why: "'inputs' names sources and assets by their keys.",
    fix: didYouMean(key, known) ?? "Correct the key.",
    details: { key },
  })
}
