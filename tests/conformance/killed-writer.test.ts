import { spawn } from "node:child_process"
import { once } from "node:events"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import type { IOManager, Materialization } from "@assets/core"
import { ioContext } from "@assets/core/testing"
import { expect, onTestFinished, test } from "vitest"
import { describeEach, describeStorages, isOfService, isOnSpark } from "./each-storage.ts"
import type { EngineFixture } from "./fixture.ts"
import { outputContext, writtenKey } from "./output-context.ts"
import { type CreateFixture, storages } from "./storages.ts"
import { storedVersions } from "./stored-versions.ts"

const script = join(dirname(fileURLToPath(import.meta.url)), "write-once.ts")
const row = { id: 1n, name: "former", value: 1, part: null }

/** Writes in another process, which is killed when it passes a point. */
async function killedAt(point: string, name: string, base: string): Promise<void> {
  const args = ["--conditions=@assets/source", "--import", "tsx", script, name, base, "killed"]
  const env = { ...process.env, ASSETS_FAULT: `${point}:1:kill` }
  const [, killedBy] = await once(spawn(process.execPath, args, { env, stdio: "inherit" }), "exit")
  expect(killedBy).toBe("SIGKILL")
}

async function current(io: IOManager, fixture: EngineFixture): Promise<Materialization | undefined> {
  const found = await io.current(ioContext(fixture.base), [writtenKey])
  return found.get(writtenKey)?.[0]?.materialization
}

async function rows(io: IOManager, fixture: EngineFixture, record: Materialization): Promise<number> {
  const { base, schema } = fixture
  const session = () => fixture.session()
  const stored = await io.loadInput({
    ...ioContext(base),
    key: writtenKey,
    materializations: [record],
    partitions: [],
    schema,
    session,
  })
  return (await fixture.read(stored)).length
}

const alone = ["delta on s3 on spark"]
const isWanted = (name: string) =>
  (!isOfService(name) || !isOnSpark(name) || alone.includes(name)) && !name.startsWith("orc") // Delta's tables are written by the same code
describeStorages(killedOver, {
  prefix: "a writer killed over ",
  durable: true,
  ofServicesOnSpark: true,
  only: isWanted,
})

function killedOver(name: string, create: CreateFixture): void {
  test.each(["io.write", "io.marker", "io.pointer"])(
    "at %s leaves what was there before, and the next write works",
    async point => {
      const fixture = create()
      onTestFinished(() => fixture.close())
      const io = fixture.createIOManager()
      onTestFinished(() => io.close?.())
      const former = await io.handleOutput(outputContext(fixture, "former"), fixture.relation([row]))
      await killedAt(point, name, fixture.base)
      expect((await current(io, fixture))?.id).toBe(former.id)
      expect(await rows(io, fixture, former)).toBe(1)
      const next = await io.handleOutput(outputContext(fixture, "next"), fixture.relation([row, { ...row, id: 2n }]))
      expect((await current(io, fixture))?.id).toBe(next.id)
      expect(await rows(io, fixture, next)).toBe(2)
      expect(await storedVersions(fixture.base, name)).toEqual(
        name.startsWith("parquet") ? [former.id, next.id].sort() : [],
      )
    },
  )
}

describeEach(
  {
    "parquet on duckdb": storages["parquet on duckdb"],
    "parquet on s3 on duckdb": storages["parquet on s3 on duckdb"],
  },
  "an orphan of ",
  (create, name) => {
    test("is adopted when it is wanted, without being computed again", async () => {
      const fixture = create?.()
      if (!fixture) throw new Error(`${name} is among the storages`)
      onTestFinished(() => fixture.close())
      const io = fixture.createIOManager()
      await killedAt("io.pointer", name, fixture.base)
      expect(await current(io, fixture)).toBeUndefined()
      expect(await io.restore?.(outputContext(fixture, "other"), "other")).toBeUndefined()
      const adopted = await io.restore?.(outputContext(fixture, "killed"), "killed")
      expect(adopted?.fingerprint).toBe("killed")
      expect((await current(io, fixture))?.id).toBe(adopted?.id)
      expect(adopted && (await rows(io, fixture, adopted))).toBe(1000)
    })
  },
)
