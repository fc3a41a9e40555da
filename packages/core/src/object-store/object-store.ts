/** An object as a listing, or a look at it alone, tells of it. */
export interface StoredObject {
  readonly url: string
  readonly bytes: number
  /** Tells one content of the object from another. */
  readonly etag: string
  readonly modifiedMs: number
}

/** What must hold of an object for it to be replaced: its etag, or null where there must be none. */
export interface PutCondition {
  readonly etag: string | null
}

/** Bytes of an object. */
export interface ObjectRange {
  readonly start: number
  readonly length: number
}

/**
 * Objects behind URLs, `s3://bucket/name`, `gs://bucket/name` or `hdfs://namenode/folder/name`. An object is there whole or not at all, and is
 * seen by everybody from the moment at which a write of it resolves. Folders, where a store has them, are its own affair.
 *
 * @throws StorageError `STORAGE_ACCESS_REFUSED`, `STORAGE_BUCKET_MISSING`, `STORAGE_UNREACHABLE`, from each method
 */
export interface ObjectStore {
  /** Undefined when there is no object. */
  look(url: string): Promise<StoredObject | undefined>
  /** Undefined when there is no object. */
  get(url: string): Promise<{ readonly bytes: Uint8Array; readonly etag: string } | undefined>
  /** Some bytes of an object, fewer at its end; undefined when there is none. */
  read(url: string, range: ObjectRange): Promise<Uint8Array | undefined>
  /**
   * Writes a small object at one blow.
   * @returns its etag; undefined when the condition does not hold: nothing has changed then
   */
  put(url: string, content: string | Uint8Array, condition?: PutCondition): Promise<string | undefined>
  /** Writes an object of any size in parts, of which few are in memory; gives its bytes. It is there when all are. */
  upload(url: string, pieces: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<number>
  /** Gives an object another URL; no byte passes through this process. */
  move(from: Pick<StoredObject, "url" | "bytes">, to: string): Promise<void>
  /** All objects whose URLs begin so, in the order of their names. */
  list(prefix: string): AsyncIterable<StoredObject>
  /** Removes objects; what is not there is no fault. */
  remove(urls: readonly string[]): Promise<void>
}
