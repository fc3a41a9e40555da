import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query"
import { useCallback, useEffect, useMemo } from "react"
import type { AssetPage, AssetSummary, EventType } from "../../api/api-view.ts"
import { apiPath, getJson } from "../api-client.ts"
import { Command, EmptyState } from "../empty-state.tsx"
import { ErrorBlock } from "../error-block.tsx"
import { useEventStream } from "../event-stream.ts"
import { SearchField, Select } from "../fields.tsx"
import { formatBytes, formatCount, formatDateTime, formatWhen, shortId } from "../format.ts"
import { Cell, type Column, Row, Table, TableHead } from "../grid-table.tsx"
import { KeyText } from "../key-text.tsx"
import { useNow } from "../now.ts"
import { assetPath, Link, runPath, useSearchParam } from "../router.tsx"
import { useDebounced } from "../use-debounced.ts"
import { useThrottled } from "../use-throttled.ts"
import { VirtualList } from "../virtual-list.tsx"
import { useEnvironment } from "./use-environment.ts"

const columns: readonly Column[] = [
  { name: "Asset" },
  { name: "Group" },
  { name: "Rows", align: "right" },
  { name: "Size", align: "right" },
  { name: "Materialized" },
  { name: "Run" },
]

export function AssetsPage() {
  const { environment, setEnvironment, options, server } = useEnvironment()
  const [q, setQ] = useSearchParam("q")
  const { assets, total, isPending, error, loadMore, hasMore } = useAssets(environment, useDebounced(q, 150))
  const now = useNow(15_000)

  return (
    <div className="page">
      <title>Assets · Assets</title>
      <div className="toolbar">
        <h1>
          Assets <span className="count">{total === undefined ? "" : formatCount(total)}</span>
        </h1>
        <SearchField
          label="Find assets by key, group, tag, column or description"
          placeholder="Key, group, tag or column"
          value={q}
          onChange={setQ}
        />
        {options.length > 1 && (
          <Select label="Environment" options={options} value={environment} onChange={setEnvironment} />
        )}
      </div>
      {error && assets.length === 0 ? (
        <ErrorBlock error={error} />
      ) : assets.length === 0 && !isPending && server ? (
        server.assets === 0 ? (
          <NoAssets />
        ) : (
          <EmptyState title="No asset is like that">
            <p>
              None of the {formatCount(server.assets)} assets has these words in its key, group, tags, columns or
              description. <Link href="/assets">Show all assets</Link>
            </p>
          </EmptyState>
        )
      ) : (
        <Table label="Assets" className="assets-table" rows={total ?? 0} isBusy={isPending}>
          <TableHead columns={columns} />
          <VirtualList items={assets} keyOf={asset => asset.key} onEnd={hasMore ? loadMore : undefined}>
            {(asset, index) => <AssetRow asset={asset} environment={environment} index={index} now={now} />}
          </VirtualList>
        </Table>
      )}
    </div>
  )
}

const materialized: readonly EventType[] = ["asset_materialized"]
const REFRESH_MS = 1000

function useAssets(environment: string, q: string) {
  const client = useQueryClient()
  const query = useInfiniteQuery({
    queryKey: ["assets", environment, q],
    queryFn: ({ pageParam, signal }) =>
      getJson<AssetPage>(apiPath("assets", { environment, q, after: pageParam, limit: 200 }), signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: page => page.next ?? undefined,
    enabled: environment !== "",
    // While one types, the former result stays until the next is there.
    placeholderData: (previous, previousQuery) => (previousQuery?.queryKey[1] === environment ? previous : undefined),
  })
  const refreshSoon = useThrottled(() => void client.invalidateQueries({ queryKey: ["assets"] }), REFRESH_MS)
  const stream = useEventStream({ enabled: true, types: materialized }, refreshSoon)
  // What happened before the stream was there.
  useEffect(() => {
    if (stream === "live") refreshSoon()
  }, [stream, refreshSoon])
  const assets = useMemo(() => query.data?.pages.flatMap(page => page.assets) ?? [], [query.data])
  const { hasNextPage, isFetching, fetchNextPage } = query
  const loadMore = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage()
  }, [hasNextPage, isFetching, fetchNextPage])
  return {
    assets,
    total: query.data?.pages[0]?.total,
    isPending: query.isPending,
    error: query.error,
    loadMore,
    hasMore: hasNextPage,
  }
}

interface AssetRowProps {
  readonly asset: AssetSummary
  readonly environment: string
  readonly index: number
  readonly now: number
}

function AssetRow({ asset, environment, index, now }: AssetRowProps) {
  const latest = asset.latest[environment]
  return (
    <Row index={index} className={latest ? undefined : "is-missing"}>
      <Cell className="cell-main">
        <Link href={assetPath(asset.key)} className="row-link" data-row aria-label={asset.key}>
          <KeyText assetKey={asset.key} />
        </Link>
        {asset.kinds.map(kind => (
          <span key={kind} className="chip">
            {kind}
          </span>
        ))}
        {latest && latest.checksFailed > 0 && (
          <span className="chip tone-warn">
            {latest.checksFailed} {latest.checksFailed === 1 ? "check" : "checks"} failed
          </span>
        )}
        <span className="row-description ellipsis">{asset.description}</span>
      </Cell>
      <Cell className="cell-group ellipsis">{asset.group ?? ""}</Cell>
      <Cell className="cell-rows right">{latest?.rows == null ? "" : formatCount(latest.rows)}</Cell>
      <Cell className="cell-bytes right">{latest?.bytes == null ? "" : formatBytes(latest.bytes)}</Cell>
      <Cell className="cell-when">
        {latest ? (
          <time dateTime={latest.createdAt} title={formatDateTime(latest.createdAt)}>
            {formatWhen(latest.createdAt, now)}
          </time>
        ) : (
          <span className="tone-quiet">never</span>
        )}
      </Cell>
      <Cell className="cell-run">
        {latest && (
          <Link href={runPath(latest.runId)} className="mono" aria-label={`Run ${shortId(latest.runId)}`}>
            {shortId(latest.runId)}
          </Link>
        )}
      </Cell>
    </Row>
  )
}

function NoAssets() {
  return (
    <EmptyState title="This project declares no assets">
      <p>Add one in a file that the config's `assets` names; this writes a first one:</p>
      <Command>assets new asset staging/orders</Command>
    </EmptyState>
  )
}
