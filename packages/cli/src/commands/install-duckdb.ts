import { ConfigError } from "@assets/core"
import type { ExtensionName } from "@assets/io-duckdb"
import { cancelOnSignal } from "../cancel-on-signal.ts"
import { formatDuration } from "../format.ts"
import type { GlobalOptions } from "../global-options.ts"
import { Output } from "../output.ts"

export interface InstallDuckdbOptions extends GlobalOptions {
  readonly with?: readonly string[]
}

export async function installDuckdbCommand(options: InstallDuckdbOptions): Promise<void> {
  const names = extensionsOf(options.with ?? [])
  const { installExtension } = await import("@assets/io-duckdb")
  const output = new Output(options)
  const began = performance.now()
  for (const name of names) {
    const installed = await cancelOnSignal(signal => installExtension(name, { signal }))
    const { version, path, wasThere } = installed
    if (output.json) output.object({ ...installed })
    else output.line(`${name} for DuckDB ${version} ${wasThere ? "is there" : "is installed"}: ${path}`)
  }
  if (!output.json) output.line(`Done. in ${formatDuration(performance.now() - began)}`)
}

const beside: readonly ExtensionName[] = ["delta"]

function extensionsOf(asked: readonly string[]): readonly ExtensionName[] {
  const wrong = asked.filter(name => !beside.some(one => one === name))
  if (wrong.length > 0) {
    throw new ConfigError("ARGUMENT_INVALID", {
      what: `There is no '${wrong.join("', '")}' to install beside httpfs.`,
      why: `There is ${beside.join(", ")}.`,
      fix: `assets duckdb install --with ${beside.join(",")}`,
    })
  }
  return ["httpfs", ...beside.filter(one => asked.includes(one))]
}
