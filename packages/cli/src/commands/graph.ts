import type { Definitions } from "@assets/core"
import type { GlobalOptions } from "../global-options.ts"
import { openProject } from "../open-project.ts"
import { Output } from "../output.ts"

export type GraphForm = "text" | "mermaid" | "dot" | "json"

interface Node {
  readonly key: string
  readonly kind: "asset" | "source"
  readonly upstream: readonly string[]
}

export async function graph(options: GlobalOptions & { readonly format: GraphForm }): Promise<void> {
  const { definitions } = await openProject(options)
  const output = new Output(options)
  const nodes = nodesOf(definitions)
  const form = output.json ? "json" : options.format
  if (form === "json") output.object({ nodes: nodes.map(({ key, kind }) => ({ key, kind })), edges: edgesOf(nodes) })
  else output.line(drawings[form](nodes))
}

function nodesOf({ graph, sources }: Definitions): Node[] {
  return graph.keys.map(key => ({ key, kind: sources.has(key) ? "source" : "asset", upstream: graph.upstream(key) }))
}

function edgesOf(nodes: readonly Node[]): { readonly from: string; readonly to: string }[] {
  return nodes.flatMap(({ key, upstream }) => upstream.map(from => ({ from, to: key })))
}

const drawings: { readonly [form in Exclude<GraphForm, "json">]: (nodes: readonly Node[]) => string } = {
  text: nodes =>
    nodes
      .map(({ key, kind, upstream }) => {
        if (kind === "source") return `${key} (source)`
        return upstream.length === 0 ? key : `${key} <- ${upstream.join(", ")}`
      })
      .join("\n"),
  mermaid: nodes => {
    const id = new Map(nodes.map(({ key }, i) => [key, `n${i}`]))
    const shape = ({ key, kind }: Node) => (kind === "source" ? `[("${key}")]` : `["${key}"]`)
    return [
      "flowchart LR",
      ...nodes.map(node => `  ${id.get(node.key)}${shape(node)}`),
      ...edgesOf(nodes).map(({ from, to }) => `  ${id.get(from)} --> ${id.get(to)}`),
    ].join("\n")
  },
  dot: nodes =>
    [
      "digraph assets {",
      "  rankdir=LR",
      ...nodes.map(({ key, kind }) => `  "${key}" [shape=${kind === "source" ? "cylinder" : "box"}]`),
      ...edgesOf(nodes).map(({ from, to }) => `  "${from}" -> "${to}"`),
      "}",
    ].join("\n"),
}
