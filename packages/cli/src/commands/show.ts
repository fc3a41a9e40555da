import { formatCount } from "../format.ts"
import type { GlobalOptions } from "../global-options.ts"
import { printRows } from "../print-rows.ts"
import { withStoredData } from "../with-stored-data.ts"

/** What a bound frame offers to look at its rows. */
interface Rows {
  take(count: number): Promise<readonly { readonly [column: string]: unknown }[]>
}

export async function show(key: string, options: GlobalOptions & { readonly limit: number }): Promise<void> {
  await withStoredData(options, async (stored, output) => {
    const asset = stored.asset(key)
    const value: unknown = await stored.value(asset)
    if (!hasRows(value)) {
      if (output.json) output.object(value ?? null)
      else output.line(JSON.stringify(value ?? null, null, 2))
      return
    }
    const columns = (asset.returns.columns?.() ?? []).map(({ name }) => name)
    const rows = await value.take(options.limit)
    if (output.json) for (const row of rows) output.object(row)
    else {
      printRows(
        output,
        columns,
        rows.map(row => columns.map(name => row[name])),
      )
      output.line(
        `${formatCount(rows.length, "row")}${rows.length === options.limit ? " shown; --limit N shows more" : ""}`,
      )
    }
  })
}

function hasRows(value: unknown): value is Rows {
  return typeof value === "object" && value !== null && "take" in value && typeof value.take === "function"
}
