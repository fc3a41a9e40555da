import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { freeConf, type SparkConf } from "../pinned-conf.ts"
import type { Variables } from "../spark-options.ts"

/** What the configuration of a distribution of Spark says. */
export interface SparkDefaults {
  /** Folders that stand on the class path: `core-site.xml` and its like are found in them. */
  readonly folders: readonly string[]
  /** Further entries of the class path. */
  readonly classPath: readonly string[]
  readonly conf: SparkConf
}

/**
 * Reads `spark-defaults.conf` of a distribution, which a cluster's vendor writes. What could change an answer is left
 * out: it is fixed for every engine.
 */
export function sparkDefaults(sparkHome: string | undefined, env: Variables): SparkDefaults {
  const folder = env.SPARK_CONF_DIR || (sparkHome === undefined ? undefined : join(sparkHome, "conf"))
  if (folder === undefined || !existsSync(folder)) return { folders: [], classPath: [], conf: {} }
  const file = join(folder, "spark-defaults.conf")
  const all = existsSync(file) ? parseDefaults(readFileSync(file, "utf8")) : new Map<string, string>()
  const classPath = (all.get("spark.driver.extraClassPath") ?? "").split(":").filter(entry => entry !== "")
  return { folders: [folder], classPath, conf: freeConf(all) }
}

/** Keys and values stand apart by white space or `=`; a line that begins with `#` is a comment. */
function parseDefaults(text: string): Map<string, string> {
  const lines = text.split("\n").map(line => /^\s*([^\s=#][^\s=]*)(?:\s*=\s*|\s+)(.*?)\s*$/.exec(line))
  return new Map(lines.flatMap(found => (found ? [[found[1] ?? "", found[2] ?? ""] as const] : [])))
}
