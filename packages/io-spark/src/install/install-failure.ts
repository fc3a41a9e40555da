import { EngineError, StorageError } from "@assets/core"
import type { SparkExtra } from "./spark-release.ts"

/** Says that neither Maven nor pip is there. */
export function noInstaller(extras: readonly SparkExtra[]): EngineError {
  const isExtra = extras.length > 0
  return new EngineError("SPARK_INSTALL_FAILED", {
    what: isExtra ? `Maven is missing, which brings ${extras.join(", ")}.` : "Neither Maven nor pip is on the path.",
    why: "The jars of Spark come from Maven's repository, or, where Maven is missing and no extra is wanted, from PyPI.",
    fix: `Install Maven: ${installMaven()}; or set SPARK_HOME to a distribution of Spark 4 that you have.`,
    details: { extras: [...extras] },
  })
}

function installMaven(): string {
  return process.platform === "darwin" ? "brew install maven" : "apt-get install maven"
}

/** Says why a download failed, by what the program printed. */
export function downloadFailure(name: string, code: number, log: string): EngineError | StorageError {
  const line = (pattern: RegExp) => log.split("\n").find(one => pattern.test(one))
  const full = line(/No space left on device|Disk quota exceeded/)
  if (full !== undefined) return diskFull(full, log)
  const network = line(
    /Unknown host|UnknownHostException|Connection refused|timed out|Network is unreachable|No route to host|NewConnectionError|Temporary failure in name resolution/i,
  )
  const absent = line(/Could not find artifact|Could not resolve dependencies|No matching distribution/)
  const why = withoutAddress(network ?? absent ?? log.trim().split("\n").at(-1) ?? "")
  return new EngineError("SPARK_INSTALL_FAILED", {
    what: network ? `${name} does not reach its repository.` : `${name} ended with exit code ${code}.`,
    why: why === "" ? "It printed nothing." : why,
    fix: network
      ? `See that this machine reaches the network, or name your own repository or proxy in the settings of ${name}; then run assets spark install again.`
      : `Look at the end of what ${name} printed, below; its settings may name a repository that lacks a file.`,
    transient: network !== undefined,
    details: { log, exitCode: code },
  })
}

function diskFull(why: string, log: string): StorageError {
  return new StorageError("STORAGE_FULL", {
    what: "The disk is full where Spark is installed.",
    why,
    fix: "Free 700 MB there, or set ASSETS_CACHE to a folder on another disk, and run assets spark install again.",
    details: { log },
  })
}

/** What remains in place of a long line of addresses and coordinates. */
function withoutAddress(line: string): string {
  return line.replace(/^\[ERROR\]\s*/, "").slice(0, 300)
}
