import { type AssetsEvent, type EventLog, openEventLog } from "@assets/core"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { lastEventId } from "../src/event-tail.ts"
import { type Server, startServer } from "../src/index.ts"
import { type ExampleProject, exampleProject, writeRun } from "./example-project.ts"

let example: ExampleProject
let log: EventLog
let server: Server

beforeEach(async () => {
  example = exampleProject()
  log = openEventLog(example.project)
  server = await startServer({ project: example.project, readOnly: true, port: 0 })
})
afterEach(async () => {
  await server.close()
  log.close()
  example.remove()
})

interface Stream {
  /** Waits for the next events. */
  next(count: number): Promise<AssetsEvent[]>
  /** Resolves when the server has ended it. */
  readonly ended: Promise<void>
  close(): void
}

/** A stream whose head has come: the server follows the log from here on. */
async function open(query: string, headers: { readonly [name: string]: string } = {}): Promise<Stream> {
  const abort = new AbortController()
  const response = await fetch(`${server.url}/api/events?${query}`, { headers, signal: abort.signal })
  expect(response.headers.get("content-type")).toBe("text/event-stream")
  const events: AssetsEvent[] = []
  let wake = () => {}
  const read = async () => {
    let text = ""
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true })
      const blocks = text.split("\n\n")
      text = blocks.pop() ?? ""
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1]
        if (data === undefined) continue
        const event: AssetsEvent = JSON.parse(data)
        expect(block).toContain(`id: ${event.id}`)
        events.push(event)
      }
      wake()
    }
  }
  const ended = read().catch(() => undefined)
  return {
    ended,
    close: () => abort.abort(),
    async next(count) {
      while (events.length < count) {
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
      return events.splice(0, count)
    },
  }
}

const types = (events: readonly AssetsEvent[]) => events.map(event => event.type)

describe("/api/events", () => {
  test("tells what another connection writes from now on", async () => {
    writeRun(log, { id: "before", end: "run_succeeded" })
    const stream = await open("")
    writeRun(log, { id: "after", end: "run_succeeded" })
    const events = await stream.next(5)
    expect(types(events)).toEqual(["run_started", "step_started", "log_written", "asset_materialized", "run_succeeded"])
    expect(events.every(event => event.runId === "after")).toBe(true)
    stream.close()
  })

  test("goes on after an event, or after Last-Event-ID, without a gap", async () => {
    writeRun(log, { id: "run-1", end: "run_succeeded" })
    const all = log.events()
    const stream = await open("after=0")
    expect(await stream.next(all.length)).toEqual(all)
    stream.close()
    const resumed = await open("after=0", { "last-event-id": String(all[1]?.id) })
    expect(await resumed.next(all.length - 2)).toEqual(all.slice(2))
    resumed.close()
  })

  test("tells events of one run, and of some types, where asked", async () => {
    const ofRun = await open("run=run-2")
    const ofType = await open("types=run_started,run_failed")
    writeRun(log, { id: "run-1", end: "run_succeeded" })
    writeRun(log, { id: "run-2", end: "run_failed" })
    expect((await ofRun.next(5)).map(event => event.runId)).toEqual(Array(5).fill("run-2"))
    expect(types(await ofType.next(3))).toEqual(["run_started", "run_started", "run_failed"])
    ofRun.close()
    ofType.close()
  })

  test("a stream that is far behind catches up", async () => {
    const started = {
      type: "run_started",
      runId: "r",
      environment: "local",
      selection: "*",
      tags: {},
      steps: 0,
    } as const
    log.append(started)
    for (let i = 0; i < 1_200; i++) {
      log.append({
        type: "log_written",
        runId: "r",
        step: "a",
        key: "a",
        partitions: [],
        level: "info",
        message: `${i}`,
      })
    }
    const stream = await open("after=0")
    expect(await stream.next(1_201)).toEqual(log.events({ limit: 2_000 }))
    stream.close()
  })

  test("a wrong Last-Event-ID is refused", async () => {
    const response = await fetch(`${server.url}/api/events`, { headers: { "last-event-id": "x" } })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ code: "ARGUMENT_INVALID" })
  })

  test("stopping the server ends the streams", async () => {
    const stream = await open("")
    await server.close()
    await stream.ended
  })
})

test("the last event id is found in logs of any length", () => {
  expect(lastEventId(log)).toBe(0)
  for (let i = 0; i < 40; i++) {
    const { id } = log.append({
      type: "run_started",
      runId: `r${i}`,
      environment: "local",
      selection: "*",
      tags: {},
      steps: 0,
    })
    expect(lastEventId(log)).toBe(id)
  }
})
