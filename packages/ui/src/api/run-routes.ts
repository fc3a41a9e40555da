import {
  type AssetsEvent,
  ConfigError,
  type EventLog,
  type EventType,
  type RunRecord,
  type RunStatus,
} from "@assets/core"
import type { FastifyInstance } from "fastify"
import { lastEventId } from "../event-tail.ts"
import type { EventPage, RunPage, StepPage } from "./api-view.ts"
import { scanPages } from "./scan-pages.ts"
import { gives, limitOf, query } from "./schemas.ts"

const runId = { type: "object", properties: { id: { type: "string" } }, required: ["id"] }
const statuses: readonly RunStatus[] = ["running", "succeeded", "failed", "cancelled"]

interface RunListQuery {
  readonly environment?: string
  readonly status?: RunStatus
  readonly q?: string
  readonly before?: string
  readonly limit: number
}

interface StepListQuery {
  readonly after: number
  readonly limit: number
}

interface EventListQuery {
  readonly after: number
  readonly step?: string
  readonly types?: string
  readonly limit: number
}

/** `/api/runs` and what lies below it. */
export function runRoutes(app: FastifyInstance, log: EventLog): void {
  const listSchema = {
    tags: ["runs"],
    summary: "Runs, latest first",
    querystring: query({
      environment: { type: "string" },
      status: { type: "string", enum: statuses },
      q: { type: "string", description: "Words that id, selection or tags must hold, each of them." },
      before: { type: "string", description: "Runs that started before the run of this id: `next` of the last page." },
      limit: limitOf(50, 500),
    }),
    response: gives("RunPage"),
  }
  app.get<{ Querystring: RunListQuery }>("/api/runs", { schema: listSchema }, async ({ query }): Promise<RunPage> => {
    const { q, before, limit, ...filters } = query
    if (before !== undefined) knownRun(log, before)
    const { items, next } = scanPages<RunRecord, string>({
      read: (after, limit) => log.runs({ ...filters, ...(after !== undefined && { before: after }), limit }),
      cursorOf: run => run.id,
      after: before,
      wanted: holdsWords(q ?? ""),
      limit,
    })
    return { runs: items, next }
  })

  const oneSchema = { tags: ["runs"], summary: "One run", params: runId, response: gives("Run", 404) }
  app.get<{ Params: { id: string } }>("/api/runs/:id", { schema: oneSchema }, async ({ params }) =>
    knownRun(log, params.id),
  )

  const stepsSchema = {
    tags: ["runs"],
    summary: "The steps of a run, in the order in which they started",
    params: runId,
    querystring: query({
      after: {
        type: "integer",
        minimum: 0,
        default: 0,
        description: "How many to pass over: `next` of the last page.",
      },
      limit: limitOf(200, 500),
    }),
    response: gives("StepPage", 404),
  }
  app.get<{ Params: { id: string }; Querystring: StepListQuery }>(
    "/api/runs/:id/steps",
    { schema: stepsSchema },
    async ({ params, query: { after, limit } }): Promise<StepPage> => {
      knownRun(log, params.id)
      // The cursor first: an event in between is then told twice, never missed.
      const cursor = lastEventId(log)
      const found = log.steps(params.id, { offset: after, limit: limit + 1 })
      return { steps: found.slice(0, limit), cursor, next: found.length > limit ? after + limit : null }
    },
  )

  const eventsSchema = {
    tags: ["runs"],
    summary: "The events of a run, in order",
    params: runId,
    querystring: query({
      after: { type: "integer", minimum: 0, default: 0, description: "Events with a greater id." },
      step: { type: "string", description: "Events of this step only." },
      types: { type: "string", description: "Only these types, separated by commas." },
      limit: limitOf(500, 1000),
    }),
    response: gives("EventPage", 404),
  }
  app.get<{ Params: { id: string }; Querystring: EventListQuery }>(
    "/api/runs/:id/events",
    { schema: eventsSchema },
    async ({ params, query }): Promise<EventPage> => {
      knownRun(log, params.id)
      const types = new Set<EventType>((query.types ?? "").split(",").filter(Boolean) as EventType[])
      const step = query.step === undefined ? {} : { step: query.step }
      const { items, next } = scanPages<AssetsEvent, number>({
        read: (after = 0, limit) => log.events({ runId: params.id, ...step, after, limit }),
        cursorOf: event => event.id,
        after: query.after,
        wanted: types.size === 0 ? undefined : event => types.has(event.type),
        limit: query.limit,
      })
      return { events: items, next }
    },
  )
}

/** Whether a run holds every word somewhere, without regard to case; undefined when there are no words. */
function holdsWords(text: string): ((run: RunRecord) => boolean) | undefined {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return undefined
  return run => {
    const tags = Object.entries(run.tags).map(([name, value]) => `${name}=${value}`)
    const all = [run.id, run.selection, ...tags].join("\n").toLowerCase()
    return words.every(word => all.includes(word))
  }
}

function knownRun(log: EventLog, id: string): RunRecord {
  const run = log.run(id)
  if (run) return run
  throw new ConfigError("RUN_UNKNOWN", {
    what: `There is no run ${JSON.stringify(id)}.`,
    why: "The event log of this project has no run with this id.",
    fix: "See 'assets runs list', or GET /api/runs.",
    details: { run: id },
  })
}
