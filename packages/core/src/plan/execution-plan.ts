/** Why a step runs, or does not. Data, so that the CLI, the page and tests say the same. */
export type Reason =
  | { readonly kind: "never_materialized" }
  /** `diff` holds the lines of the two plans, `-` before and `+` after, where the former is known. */
  | { readonly kind: "code_changed"; readonly diff?: readonly string[] }
  | { readonly kind: "input_changed"; readonly inputs: readonly string[] }
  | { readonly kind: "partition_missing" }
  | { readonly kind: "volatile" }
  | { readonly kind: "code_unknown" }
  | { readonly kind: "forced" }
  | { readonly kind: "failed_before"; readonly runId: string }
  | { readonly kind: "data_missing" }
  | { readonly kind: "unchanged" }
  /** What another environment holds is the same work. */
  | { readonly kind: "reused"; readonly from: string }
  /** The step hangs on what these upstream steps give. */
  | { readonly kind: "upstream_undecided"; readonly on: readonly string[] }

/** One asset × its partition keys. */
export interface PlanStep {
  /** `marts/revenue`, or `marts/revenue[2024-01-05]`; of a batch `marts/revenue[2024-01-01..2024-01-31]`. */
  readonly id: string
  readonly key: string
  /** Empty for an asset without partitions. */
  readonly partitions: readonly string[]
  readonly decision: "run" | "skip" | "maybe"
  readonly reasons: readonly Reason[]
  /** Ids of the steps of this plan that come before it. */
  readonly upstream: readonly string[]
  readonly codeVersion: string
  /** Known when every input's data version is. */
  readonly fingerprint: string | null
  /** Of what a skip leaves in place, or of what a stable run will give. */
  readonly dataVersion: string | null
  /** Higher runs first: the declared priority, then the longest path below. */
  readonly priority: number
}

/** Something that the project should mend and that does not stop a run. */
export interface PlanWarning {
  readonly code: string
  readonly key: string
  readonly message: string
}

/** What materialize would do. Frozen and serializable; the explainer and the executor read the same object. */
export interface ExecutionPlan {
  readonly environment: string
  /** The selection as given, for people. */
  readonly selection: string
  readonly timeZone: string
  /** ISO 8601, UTC. */
  readonly now: string
  /** In topological order. */
  readonly steps: readonly PlanStep[]
  /** Plans as text by code version, for the steps of transforms: what a later change is compared with. */
  readonly texts: { readonly [codeVersion: string]: string }
  readonly warnings: readonly PlanWarning[]
}
