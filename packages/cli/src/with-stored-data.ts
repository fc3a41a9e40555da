import { openStoredData, type StoredData } from "@assets/core"
import { cancelOnSignal } from "./cancel-on-signal.ts"
import type { GlobalOptions } from "./global-options.ts"
import { environmentOf, openProject } from "./open-project.ts"
import { Output } from "./output.ts"

/** Opens what is stored for the time of `work`; Ctrl-C stops what the engine does. */
export async function withStoredData(
  options: GlobalOptions,
  work: (stored: StoredData, output: Output) => Promise<void>,
): Promise<void> {
  const { definitions } = await openProject(options)
  await cancelOnSignal(async signal => {
    const stored = openStoredData(definitions, { ...environmentOf(options), signal })
    try {
      await work(stored, new Output(options))
    } finally {
      await stored.close()
    }
  })
}
