import type { ColumnView, Materialization } from "../../api/api-view.ts"
import { formatCount } from "../format.ts"

type Statistics = NonNullable<Materialization["columns"]>

/** The declared columns, and what the last write saw in them. */
export function ColumnTable({
  columns,
  statistics,
}: {
  readonly columns: readonly ColumnView[]
  readonly statistics: Statistics
}) {
  const byName = new Map(statistics.map(column => [column.name, column]))
  const hasNulls = statistics.some(column => column.nullCount !== undefined)
  const hasRange = statistics.some(column => column.min !== undefined || column.max !== undefined)
  return (
    <section>
      <h2>
        Columns <span className="count">{columns.length}</span>
      </h2>
      <div className="table-scroll">
        <table className="plain-table">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Type</th>
              {hasNulls && (
                <th scope="col" className="right">
                  Nulls
                </th>
              )}
              {hasRange && <th scope="col">Least</th>}
              {hasRange && <th scope="col">Greatest</th>}
            </tr>
          </thead>
          <tbody>
            {columns.map(({ name, type }) => {
              const seen = byName.get(name)
              return (
                <tr key={name}>
                  <th scope="row" className="mono">
                    {name}
                  </th>
                  <td className="type">{type}</td>
                  {hasNulls && <td className="right">{formatCount(seen?.nullCount)}</td>}
                  {hasRange && (
                    <td className="mono value" title={seen?.min}>
                      {seen?.min ?? "–"}
                    </td>
                  )}
                  {hasRange && (
                    <td className="mono value" title={seen?.max}>
                      {seen?.max ?? "–"}
                    </td>
                  )}
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
    </section>
  )
}
