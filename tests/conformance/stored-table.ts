import { join } from "node:path"
import type { Current, IOManager, Materialization, OutputValue } from "@assets/core"
import { type ConformanceRow, ioContext, outputContext } from "@assets/core/testing"
import { afterAll, beforeAll, onTestFinished } from "vitest"
import { connect, type SparkClient } from "../../packages/io-spark/src/connect/client.ts"
import { sql } from "../../packages/io-spark/src/connect/relation.ts"
import { parseRemote } from "../../packages/io-spark/src/connect/remote.ts"
import type { EngineFixture } from "./fixture.ts"
import { fixtureOf, key } from "./table-fixture.ts"

export const row = (id: number, name: string, part: string | null = null): ConformanceRow => ({
  id: BigInt(id),
  name,
  value: id / 2,
  part,
})

/** One table of a storage, which is gone after the test. */
export class StoredTable {
  readonly fixture: EngineFixture
  readonly io: IOManager

  constructor(storage: string | EngineFixture) {
    this.fixture = typeof storage === "string" ? fixtureOf(storage) : storage
    this.io = this.fixture.createIOManager()
    onTestFinished(() => this.fixture.close())
  }

  get path(): string {
    return join(this.fixture.base, "data", key)
  }

  write(value: OutputValue, request: Partial<Parameters<typeof outputContext>[0]> = {}): Promise<Materialization> {
    const session = () => this.fixture.session()
    return this.io.handleOutput(outputContext({ base: this.fixture.base, key, session, ...request }), value)
  }

  rows(rows: readonly ConformanceRow[], request: Parameters<StoredTable["write"]>[1] = {}): Promise<Materialization> {
    return this.write(this.fixture.relation(rows), request)
  }

  async current(io: IOManager = this.io): Promise<readonly Current[]> {
    return (await io.current(ioContext(this.fixture.base), [key])).get(key) ?? []
  }

  async read(materializations: readonly Materialization[], partitions: readonly string[] = []): Promise<string[]> {
    const { base, schema } = this.fixture
    const session = () => this.fixture.session()
    const stored = await this.io.loadInput({ ...ioContext(base), key, materializations, partitions, schema, session })
    return (await this.fixture.read(stored)).map(one => `${one.id} ${one.name}`)
  }
}

/** Asks the Spark of a block of tests by itself, past the product. */
export class SparkQueries {
  #client: SparkClient | undefined

  constructor(settings: { readonly [name: string]: string } = {}) {
    beforeAll(async () => {
      this.#client = await connect(parseRemote(process.env.SPARK_REMOTE ?? ""))
      await this.set(settings)
    })
    afterAll(() => this.#client?.close())
  }

  get #connected(): SparkClient {
    if (!this.#client) throw new Error("The block of tests has begun.")
    return this.#client
  }

  set(settings: { readonly [name: string]: string }): Promise<unknown> {
    return this.#connected.configSet(settings)
  }

  async rows(text: string): Promise<Record<string, unknown>[]> {
    const found: Record<string, unknown>[] = []
    for await (const batch of this.#connected.batches(sql(text)))
      for (const one of batch) if (one) found.push({ ...one.toJSON() })
    return found
  }

  async names(from: string): Promise<string[]> {
    const rows = await this.rows(`SELECT concat(id, ' ', name) AS text FROM ${from} ORDER BY id, name`)
    return rows.map(one => `${one.text}`)
  }

  async run(text: string): Promise<void> {
    await this.#connected.sqlCommand(text)
  }
}
