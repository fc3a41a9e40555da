import { expressionText, nameText, sortText } from "./expression-text.ts"
import type { Hint, NamedExpression, Relation } from "./relation.ts"
import { bottomUp, inputsOf } from "./walk-relation.ts"

/**
 * A plan as lines for people, the last step first, what it reads indented below it. A computed column has a line of its
 * own, so that a change of one is a change of one line. A frame that is used twice is written once.
 */
export function planText(root: Relation): string {
  const labels = sharedLabels(root)
  const written = new Set<Relation>()
  const lines: string[] = []
  const write = (relation: Relation, depth: number): void => {
    const indent = "  ".repeat(depth)
    const label = labels.get(relation)
    if (label && written.has(relation)) {
      lines.push(`${indent}see ${label}`)
      return
    }
    written.add(relation)
    const [head = "", ...details] = linesOf(relation)
    lines.push(`${indent}${head}${label ? ` ${label}` : ""}`, ...details.map(detail => `${indent}  : ${detail}`))
    for (const input of inputsOf(relation)) write(input, depth + 1)
  }
  write(root, 0)
  return lines.join("\n")
}

/** `#1`, `#2`, … for the relations that stand in several places of a plan. */
function sharedLabels(root: Relation): ReadonlyMap<Relation, string> {
  const uses = new Map<Relation, number>()
  const order = bottomUp(root)
  for (const relation of order) for (const input of inputsOf(relation)) uses.set(input, (uses.get(input) ?? 0) + 1)
  const shared = order.filter(relation => (uses.get(relation) ?? 0) > 1 && inputsOf(relation).length > 0)
  return new Map(shared.map((relation, i) => [relation, `#${i + 1}`]))
}

function linesOf(relation: Relation): readonly string[] {
  switch (relation.kind) {
    case "input":
      return [`input ${relation.key}`]
    case "files":
      return [`read ${relation.format} ${relation.paths.join(" ")}`]
    case "table":
      return [`table ${relation.path.map(nameText).join(".")}`]
    case "values":
      return [`values, ${relation.rows.length} rows`, relation.schema.columns.map(c => nameText(c.name)).join(", ")]
    case "project":
      return ["select", ...columnLines(relation.columns)]
    case "filter":
      return [`filter ${expressionText(relation.condition)}`]
    case "aggregate": {
      const keys = relation.keys.map(({ name }) => nameText(name)).join(", ")
      const sets = relation.sets?.map(set => `(${set.map(i => nameText(relation.keys[i]?.name ?? "")).join(", ")})`)
      const by = sets ? `grouping sets ${sets.join(", ")}` : keys
      return [by ? `aggregate by ${by}` : "aggregate", ...columnLines(relation.aggregates)]
    }
    case "hint":
      return [hintText(relation.hint)]
    case "generate":
      return [`explode${relation.outer ? " outer" : ""} ${expressionText(relation.expression)}`]
    case "join": {
      const on = relation.condition ? ` on ${expressionText(relation.condition)}` : ""
      return [`${relation.how} join${relation.using ? ` using ${relation.using.map(nameText).join(", ")}` : on}`]
    }
    case "set":
      return [`${relation.operation}${relation.all ? " all" : ""}`]
    case "distinct":
      return ["distinct"]
    case "deduplicate":
      return [`deduplicate by ${relation.columns.map(nameText).join(", ")}`]
    case "sort":
      return [`sort ${relation.keys.map(sortText).join(", ")}`]
    case "offset":
      return [`offset ${relation.rows}`]
    case "limit":
      return [`limit ${relation.rows}`]
    case "mapBatches": {
      const version = relation.version === undefined ? "" : ` version ${JSON.stringify(relation.version)}`
      return [`mapBatches${version}`, relation.schema.columns.map(c => nameText(c.name)).join(", ")]
    }
    case "sample":
      return [`sample ${relation.fraction} seed ${relation.seed}`]
  }
}

function hintText(hint: Hint): string {
  if (hint.name === "broadcast" || hint.name === "cache") return hint.name
  if (hint.name === "coalesce") return `coalesce to ${hint.partitions} partitions`
  const by = hint.columns.length > 0 ? ` by ${hint.columns.map(nameText).join(", ")}` : ""
  return `repartition to ${hint.partitions}${by}`
}

/** Columns that are passed on stand together, computed ones each on its line. */
function columnLines(columns: readonly NamedExpression[]): readonly string[] {
  const lines: string[] = []
  let passed: string[] = []
  const flush = () => {
    if (passed.length > 0) lines.push(passed.join(", "))
    passed = []
  }
  for (const { name, expression } of columns) {
    if (expression.kind === "column" && expression.name === name) passed.push(nameText(name))
    else {
      flush()
      lines.push(`${nameText(name)} = ${expressionText(expression)}`)
    }
  }
  flush()
  return lines
}
