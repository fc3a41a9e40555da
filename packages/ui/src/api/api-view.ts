import type {
  AssetsEvent,
  EventType,
  Json,
  Materialization,
  RunRecord,
  RunStatus,
  StepRecord,
  StepStatus,
} from "@assets/core"

export type { AssetsEvent, EventType, Json, Materialization, RunRecord, RunStatus, StepRecord, StepStatus }

/** What `/api/server` gives: the little that every view of the page needs. */
export interface ServerView {
  readonly project: string
  readonly version: string
  readonly readOnly: boolean
  readonly defaultEnvironment: string
  readonly environments: readonly EnvironmentView[]
  readonly assets: number
  readonly sources: number
}

export interface EnvironmentView {
  readonly name: string
  /** Names of the engine and the IO manager; null where the environment leaves them to another. */
  readonly engine: string | null
  readonly io: string | null
}

export interface ColumnView {
  readonly name: string
  readonly type: string
}

/** One asset or source, as it is declared. */
export interface AssetView {
  readonly key: string
  readonly kind: "asset" | "source"
  readonly description: string | null
  readonly group: string | null
  readonly kinds: readonly string[]
  readonly tags: { readonly [name: string]: string }
  readonly owners: readonly string[]
  /** `frame`, `json`, `nothing`. */
  readonly returns: string
  /** Null for a value that is not a table. */
  readonly columns: readonly ColumnView[] | null
  /** `time`, `static`, `dynamic`, `multi`; null for an asset without partitions. */
  readonly partitions: string | null
  /** Keys of the assets and sources that it reads. */
  readonly deps: readonly string[]
  /** Names of its checks. */
  readonly checks: readonly string[]
  /** For a source: what reads it, and from where. */
  readonly reader: { readonly kind: string; readonly paths: readonly string[] } | null
}

/** What `/api/project` gives. */
export interface ProjectView {
  readonly name: string
  readonly defaultEnvironment: string
  readonly environments: readonly EnvironmentView[]
  readonly assets: readonly AssetView[]
  readonly sources: readonly AssetView[]
}

/** A materialization without what only its own page shows. */
export interface MaterializationSummary {
  readonly id: string
  readonly runId: string
  /** ISO 8601, UTC. */
  readonly createdAt: string
  readonly partitions: readonly string[]
  readonly rows: number | null
  readonly bytes: number | null
  readonly dataVersion: string
  /** Checks that did not pass. */
  readonly checksFailed: number
}

/** A row of `/api/assets`. */
export interface AssetSummary {
  readonly key: string
  readonly group: string | null
  readonly description: string | null
  readonly kinds: readonly string[]
  readonly tags: { readonly [name: string]: string }
  readonly partitions: string | null
  readonly columns: number | null
  /** The latest materialization by environment; null where there is none. */
  readonly latest: { readonly [environment: string]: MaterializationSummary | null }
}

export interface AssetPage {
  readonly assets: readonly AssetSummary[]
  /** How many there are in all, of those that were asked for. */
  readonly total: number
  /** The value of `after` for the next page; null on the last one. */
  readonly next: string | null
}

/** What `/api/assets/:key` gives. */
export interface AssetDetail extends AssetView {
  readonly downstream: readonly string[]
  readonly latest: { readonly [environment: string]: Materialization | null }
}

export interface HistoryPage {
  /** Latest first. */
  readonly materializations: readonly Materialization[]
}

export interface RunPage {
  /** Latest first. */
  readonly runs: readonly RunRecord[]
  /** The value of `before` for the next page; null on the last one. */
  readonly next: string | null
}

export interface StepPage {
  readonly steps: readonly StepRecord[]
  /** An event id that is not later than these steps: the stream goes on from here. */
  readonly cursor: number
  /** The value of `after` for the next page; null on the last one. */
  readonly next: number | null
}

export interface EventPage {
  readonly events: readonly AssetsEvent[]
  /** The value of `after` for the next page; null when there is no more now. */
  readonly next: number | null
}

/** What every refusal gives. */
export interface ErrorView {
  readonly code: string
  readonly what: string
  readonly why: string
  readonly fix: string
}
