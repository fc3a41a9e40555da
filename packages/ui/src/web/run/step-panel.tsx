import type { StepRecord } from "../../api/api-view.ts"
import { ErrorBlock } from "../error-block.tsx"
import { Facts } from "../facts.tsx"
import { elapsed, formatBytes, formatCount, formatDateTime, formatDuration, formatWhen, words } from "../format.ts"
import { KeyText } from "../key-text.tsx"
import { assetPath, Link } from "../router.tsx"
import { StatusBadge } from "../status.tsx"
import { EventList } from "./event-list.tsx"

interface StepPanelProps {
  readonly step: StepRecord
  readonly now: number
  readonly isLive: boolean
  readonly heard: number
  readonly close: () => void
}

/** All that is known of one step. */
export function StepPanel({ step, now, isLive, heard, close }: StepPanelProps) {
  const duration = elapsed(step.startedAt, step.endedAt, now)
  return (
    <aside className="panel" aria-label={`Step ${step.id}`}>
      <div className="panel-head">
        <h2>
          <Link href={assetPath(step.key)}>
            <KeyText assetKey={step.key} suffix={step.id.slice(step.key.length)} />
          </Link>
        </h2>
        <button type="button" className="icon-button" onClick={close} aria-label="Close the step">
          <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
            <path d="m3.500 3.500 9 9m0-9-9 9" />
          </svg>
        </button>
      </div>
      <StatusBadge status={step.status} />
      {step.error !== null && <ErrorBlock error={step.error} />}
      <Facts
        facts={[
          { name: "Reason", value: step.error === null && step.reason ? words(step.reason) : null },
          {
            name: "Started",
            value: step.startedAt && (
              <time dateTime={step.startedAt} title={formatDateTime(step.startedAt)}>
                {formatWhen(step.startedAt, now)}
              </time>
            ),
          },
          { name: "Duration", value: duration === null ? null : formatDuration(duration) },
          { name: "Attempts", value: step.attempts > 1 ? step.attempts : null },
          { name: "Rows", value: step.rows === null ? null : formatCount(step.rows) },
          { name: "Size", value: step.bytes === null ? null : formatBytes(step.bytes) },
          { name: "Partitions", value: step.partitions.length > 1 ? formatCount(step.partitions.length) : null },
          { name: "Data version", value: step.dataVersion?.slice(0, 16), mono: true },
        ]}
      />
      <h3>What happened</h3>
      <EventList key={step.id} run={step.runId} step={step.id} isLive={isLive} heard={heard} />
    </aside>
  )
}
