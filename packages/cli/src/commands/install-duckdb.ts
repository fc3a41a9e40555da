import { cancelOnSignal } from "../cancel-on-signal.ts"
import { formatDuration } from "../format.ts"
import type { GlobalOptions } from "../global-options.ts"
import { Output } from "../output.ts"

export async function installDuckdbCommand(options: GlobalOptions): Promise<void> {
  const { installHttpfs } = await import("@assets/io-duckdb")
  const output = new Output(options)
  const began = performance.now()
  const installed = await cancelOnSignal(signal => installHttpfs({ signal }))
  const { name, version, path, wasThere } = installed
  if (output.json) {
    output.object({ ...installed })
    return
  }
  output.line(`${name} for DuckDB ${version} ${wasThere ? "is there" : "is installed"}: ${path}`)
  output.line(`Done. in ${formatDuration(performance.now() - began)}`)
}
