import type { Reason } from "@assets/core"

/** A reason in words. */
export function renderReason(reason: Reason): string {
  switch (reason.kind) {
    case "never_materialized":
      return "never materialized"
    case "code_changed":
      return "code changed"
    case "input_changed":
      return `input changed: ${reason.inputs.join(", ")}`
    case "partition_missing":
      return "partition missing"
    case "volatile":
      return "volatile: gives another answer each time"
    case "code_unknown":
      return "code version unknown"
    case "forced":
      return "forced"
    case "failed_before":
      return `failed before, in run ${reason.runId}`
    case "data_missing":
      return "stored data is missing"
    case "unchanged":
      return "unchanged"
    case "reused":
      return `reused from ${reason.from}`
    case "upstream_undecided":
      return `hangs on ${reason.on.join(", ")}`
  }
}

export function renderReasons(reasons: readonly Reason[]): string {
  return reasons.map(renderReason).join("; ")
}
