import type { Relation } from "@assets/dataframe"

/** Calls `visit` for each relation of a plan, once, inputs before what reads them. */
export function walkRelation(relation: Relation, visit: (relation: Relation) => void): void {
  const seen = new Set<Relation>()
  const walk = (node: Relation): void => {
    if (seen.has(node)) return
    seen.add(node)
    if ("input" in node) walk(node.input)
    if ("left" in node) {
      walk(node.left)
      walk(node.right)
    }
    visit(node)
  }
  walk(relation)
}

/** The tables that a plan reads, by their qualified names. */
export function tablesOf(relation: Relation): (readonly string[])[] {
  const paths: (readonly string[])[] = []
  walkRelation(relation, node => {
    if (node.kind === "table") paths.push(node.path)
  })
  return paths
}

/** Whether the rows of a plan come in an order that its author asked for. */
export function isOrdered(relation: Relation): boolean {
  switch (relation.kind) {
    case "sort":
      return true
    case "project":
    case "filter":
    case "limit":
      return isOrdered(relation.input)
    default:
      return false
  }
}
