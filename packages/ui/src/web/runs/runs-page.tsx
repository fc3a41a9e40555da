import type { RunRecord } from "../../api/api-view.ts"
import { Command, EmptyState } from "../empty-state.tsx"
import { ErrorBlock } from "../error-block.tsx"
import { SearchField, Segments, Select } from "../fields.tsx"
import { elapsed, formatDateTime, formatDuration, formatWhen, shortId } from "../format.ts"
import { Cell, type Column, Row, Table, TableHead } from "../grid-table.tsx"
import { useNow } from "../now.ts"
import { Link, runPath, useSearchParam } from "../router.tsx"
import { SelectionText } from "../selection-text.tsx"
import { useServer } from "../server-query.ts"
import { StatusBadge } from "../status.tsx"
import { useDebounced } from "../use-debounced.ts"
import { VirtualList } from "../virtual-list.tsx"
import { RunCountsBar } from "./run-counts-bar.tsx"
import { useRuns } from "./use-runs.ts"

const statuses = [
  { value: "", label: "All" },
  { value: "running", label: "Running" },
  { value: "succeeded", label: "Succeeded" },
  { value: "failed", label: "Failed" },
  { value: "cancelled", label: "Cancelled" },
]

const columns: readonly Column[] = [
  { name: "Status" },
  { name: "Selection" },
  { name: "Environment" },
  { name: "Started" },
  { name: "Duration", align: "right" },
  { name: "Steps" },
]

export function RunsPage() {
  const [status, setStatus] = useSearchParam("status")
  const [environment, setEnvironment] = useSearchParam("environment")
  const [q, setQ] = useSearchParam("q")
  const { data: server } = useServer()
  const filters = { status, environment, q: useDebounced(q, 200) }
  const { runs, loadMore, hasMore, isPending, isFetching, error } = useRuns(filters)
  const now = useNow(runs.some(run => run.status === "running") ? 1000 : 15_000)
  const isFiltered = status !== "" || environment !== "" || q !== ""
  const environments = (server?.environments ?? []).map(({ name }) => ({ value: name, label: name }))

  return (
    <div className="page">
      <title>Runs · Assets</title>
      <div className="toolbar">
        <h1>Runs</h1>
        <SearchField
          label="Find runs by selection, tag or id"
          placeholder="Selection, tag or id"
          value={q}
          onChange={setQ}
        />
        <Segments label="Status" options={statuses} value={status} onChange={setStatus} />
        {environments.length > 1 && (
          <Select
            label="Environment"
            options={[{ value: "", label: "All environments" }, ...environments]}
            value={environment}
            onChange={setEnvironment}
          />
        )}
      </div>
      {error && runs.length === 0 ? (
        <ErrorBlock error={error} />
      ) : runs.length === 0 && !isPending && !hasMore ? (
        isFiltered ? (
          <NothingFound />
        ) : (
          <NoRuns assets={server?.assets ?? 0} />
        )
      ) : (
        <Table label="Runs" className="runs-table" rows={runs.length} hasMore={hasMore} isBusy={isPending}>
          <TableHead columns={columns} />
          <VirtualList items={runs} keyOf={run => run.id} onEnd={loadMore}>
            {(run, index) => <RunRow run={run} index={index} now={now} />}
          </VirtualList>
          {isFetching && hasMore && (
            <p className="loading" aria-live="polite">
              Reading more runs …
            </p>
          )}
        </Table>
      )}
    </div>
  )
}

function RunRow({ run, index, now }: { readonly run: RunRecord; readonly index: number; readonly now: number }) {
  const duration = elapsed(run.startedAt, run.endedAt, now)
  return (
    <Row index={index}>
      <Cell className="cell-status">
        <StatusBadge status={run.status} />
      </Cell>
      <Cell className="cell-main">
        <Link
          href={runPath(run.id)}
          className="row-link"
          data-row
          aria-label={`Run ${shortId(run.id)}: ${run.selection}`}
        >
          <SelectionText selection={run.selection} />
        </Link>
        {run.reason && <span className="reason ellipsis">{run.reason}</span>}
        {Object.entries(run.tags).map(([name, value]) => (
          <span key={name} className="chip">
            {value === "" ? name : `${name}=${value}`}
          </span>
        ))}
      </Cell>
      <Cell className="cell-environment ellipsis">{run.environment}</Cell>
      <Cell className="cell-when">
        <time dateTime={run.startedAt} title={formatDateTime(run.startedAt)}>
          {formatWhen(run.startedAt, now)}
        </time>
      </Cell>
      <Cell className="cell-duration right">{duration === null ? "–" : formatDuration(duration)}</Cell>
      <Cell className="cell-counts">
        <RunCountsBar counts={run.counts} status={run.status} />
      </Cell>
    </Row>
  )
}

function NoRuns({ assets }: { readonly assets: number }) {
  return (
    <EmptyState title="Nothing has run yet">
      <p>
        {assets === 0
          ? "This project declares no assets. Add one, then materialize it:"
          : `This project declares ${assets} ${assets === 1 ? "asset" : "assets"}. Materialize ${assets === 1 ? "it" : "them"}:`}
      </p>
      <Command>assets materialize</Command>
      <p className="muted">The run appears here while it goes on.</p>
    </EmptyState>
  )
}

function NothingFound() {
  return (
    <EmptyState title="No run is like that">
      <p>
        No run of this project has this status, environment and text. <Link href="/runs">Show all runs</Link>
      </p>
    </EmptyState>
  )
}
