import type { VerifiedPartition } from "@assets/core"
import { formatCount, formatStep } from "./format.ts"
import type { Output } from "./output.ts"
import { diffSummary, printDifference } from "./print-diff.ts"

/** Prints how two environments stand to one another: a line for each asset, and for each partition that is not the same. */
export class VerificationPrinter {
  readonly #output: Output
  readonly #sides: { readonly a: string; readonly b: string }
  /** Partitions of one asset that are the same, and were not told yet. */
  #same: VerifiedPartition[] = []

  constructor(output: Output, sides: { readonly a: string; readonly b: string }) {
    this.#output = output
    this.#sides = sides
  }

  print(verified: VerifiedPartition): void {
    if (this.#same[0]?.key !== verified.key) this.end()
    if (verified.status === "equal") this.#same.push(verified)
    else this.#printOther(verified)
  }

  /** Tells what was put off: that of an asset several partitions are the same. */
  end(): void {
    const [first, ...others] = this.#same
    this.#same = []
    if (!first || this.#output.quiet) return
    const step = formatStep(first.key, first.partition === null || others.length > 0 ? [] : [first.partition])
    const rows = [first, ...others].reduce((sum, { difference }) => sum + (difference?.rows.left ?? 0), 0)
    const partitions = others.length > 0 ? `${formatCount(others.length + 1, "partition")}, ` : ""
    this.#output.line(`${this.#output.colors.green("SAME")} ${step} ${partitions}${formatCount(rows, "row")}`)
  }

  #printOther({ key, partition, status, why, difference }: VerifiedPartition): void {
    const { red, yellow, dim } = this.#output.colors
    const step = formatStep(key, partition === null ? [] : [partition])
    const because = why ? ` (${why})` : ""
    if (status === "not_compared") {
      if (!this.#output.quiet) this.#output.line(`${dim("SKIP")} ${step}${because}`)
    } else if (status === "failed") this.#output.line(`${red("FAIL")} ${step}${because}`)
    else if (status === "different") {
      this.#output.line(`${red("DIFF")} ${step}${because}${difference ? ` ${diffSummary(difference)}` : ""}`)
      if (difference) printDifference(difference, this.#output)
    } else {
      const where = status === "only_a" ? this.#sides.a : this.#sides.b
      this.#output.line(`${yellow("ONLY")} ${step} in ${where}`)
    }
  }
}
