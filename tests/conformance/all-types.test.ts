import type { InputContext, OutputValue, RecordBatch, StoredValue } from "@assets/core"
import { ioContext } from "@assets/core/testing"
import type { Relation } from "@assets/dataframe"
import { expect, onTestFinished, test } from "vitest"
import { describeStorages } from "./each-storage.ts"
import type { EngineFixture } from "./fixture.ts"
import { outputContext, writtenKey } from "./output-context.ts"
import type { CreateFixture } from "./storages.ts"
import { batch, cases, collect, inOrder, schema, texts } from "./typed-values.ts"

function relationOf(stored: StoredValue): Relation {
  if (stored.kind !== "relation") throw new Error(`${stored.kind} is no table`)
  return stored.relation as Relation // of the dataframe
}

async function* once(): AsyncGenerator<RecordBatch> {
  yield batch()
}

describeStorages(keepsAll, { only: name => !name.startsWith("orc") }) // ORC's table of lost values has a test of its own

function keepsAll(_name: string, create: CreateFixture): void {
  const outputs: readonly (readonly [string, (fixture: EngineFixture) => Promise<OutputValue>])[] = [
    ["made in TypeScript", async () => ({ kind: "batches", schema, batches: once })],
    [
      "computed by the engine",
      async fixture => {
        const relation: Relation = (await (await fixture.session()).upload(once(), schema)) as Relation // of the dataframe
        return { kind: "relation", relation, schema }
      },
    ],
  ]
  test.each(outputs)("every type %s comes back equal", async (_origin, output) => {
    const fixture = create()
    onTestFinished(() => fixture.close())
    const io = fixture.createIOManager()
    onTestFinished(() => io.close?.())
    const record = await io.handleOutput(outputContext(fixture, "types"), await output(fixture))
    const input: InputContext = {
      ...ioContext(fixture.base),
      key: writtenKey,
      materializations: [record],
      partitions: [],
      schema,
      session: () => fixture.session(),
    }
    const back = inOrder(texts(await collect(await fixture.session(), relationOf(await io.loadInput(input)))))
    const sent = inOrder(texts([batch()]))
    for (const [i, [name]] of cases.entries()) expect([name, back[i]]).toEqual([name, sent[i]])
  })
}

test("the texts that are compared tell the values apart", () => {
  const sent = texts([batch()])
  expect(sent[6]?.slice(0, 2)).toEqual(["NaN", "-0"])
  expect(sent[14]?.[1]).toBe("1711848600000001")
  expect(new Set(sent[10]).size).toBe(3)
  expect(sent[17]?.[1]).toBe("[[1, null], null, [], [2, 3]]")
})
