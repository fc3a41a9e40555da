import { asset, definitions, EngineError, type EngineSession, inMemory, materialize, openEventLog } from "@assets/core"
import { expect, test } from "vitest"
import { FakeFrame, fakeEngine, table } from "./fake-table.ts"
import { eachTestInFolder } from "./temp-folder.ts"

const folder = eachTestInFolder()

const rows = (name: string) => new FakeFrame([["rows", name]], () => [{ id: name }])
const tooMuch = () => new EngineError("ENGINE_OUT_OF_MEMORY", { what: "too much", why: "a test", fix: "none" })

/** An engine whose memory is enough for `most` queries at a time; each waits until `together` are there, or have been. */
function smallEngine(most: number, together: number) {
  const engine = fakeEngine()
  const counts = { now: 0, most: 0, seen: 0 }
  let release = () => {}
  const all = new Promise<void>(resolve => {
    release = resolve
  })
  const open = async (context: Parameters<typeof engine.open>[0]): Promise<EngineSession> => {
    const session = await engine.open(context)
    async function* batches(...args: Parameters<EngineSession["batches"]>) {
      counts.now++
      counts.most = Math.max(counts.most, counts.now)
      try {
        if (++counts.seen === together) release()
        await all
        const isTooMuch = counts.now > most
        await new Promise(resolve => setImmediate(resolve))
        if (isTooMuch) throw tooMuch()
        yield* session.batches(...args)
      } finally {
        counts.now--
      }
    }
    return { ...session, batches }
  }
  return { engine: { ...engine, open }, counts }
}

function project(engine: ReturnType<typeof smallEngine>["engine"], names: readonly string[]) {
  const assets = names.map(name => asset(`a/${name}`, { returns: table(), transform: () => rows(name) }))
  return definitions({ assets, environments: { local: inMemory({ engine }) }, base: folder() })
}

test("transforms that do not fit into the engine's memory together are computed one after the other", async () => {
  const { engine, counts } = smallEngine(1, 3)
  const definitions = project(engine, ["one", "two", "three"])
  const run = await materialize(definitions, { concurrency: 3 })
  expect(run.steps.map(step => step.status)).toEqual(["materialized", "materialized", "materialized"])
  expect(counts.most).toBe(3)
  const log = openEventLog(definitions)
  const retried = log.events({ runId: run.id }).filter(event => event.type === "step_retried")
  const atOnce = { attempt: 1, delayMs: 0, error: { code: "ENGINE_OUT_OF_MEMORY" } }
  expect(retried).toMatchObject([atOnce, atOnce, atOnce])
  log.close()
})

test("one that does not fit alone fails, once tried alone, and the others go on", async () => {
  const { engine } = smallEngine(0, 2)
  const run = await materialize(project(engine, ["one", "two"]), { concurrency: 2 })
  expect(run.steps.map(step => [step.status, step.reason])).toEqual([
    ["failed", "ENGINE_OUT_OF_MEMORY"],
    ["failed", "ENGINE_OUT_OF_MEMORY"],
  ])
})

test("one that was alone when it did not fit is not tried again", async () => {
  const { engine, counts } = smallEngine(0, 1)
  const run = await materialize(project(engine, ["one"]), { concurrency: 2 })
  expect(run.steps[0]).toMatchObject({ status: "failed", reason: "ENGINE_OUT_OF_MEMORY" })
  expect(counts.seen).toBe(1)
})

test("a run can be stopped while a step waits to be alone", async () => {
  const { engine, counts } = smallEngine(1, 2)
  const stopped = new AbortController()
  const definitions = project(engine, ["one", "two"])
  const onEvent = ({ type }: { readonly type: string }) => type === "step_retried" && stopped.abort()
  const run = await materialize(definitions, { concurrency: 2, signal: stopped.signal, onEvent })
  expect(run.status).toBe("cancelled")
  expect(counts.seen).toBe(2)
})
