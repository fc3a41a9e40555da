import { bottomUp, type Relation } from "@assets/dataframe"

/** The tables that a plan reads, by their qualified names. */
export function tablesOf(relation: Relation): (readonly string[])[] {
  return bottomUp(relation).flatMap(node => (node.kind === "table" ? [node.path] : []))
}

/** Whether a plan reads a Delta table. */
export function readsDelta(relation: Relation): boolean {
  return bottomUp(relation).some(node => node.kind === "files" && node.format === "delta")
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
