/** What lies in a folder: a file, or a folder with all that is below it. */
export interface PlaceEntry {
  readonly name: string
  readonly path: string
  readonly bytes: number
  /** When the last of it was written. */
  readonly modifiedMs: number
}

/** How a commit is made. */
export interface CreateOptions {
  /** True: what is made outlives the loss of power. */
  readonly durable: boolean
  /** A folder of ours beside, for what is not whole yet. */
  readonly scratch: string
  /** Of `OutputContext`: looks at the lease. A rejection leaves nothing made. */
  commit<T>(change: () => T): T
}

/** The folders and files of a table by which it is removed. */
export interface TablePaths {
  readonly path: string
  readonly logFolder: string
  readonly ownFolder: string
  /** Without which there is no log. */
  readonly firstCommit: string
}

/** Where the tables of a root lie: folders of a disk, or the objects of a store. A path is a file's name, or a URL. */
export interface TablePlace {
  readonly root: string
  join(folder: string, ...names: string[]): string
  /** The path of a file by its name in the log of a table: others may have added files that lie elsewhere. */
  resolve(folder: string, name: string): string
  /** How others are told of a file: with its scheme, since a cluster may take a bare path for one of its own disks. */
  url(path: string): string
  /** What leads from a folder to a file below, with `/` between its parts. */
  relative(folder: string, path: string): string
  /**
   * Confirms that of two writers of one commit it lets one succeed. To be asked before a write.
   * @throws ConfigError `ENVIRONMENT_UNSUPPORTED`
   */
  confirm(): Promise<void>
  /** Looks at the root, and changes nothing. @throws StorageError when it cannot be read */
  examine(): Promise<void>
  /** What lies in a folder, in the order of the names; nothing where there is no folder. */
  entries(folder: string): Promise<readonly PlaceEntry[]>
  /** Undefined when there is no file. */
  bytesOf(path: string): Promise<number | undefined>
  /** Tells one state of a file from another; undefined when there is none. */
  stamp(path: string): Promise<string | undefined>
  /** Undefined when there is no file. */
  read(path: string): Promise<Uint8Array | undefined>
  makeFolder(path: string): Promise<void>
  /** Writes a file that is not there yet; gives its bytes. */
  write(path: string, pieces: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<number>
  /** Writes a small file at one blow, also in the place of another. */
  replace(path: string, content: string | Uint8Array): Promise<void>
  /** Makes a small file, whole or not at all; false when there is one: of several writers one gets true. */
  create(path: string, text: string, options: CreateOptions): Promise<boolean>
  /** Waits until files of a folder, and their names, outlive the loss of power. */
  sync(folder: string, names: readonly string[]): Promise<void>
  /** Removes a file, or a folder with all that is below it; what is not there is no fault. */
  remove(path: string): Promise<void>
  /** Removes the folder of a table, and those above it that are empty then, up to the root. */
  removeFolder(path: string): Promise<void>
  /** Removes a table, its log before its data: what dies on the way leaves nothing that could be read. */
  removeTable(table: TablePaths): Promise<void>
}
