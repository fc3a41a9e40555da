import { useQuery, useQueryClient } from "@tanstack/react-query"
import type { AssetDetail, AssetsEvent, EventType, HistoryPage, Materialization } from "../../api/api-view.ts"
import { apiPath, getJson } from "../api-client.ts"
import { Command, EmptyState } from "../empty-state.tsx"
import { ErrorBlock } from "../error-block.tsx"
import { useEventStream } from "../event-stream.ts"
import { Facts } from "../facts.tsx"
import { Select } from "../fields.tsx"
import { formatBytes, formatCount, formatDateTime, formatWhen, shortId } from "../format.ts"
import { KeyText } from "../key-text.tsx"
import { useNow } from "../now.ts"
import { assetPath, Link, runPath } from "../router.tsx"
import { StatusIcon } from "../status.tsx"
import { ColumnTable } from "./column-table.tsx"
import { useEnvironment } from "./use-environment.ts"

const materialized: readonly EventType[] = ["asset_materialized"]

export function AssetPage({ assetKey }: { readonly assetKey: string }) {
  const { environment, setEnvironment, options } = useEnvironment()
  const client = useQueryClient()
  const path = `assets/${encodeURIComponent(assetKey)}`
  const asset = useQuery({
    queryKey: ["asset", assetKey],
    queryFn: ({ signal }) => getJson<AssetDetail>(apiPath(path), signal),
  })
  const history = useQuery({
    queryKey: ["asset", assetKey, "history", environment],
    queryFn: ({ signal }) => getJson<HistoryPage>(apiPath(`${path}/history`, { environment }), signal),
    enabled: environment !== "" && asset.data?.kind === "asset",
  })
  useEventStream({ enabled: asset.data?.kind === "asset", types: materialized }, (events: readonly AssetsEvent[]) => {
    const isOurs = events.some(event => "key" in event && event.key === assetKey)
    if (isOurs) void client.invalidateQueries({ queryKey: ["asset", assetKey] })
  })
  const now = useNow(15_000)
  const latest = asset.data?.latest[environment] ?? null

  return (
    <div className="page">
      <title>{`${assetKey} · Assets`}</title>
      <nav className="crumbs" aria-label="Where this is">
        <Link href="/assets">Assets</Link>
        <span aria-hidden="true">/</span>
        <span className="mono">{assetKey}</span>
      </nav>
      {asset.error && <ErrorBlock error={asset.error} />}
      {asset.data && (
        <>
          <AssetHead asset={asset.data}>
            {options.length > 1 && asset.data.kind === "asset" && (
              <Select label="Environment" options={options} value={environment} onChange={setEnvironment} />
            )}
          </AssetHead>
          <div className="columns-2">
            <div className="area-current">{latest && <Latest asset={asset.data} latest={latest} now={now} />}</div>
            <div className="area-main">
              {asset.data.columns && <ColumnTable columns={asset.data.columns} statistics={latest?.columns ?? []} />}
              {history.error && <ErrorBlock error={history.error} />}
              {history.data && <History asset={asset.data} page={history.data} now={now} />}
            </div>
            <div className="area-around">
              {asset.data.reader && <Reader reader={asset.data.reader} />}
              <Neighbours title="Upstream" keys={asset.data.deps} />
              <Neighbours title="Downstream" keys={asset.data.downstream} />
            </div>
          </div>
        </>
      )}
    </div>
  )
}

function AssetHead({ asset, children }: { readonly asset: AssetDetail; readonly children: React.ReactNode }) {
  return (
    <div className="asset-head">
      <div className="asset-title">
        <h1>
          <KeyText assetKey={asset.key} />
        </h1>
        {children}
      </div>
      {asset.description && <p className="description">{asset.description}</p>}
      <p className="chips">
        {asset.kind === "source" && <span className="chip">source</span>}
        {asset.group && <span className="chip">group {asset.group}</span>}
        {[...asset.kinds, ...asset.owners].map(text => (
          <span key={text} className="chip">
            {text}
          </span>
        ))}
        {Object.entries(asset.tags).map(([name, value]) => (
          <span key={name} className="chip">
            {value === "" ? name : `${name}=${value}`}
          </span>
        ))}
        {asset.partitions && <span className="chip">{asset.partitions} partitions</span>}
      </p>
    </div>
  )
}

interface LatestProps {
  readonly asset: AssetDetail
  readonly latest: Materialization
  readonly now: number
}

function Latest({ asset, latest, now }: LatestProps) {
  const checks = latest.checks ?? []
  return (
    <section>
      <h2>{asset.partitions === null ? "What is current" : "Latest write"}</h2>
      <Facts
        facts={[
          {
            name: "Materialized",
            value: (
              <time dateTime={latest.createdAt} title={formatDateTime(latest.createdAt)}>
                {formatWhen(latest.createdAt, now)}
              </time>
            ),
          },
          { name: "Run", value: <Link href={runPath(latest.runId)}>{shortId(latest.runId)}</Link>, mono: true },
          {
            name: "Partitions",
            value: latest.partitions.length > 0 ? partitionText(latest.partitions) : null,
            mono: true,
          },
          { name: "Rows", value: latest.rows === undefined ? null : formatCount(latest.rows) },
          {
            name: "Size",
            value:
              latest.bytes === undefined
                ? null
                : `${formatBytes(latest.bytes)}${latest.files === undefined ? "" : ` in ${latest.files} ${latest.files === 1 ? "file" : "files"}`}`,
          },
          { name: "Engine", value: latest.engine },
          { name: "Data version", value: <Version value={latest.dataVersion} />, mono: true },
          { name: "Code version", value: <Version value={latest.codeVersion} />, mono: true },
        ]}
      />
      {checks.length > 0 && (
        <>
          <h3>Checks</h3>
          <ul className="checks">
            {checks.map(check => (
              <li key={check.name}>
                <StatusIcon status={check.passed ? "succeeded" : check.severity === "warn" ? "blocked" : "failed"} />
                <span className="mono">{check.name}</span>
                <span className="tone-quiet">
                  {check.passed
                    ? "passed"
                    : check.badRows === undefined
                      ? (check.message ?? "failed")
                      : `${formatCount(check.badRows)} bad rows`}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
      <Metadata values={latest.metadata ?? {}} />
    </section>
  )
}

function Metadata({ values }: { readonly values: NonNullable<Materialization["metadata"]> }) {
  const entries = Object.entries(values)
  if (entries.length === 0) return null
  const show = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value))
  return (
    <>
      <h3>Metadata</h3>
      <Facts facts={entries.map(([name, value]) => ({ name, value: show(value), mono: typeof value !== "string" }))} />
    </>
  )
}

const Version = ({ value }: { readonly value: string }) => <span title={value}>{value.slice(0, 12)}</span>

function partitionText(keys: readonly string[]): string {
  if (keys.length <= 2) return keys.join(", ")
  return `${keys[0]} … ${keys.at(-1)} (${formatCount(keys.length)})`
}

function History({
  asset,
  page,
  now,
}: {
  readonly asset: AssetDetail
  readonly page: HistoryPage
  readonly now: number
}) {
  const { materializations } = page
  if (materializations.length === 0) {
    return (
      <EmptyState title="Never materialized here">
        <Command>{`assets materialize ${asset.key}`}</Command>
      </EmptyState>
    )
  }
  const partitioned = asset.partitions !== null
  return (
    <section>
      <h2>History</h2>
      <div className="table-scroll">
        <table className="plain-table">
          <thead>
            <tr>
              <th scope="col">Materialized</th>
              {partitioned && <th scope="col">Partitions</th>}
              <th scope="col" className="right">
                Rows
              </th>
              <th scope="col" className="right">
                Size
              </th>
              <th scope="col">Data version</th>
              <th scope="col">Run</th>
            </tr>
          </thead>
          <tbody>
            {materializations.map(item => (
              <tr key={item.id}>
                <td>
                  <time dateTime={item.createdAt} title={formatDateTime(item.createdAt)}>
                    {formatWhen(item.createdAt, now)}
                  </time>
                </td>
                {partitioned && <td className="mono">{partitionText(item.partitions)}</td>}
                <td className="right">{item.rows === undefined ? "–" : formatCount(item.rows)}</td>
                <td className="right">{item.bytes === undefined ? "–" : formatBytes(item.bytes)}</td>
                <td className="mono">
                  <Version value={item.dataVersion} />
                </td>
                <td>
                  <Link href={runPath(item.runId)} className="mono">
                    {shortId(item.runId)}
                  </Link>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function Reader({ reader }: { readonly reader: NonNullable<AssetDetail["reader"]> }) {
  return (
    <section>
      <h2>Reads</h2>
      <Facts
        facts={[
          { name: "Format", value: reader.kind },
          { name: "Files", value: reader.paths.join("\n"), mono: true },
        ]}
      />
    </section>
  )
}

function Neighbours({ title, keys }: { readonly title: string; readonly keys: readonly string[] }) {
  if (keys.length === 0) return null
  return (
    <section>
      <h2>
        {title} <span className="count">{keys.length}</span>
      </h2>
      <ul className="neighbours">
        {keys.map(key => (
          <li key={key}>
            <Link href={assetPath(key)}>
              <KeyText assetKey={key} />
            </Link>
          </li>
        ))}
      </ul>
    </section>
  )
}
