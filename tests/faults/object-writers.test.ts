import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { ioContext } from "@assets/core/testing"
import { expect, onTestFinished, test } from "vitest"
import { describeEach } from "../conformance/each-storage.ts"
import type { EngineFixture } from "../conformance/fixture.ts"
import { storages } from "../conformance/storages.ts"

const key = "marts/numbers"
const script = fileURLToPath(new URL("object-writer.ts", import.meta.url))

/** A writer that is a process of its own. */
class Writer {
  readonly name: string
  readonly #process
  readonly #told

  constructor(storage: string, base: string, name: string, modes: readonly string[]) {
    this.name = name
    const args = ["--conditions=@assets/source", "--import", "tsx", script, storage, base, name, ...modes]
    this.#process = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] })
    this.#told = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
  }

  /** The next line that it tells. */
  async told(): Promise<string | undefined> {
    const { done, value } = await this.#told.next()
    return done ? undefined : value
  }

  goOn(): void {
    this.#process.stdin.write("\n")
  }

  async ended(): Promise<number | null> {
    if (this.#process.exitCode === null) await once(this.#process, "exit")
    return this.#process.exitCode
  }
}

/** How many rows of each name are current, and of whose write the record tells. */
async function stored(
  fixture: EngineFixture,
): Promise<{ readonly rows: unknown; readonly record: string | undefined }> {
  const io = fixture.createIOManager()
  const { base, schema } = fixture
  const current = (await io.current(ioContext(base), [key])).get(key) ?? []
  expect(current.map(one => one.intact)).toEqual([true])
  const materializations = current.map(one => one.materialization)
  const session = () => fixture.session()
  const value = await io.loadInput({ ...ioContext(base), key, materializations, partitions: [], schema, session })
  const rows: { [name: string]: number } = {}
  for (const { name } of await fixture.read(value)) rows[String(name)] = (rows[String(name)] ?? 0) + 1
  await io.close?.()
  return { rows, record: materializations[0]?.fingerprint }
}

const { "parquet on s3 on duckdb": parquet, "delta on s3 on spark": delta } = storages

describeEach(
  { "parquet on s3 on duckdb": parquet, "delta on s3 on spark": delta },
  "two processes that write one asset of ",
  (create, storage) => {
    test("at the same moment: one gets through, the other is told of the conflict, and the rows are whole", async () => {
      const fixture = create?.()
      if (!fixture) throw new Error(`${storage} is among the storages`)
      onTestFinished(() => fixture.close())
      const modes = ["overwrite", "overwrite", "append"]
      const writers = ["a", "b"].map(name => new Writer(storage, fixture.base, name, modes))
      let former = {}
      for (const [round, mode] of modes.entries()) {
        expect(await Promise.all(writers.map(one => one.told()))).toEqual(["written", "written"])
        for (const one of writers) one.goOn()
        const ends = await Promise.all(writers.map(one => one.told()))
        expect([...ends].sort()).toEqual(["STORAGE_CONFLICT", "current"])
        const winner = `${writers[ends.indexOf("current")]?.name} ${round}`
        const rows = { ...(mode === "append" && former), [winner]: 1000 }
        expect(await stored(fixture)).toEqual({ rows, record: winner })
        former = rows
      }
      expect(await Promise.all(writers.map(one => one.ended()))).toEqual([0, 0])
    })
  },
)
