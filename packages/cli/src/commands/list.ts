import type { Asset, Definitions, Source } from "@assets/core"
import type { GlobalOptions } from "../global-options.ts"
import { openProject } from "../open-project.ts"
import { Output } from "../output.ts"

export async function list(selection: readonly string[], options: GlobalOptions): Promise<void> {
  const { definitions } = await openProject(options)
  const output = new Output(options)
  const { graph } = definitions
  const keys = selection.length === 0 ? graph.keys : definitions.select(selection, { required: true })
  const entries = keys.map(key => entryOf(definitions, key))
  if (output.json) {
    for (const entry of entries) output.object(entry)
    return
  }
  output.table(
    ["key", "kind", "group", "description"],
    entries.map(({ key, kind, group, description }) => [key, kind, group ?? "", description ?? ""]),
  )
}

/** The form of `list --json`. */
function entryOf(project: Definitions, key: string) {
  const declared: Asset | Source | undefined = project.assets.get(key) ?? project.sources.get(key)
  if (!declared) throw new Error(`The graph has ${key}, and the project has not. Please report this.`)
  const { description, group, tags, owners, kinds } = declared.options
  return {
    key,
    kind: declared.kind === "source" ? "source" : declared.options.transform ? "transform" : "compute",
    group: group ?? null,
    description: description ?? null,
    tags: tags ?? {},
    owners: owners ?? [],
    kinds: kinds ?? [],
    deps: project.graph.upstream(key),
    returns: declared.returns.kind,
    columns: declared.returns.columns?.() ?? [],
  }
}
