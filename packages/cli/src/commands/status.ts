import { explainReasons, status } from "@assets/core"
import type { GlobalOptions } from "../global-options.ts"
import { environmentOf, openProject, selectOf } from "../open-project.ts"
import { Output } from "../output.ts"

export async function statusCommand(selection: readonly string[], options: GlobalOptions): Promise<void> {
  const project = await openProject(options)
  await project.prepareCodeVersions()
  const found = await status(project.definitions, { ...environmentOf(options), ...selectOf(selection) })
  const output = new Output(options)
  if (output.json) {
    for (const one of found) output.object(one)
    return
  }
  const { green, yellow, red } = output.colors
  const colour = { fresh: green, stale: yellow, missing: red }
  const width = Math.max(0, ...found.map(one => shownKey(one).length))
  for (const one of found) {
    const causes = explainReasons(one.causes)
    output.line(`${colour[one.status](one.status.padEnd(7))}  ${shownKey(one).padEnd(width)}  ${causes}`.trimEnd())
  }
  const count = (status: string) => found.filter(one => one.status === status).length
  output.line(`Done. fresh=${count("fresh")} stale=${count("stale")} missing=${count("missing")}`)
}

function shownKey({ key, partition }: { readonly key: string; readonly partition: string | null }): string {
  return partition === null ? key : `${key} [${partition}]`
}
