import type { Difference, PartitionDiff, RowDifference } from "@assets/core"
import { formatCount, formatStep } from "./format.ts"
import type { Output } from "./output.ts"

/** What is compared, as the user named it. */
interface Sides {
  readonly a: string
  readonly b: string
}

/** Prints how one asset, or partition, differs. */
export function printDiff(diff: PartitionDiff, { a, b }: Sides, output: Output): void {
  const { key, partition, status, why, difference } = diff
  const step = formatStep(key, partition === null ? [] : [partition])
  const { green, red, yellow, dim } = output.colors
  const because = why ? ` (${why})` : ""
  switch (status) {
    case "equal":
      if (!output.quiet) output.line(`${green("EQUAL")} ${step}${because}${difference ? ` ${rowsOf(difference)}` : ""}`)
      return
    case "not_compared":
      if (!output.quiet) output.line(`${dim("SKIP ")} ${step}${because}`)
      return
    case "only_a":
    case "only_b":
      output.line(`${yellow("ONLY ")} ${step} in ${status === "only_a" ? a : b}`)
      return
    case "different":
      output.line(`${red("DIFF ")} ${step}${because}${difference ? ` ${diffSummary(difference)}` : ""}`)
      if (difference) printDifference(difference, output)
  }
}

/** How many rows there are, and how many of them differ. */
export function diffSummary(difference: Difference): string {
  const { added, removed, changed, keys, repeatedKeys } = difference
  const counts = Object.entries({ added, removed, changed }).filter(([, count]) => count > 0)
  const told = counts.map(([word, count]) => `${count.toLocaleString("en-US")} ${word}`).join(", ")
  const by = repeatedKeys
    ? `; ${formatCount(repeatedKeys, "key")} repeated, so rows are compared whole`
    : keys
      ? ` by ${keys.join(", ")}`
      : ""
  return `${rowsOf(difference)}${told ? `: ${told}` : ""}${by}`
}

function rowsOf({ rows: { left, right } }: Difference): string {
  return left === right ? formatCount(left, "row") : `${left.toLocaleString("en-US")} → ${formatCount(right, "row")}`
}

/** Prints the columns that differ, and samples of rows. */
export function printDifference({ schema, columns, samples }: Difference, output: Output): void {
  for (const { column, left, right } of schema) {
    output.line(`        column ${column}: ${left ?? "not there"} → ${right ?? "not there"}`)
  }
  for (const { name, changed } of columns) output.line(`        ${name}: changed in ${formatCount(changed, "row")}`)
  for (const sample of samples) output.line(`        ${sampleLine(sample, output)}`)
}

function sampleLine({ change, left, right }: RowDifference, output: Output): string {
  const { green, red } = output.colors
  if (change === "removed") return red(`- ${JSON.stringify(left)}`)
  if (change === "added") return green(`+ ${JSON.stringify(right)}`)
  const [before, after] = [left ?? {}, right ?? {}]
  const cells = Object.keys(before).map(name => {
    const [was, is] = [JSON.stringify(before[name]), JSON.stringify(after[name])]
    return was === is ? `${name}=${is}` : `${name} ${red(was)} → ${green(is)}`
  })
  return `~ ${cells.join(" ")}`
}
