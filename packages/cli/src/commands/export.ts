import { existsSync } from "node:fs"
import { dirname, extname, resolve } from "node:path"
import { ConfigError } from "@assets/core"
import { formatCount } from "../format.ts"
import type { GlobalOptions } from "../global-options.ts"
import { withStoredData } from "../with-stored-data.ts"

const formats = { ".parquet": "parquet", ".csv": "csv", ".json": "json" } as const

export async function exportCommand(key: string, file: string, options: GlobalOptions): Promise<void> {
  const format = formatOf(file)
  requireFolder(file)
  await withStoredData(options, async (stored, output) => {
    const asset = stored.asset(key)
    const path = resolve(file)
    const { rows } = await stored.exportFile(asset, path, format)
    if (output.json) output.object({ key: asset.key, path, rows })
    else output.line(`Done. ${formatCount(rows, "row")} of ${asset.key} in ${file}`)
  })
}

/** Said before the engine starts, which would tell it in its own words. */
function requireFolder(file: string): void {
  const folder = dirname(resolve(file))
  if (existsSync(folder)) return
  throw new ConfigError("ARGUMENT_INVALID", {
    what: `There is no folder ${folder} for '${file}'.`,
    why: "export writes a file into a folder that is there.",
    fix: `Make it: mkdir -p '${folder}'`,
    details: { file, folder },
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
