import { ConfigError } from "@assets/core"
import type { InstallProgress, SparkExtra } from "@assets/io-spark"
import { cancelOnSignal } from "../cancel-on-signal.ts"
import { formatBytes, formatCount, formatDuration } from "../format.ts"
import type { GlobalOptions } from "../global-options.ts"
import { Output } from "../output.ts"

export interface InstallSparkOptions extends GlobalOptions {
  readonly with?: readonly string[]
}

export async function installSparkCommand(options: InstallSparkOptions): Promise<void> {
  const { installSpark, sparkExtras } = await import("@assets/io-spark")
  const extras = extrasOf(options.with ?? [], sparkExtras)
  const output = new Output(options)
  const line = new ProgressLine(output)
  const began = performance.now()
  const installed = await cancelOnSignal(async signal => {
    try {
      return await installSpark({ extras, signal, onProgress: progress => line.show(progress) })
    } finally {
      line.clear()
    }
  })
  const { folder, version, jars, bytes, from, wasThere } = installed
  if (output.json) {
    output.object({ version, extras: installed.extras, folder, jars, bytes, from, wasThere })
    return
  }
  const names = installed.extras.length > 0 ? ` with ${installed.extras.join(", ")}` : ""
  output.line(`Spark ${version}${names} ${wasThere ? "is whole" : "is installed"} in ${folder}`)
  output.line(`Done. jars=${jars} bytes=${formatBytes(bytes)} in ${formatDuration(performance.now() - began)}`)
}

function extrasOf(asked: readonly string[], known: readonly SparkExtra[]): SparkExtra[] {
  const wrong = asked.filter(name => !known.some(extra => extra === name))
  if (wrong.length > 0) {
    throw new ConfigError("ARGUMENT_INVALID", {
      what: `There is no '${wrong.join("', '")}' to install beside Spark.`,
      why: `There are ${known.join(", ")}.`,
      fix: `Name some of them with commas between: --with ${known.join(",")}.`,
    })
  }
  return known.filter(extra => asked.includes(extra))
}

/** One line of a terminal that is drawn over; in a pipe, one that says what has begun. */
class ProgressLine {
  readonly #output: Output
  readonly #isLive: boolean
  #shown = ""

  constructor(output: Output) {
    this.#output = output
    this.#isLive = output.live && process.stderr.isTTY === true
  }

  show({ what, files, bytes }: InstallProgress): void {
    const begins = what === "downloading" ? "Downloading Spark" : "Checking the jars"
    if (this.#isLive) {
      const counts = files > 0 ? `: ${formatCount(files, "file")}, ${formatBytes(bytes)}` : ""
      process.stderr.write(`\r\x1b[2K${begins}${counts}`)
    } else if (this.#shown !== begins && !this.#output.json && !this.#output.quiet) this.#output.note(`${begins} …`)
    this.#shown = begins
  }

  clear(): void {
    if (this.#isLive && this.#shown !== "") process.stderr.write("\r\x1b[2K")
  }
}
