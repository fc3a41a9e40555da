import { type ColumnOrigin, columnLineage, type Definitions, type LineageColumn } from "@assets/core"
import type { GlobalOptions } from "../global-options.ts"
import { openProject } from "../open-project.ts"
import { Output } from "../output.ts"

/** `ASSET`, or `ASSET.COLUMN`; keys may hold dots, too. */
export async function lineage(target: string, options: GlobalOptions): Promise<void> {
  const { definitions } = await openProject(options)
  const output = new Output(options)
  const { key, column } = placeOf(definitions, target)
  if (column === undefined && definitions.graph.has(key)) printAssets(definitions, key, output)
  else printColumns(columnLineage(definitions, key, column ?? ""), output)
}

/** The longest key that the text begins with; what follows its dot is a column. */
function placeOf({ graph }: Definitions, target: string): { readonly key: string; readonly column?: string } {
  const keys = new Map(graph.keys.map(key => [key.toLowerCase(), key]))
  for (let end = target.length; end > 0; end = target.lastIndexOf(".", end - 1)) {
    const key = graph.has(target.slice(0, end)) ? target.slice(0, end) : keys.get(target.slice(0, end).toLowerCase())
    if (key === undefined) continue
    return end === target.length ? { key } : { key, column: target.slice(end + 1) }
  }
  return { key: target }
}

function kindOf({ sources, assets }: Definitions, key: string): LineageColumn["kind"] {
  if (sources.has(key)) return "source"
  return assets.get(key)?.options.transform ? "transform" : "compute"
}

function printAssets(project: Definitions, key: string, output: Output): void {
  const { graph } = project
  const label = (one: string) => (project.sources.has(one) ? `${one} (source)` : one)
  const above = graph.inOrder(graph.ancestors([key]))
  const below = graph.inOrder(graph.descendants([key]))
  if (output.json) {
    const object = (place: string) => (one: string) =>
      output.object({ key: one, kind: kindOf(project, one), place, deps: graph.upstream(one) })
    object("itself")(key)
    above.forEach(object("upstream"))
    below.forEach(object("downstream"))
    return
  }
  output.line(label(key))
  for (const [head, keys, next] of [
    ["upstream", above, (one: string) => graph.upstream(one)],
    ["downstream", below, (one: string) => graph.downstream(one)],
  ] as const) {
    output.line(keys.length === 0 ? `${head}: none` : head)
    for (const line of treeLines(key, { next, label })) output.line(line)
  }
}

function printColumns(columns: readonly LineageColumn[], output: Output): void {
  if (output.json) {
    for (const column of columns) output.object(column)
    return
  }
  const known = new Map(columns.map(column => [nameOf(column), column]))
  const [first] = columns
  if (!first) return
  const label = (name: string) => {
    const { kind, indirect } = known.get(name) ?? first
    const rows = indirect.length > 0 ? `  rows: ${indirect.map(nameOf).join(", ")}` : ""
    if (kind === "source") return `${name} (source)`
    return kind === "compute"
      ? `${name} (compute: its function is not looked into)`
      : `${name}${output.colors.dim(rows)}`
  }
  output.line(label(nameOf(first)))
  const next = (name: string) => known.get(name)?.direct.map(nameOf) ?? []
  for (const line of treeLines(nameOf(first), { next, label })) output.line(line)
}

function nameOf({ key, column }: ColumnOrigin): string {
  return `${key}.${column}`
}

interface Tree {
  next(name: string): readonly string[]
  label(name: string): string
}

/** What lies behind a name, indented; a name that has come before with what lies behind it is not followed again. */
function treeLines(root: string, { next, label }: Tree): readonly string[] {
  const lines: string[] = []
  const seen = new Set<string>()
  const stack = [...next(root)].reverse().map(name => ({ name, depth: 1 }))
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { name, depth } = top
    const behind = next(name)
    const again = seen.has(name) && behind.length > 0
    lines.push(`${"  ".repeat(depth)}${again ? `${name} (see above)` : label(name)}`)
    if (!seen.has(name)) stack.push(...[...behind].reverse().map(one => ({ name: one, depth: depth + 1 })))
    seen.add(name)
  }
  return lines
}
