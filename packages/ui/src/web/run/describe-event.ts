import type { AssetsEvent } from "../../api/api-view.ts"
import { formatBytes, formatCount, formatDuration, words } from "../format.ts"

type Reason = Extract<AssetsEvent, { readonly type: "step_started" }>["reasons"][number]

export interface EventText {
  readonly text: string
  readonly tone: "none" | "ok" | "failed" | "warn" | "quiet"
  /** More of it, for those who open it. */
  readonly details?: unknown
}

/** Why a step runs, as words. */
function reasonText(reason: Reason): string {
  switch (reason.kind) {
    case "input_changed":
      return `input changed: ${reason.inputs.join(", ")}`
    case "upstream_undecided":
      return `depends on ${reason.on.join(", ")}`
    case "failed_before":
      return "failed before"
    default:
      return words(reason.kind)
  }
}

/** An event as one line for people. */
export function describeEvent(event: AssetsEvent): EventText {
  switch (event.type) {
    case "run_started":
      return {
        text: `${formatCount(event.steps)} ${event.steps === 1 ? "step" : "steps"} in ${event.environment}`,
        tone: "none",
      }
    case "step_started": {
      const attempt = event.attempt > 1 ? `attempt ${event.attempt}: ` : ""
      return { text: attempt + event.reasons.map(reasonText).join("; "), tone: "none", details: diffOf(event.reasons) }
    }
    case "step_waiting":
      return { text: `waits for ${event.holder}`, tone: "warn" }
    case "step_retried":
      return {
        text: `attempt ${event.attempt} failed (${errorText(event.error)}); again in ${formatDuration(event.delayMs)}`,
        tone: "warn",
        details: event.error,
      }
    case "step_staged":
    case "asset_materialized": {
      const { rows, bytes } = event.materialization
      const parts = [
        rows === undefined ? "" : `${formatCount(rows)} rows`,
        bytes === undefined ? "" : formatBytes(bytes),
      ]
      return { text: [...parts, formatDuration(event.durationMs)].filter(Boolean).join(" · "), tone: "ok" }
    }
    case "check_evaluated": {
      const { name, passed, severity, badRows, message, samples } = event.result
      const bad = badRows === undefined ? "" : `: ${formatCount(badRows)} bad ${badRows === 1 ? "row" : "rows"}`
      const tone = passed ? "ok" : severity === "warn" ? "warn" : "failed"
      const text = passed ? `${name} passed` : `${name} failed${bad}${message ? ` – ${message}` : ""}`
      return { text, tone, ...(samples?.length && { details: samples }) }
    }
    case "step_skipped":
      return { text: words(event.reason), tone: "quiet" }
    case "step_blocked":
      return { text: `by ${event.by}`, tone: "warn" }
    case "step_failed":
      return { text: errorText(event.error), tone: "failed", details: event.error }
    case "log_written": {
      const tone =
        event.level === "error"
          ? "failed"
          : event.level === "warn"
            ? "warn"
            : event.level === "debug"
              ? "quiet"
              : "none"
      return { text: event.message, tone, details: event.fields }
    }
    case "run_failed":
      return { text: formatDuration(event.durationMs), tone: "failed", details: event.error }
    case "run_succeeded":
      return { text: formatDuration(event.durationMs), tone: "ok" }
    case "run_cancelled":
      return { text: formatDuration(event.durationMs), tone: "warn" }
    case "step_cancelled":
      return { text: "", tone: "warn" }
  }
}

function errorText(error: unknown): string {
  if (typeof error !== "object" || error === null) return String(error ?? "failed")
  const { code, what, message } = error as { readonly [name: string]: unknown }
  return [code, what ?? message].filter(part => typeof part === "string").join(": ") || "failed"
}

function diffOf(reasons: readonly Reason[]): readonly string[] | undefined {
  return reasons.flatMap(reason => (reason.kind === "code_changed" ? (reason.diff ?? []) : [])) || undefined
}
