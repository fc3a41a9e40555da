import type { RunRecord, StepRecord } from "../../api/api-view.ts"
import { ErrorBlock } from "../error-block.tsx"
import { elapsed, formatDateTime, formatDuration, formatWhen, shortId } from "../format.ts"
import { useNow } from "../now.ts"
import { Link, useSearchParam } from "../router.tsx"
import { RunCountsBar } from "../runs/run-counts-bar.tsx"
import { SelectionText } from "../selection-text.tsx"
import { StatusBadge } from "../status.tsx"
import { TabList } from "../tab-list.tsx"
import { EventList } from "./event-list.tsx"
import { StepList } from "./step-list.tsx"
import { useRun } from "./use-run.ts"

const tabs = [
  { value: "steps", label: "Steps" },
  { value: "logs", label: "Logs" },
  { value: "events", label: "Events" },
]

export function RunPage({ id }: { readonly id: string }) {
  const { run, steps, stream, heard } = useRun(id)
  const [tab, setTab] = useSearchParam("tab", "steps")
  const running = run.data?.status === "running"
  const now = useNow(running ? 500 : 30_000)

  if (run.error) return <Page id={id}>{<ErrorBlock error={run.error} />}</Page>
  if (!run.data) return <Page id={id}>{null}</Page>
  const failed = (steps.data?.steps ?? []).filter(step => step.status === "failed")
  return (
    <Page id={id}>
      <title>{`Run ${shortId(id)} · Assets`}</title>
      <RunHead run={run.data} now={now} isLive={stream === "live"} isCutOff={running && stream === "connecting"} />
      {failed.length > 0 && tab === "steps" && <FailedSteps steps={failed} />}
      <TabList label="Parts of the run" tabs={tabs} value={tab} onChange={setTab} panel="tab-panel" />
      <div id="tab-panel" role="tabpanel" aria-labelledby={`tab-${tab}`}>
        {tab === "logs" ? (
          <EventList run={id} isLive={running} heard={heard} logsOnly />
        ) : tab === "events" ? (
          <EventList run={id} isLive={running} heard={heard} />
        ) : steps.error ? (
          <ErrorBlock error={steps.error} />
        ) : (
          steps.data && <StepList run={run.data} steps={steps.data.steps} now={now} heard={heard} />
        )}
      </div>
    </Page>
  )
}

function Page({ id, children }: { readonly id: string; readonly children: React.ReactNode }) {
  return (
    <div className="page">
      <nav className="crumbs" aria-label="Where this is">
        <Link href="/runs">Runs</Link>
        <span aria-hidden="true">/</span>
        <span className="mono" title={id}>
          {shortId(id)}
        </span>
      </nav>
      {children}
    </div>
  )
}

interface RunHeadProps {
  readonly run: RunRecord
  readonly now: number
  readonly isLive: boolean
  readonly isCutOff: boolean
}

function RunHead({ run, now, isLive, isCutOff }: RunHeadProps) {
  const duration = elapsed(run.startedAt, run.endedAt, now)
  return (
    <div className="run-head">
      <h1>
        <SelectionText selection={run.selection} />
      </h1>
      <div className="run-facts">
        <StatusBadge status={run.status} />
        {run.reason && <span className="reason">{run.reason}</span>}
        <span className="run-fact">
          <span className="label">Environment</span> {run.environment}
        </span>
        <span className="run-fact">
          <span className="label">Started</span>{" "}
          <time dateTime={run.startedAt} title={formatDateTime(run.startedAt)}>
            {formatWhen(run.startedAt, now)}
          </time>
        </span>
        <span className="run-fact">
          <span className="label">Duration</span> {duration === null ? "–" : formatDuration(duration)}
        </span>
        {Object.entries(run.tags).map(([name, value]) => (
          <span key={name} className="chip">
            {value === "" ? name : `${name}=${value}`}
          </span>
        ))}
        {isLive && <span className="live">Live</span>}
        {isCutOff && <span className="live cut-off">Connecting …</span>}
      </div>
      <RunCountsBar counts={run.counts} status={run.status} />
    </div>
  )
}

/** How many errors are shown above the steps; the others are in their steps. */
const SHOWN_ERRORS = 2

function FailedSteps({ steps }: { readonly steps: readonly StepRecord[] }) {
  return (
    <div className="failed-steps">
      {steps.slice(0, SHOWN_ERRORS).map(step => (
        <ErrorBlock key={step.id} error={step.error} title={<span className="mono">{step.id}</span>} />
      ))}
      {steps.length > SHOWN_ERRORS && (
        <p className="muted">{steps.length - SHOWN_ERRORS} more failed. Open a failed step below for its error.</p>
      )}
    </div>
  )
}
