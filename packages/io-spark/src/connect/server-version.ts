import { versionError } from "./error.ts"

/** The version of Spark that a server says it is. */
export interface ServerVersion {
  /** `4.1.2`. */
  readonly text: string
  isAtLeast(major: number, minor: number): boolean
}

/**
 * Reads what a server says of its version.
 * @throws EngineError `ENGINE_VERSION_UNSUPPORTED` for one that is older than 3.5, or that is not understood
 */
export function parseServerVersion(text: string, remote: string): ServerVersion {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(text) ?? []
  if (major === undefined || minor === undefined) {
    const said = text === "" ? "It says nothing of its version." : `It says of its version: ${text.slice(0, 200)}`
    throw versionError(`The server at ${remote} is not known as Spark.`, said, { remote })
  }
  const isAtLeast = (wantedMajor: number, wantedMinor: number) =>
    Number(major) > wantedMajor || (Number(major) === wantedMajor && Number(minor) >= wantedMinor)
  if (!isAtLeast(3, 5)) {
    throw versionError(
      `Spark at ${remote} is ${text}, which is too old.`,
      "Queries that outlive a lost connection, and the interruption of one query, came with Spark 3.5.",
      { remote, version: text },
    )
  }
  return { text, isAtLeast }
}
