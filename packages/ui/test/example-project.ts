import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { asset, type Definitions, definitions, type EventLog, json, type Materialization, source } from "@assets/core"

export interface ExampleProject {
  readonly project: Definitions
  readonly folder: string
  remove(): void
}

/** A project of three assets and a source, with nothing run, in a folder of its own. */
export function exampleProject(): ExampleProject {
  const folder = mkdtempSync(join(tmpdir(), "assets-ui-"))
  const events = source("raw/events", undefined, { description: "Clicks, as they come." })
  const orders = asset("staging/orders", {
    description: "Orders without the cancelled ones.",
    group: "staging",
    tags: { pii: "yes" },
    kinds: ["api"],
    deps: { events },
    returns: json<number>(),
    compute: () => 1,
  })
  const revenue = asset("marts/revenue", {
    group: "marts",
    deps: { orders },
    returns: json<number>(),
    compute: () => 2,
  })
  const users = asset("marts/users", { group: "marts", deps: { orders }, returns: json<number>(), compute: () => 3 })
  const project = definitions({
    assets: [events, orders, revenue, users],
    environments: { local: {}, prod: {}, apart: { state: { path: "elsewhere" } } },
    defaultEnvironment: "local",
    base: folder,
  })
  return { project, folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

export interface ExampleRun {
  readonly id: string
  readonly environment?: string
  readonly selection?: string
  readonly tags?: { readonly [name: string]: string }
  /** Default: it goes on. */
  readonly end?: "run_succeeded" | "run_failed" | "run_cancelled"
}

export function materialization(runId: string, key: string, rows = 18): Materialization {
  return {
    id: `m-${runId}-${key}`,
    key,
    partitions: [],
    kind: "json",
    fingerprint: "f".repeat(64),
    dataVersion: `d-${runId}`,
    codeVersion: "c".repeat(64),
    inputs: {},
    runId,
    attempt: 1,
    createdAt: "2026-01-05T10:00:00.000Z",
    engine: "none",
    rows,
    bytes: 2048,
    checks: [{ name: "rowCount", severity: "warn", blocking: false, passed: false, badRows: 2 }],
  }
}

/** Writes a run with one materialized step, as the runner of another process does. */
export function writeRun(log: EventLog, run: ExampleRun, key = "staging/orders"): void {
  const { id: runId, environment = "local", selection = "*", tags = {}, end } = run
  const step = { runId, step: key, key, partitions: [] }
  log.append({ type: "run_started", runId, environment, selection, tags, steps: 1 })
  log.append({ ...step, type: "step_started", attempt: 1, reasons: [{ kind: "never_materialized" }] })
  log.append({ ...step, type: "log_written", level: "info", message: `reading for ${runId}` })
  log.append({ ...step, type: "asset_materialized", materialization: materialization(runId, key), durationMs: 12 })
  if (end) log.append({ type: end, runId, durationMs: 20 })
}
