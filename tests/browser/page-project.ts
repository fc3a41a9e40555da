import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { asset, type Definitions, definitions, type EventLog, json, type Materialization, source } from "@assets/core"
import { frame, t } from "@assets/dataframe"

/** A project for the page: assets of tables and of JSON, a source, two environments. */
export function pageProject(): { readonly project: Definitions; remove(): void } {
  const base = mkdtempSync(join(tmpdir(), "assets-page-"))
  const events = source("raw/events", undefined, { description: "Clicks, as they come." })
  const orders = asset("staging/orders", {
    description: "Orders without the cancelled ones.",
    group: "staging",
    deps: { events },
    returns: frame({ day: t.date, customer: t.string, amount: t.decimal(10, 2) }),
    compute: () => [],
  })
  const revenue = asset("marts/revenue", {
    group: "marts",
    deps: { orders },
    returns: frame({ day: t.date, revenue: t.float64 }),
    compute: () => [],
  })
  const model = asset("models/churn", { kinds: ["ml"], deps: { orders }, returns: json<number>(), compute: () => 1 })
  const project = definitions({
    assets: [events, orders, revenue, model],
    environments: { local: {}, prod: {} },
    defaultEnvironment: "local",
    base,
  })
  return { project, remove: () => rmSync(base, { recursive: true, force: true }) }
}

/** Writes the events of a run, step by step, as the runner of another process does. */
export class RunWriter {
  readonly #log: EventLog
  readonly id: string

  constructor(log: EventLog, id: string, options: { selection?: string; environment?: string; steps?: number } = {}) {
    const { selection = "*", environment = "local", steps = 1 } = options
    this.#log = log
    this.id = id
    log.append({ type: "run_started", runId: id, environment, selection, tags: {}, steps })
  }

  start(key: string): this {
    this.#log.append({ ...this.#step(key), type: "step_started", attempt: 1, reasons: [{ kind: "code_changed" }] })
    return this
  }

  write(key: string, message: string): this {
    this.#log.append({ ...this.#step(key), type: "log_written", level: "info", message })
    return this
  }

  materialize(key: string, rows: number): this {
    const materialization: Materialization = {
      id: `${this.id}-${key}`,
      key,
      partitions: [],
      kind: "relation",
      fingerprint: "f".repeat(64),
      dataVersion: "d".repeat(64),
      codeVersion: "c".repeat(64),
      inputs: {},
      runId: this.id,
      attempt: 1,
      createdAt: new Date().toISOString(),
      engine: "duckdb",
      rows,
      bytes: rows * 10,
      files: 1,
      columns: [{ name: "day", type: "date", nullCount: 0, min: "2026-01-01", max: "2026-01-31" }],
    }
    this.#log.append({ ...this.#step(key), type: "asset_materialized", materialization, durationMs: 10 })
    return this
  }

  fail(key: string, error: { code: string; what: string; why: string; fix: string }): this {
    this.#log.append({ ...this.#step(key), type: "step_failed", attempt: 1, error, durationMs: 10 })
    return this
  }

  end(type: "run_succeeded" | "run_failed" | "run_cancelled"): void {
    this.#log.append({ type, runId: this.id, durationMs: 100 })
  }

  #step(key: string) {
    return { runId: this.id, step: key, key, partitions: [] }
  }
}
