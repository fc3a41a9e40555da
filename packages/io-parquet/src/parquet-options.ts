import { compressionFault, isBucketUrl, isObjectUrl, type Layout, type Refusal } from "@assets/core"

/** Where Parquet rests, and how much of it. */
export interface ParquetOptions {
  /**
   * Folder of the assets, relative to the config's folder or absolute; or a place on an object store, `s3://bucket/assets`, or,
   * with Spark, `gs://bucket/assets`, or on HDFS, `hdfs://namenode:8020/assets`. `${NAME}` stands for a variable.
   */
  readonly root: string
  /** Versions that remain of each partition, the current one counted. Default 2. */
  readonly keep?: number
  /** Default `zstd`; an asset's `layout` overrides it. */
  readonly compression?: NonNullable<Layout["compression"]>
}

const names: readonly string[] = ["root", "keep", "compression"] satisfies (keyof ParquetOptions)[]

/** What is wrong with options, as a sentence; undefined when nothing is. */
export function faultOfOptions(options: unknown): string | undefined {
  if (typeof options !== "object" || options === null) return "They are no object."
  const unknown = Object.keys(options).find(name => !names.includes(name))
  if (unknown !== undefined) return `There is no option '${unknown}'; there are ${names.join(", ")}.`
  const { root, keep = 2, compression } = options as Partial<ParquetOptions> // of names that are known, each looked at
  if (typeof root !== "string" || root === "") return "root names no folder."
  if (!Number.isInteger(keep) || keep < 1) return `keep is ${keep}, which is not a whole number of at least 1.`
  return compressionFault(compression)
}

/** Why a root cannot be one; undefined when it can. */
export function refusalOf(root: string): Refusal | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(root)?.[1]?.toLowerCase()
  if (scheme === undefined) return undefined
  if (isObjectUrl(root)) {
    const name = isBucketUrl(root) ? "BUCKET" : "NAMENODE"
    return {
      why: "Whether the root is on an object store decides what the environment can do, before any variable is known.",
      fix: `Write ${scheme}:// in the root itself, and what varies behind it: parquetIO({ root: "${scheme}://\${${name}}/assets" }).`,
    }
  }
  return {
    why: `Parquet is kept on disks that are mounted on this machine, on s3://, on gs:// and on hdfs://; ${scheme}:// has no conditional write that this version knows, by which one of two writers is held off.`,
    fix: "Give root a folder, for one of a mounted network disk, or a URL of s3://, gs:// or hdfs://.",
  }
}

/** What the options say of the layout of files. */
export function compressionOf({ compression }: ParquetOptions): Layout {
  return compression ? { compression } : {}
}
