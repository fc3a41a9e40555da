import { useMemo } from "react"
import type { RunRecord, StepRecord, StepStatus } from "../../api/api-view.ts"
import { SearchField, Segments } from "../fields.tsx"
import { elapsed, formatCount, formatDuration, words } from "../format.ts"
import { Cell, type Column, Row, Table, TableHead } from "../grid-table.tsx"
import { KeyText } from "../key-text.tsx"
import { useSearchParam } from "../router.tsx"
import { StatusIcon, toneOf, wordOf } from "../status.tsx"
import { VirtualList } from "../virtual-list.tsx"
import { StepPanel } from "./step-panel.tsx"

interface StepListProps {
  readonly run: RunRecord
  readonly steps: readonly StepRecord[]
  readonly now: number
  readonly heard: number
}

/** In the order in which a reader asks for them. */
const statusOrder: readonly StepStatus[] = [
  "failed",
  "running",
  "blocked",
  "cancelled",
  "staged",
  "materialized",
  "skipped",
  "pending",
]

const columns: readonly Column[] = [
  { name: "Step" },
  { name: "Timeline" },
  { name: "Rows", align: "right" },
  { name: "Duration", align: "right" },
  { name: "Reason" },
]

export function StepList({ run, steps, now, heard }: StepListProps) {
  const [status, setStatus] = useSearchParam("status")
  const [q, setQ] = useSearchParam("q")
  const [selected, select] = useSearchParam("step")
  const shown = useMemo(() => {
    const parts = q.toLowerCase().split(/\s+/).filter(Boolean)
    return steps.filter(
      step => (status === "" || step.status === status) && parts.every(part => step.id.toLowerCase().includes(part)),
    )
  }, [steps, status, q])
  const present = statusOrder.filter(value => steps.some(step => step.status === value))
  const options = [
    { value: "", label: `All ${formatCount(steps.length)}` },
    ...present.map(value => ({
      value,
      label: `${wordOf(value)} ${formatCount(steps.filter(step => step.status === value).length)}`,
    })),
  ]
  const open = steps.find(step => step.id === selected)
  const notStarted = run.counts.steps - steps.length

  return (
    <div className={open ? "split has-panel" : "split"}>
      <div className="split-main">
        <div className="toolbar">
          <SearchField
            label="Find steps by asset or partition"
            placeholder="Asset or partition"
            value={q}
            onChange={setQ}
          />
          {present.length > 1 && <Segments label="Status" options={options} value={status} onChange={setStatus} />}
        </div>
        <Table label="Steps" className="steps-table" rows={shown.length}>
          <TableHead columns={columns} />
          <VirtualList items={shown} keyOf={step => step.id}>
            {(step, index) => (
              <StepRow
                run={run}
                step={step}
                index={index}
                now={now}
                isSelected={step.id === selected}
                onOpen={() => select(step.id === selected ? "" : step.id)}
              />
            )}
          </VirtualList>
        </Table>
        {shown.length === 0 && (
          <p className="loading">{steps.length === 0 ? "No step has started yet." : "No step is like that."}</p>
        )}
        {notStarted > 0 && shown.length > 0 && (
          <p className="loading">
            {formatCount(notStarted)} more {run.status === "running" ? "to start" : "did not start"}.
          </p>
        )}
      </div>
      {open && (
        <StepPanel step={open} now={now} isLive={run.status === "running"} heard={heard} close={() => select("")} />
      )}
    </div>
  )
}

interface StepRowProps {
  readonly run: RunRecord
  readonly step: StepRecord
  readonly index: number
  readonly now: number
  readonly isSelected: boolean
  readonly onOpen: () => void
}

function StepRow({ run, step, index, now, isSelected, onOpen }: StepRowProps) {
  // A skip takes no time worth telling.
  const duration = step.status === "skipped" ? null : elapsed(step.startedAt, step.endedAt, now)
  return (
    <Row index={index} className={isSelected ? "is-selected" : undefined}>
      <Cell className="cell-main">
        <StatusIcon status={step.status} />
        <button
          type="button"
          className="row-link"
          data-row
          aria-expanded={isSelected}
          aria-label={`${step.id}: ${wordOf(step.status)}`}
          onClick={onOpen}
        >
          <KeyText assetKey={step.key} suffix={step.id.slice(step.key.length)} />
        </button>
      </Cell>
      <Cell className="cell-timeline">
        <TimelineBar run={run} step={step} now={now} />
      </Cell>
      <Cell className="cell-rows right">{step.rows === null ? "" : formatCount(step.rows)}</Cell>
      <Cell className="cell-duration right">
        {step.attempts > 1 && (
          <span className="chip" title={`${step.attempts} attempts`}>
            {step.attempts}×
          </span>
        )}
        {duration === null ? "" : formatDuration(duration)}
      </Cell>
      <Cell className={`cell-reason ellipsis tone-${step.status === "failed" ? "failed" : "quiet"}`}>
        {reasonOf(step)}
      </Cell>
    </Row>
  )
}

function reasonOf(step: StepRecord): string {
  if (step.status === "failed") return step.reason ?? "failed" // the error's code, as it is
  if (step.status === "blocked" && step.reason) return `by ${step.reason}`
  return step.reason ? words(step.reason) : wordOf(step.status).toLowerCase()
}

/** When the step ran, within the run's whole time. */
function TimelineBar({ run, step, now }: { readonly run: RunRecord; readonly step: StepRecord; readonly now: number }) {
  if (step.startedAt === null || step.status === "skipped") return <span className="timeline" aria-hidden="true" />
  const from = Date.parse(run.startedAt)
  const span = Math.max(1, (run.endedAt === null ? now : Date.parse(run.endedAt)) - from)
  const start = Math.min(100, Math.max(0, (100 * (Date.parse(step.startedAt) - from)) / span))
  const width = Math.min(100 - start, (100 * (elapsed(step.startedAt, step.endedAt, now) ?? 0)) / span)
  return (
    <span className="timeline" aria-hidden="true">
      <span className={`timeline-bar fill-${toneOf(step.status)}`} style={{ left: `${start}%`, width: `${width}%` }} />
    </span>
  )
}
