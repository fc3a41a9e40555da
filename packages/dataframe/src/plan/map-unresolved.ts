import type { Unresolved } from "./expression.ts"

/** The expression with each direct child replaced. */
export function mapUnresolved(node: Unresolved, to: (child: Unresolved) => Unresolved): Unresolved {
  switch (node.kind) {
    case "call":
      return { ...node, args: node.args.map(to), ...(node.where && { where: to(node.where) }) }
    case "cast":
    case "alias":
    case "sort":
      return { ...node, input: to(node.input) }
    case "restricted":
      return { ...node, input: to(node.input), where: to(node.where) }
    case "case":
      return {
        ...node,
        branches: node.branches.map(([condition, value]) => [to(condition), to(value)] as const),
        ...(node.otherwise && { otherwise: to(node.otherwise) }),
      }
    case "window": {
      const edge = (value: Unresolved | number | null) =>
        typeof value === "object" && value !== null ? to(value) : value
      return {
        ...node,
        input: to(node.input),
        partitionBy: node.partitionBy.map(to),
        orderBy: node.orderBy.map(key => ({ ...key, expression: to(key.expression) })),
        ...(node.frame && { frame: { ...node.frame, start: edge(node.frame.start), end: edge(node.frame.end) } }),
      }
    }
    case "lambda":
      return { ...node, body: to(node.body) }
    case "generated":
      return { ...node, generator: { ...node.generator, source: to(node.generator.source) } }
    case "column":
    case "literal":
    case "parameter":
    case "variable":
      return node
  }
}
