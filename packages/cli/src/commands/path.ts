import type { GlobalOptions } from "../global-options.ts"
import { withStoredData } from "../with-stored-data.ts"

export async function path(key: string, options: GlobalOptions): Promise<void> {
  await withStoredData(options, async (stored, output) => {
    const asset = stored.asset(key)
    const paths = await stored.locate(asset)
    if (output.json) output.object({ key: asset.key, environment: stored.environment, paths })
    else for (const one of paths) output.line(one)
  })
}
