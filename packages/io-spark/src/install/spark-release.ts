/** The version of Spark that is installed where `SPARK_HOME` names no other. */
export const SPARK_VERSION = "4.1.2"

/** What Maven's set lacks a version of: the jar that holds one class of Spark Connect's. */
export const MLLIB_VERSION = "4.1.0"

/** The archive that is unpacked where there is no Maven. */
export const ARCHIVE_VERSION = "4.1.4"

/** What can be installed beside Spark itself. */
export const sparkExtras = ["delta", "iceberg", "s3", "gcs"] as const

export type SparkExtra = (typeof sparkExtras)[number]

/** The beginning of the name of a jar that is there when an extra is. */
const marks: { readonly [extra in SparkExtra]: string } = {
  delta: "delta-spark_",
  iceberg: "iceberg-spark-runtime-",
  s3: "hadoop-aws-",
  gcs: "gcs-connector-",
}

/** The extras among jars. */
export function extrasOf(jarNames: readonly string[]): SparkExtra[] {
  return sparkExtras.filter(extra => jarNames.some(name => name.startsWith(marks[extra])))
}
