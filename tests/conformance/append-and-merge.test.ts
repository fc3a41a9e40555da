import { randomUUID } from "node:crypto"
import type { IOManager, Materialization, OutputValue, Relation, WriteMode } from "@assets/core"
import { ioContext } from "@assets/core/testing"
import { expect, onTestFinished, test } from "vitest"
import { isLookedAt } from "./chosen-cases.ts"
import { describeStorages } from "./each-storage.ts"
import type { EngineFixture } from "./fixture.ts"
import { outputContext, writtenKey } from "./output-context.ts"
import type { CreateFixture } from "./storages.ts"
import { storedVersions } from "./stored-versions.ts"

const row = (id: number, name: string) => ({ id: BigInt(id), name, value: null, part: null })

class Writer {
  readonly fixture: EngineFixture
  readonly io: IOManager

  constructor(fixture: EngineFixture) {
    this.fixture = fixture
    this.io = fixture.createIOManager()
    onTestFinished(() => fixture.close())
    onTestFinished(() => this.io.close?.())
  }

  write(value: OutputValue, write: WriteMode): Promise<Materialization> {
    const { fixture } = this
    const merge = (former: Relation, added: Relation) =>
      fixture.merge(former, added, typeof write === "object" ? write.merge : [])
    const context = { ...outputContext(fixture, randomUUID()), write, ...(typeof write === "object" && { merge }) }
    return this.io.handleOutput(context, value)
  }

  async names(record: Materialization): Promise<string[]> {
    const { base, schema } = this.fixture
    const session = () => this.fixture.session()
    const input = { ...ioContext(base), key: writtenKey, materializations: [record], partitions: [], schema, session }
    return (await this.fixture.read(await this.io.loadInput(input))).map(one => `${one.id} ${one.name}`).sort()
  }

  async current(): Promise<Materialization | undefined> {
    const found = await this.io.current(ioContext(this.fixture.base), [writtenKey])
    return found.get(writtenKey)?.[0]?.materialization
  }
}

describeStorages(addsTo, { durable: true, only: isLookedAt })

function addsTo(name: string, create: CreateFixture): void {
  test("appended rows come to those that are there, and merged ones in the place of those with their key", async () => {
    const writer = new Writer(create())
    const { fixture } = writer
    await writer.write(fixture.relation([row(1, "a"), row(2, "b")]), "append")
    const appended = await writer.write(fixture.batches([row(1, "c")]), "append")
    expect(await writer.names(appended)).toEqual(["1 a", "1 c", "2 b"])
    const more = await writer.write(fixture.relation([row(5, "e")]), "append")
    expect(await writer.names(more)).toEqual(["1 a", "1 c", "2 b", "5 e"])
    const merged = await writer.write(fixture.batches([row(1, "m"), row(3, "n")]), { merge: ["id"] })
    expect(await writer.names(merged)).toEqual(["1 m", "2 b", "3 n", "5 e"])
    const last = await writer.write(fixture.relation([]), "append")
    expect(await writer.names(last)).toEqual(["1 m", "2 b", "3 n", "5 e"])
    const whole = await writer.write(fixture.relation([row(9, "z")]), "overwrite")
    expect(await writer.names(whole)).toEqual(["9 z"])
  })

  test("an append that fails adds nothing", async () => {
    const writer = new Writer(create())
    const first = await writer.write(writer.fixture.relation([row(1, "a")]), "append")
    await expect(writer.write(writer.fixture.failing(), "append")).rejects.toThrow()
    expect((await writer.current())?.id).toBe(first.id)
    expect(await writer.names(first)).toEqual(["1 a"])
  })

  test("files that appended versions read stay as long as one of these does", async () => {
    if (!name.startsWith("parquet")) return
    const writer = new Writer(create())
    const { fixture } = writer
    const versions = async () => (await storedVersions(fixture.base, name)).length
    for (let i = 0; i < 5; i++) await writer.write(fixture.relation([row(i, "x")]), "append")
    expect(await versions()).toBe(5)
    await writer.write(fixture.relation([row(0, "x")]), "overwrite")
    expect(await versions()).toBe(6)
    await writer.write(fixture.relation([row(0, "x")]), "overwrite")
    expect(await versions()).toBe(2)
  })
}
