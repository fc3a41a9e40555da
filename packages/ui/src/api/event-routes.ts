import { ConfigError, type EventLog, type EventType } from "@assets/core"
import type { FastifyInstance } from "fastify"
import { lastEventId, tailEvents } from "../event-tail.ts"
import { query, ref } from "./schemas.ts"

interface StreamQuery {
  readonly after?: number
  readonly run?: string
  readonly types?: string
}

const description =
  "Server-sent events, each with the event's id and, as data, the event. After a lost connection it goes on from " +
  "`Last-Event-ID`. Without that and without `after`, it begins with what happens from now on. The stream of a lost " +
  "network is noticed by its comments, sent at least every 15 seconds."

/** `/api/events`: the log as it grows. */
export function eventRoutes(app: FastifyInstance, log: EventLog, stopped: AbortSignal): void {
  const schema = {
    tags: ["events"],
    summary: "Events as they happen",
    description,
    querystring: query({
      after: { type: "integer", minimum: 0, description: "Events with a greater id." },
      run: { type: "string", description: "Events of this run only." },
      types: { type: "string", description: "Only these types, separated by commas." },
    }),
    response: {
      200: { description: "The stream.", content: { "text/event-stream": { schema: { type: "string" } } } },
      400: ref("Error"),
    },
  }
  app.get<{ Querystring: StreamQuery }>(
    "/api/events",
    { sse: "only", exposeHeadRoute: false, schema },
    async (request, reply) => {
      const { after, run, types } = request.query
      const options = {
        after: resumeFrom(reply.sse.lastEventId) ?? after ?? lastEventId(log),
        runId: run,
        // Words that are no type match nothing, as a type of a later release does.
        types: new Set((types ?? "").split(",").filter(Boolean) as EventType[]),
      }
      const ended = new AbortController()
      reply.sse.onClose(() => ended.abort())
      reply.sse.sendHeaders()
      await reply.sse.send({ retry: 1000, data: undefined })
      for await (const event of tailEvents(log, options, AbortSignal.any([ended.signal, stopped]))) {
        if (!reply.sse.isConnected) break
        await reply.sse.send({ id: String(event.id), data: event })
      }
    },
  )
}

function resumeFrom(header: string | null): number | undefined {
  if (header === null) return undefined
  const id = Number(header)
  if (Number.isSafeInteger(id) && id >= 0) return id
  throw new ConfigError("ARGUMENT_INVALID", {
    what: `Last-Event-ID is ${JSON.stringify(header)}.`,
    why: "It is the id of an event: a whole number.",
    fix: "Send the id of the last event that was received, or leave the header out.",
  })
}
