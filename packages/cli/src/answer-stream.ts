const write = process.stdout.write.bind(process.stdout)

/** Writes to stdout what a command answers. */
export function writeAnswer(text: string, written?: () => void): void {
  write(text, () => written?.())
}

let masked = (text: string) => text

/** Sends to stderr what the project's code prints, so that stdout holds answers only, also under `--json`. */
export function keepStdoutForAnswers(): void {
  const stderr = process.stderr.write.bind(process.stderr)
  const write = (chunk: string | Uint8Array, ...rest: readonly unknown[]) =>
    stderr(typeof chunk === "string" ? masked(chunk) : chunk, ...(rest as [])) // passes on whichever form it is called in
  process.stderr.write = write as typeof process.stderr.write
  process.stdout.write = write as typeof process.stdout.write
}

/** From now on, what the project's code prints goes through `mask`. Set when the project is loaded: it is none of ours. */
export function maskPrinted(mask: (text: string) => string): void {
  masked = mask
}
