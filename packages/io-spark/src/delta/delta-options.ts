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
