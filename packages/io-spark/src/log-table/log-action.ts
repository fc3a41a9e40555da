/** One line of a commit in a table's log, as the protocol of Delta has it: one of these is there. */
export interface LogAction {
  readonly commitInfo?: CommitInfo
  readonly protocol?: Protocol
  readonly metaData?: TableMetadata
  readonly add?: AddFile
  readonly remove?: RemoveFile
}

export interface CommitInfo {
  readonly timestamp: number
  readonly operation: string
  readonly operationParameters: { readonly [name: string]: string }
  readonly isBlindAppend: boolean
  readonly engineInfo: string
  /** Text of the writer's own; ours is a `StoredRecord`. */
  readonly userMetadata?: string
}

export interface Protocol {
  readonly minReaderVersion: number
  readonly minWriterVersion: number
  readonly readerFeatures?: readonly string[]
  readonly writerFeatures?: readonly string[]
}

export interface TableMetadata {
  readonly id: string
  readonly format: { readonly provider: string; readonly options: { readonly [name: string]: string } }
  /** JSON of Spark's struct type. */
  readonly schemaString: string
  readonly partitionColumns: readonly string[]
  readonly configuration: { readonly [name: string]: string }
  readonly createdTime: number
}

export interface AddFile {
  /** Percent-encoded, relative to the table's folder. */
  readonly path: string
  readonly partitionValues: { readonly [column: string]: string | null }
  readonly size: number
  readonly modificationTime: number
  /** False: the rows are those of files that the same commit removes. */
  readonly dataChange: boolean
  /** JSON. */
  readonly stats?: string
  readonly deletionVector?: object
}

export interface RemoveFile {
  readonly path: string
  readonly deletionTimestamp: number
  readonly dataChange: boolean
  readonly extendedFileMetadata: boolean
  readonly partitionValues: { readonly [column: string]: string | null }
  readonly size: number
  readonly deletionVector?: object
}

/** The text of a commit. */
export function commitText(actions: readonly LogAction[]): string {
  return `${actions.map(action => JSON.stringify(action)).join("\n")}\n`
}

/** @throws SyntaxError when a line is no JSON */
export function parseCommit(text: string): LogAction[] {
  return text.split("\n").flatMap(line => (line.trim() === "" ? [] : [JSON.parse(line)]))
}
