import type { AssetsEvent, Progress, RunningRun } from "@assets/core"
import { writeAnswer } from "./answer-stream.ts"
import { fitColumns } from "./fit-columns.ts"
import { formatCount, formatDuration, formatStep } from "./format.ts"
import type { Output } from "./output.ts"
import { PlainRunRenderer, type RunRenderer } from "./render-run.ts"
import { RunCounter } from "./run-counter.ts"

const redrawMs = 100
/** Of more running steps than this the rest is told as a number. */
const shownSteps = 12

/** On a terminal: the plain lines of what has ended, and below them a line for each running step. */
export class LiveRunRenderer implements RunRenderer {
  readonly #output: Output
  readonly #plain: PlainRunRenderer
  readonly #counter = new RunCounter()
  readonly #running = new Map<string, RunningStep>()
  readonly #timer: NodeJS.Timeout
  readonly #writeError = process.stderr.write
  #drawn = 0
  #run: RunningRun | undefined

  constructor(output: Output, files: ReadonlySet<string>) {
    this.#output = output
    this.#plain = new PlainRunRenderer(output, files, {
      line: text => this.#above(() => output.line(text)),
      note: text => this.#above(() => output.note(text)),
    })
    // What the project's code prints stands above the lines that are drawn.
    const above = (...args: Parameters<typeof process.stderr.write>) =>
      this.#above(() => this.#writeError.apply(process.stderr, args))
    process.stderr.write = above as typeof process.stderr.write // passes on whichever form it is called in
    this.#timer = setInterval(() => this.#refresh(), redrawMs)
    this.#timer.unref()
  }

  begin(run: RunningRun): void {
    this.#run = run
  }

  onEvent(event: AssetsEvent): void {
    this.#counter.count(event)
    if (event.type === "step_started") {
      this.#running.set(event.step, {
        text: formatStep(event.key, event.partitions),
        since: performance.now(),
        progress: {},
      })
    } else if (isEnd(event)) this.#running.delete(event.step)
    this.#plain.onEvent(event)
  }

  finish(durationMs: number): void {
    this.close()
    this.#plain.finish(durationMs)
  }

  close(): void {
    clearInterval(this.#timer)
    process.stderr.write = this.#writeError
    this.#running.clear()
    this.#erase()
  }

  #above<T>(print: () => T): T {
    this.#erase()
    const printed = print()
    this.#draw()
    return printed
  }

  #refresh(): void {
    this.#erase()
    this.#draw()
    for (const [id, step] of [...this.#running].slice(0, shownSteps)) {
      // How far a step is may be unknown; the line then tells the time alone.
      this.#run?.progress(id).then(
        progress => {
          step.progress = progress
        },
        () => undefined,
      )
    }
  }

  #draw(): void {
    const { cyan, dim } = this.#output.colors
    const width = process.stdout.columns || 80
    const running = [...this.#running.values()]
    const lines = running.slice(0, shownSteps).map(({ text, since, progress }) => {
      const took = [formatDuration(performance.now() - since), ...progressWords(progress)].join("  ")
      const plain = `${this.#counter.position} RUN ${text} ${took}`
      // A line that is too long would be two, and the next drawing would erase one of them.
      const fitted = fitColumns(plain, width - 1)
      return fitted === plain ? `${dim(this.#counter.position)} ${cyan("RUN")} ${text} ${dim(took)}` : fitted
    })
    if (running.length > shownSteps) lines.push(dim(`and ${running.length - shownSteps} more`))
    if (lines.length > 0) writeAnswer(`${lines.join("\n")}\n`)
    this.#drawn = lines.length
  }

  #erase(): void {
    if (this.#drawn > 0) writeAnswer(`\x1b[${this.#drawn}A\x1b[0J`)
    this.#drawn = 0
  }
}

interface RunningStep {
  readonly text: string
  readonly since: number
  progress: Progress
}

function progressWords({ percent, rows }: Progress): string[] {
  return [
    ...(percent === undefined ? [] : [`${Math.floor(percent)}%`]),
    ...(rows === undefined || rows === 0 ? [] : [`${formatCount(rows, "row")} read`]),
  ]
}

function isEnd(event: AssetsEvent): event is Extract<AssetsEvent, { readonly step: string }> {
  return (
    event.type === "asset_materialized" ||
    event.type === "step_staged" ||
    event.type === "step_skipped" ||
    event.type === "step_blocked" ||
    event.type === "step_failed" ||
    event.type === "step_cancelled"
  )
}
