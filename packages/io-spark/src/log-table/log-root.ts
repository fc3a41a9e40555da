import { isObjectUrl, type Refusal } from "@assets/core"

/** Why tables with a log cannot be kept at a root; undefined when they can. */
export function refusalOfLogRoot(root: string): Refusal | undefined {
  if (isObjectUrl(root) || !/^[a-z][a-z0-9+.-]*:\/\//i.test(root)) return undefined
  return {
    why: "This version keeps such tables on S3 and stores that speak its language, on Google Cloud Storage, on HDFS, and on disks of this machine.",
    fix: "Give root a URL s3://bucket/prefix, gs://bucket/prefix or hdfs://namenode/folder, or a folder, for one of a mounted network disk.",
  }
}
