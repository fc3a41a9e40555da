import { extname, resolve } from "node:path"
import { ConfigError } from "@assets/core"
import { formatCount } from "../format.ts"
import type { GlobalOptions } from "../global-options.ts"
import { withStoredData } from "../with-stored-data.ts"

const formats = { ".parquet": "parquet", ".csv": "csv", ".json": "json" } as const

export async function exportCommand(key: string, file: string, options: GlobalOptions): Promise<void> {
  const format = formatOf(file)
  await withStoredData(options, async (stored, output) => {
    const asset = stored.asset(key)
    const path = resolve(file)
    const { rows } = await stored.exportFile(asset, path, format)
    if (output.json) output.object({ key: asset.key, path, rows })
    else output.line(`Done. ${formatCount(rows, "row")} of ${asset.key} in ${file}`)
  })
}

function formatOf(file: string): "parquet" | "csv" | "json" {
  const ending = extname(file).toLowerCase()
  if (Object.hasOwn(formats, ending)) return formats[ending as keyof typeof formats] // hasOwn has just said so
  throw new ConfigError("ARGUMENT_INVALID", {
    what: `'${file}' names no format.`,
    why: "The ending of the file says how it is written.",
    fix: `End it with ${Object.keys(formats).join(", ")}.`,
    details: { file },
  })
}
