import type { GlobalOptions } from "../global-options.ts"
import { printRows } from "../print-rows.ts"
import { withStoredData } from "../with-stored-data.ts"

export async function sql(text: string, options: GlobalOptions): Promise<void> {
  await withStoredData(options, async (stored, output) => {
    let columns: readonly string[] = []
    const rows: (readonly unknown[])[] = []
    for await (const batch of stored.query(text)) {
      columns = batch.columns.map(({ name }) => name)
      if (!output.json) rows.push(...batch.rows)
      else for (const row of batch.rows) output.object(Object.fromEntries(columns.map((name, i) => [name, row[i]])))
    }
    if (!output.json) printRows(output, columns, rows)
  })
}
