/** Settings of Spark by their names. */
export interface SparkConf {
  readonly [key: string]: string
}

/**
 * What every session has, whatever a server, a cluster or its defaults say: each of them changes values, types or errors.
 */
const sessionPins: { readonly [key: string]: { readonly value: string; readonly why: string } } = {
  "spark.sql.ansi.enabled": { value: "true", why: "an overflow or a wrong cast is an error, not a null" },
  "spark.sql.storeAssignmentPolicy": { value: "ANSI", why: "a value that does not fit its column is an error" },
  "spark.sql.caseSensitive": { value: "false", why: "columns are matched without regard to case" },
  "spark.sql.timestampType": { value: "TIMESTAMP_LTZ", why: "'timestamp' has one meaning" },
  "spark.sql.mapKeyDedupPolicy": { value: "EXCEPTION", why: "a key that is twice in a map is an error" },
  "spark.sql.decimalOperations.allowPrecisionLoss": { value: "true", why: "it decides the types of decimal results" },
  "spark.sql.legacy.timeParserPolicy": { value: "CORRECTED", why: "texts are read as dates by one calendar" },
  "spark.sql.parquet.outputTimestampType": { value: "TIMESTAMP_MICROS", why: "other engines read the files" },
  "spark.sql.parquet.datetimeRebaseModeInWrite": { value: "CORRECTED", why: "old dates are stored as they are" },
  "spark.sql.parquet.datetimeRebaseModeInRead": { value: "CORRECTED", why: "old dates are read as they are" },
  "spark.sql.parquet.int96RebaseModeInWrite": { value: "CORRECTED", why: "old times are stored as they are" },
  "spark.sql.parquet.int96RebaseModeInRead": { value: "CORRECTED", why: "old times are read as they are" },
  "spark.sql.parquet.writeLegacyFormat": { value: "false", why: "other engines read the files" },
  "spark.sql.orc.filterPushdown": {
    value: "false",
    why: "the statistics of ORC tell 0.0 from -0.0, and old days wrongly",
  },
  "spark.sql.orc.impl": { value: "native", why: "ORC is read and written in one way" },
  "spark.sql.sources.partitionOverwriteMode": { value: "STATIC", why: "a write replaces what it says, and no less" },
  "spark.sql.sources.partitionColumnTypeInference.enabled": {
    value: "false",
    why: "a value in the name of a folder is of the type that its column declares",
  },
  "spark.sql.execution.arrow.compression.codec": { value: "none", why: "the client reads plain Arrow alone" },
}

/** Keys for which there are options: in `conf` they would be said twice. */
const optionKeys: { readonly [key: string]: string } = {
  "spark.driver.memory": "it is the option 'driverMemory'",
  "spark.executor.memory": "it is the option 'executorMemory'",
  "spark.executor.cores": "it is the option 'executorCores'",
  "spark.executor.instances": "it is the option 'executorInstances'",
}

/** Keys that the product sets by itself, each with the reason why nobody else may. */
const fixedKeys: { readonly [key: string]: string } = {
  "spark.sql.session.timeZone": "it is the environment's 'timeZone', the same for every engine",
  "spark.sql.extensions": "it follows from the jars that are installed",
  "spark.sql.catalog.spark_catalog": "it follows from the jars that are installed",
  "spark.sql.warehouse.dir": "it lies in the folder of the run",
  "spark.master": "it is the option 'master'",
  "spark.remote": "it is the option 'remote'",
  "spark.submit.deployMode": "the server runs on this machine",
  "spark.plugins": "code that is put into the server may change any answer",
  "spark.driver.extraClassPath": "SPARK_HOME, or a spark-defaults.conf in it, says which jars there are",
  "spark.sql.files.ignoreCorruptFiles": "a file that cannot be read is an error",
  "spark.sql.files.ignoreMissingFiles": "a file that is gone is an error",
  "spark.sql.adaptive.customCostEvaluatorClass": "code that is put into the server may change any answer",
}

/** Keys that cannot change an answer, each with all below it; of one that ends in a dot only what is below. */
const freeKeys: readonly string[] = [
  "spark.sql.shuffle.partitions",
  "spark.sql.autoBroadcastJoinThreshold",
  "spark.sql.broadcastTimeout",
  "spark.sql.adaptive.",
  "spark.sql.files.",
  "spark.sql.hive.metastore.",
  "spark.sql.inMemoryColumnarStorage.",
  "spark.sql.join.preferSortMergeJoin",
  "spark.sql.optimizer.runtime.",
  "spark.sql.parquet.aggregatePushdown",
  "spark.sql.parquet.columnarReaderBatchSize",
  "spark.sql.parquet.compression.codec",
  "spark.sql.parquet.filterPushdown",
  "spark.sql.codegen.",
  "spark.sql.catalog.",
  "spark.sql.catalogImplementation",
  "spark.sql.debug.maxToStringFields",
  "spark.sql.ui.",
  "spark.app.name",
  "spark.archives",
  "spark.authenticate",
  "spark.blockManager.",
  "spark.broadcast.",
  "spark.checkpoint.",
  "spark.cleaner.",
  "spark.connect.progress.",
  "spark.connect.session.",
  "spark.connect.execute.",
  "spark.cores.max",
  "spark.databricks.delta.",
  "spark.decommission.",
  "spark.default.parallelism",
  "spark.driver.",
  "spark.dynamicAllocation.",
  "spark.eventLog.",
  "spark.excludeOnFailure.",
  "spark.executor.",
  "spark.executorEnv.",
  "spark.files",
  "spark.hadoop.",
  "spark.history.",
  "spark.io.",
  "spark.jars",
  "spark.kerberos.",
  "spark.kryo",
  "spark.kubernetes.",
  "spark.locality.",
  "spark.log.",
  "spark.memory.",
  "spark.metrics.",
  "spark.network.",
  "spark.port.",
  "spark.rapids.",
  "spark.reducer.",
  "spark.resources.",
  "spark.rpc.",
  "spark.scheduler.",
  "spark.serializer",
  "spark.shuffle.",
  "spark.speculation",
  "spark.ssl.",
  "spark.standalone.",
  "spark.storage.",
  "spark.task.",
  "spark.ui.",
  "spark.worker.",
  "spark.yarn.",
]

/** How the server's Java is started; `-XX:…` and its like alone. */
export const JAVA_OPTIONS = "spark.driver.extraJavaOptions"

/** What a session is opened with: the pins, and the zone in which it works. */
export function pinnedSessionConf(timeZone: string): SparkConf {
  const pins = Object.entries(sessionPins).map(([key, { value }]) => [key, value])
  return { ...Object.fromEntries(pins), "spark.sql.session.timeZone": timeZone }
}

/** A sentence for each key that a user may not set, with the reason. */
export function faultsOfConf(conf: { readonly [key: string]: unknown }): string[] {
  return Object.entries(conf).flatMap(([key, value]) => {
    const why = optionKeys[key] ?? refusalOf(key, String(value))
    return why === undefined ? [] : [`conf '${key}' is not free: ${why}.`]
  })
}

/** The settings of a cluster's vendor, without those that could change an answer. */
export function freeConf(conf: Iterable<readonly [string, string]>): SparkConf {
  return Object.fromEntries([...conf].filter(([key, value]) => refusalOf(key, value) === undefined))
}

/** Why nobody can set a key; undefined for one that changes no answer. */
function refusalOf(key: string, value: string): string | undefined {
  const pin = sessionPins[key]
  if (pin) return `it is always ${pin.value}, since ${pin.why}`
  const fixed = fixedKeys[key] ?? (key === JAVA_OPTIONS ? refusedJavaOption(value) : undefined)
  if (fixed !== undefined) return fixed
  const isFree = freeKeys.some(free => key === free || key.startsWith(free.endsWith(".") ? free : `${free}.`))
  return isFree ? undefined : "it is not among those that leave every answer as it is"
}

/** The options of Java in a text, which stand apart by white space. */
export function javaOptionsOf(text: string): string[] {
  return text.split(/\s+/).filter(option => option !== "")
}

/** A property could change what is fixed, by another way. */
function refusedJavaOption(text: string): string | undefined {
  const other = javaOptionsOf(text).find(option => !option.startsWith("-X"))
  return other === undefined ? undefined : `it holds '${other}', which is not of the form -X…`
}

/** The settings of a session among a user's: what a server that runs already can be told. */
export function sessionConfOf(conf: SparkConf): SparkConf {
  return Object.fromEntries(Object.entries(conf).filter(([key]) => /^spark\.(sql|databricks)\./.test(key)))
}
