import type {
  AssetContext,
  Current,
  IOContext,
  IOManager,
  Materialization,
  OutputContext,
  PublishContext,
} from "../../io/io-manager.ts"
import type { OutputValue, StoredValue } from "../../value/value-type.ts"
import { ioContext, type OutputRequest, outputContext } from "../io-context.ts"
import type { ConformanceRow, IOManagerFixture } from "./fixture.ts"

/** An optional method, of the IO manager or of the fixture, without which a case says nothing. */
export type ConformanceNeed =
  | "adopt"
  | "collect"
  | "doctor"
  | "publish"
  | "remove"
  | "restore"
  | "versions"
  | "createIOManagerAt"
  | "deleteData"
  | "merge"
  | "tables"
  | "writeElsewhere"

/** `not offered`: the IO manager, or the fixture, leaves out something that the case needs. */
export type ConformanceOutcome = "passed" | "not offered"

export interface ConformanceCase {
  /** What holds: `keeps partitions side by side`. */
  readonly name: string
  /** What the case is about: `partitions`. */
  readonly theme: string
  readonly needs: readonly ConformanceNeed[]
  /** Rejects when the IO manager does not do what the case says. Takes a fixture with empty storage. */
  run(fixture: IOManagerFixture): Promise<ConformanceOutcome>
}

/** What a case says of a write; the rest is as a run would have it. */
export type CaseWrite = Omit<OutputRequest, "base" | "session">

export const caseKey = "marts/cases"

/** The IO manager under test, with the calls that cases are made of. */
export class StorageUnderTest {
  readonly io: IOManager
  readonly fixture: IOManagerFixture
  readonly base: string

  constructor(fixture: IOManagerFixture, io: IOManager, base: string = fixture.base) {
    this.fixture = fixture
    this.io = io
    this.base = base
  }

  context(signal?: AbortSignal): IOContext {
    return ioContext(this.base, signal)
  }

  assetContext(key: string = caseKey): AssetContext {
    return { ...this.context(), key }
  }

  outputContext(request: CaseWrite = {}): OutputContext {
    const { write } = request
    const keys = typeof write === "object" ? write.merge : undefined
    const merge = this.fixture.merge?.bind(this.fixture)
    return outputContext({
      base: this.base,
      session: () => this.fixture.session(),
      ...(keys && merge && { merge: (former, added) => merge(former, added, keys) }),
      ...request,
    })
  }

  publishContext(commit: PublishContext["commit"] = change => change()): PublishContext {
    return { ...this.context(), commit, inUse: () => new Set() }
  }

  write(value: OutputValue, request: CaseWrite = {}): Promise<Materialization> {
    return this.io.handleOutput(this.outputContext(request), value)
  }

  async current(key: string = caseKey): Promise<readonly Current[]> {
    return (await this.io.current(this.context(), [key])).get(key) ?? []
  }

  /** Ids of what is current, by partition. */
  async currentIds(key: string = caseKey): Promise<{ readonly [partition: string]: string }> {
    const entries = (await this.current(key)).map(one => [one.partition ?? "", one.materialization.id] as const)
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  load(
    materializations: readonly Materialization[],
    partitions: readonly string[] = [],
    schema = this.fixture.schema,
  ): Promise<StoredValue> {
    const key = materializations[0]?.key ?? caseKey
    const session = () => this.fixture.session()
    return this.io.loadInput({ ...this.context(), key, materializations, partitions, schema, session })
  }

  /** The rows that are current under a key, of the wanted partitions. */
  async rows(key: string = caseKey, partitions: readonly string[] = []): Promise<readonly ConformanceRow[]> {
    const current = (await this.current(key)).filter(
      one => partitions.length === 0 || (one.partition !== null && partitions.includes(one.partition)),
    )
    const distinct = [...new Map(current.map(one => [one.materialization.id, one.materialization])).values()]
    return this.fixture.read(await this.load(distinct, partitions))
  }

  /** Does something with another manager over the same storage, which is closed afterwards. */
  async another<T>(body: (storage: StorageUnderTest) => Promise<T>): Promise<T> {
    const io = this.fixture.createIOManager()
    try {
      return await body(new StorageUnderTest(this.fixture, io))
    } finally {
      await io.close?.()
    }
  }
}

/** Makes a case, whose manager is closed whatever happens. */
export function storageCase(
  theme: string,
  name: string,
  body: (storage: StorageUnderTest) => Promise<void>,
  needs: readonly ConformanceNeed[] = [],
): ConformanceCase {
  return {
    name,
    theme,
    needs,
    async run(fixture) {
      const io = fixture.createIOManager()
      try {
        const isOffered = (need: ConformanceNeed) => Boolean(Reflect.get(io, need) ?? Reflect.get(fixture, need))
        if (!needs.every(isOffered)) return "not offered"
        await body(new StorageUnderTest(fixture, io))
        return "passed"
      } finally {
        await io.close?.()
      }
    },
  }
}
