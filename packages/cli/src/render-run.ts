import { type AssetsEvent, explainReasons, type RunningRun } from "@assets/core"
import { formatCount, formatDuration, formatStep } from "./format.ts"
import type { Output } from "./output.ts"
import { errorSummary, renderError } from "./render-error.ts"
import { RunCounter } from "./run-counter.ts"

/** Prints a run while it happens. */
export interface RunRenderer {
  /** Told before the first event. */
  begin?(run: RunningRun): void
  onEvent(event: AssetsEvent): void
  /** Prints the last line. To be called once, when the run has ended. */
  finish(durationMs: number): void
  /** Ends what draws by itself. To be called also when there is no end to print. */
  close?(): void
}

/** One event per line, as the event log keeps it, and nothing else. */
export function jsonRunRenderer(output: Output): RunRenderer {
  return { onEvent: event => output.object(event), finish: () => {} }
}

/** The places where lines of a run go: a live display draws its own lines anew below them. */
export interface RunLines {
  line(text: string): void
  note(text: string): void
}

/** Plain lines, one for each step that ends. */
export class PlainRunRenderer implements RunRenderer {
  readonly #output: Output
  readonly #lines: RunLines
  readonly #files: ReadonlySet<string>
  readonly #counter = new RunCounter()

  /** @param files the project's modules: a failure shows the user's line first */
  constructor(output: Output, files: ReadonlySet<string>, lines: RunLines = output) {
    this.#output = output
    this.#files = files
    this.#lines = lines
  }

  onEvent(event: AssetsEvent): void {
    this.#counter.count(event)
    switch (event.type) {
      case "step_started":
        this.#detail(event, `attempt ${event.attempt}: ${explainReasons(event.reasons)}`)
        break
      case "asset_materialized":
      case "step_staged":
        this.#ended("OK", event, materializedText(event))
        break
      case "step_skipped":
        this.#ended("SKIP", event, event.reason)
        break
      case "step_blocked":
        this.#ended("SKIP", event, `blocked by ${event.by}`)
        break
      case "step_cancelled":
        this.#ended("STOP", event, "cancelled")
        break
      case "step_failed":
        this.#failed(event)
        break
      case "step_retried":
        this.#told(event, `tried again in ${formatDuration(event.delayMs)}: ${errorSummary(event.error)}`)
        break
      case "step_waiting":
        this.#told(event, `waits for ${event.holder}`)
        break
      case "check_evaluated":
        this.#checked(event)
        break
      case "log_written":
        this.#logged(event)
        break
      case "run_failed":
        if (event.error) this.#lines.note(renderError(event.error, this.#errorOptions))
        this.#unpublished(event.unpublished)
        break
      case "run_cancelled":
        this.#unpublished(event.unpublished)
        break
    }
  }

  finish(durationMs: number): void {
    this.#lines.line(this.#counter.lastLine(durationMs))
  }

  get #errorOptions() {
    return { verbose: this.#output.verbose, colors: this.#output.errorColors, files: this.#files }
  }

  #ended(word: "OK" | "SKIP" | "STOP", event: StepEvent, text: string): void {
    if (this.#output.quiet) return
    const { green, dim, yellow } = this.#output.colors
    const colour = { OK: green, SKIP: dim, STOP: yellow }[word]
    this.#lines.line(`${this.#counter.position} ${colour(word)} ${formatStep(event.key, event.partitions)} ${text}`)
  }

  #failed(event: Extract<AssetsEvent, { type: "step_failed" }>): void {
    const { red, bold } = this.#output.colors
    const step = formatStep(event.key, event.partitions)
    const summary = errorSummary(event.error)
    this.#lines.line(
      `${this.#counter.position} ${red(bold("FAIL"))} ${step} in ${formatDuration(event.durationMs)}: ${summary}`,
    )
    this.#lines.note(renderError(event.error, this.#errorOptions))
  }

  #checked({ key, partitions, result }: Extract<AssetsEvent, { type: "check_evaluated" }>): void {
    if (result.passed && !this.#output.verbose) return
    const { red, yellow, green } = this.#output.errorColors
    const word = result.passed ? green("passed") : result.severity === "warn" ? yellow("warns") : red("failed")
    const bad = result.badRows === undefined ? "" : `: ${formatCount(result.badRows, "bad row")}`
    const message = result.message ? `: ${result.message}` : ""
    this.#lines.note(`  check ${result.name} of ${formatStep(key, partitions)} ${word}${bad}${message}`)
    if (result.passed) return
    for (const sample of result.samples ?? []) this.#lines.note(`    ${JSON.stringify(sample)}`)
  }

  #logged(event: Extract<AssetsEvent, { type: "log_written" }>): void {
    const shown = this.#output.verbose || (!this.#output.quiet && event.level !== "debug")
    const fields = event.fields ? ` ${JSON.stringify(event.fields)}` : ""
    if (shown)
      this.#lines.note(`  ${formatStep(event.key, event.partitions)} ${event.level}: ${event.message}${fields}`)
  }

  #unpublished(count: number | undefined): void {
    if (!count) return
    const what = count === 1 ? "the step that was completed waits" : `the ${count} steps that were completed wait`
    this.#lines.note(`Nothing was published: ${what} for a run that succeeds, which takes up what still fits.`)
  }

  #told(event: StepEvent, text: string): void {
    if (!this.#output.quiet) this.#lines.note(`  ${formatStep(event.key, event.partitions)} ${text}`)
  }

  #detail(event: StepEvent, text: string): void {
    if (this.#output.verbose) this.#told(event, text)
  }
}

type StepEvent = Extract<AssetsEvent, { readonly step: string }>

function materializedText({
  materialization,
  durationMs,
}: Extract<AssetsEvent, { type: "asset_materialized" | "step_staged" }>): string {
  const took = `in ${formatDuration(durationMs)}`
  return materialization.rows === undefined ? took : `${formatCount(materialization.rows, "row")} ${took}`
}
