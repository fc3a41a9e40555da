/** Settings of the DuckDB engine. None of them changes an answer. Texts may hold `${NAME}`s. */
export interface DuckdbOptions {
  /** Memory that DuckDB may use before it spills to disk: `"4GB"`, `"512MB"`. Default 80 % of the machine's. */
  readonly memoryLimit?: string
  /** Threads of a query. Default: one for each core. */
  readonly threads?: number
  /** Folder in which each session makes one of its own for spilled data. Default: the run's own scratch folder. */
  readonly tempFolder?: string
  /** The most that may be spilled: `"100GB"`. Default 90 % of the free disk. */
  readonly maxSpill?: string
}

const names: readonly string[] = ["memoryLimit", "threads", "tempFolder", "maxSpill"] satisfies (keyof DuckdbOptions)[]
const size = /^\d+(\.\d+)?\s*(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$/i

/** A sentence for each option that is there under no known name: left unread, it would be without effect. */
export function unknownOptions(options: object, known: readonly string[]): string[] {
  const unknown = Object.keys(options).filter(name => !known.includes(name))
  return unknown.map(name => `There is no option '${name}'; there are ${known.join(", ")}.`)
}

/** The options with the values of variables in the place of each `${NAME}`. */
export function expandOptions(options: DuckdbOptions, expand: (text: string) => string): DuckdbOptions {
  const { memoryLimit, tempFolder, maxSpill } = options
  return {
    ...options,
    ...(memoryLimit !== undefined && { memoryLimit: expand(memoryLimit) }),
    ...(tempFolder !== undefined && { tempFolder: expand(tempFolder) }),
    ...(maxSpill !== undefined && { maxSpill: expand(maxSpill) }),
  }
}

/** What is wrong with the options, as sentences; empty when nothing is. A size that needs a variable is looked at later. */
export function faultsOfOptions(options: DuckdbOptions): string[] {
  const faults = unknownOptions(options, names)
  for (const name of ["memoryLimit", "maxSpill"] as const) {
    const value = options[name]
    if (value !== undefined && !size.test(value) && !String(value).includes("${"))
      faults.push(`${name} is '${value}', which is not a size like 4GB.`)
  }
  const { threads } = options
  if (threads !== undefined && !(Number.isInteger(threads) && threads > 0)) {
    faults.push(`threads is ${threads}, which is not a whole number above 0.`)
  }
  return faults
}

/**
 * What each instance that writes database files is configured with. Run-length compression takes 0.0 and -0.0 for equal,
 * and would give one of them back for both.
 */
export const storageConfig = { autoinstall_known_extensions: "false", disabled_compression_methods: "rle" } as const

/**
 * What is spilled is given back to the system at once. DuckDB's allocator would keep it for a while, and the process would
 * be larger than its limit by as much.
 */
const givesBack = { allocator_bulk_deallocation_flush_threshold: "1MB" } as const

/**
 * The configuration of a new instance, which spills into a folder that no other one uses: instances write files of the same
 * names there. Nothing is fetched from the network, and nothing is written beside the project.
 */
export function instanceConfig(options: DuckdbOptions, spillFolder: string): Record<string, string> {
  return {
    ...storageConfig,
    temp_directory: spillFolder,
    ...(options.memoryLimit && { memory_limit: options.memoryLimit, ...givesBack }),
    ...(options.threads && { threads: String(options.threads) }),
    ...(options.maxSpill && { max_temp_directory_size: options.maxSpill }),
  }
}
