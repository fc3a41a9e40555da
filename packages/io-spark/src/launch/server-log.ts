import { closeSync, openSync, readSync, statSync } from "node:fs"
import { maskSecrets } from "@assets/core"

/** Bytes of a server's log that an error shows. */
const TAIL_BYTES = 8 * 1024
const TAIL_LINES = 30

/** The log of a server, which grows while it is read. */
export class ServerLog {
  readonly path: string
  readonly #secrets: readonly string[]

  constructor(path: string, secrets: readonly string[]) {
    this.path = path
    this.#secrets = secrets
  }

  /** Everything from a byte on, at most as much as a server prints while it starts. */
  from(offset: number): string {
    const size = statSync(this.path, { throwIfNoEntry: false })?.size ?? 0
    if (size <= offset) return ""
    const bytes = Buffer.alloc(Math.min(size - offset, 1024 ** 2))
    const file = openSync(this.path, "r")
    try {
      return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, offset)).toString("utf8")
    } finally {
      closeSync(file)
    }
  }

  /** The last lines, without secrets. */
  tail(): string {
    const size = statSync(this.path, { throwIfNoEntry: false })?.size ?? 0
    const lines = this.from(Math.max(0, size - TAIL_BYTES))
      .trimEnd()
      .split("\n")
    const shown = lines.slice(size > TAIL_BYTES ? 1 : 0).slice(-TAIL_LINES)
    const text = this.#secrets.reduce((left, secret) => left.replaceAll(secret, "***"), shown.join("\n"))
    return maskSecrets(text)
  }
}
