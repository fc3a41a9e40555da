/** JSON schemas of what the API gives, for `/api/openapi.json`. The types of `api-view.ts`, in OpenAPI's words. */

type Schema = { readonly [name: string]: unknown }

const text = { type: "string" }
const count = { type: "integer" }
const flag = { type: "boolean" }
const time = { type: "string", format: "date-time" }
const anything = {}
const orNull = (schema: Schema) => ({ anyOf: [schema, { type: "null" }] })
const list = (items: Schema) => ({ type: "array", items })
const byName = (values: Schema) => ({ type: "object", additionalProperties: values })
export const ref = (name: string) => ({ $ref: `${name}#` })

/** An object whose properties are all there, but for those whose name ends in `?`. */
function object($id: string, properties: { readonly [name: string]: Schema }, description?: string): Schema {
  const entries = Object.entries(properties)
  return {
    $id,
    type: "object",
    ...(description !== undefined && { description }),
    properties: Object.fromEntries(entries.map(([name, schema]) => [name.replace("?", ""), schema])),
    required: entries.map(([name]) => name).filter(name => !name.endsWith("?")),
  }
}

const column = { type: "object", properties: { name: text, type: text }, required: ["name", "type"] }
const runStatus = { type: "string", enum: ["running", "succeeded", "failed", "cancelled"] }

const declared = {
  key: text,
  kind: { type: "string", enum: ["asset", "source"] },
  description: orNull(text),
  group: orNull(text),
  kinds: list(text),
  tags: byName(text),
  owners: list(text),
  returns: text,
  columns: orNull(list(column)),
  partitions: orNull(text),
  deps: list(text),
  checks: list(text),
  reader: orNull({ type: "object", properties: { kind: text, paths: list(text) }, required: ["kind", "paths"] }),
}

/** Every schema that a route refers to, to be added to the server by its `$id`. */
export const schemas: readonly Schema[] = [
  object("Error", { code: text, what: text, why: text, fix: text }, "What happened, why, and what mends it."),
  object("Environment", { name: text, engine: orNull(text), io: orNull(text) }),
  object("Server", {
    project: text,
    version: text,
    readOnly: flag,
    defaultEnvironment: text,
    environments: list(ref("Environment")),
    assets: count,
    sources: count,
  }),
  object("Asset", declared, "An asset or a source, as it is declared."),
  object("Project", {
    name: text,
    defaultEnvironment: text,
    environments: list(ref("Environment")),
    assets: list(ref("Asset")),
    sources: list(ref("Asset")),
  }),
  object("CheckResult", {
    name: text,
    severity: { type: "string", enum: ["warn", "error"] },
    blocking: flag,
    passed: flag,
    "badRows?": count,
    "samples?": list(anything),
    "message?": text,
  }),
  object(
    "Materialization",
    {
      id: text,
      key: text,
      partitions: list(text),
      kind: { type: "string", enum: ["relation", "batches", "json", "nothing"] },
      fingerprint: text,
      dataVersion: text,
      codeVersion: text,
      inputs: byName(text),
      runId: text,
      attempt: count,
      createdAt: time,
      engine: text,
      "rows?": count,
      "bytes?": count,
      "files?": count,
      "columns?": list(anything),
      "checks?": list(ref("CheckResult")),
      "metadata?": byName(anything),
    },
    "The record of data that is stored.",
  ),
  object("MaterializationSummary", {
    id: text,
    runId: text,
    createdAt: time,
    partitions: list(text),
    rows: orNull(count),
    bytes: orNull(count),
    dataVersion: text,
    checksFailed: count,
  }),
  object("AssetSummary", {
    key: text,
    group: orNull(text),
    description: orNull(text),
    kinds: list(text),
    tags: byName(text),
    partitions: orNull(text),
    columns: orNull(count),
    latest: byName(orNull(ref("MaterializationSummary"))),
  }),
  object("AssetPage", { assets: list(ref("AssetSummary")), total: count, next: orNull(text) }),
  object("AssetDetail", { ...declared, downstream: list(text), latest: byName(orNull(ref("Materialization"))) }),
  object("HistoryPage", { materializations: list(ref("Materialization")) }),
  object(
    "Run",
    {
      id: text,
      environment: text,
      selection: text,
      status: runStatus,
      reason: orNull(text),
      startedAt: time,
      endedAt: orNull(time),
      tags: byName(text),
      counts: {
        type: "object",
        properties: { steps: count, ok: count, skipped: count, failed: count, checksFailed: count },
        required: ["steps", "ok", "skipped", "failed", "checksFailed"],
      },
    },
    "One request carried out.",
  ),
  object("RunPage", { runs: list(ref("Run")), next: orNull(text) }),
  object(
    "Step",
    {
      runId: text,
      id: text,
      key: text,
      partitions: list(text),
      status: {
        type: "string",
        enum: ["pending", "running", "staged", "materialized", "skipped", "failed", "cancelled", "blocked"],
      },
      reason: orNull(text),
      startedAt: orNull(time),
      endedAt: orNull(time),
      attempts: count,
      rows: orNull(count),
      bytes: orNull(count),
      dataVersion: orNull(text),
      error: anything,
    },
    "One asset with its partition keys, in a run.",
  ),
  object("StepPage", { steps: list(ref("Step")), cursor: count, next: orNull(count) }),
  object(
    "Event",
    { id: count, time, runId: text, type: text },
    "What happened; further properties depend on the type. The same objects as `--json` prints.",
  ),
  object("EventPage", { events: list(ref("Event")), next: orNull(count) }),
]

/** The responses of a route: what it gives, and the refusals that it may give in its place. */
export function gives(name: string, ...refusals: readonly number[]): Schema {
  return {
    200: ref(name),
    ...Object.fromEntries([400, ...refusals].map(status => [status, ref("Error")])),
  }
}

/** A page's size in a query string. */
export const limitOf = (fallback: number, most: number) => ({
  type: "integer",
  minimum: 1,
  maximum: most,
  default: fallback,
  description: `How many to give. Default ${fallback}.`,
})

export const query = (properties: { readonly [name: string]: Schema }) => ({
  type: "object",
  properties,
  additionalProperties: false,
})
