/** The options that stand before or after any command. */
export interface GlobalOptions {
  readonly config?: string
  readonly env?: string
  readonly json?: boolean
  readonly quiet?: boolean
  readonly verbose?: boolean
  /** False with `--no-color`. */
  readonly color: boolean
}

/** The options of commands that are about partitions. */
export interface PartitionFlags {
  readonly partition?: readonly string[]
  readonly partitions?: readonly string[]
}
