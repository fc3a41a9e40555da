import type { RunRecord } from "../../api/api-view.ts"
import { formatCount } from "../format.ts"

/** How many steps of a run are done, and how: a bar and the words for it. */
export function RunCountsBar({
  counts,
  status,
}: {
  readonly counts: RunRecord["counts"]
  readonly status: RunRecord["status"]
}) {
  const { steps, ok, skipped, failed, checksFailed } = counts
  const total = Math.max(steps, ok + skipped + failed, 1)
  const left = steps - ok - skipped - failed
  const parts = [
    { name: "ok", n: ok, tone: "ok" },
    { name: "failed", n: failed, tone: "failed" },
    { name: checksFailed === 1 ? "check failed" : "checks failed", n: checksFailed, tone: "warn" },
    { name: "skipped", n: skipped, tone: "quiet" },
    { name: status === "running" ? "to go" : "not run", n: left, tone: "none" },
  ].filter(part => part.n > 0)
  const text = parts.map(part => `${formatCount(part.n)} ${part.name}`)
  return (
    <span className="counts" title={text.join(", ")}>
      <span className="counts-bar" aria-hidden="true">
        {parts
          .filter(part => part.tone !== "none" && part.tone !== "warn")
          .map(part => (
            <span key={part.name} className={`fill-${part.tone}`} style={{ width: `${(100 * part.n) / total}%` }} />
          ))}
      </span>
      <span className="counts-text">
        {parts.length === 0
          ? "no steps"
          : parts.map(part => (
              <span key={part.name} className={`tone-${part.tone}`}>
                {formatCount(part.n)} {part.name}
              </span>
            ))}
      </span>
    </span>
  )
}
