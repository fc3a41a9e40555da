import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Engine, EngineSession, IOManager, OutputValue, StoredValue } from "@assets/core"
import type { ConformanceRow, ElsewhereWrite, IOManagerFixture } from "@assets/core/testing"
import { type ConformanceValues, conformanceValues } from "@assets/dataframe/testing"

const signal = new AbortController().signal

interface Place {
  /** A folder that is there already. */
  readonly base?: string | undefined
  readonly deleteData?: (base: string, key: string) => Promise<void>
  readonly writeElsewhere?: (base: string, write: ElsewhereWrite) => Promise<void>
  /** The manager whose option for the place of its data is this text. */
  readonly createIOManagerAt?: (place: string) => IOManager
}

/** The suite's fixture over an IO manager and an engine, in a folder of its own unless one is given. */
export class EngineFixture implements IOManagerFixture {
  readonly base: string
  readonly #owned: boolean
  readonly #createIOManager: () => IOManager
  readonly #engine: Engine
  readonly #values: ConformanceValues
  #session: Promise<EngineSession> | undefined
  readonly deleteData?: (key: string) => Promise<void>
  readonly writeElsewhere?: (write: ElsewhereWrite) => Promise<void>
  readonly createIOManagerAt?: (place: string) => IOManager

  constructor(engine: Engine, createIOManager: () => IOManager, place: Place = {}) {
    this.#engine = engine
    this.#createIOManager = createIOManager
    const { base, deleteData, writeElsewhere, createIOManagerAt } = place
    this.#owned = base === undefined
    this.base = base ?? mkdtempSync(join(tmpdir(), "assets-conformance-"))
    this.#values = conformanceValues(() => this.session())
    if (deleteData) this.deleteData = key => deleteData(this.base, key)
    if (writeElsewhere) this.writeElsewhere = write => writeElsewhere(this.base, write)
    if (createIOManagerAt) this.createIOManagerAt = createIOManagerAt
  }

  get schema() {
    return this.#values.schema
  }

  get tables() {
    return this.#values.tables
  }

  createIOManager(): IOManager {
    return this.#createIOManager()
  }

  session(): Promise<EngineSession> {
    this.#session ??= this.#engine.open({ timeZone: "UTC", scratch: this.base, now: new Date(0), signal })
    return this.#session
  }

  relation(rows: readonly ConformanceRow[]): OutputValue {
    return this.#values.relation(rows)
  }

  batches(rows: readonly ConformanceRow[]): OutputValue {
    return this.#values.batches(rows)
  }

  failing(): OutputValue {
    return this.#values.failing()
  }

  merge(...args: Parameters<ConformanceValues["merge"]>) {
    return this.#values.merge(...args)
  }

  read(stored: StoredValue): Promise<readonly ConformanceRow[]> {
    return this.#values.read(stored)
  }

  async close(): Promise<void> {
    await (await this.#session)?.close()
    if (this.#owned) rmSync(this.base, { recursive: true, force: true })
  }
}
