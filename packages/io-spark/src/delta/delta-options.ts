import { isObjectUrl, type Refusal } from "@assets/core"

/** Where Delta tables rest. */
export interface DeltaOptions {
  /** Folder of the tables, relative to the config's folder or absolute, or `s3://bucket/prefix`, `gs://bucket/prefix` or `hdfs://namenode/folder`; may hold `${NAME}`s. */
  readonly root: string
}

/** What is wrong with options, as a sentence; undefined when nothing is. */
export function faultOfOptions(options: unknown): string | undefined {
  if (typeof options !== "object" || options === null) return "They are no object."
  const unknown = Object.keys(options).find(name => name !== "root")
  if (unknown !== undefined) return `There is no option '${unknown}'; there is root.`
  const { root } = options as Partial<DeltaOptions> // looked at
  return typeof root === "string" && root !== "" ? undefined : "root names no folder."
}

/** Why tables cannot be kept at a root; undefined when they can. */
export function refusalOfRoot(root: string): Refusal | undefined {
  if (isObjectUrl(root) || !/^[a-z][a-z0-9+.-]*:\/\//i.test(root)) return undefined
  return {
    why: "This version keeps Delta tables on S3 and stores that speak its language, on Google Cloud Storage, on HDFS, and on disks of this machine.",
    fix: "Give root a URL s3://bucket/prefix, gs://bucket/prefix or hdfs://namenode/folder, or a folder, for one of a mounted network disk.",
  }
}
