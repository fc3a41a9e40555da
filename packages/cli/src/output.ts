import { maskSecrets } from "@assets/core"
import { createColors } from "picocolors"
import { writeAnswer } from "./answer-stream.ts"
import type { GlobalOptions } from "./global-options.ts"

export type Colors = ReturnType<typeof createColors>

/** Whether a stream is to be coloured: a terminal that can, unless `NO_COLOR` or `--no-color` says otherwise. */
export function colorsFor(stream: NodeJS.WriteStream, wanted = true): Colors {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  if (!wanted || NO_COLOR || process.argv.includes("--no-color")) return createColors(false)
  return createColors(Boolean(FORCE_COLOR && FORCE_COLOR !== "0") || (stream.isTTY === true && TERM !== "dumb"))
}

/** Where a command prints: answers to stdout, everything else to stderr; no secret to either. */
export class Output {
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  readonly colors: Colors
  readonly errorColors: Colors

  constructor(options: GlobalOptions) {
    this.json = options.json === true
    this.quiet = options.quiet === true
    this.verbose = options.verbose === true
    this.colors = colorsFor(process.stdout, options.color)
    this.errorColors = colorsFor(process.stderr, options.color)
  }

  /** A person watches: lines may be drawn over. */
  get live(): boolean {
    return process.stdout.isTTY === true && !this.json && !this.quiet && !process.env.CI && process.env.TERM !== "dumb"
  }

  line(text = ""): void {
    writeAnswer(`${maskSecrets(text)}\n`)
  }

  /** One object on a line of its own; integers beyond what JSON holds exactly become strings. */
  object(value: unknown): void {
    this.line(JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? `${inner}` : inner)))
  }

  /** What is no answer: hints and warnings. */
  note(text: string): void {
    process.stderr.write(`${maskSecrets(text)}\n`)
  }

  /** Rows of text in columns, the first row as their head. Nothing for no rows. */
  table(head: readonly string[], rows: readonly (readonly string[])[]): void {
    if (rows.length === 0) return
    const widths = head.map((name, i) => Math.max(name.length, ...rows.map(row => row[i]?.length ?? 0)))
    const print = (cells: readonly string[]) =>
      cells
        .map((cell, i) => (i === cells.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
        .join("  ")
        .trimEnd()
    this.line(this.colors.dim(print(head)))
    for (const row of rows) this.line(print(row))
  }
}
