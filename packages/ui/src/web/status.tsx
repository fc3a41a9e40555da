import type { RunStatus, StepStatus } from "../api/api-view.ts"

type Status = RunStatus | StepStatus

/** Each status by a word, a colour and a shape: never by colour alone. */
const looks: { readonly [S in Status]: { readonly word: string; readonly tone: string; readonly path: string } } = {
  pending: { word: "Waiting", tone: "quiet", path: "M8 4.500V8l2 1.500" },
  running: { word: "Running", tone: "running", path: "" },
  succeeded: { word: "Succeeded", tone: "ok", path: "m5 8.200 2.100 2.100L11 6" },
  staged: { word: "Staged", tone: "running", path: "m5 8.200 2.100 2.100L11 6" },
  materialized: { word: "Materialized", tone: "ok", path: "m5 8.200 2.100 2.100L11 6" },
  skipped: {
    word: "Skipped",
    tone: "quiet",
    path: "M5.200 5.500 7.700 8l-2.500 2.500M8.300 5.500 10.800 8l-2.500 2.500",
  },
  failed: { word: "Failed", tone: "failed", path: "m5.700 5.700 4.600 4.600m0-4.600-4.600 4.600" },
  cancelled: { word: "Cancelled", tone: "warn", path: "M5.200 8h5.600" },
  blocked: { word: "Blocked", tone: "warn", path: "M4.600 4.600l6.800 6.800" },
}

export function StatusIcon({ status }: { readonly status: Status }) {
  const { tone, path } = looks[status]
  return (
    <svg viewBox="0 0 16 16" width="16" height="16" className={`status-icon tone-${tone}`} aria-hidden="true">
      <circle cx="8" cy="8" r="6.500" />
      {status === "running" ? <circle cx="8" cy="8" r="6.500" className="spin" /> : <path d={path} />}
    </svg>
  )
}

export function StatusBadge({ status }: { readonly status: Status }) {
  const { word, tone } = looks[status]
  return (
    <span className={`status tone-${tone}`}>
      <StatusIcon status={status} />
      {word}
    </span>
  )
}

export const toneOf = (status: Status) => looks[status].tone
export const wordOf = (status: Status) => looks[status].word
