const write = process.stdout.write.bind(process.stdout)

/** Writes to stdout what a command answers. */
export function writeAnswer(text: string, written?: () => void): void {
  write(text, () => written?.())
}

/** Sends to stderr what the project's code prints, so that stdout holds answers only, also under `--json`. */
export function keepStdoutForAnswers(): void {
  const elsewhere = (...args: Parameters<typeof process.stderr.write>) => process.stderr.write(...args)
  process.stdout.write = elsewhere as typeof process.stdout.write // passes on whichever form it is called in
}
