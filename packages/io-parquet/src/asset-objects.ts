import { joinObjectUrl, mapAtOnce, type ObjectStore, relativeObjectUrl, type StoredObject } from "@assets/core"
import { parseJsonFile } from "./json-file.ts"
import { AssetLayout, isVersionId } from "./parquet-layout.ts"
import { damagedPointerFix, type Pointer, pointerText, unpackPointer } from "./pointer.ts"
import { damagedVersionFix, filesOf, packVersion, unpackVersion, type Version } from "./version.ts"
import type { VersionPlace } from "./version-place.ts"

/** A pointer, and the state of its object that it was read from. */
export interface StoredPointer {
  readonly pointer: Pointer
  readonly etag: string
}

export type StoredPointers = ReadonlyMap<string | null, StoredPointer | undefined>

/** The objects of one asset below the URL of a root. */
export class AssetObjects implements VersionPlace {
  readonly layout: AssetLayout
  readonly store: ObjectStore

  constructor(store: ObjectStore, root: string, key: string) {
    this.store = store
    this.layout = new AssetLayout(root, key, joinObjectUrl)
  }

  async makeFolder(): Promise<void> {} // there are none

  writeFile(path: string, pieces: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<number> {
    return this.store.upload(path, pieces, signal)
  }

  async readFile(path: string): Promise<string | undefined> {
    const found = await this.store.get(path)
    return found && Buffer.from(found.bytes).toString("utf8")
  }

  removeFile(path: string): Promise<void> {
    return this.store.remove([path])
  }

  async readVersion(id: string): Promise<Version | undefined> {
    const path = this.layout.marker(id)
    const text = await this.readFile(path)
    if (text === undefined) return undefined
    return parseJsonFile(path, text, value => unpackVersion(value, id), damagedVersionFix(this.layout, id))
  }

  /** As `readVersion`; undefined of a damaged one, too. */
  wholeVersion(id: string): Promise<Version | undefined> {
    return this.readVersion(id).catch(error => {
      if (error.code === "STORAGE_CORRUPT") return undefined
      throw error
    })
  }

  async isIntact(version: Version): Promise<boolean> {
    const { id } = version.materialization
    const ids = new Set([id, ...version.files.map(file => /^\.\.\/([^/]+)/.exec(file.path)?.[1] ?? id)])
    const found = new Map<string, number>()
    await mapAtOnce([...ids], async one => {
      for await (const { url, bytes } of this.store.list(`${this.layout.version(one)}/`)) found.set(url, bytes)
    })
    const paths = filesOf(this.layout, version)
    const isThere = version.files.every((file, i) => found.get(paths[i] ?? "") === file.bytes)
    return isThere && found.has(this.layout.marker(id))
  }

  async complete(version: Version): Promise<void> {
    await this.store.put(this.layout.marker(version.materialization.id), packVersion(version))
  }

  /** Undefined when nothing is current. @throws StorageError `STORAGE_CORRUPT` */
  async pointer(partition: string | null): Promise<StoredPointer | undefined> {
    return this.#pointerAt(this.layout.pointer(partition))
  }

  async pointersOf(partitions: readonly (string | null)[]): Promise<StoredPointers> {
    const found = await mapAtOnce(partitions, async partition => [partition, await this.pointer(partition)] as const)
    return new Map(found)
  }

  /** All pointers of the asset, in the order of their names. */
  async pointers(): Promise<StoredPointer[]> {
    const urls = (await this.#urlsBelow(this.layout.pointers)).filter(url => url.endsWith(".json"))
    const found = await mapAtOnce(urls, url => this.#pointerAt(url))
    return found.filter(one => one !== undefined)
  }

  /**
   * Makes a version current, at one blow.
   * @param former the etag of what is to be replaced; null for nothing
   * @returns the new etag; undefined when something else is there by now
   */
  movePointer(pointer: Pointer, former: string | null): Promise<string | undefined> {
    return this.store.put(this.layout.pointer(pointer.partition), pointerText(pointer), { etag: former })
  }

  /** The objects of all versions, by id. */
  async versions(): Promise<Map<string, StoredObject[]>> {
    const all = new Map<string, StoredObject[]>()
    for await (const object of this.store.list(`${this.layout.versions}/`)) {
      const [id = ""] = relativeObjectUrl(this.layout.versions, object.url).split("/")
      if (isVersionId(id)) all.set(id, [...(all.get(id) ?? []), object])
    }
    return all
  }

  /** Removes a version: what dies on the way leaves a partial one. */
  async removeVersion(id: string): Promise<void> {
    await this.store.remove([this.layout.marker(id)])
    await this.store.remove(await this.#urlsBelow(this.layout.version(id)))
  }

  /** Removes everything of the asset, first what is current. */
  async removeAll(): Promise<void> {
    const { pointers, path } = this.layout
    await this.store.remove(await this.#urlsBelow(pointers))
    await this.store.remove(await this.#urlsBelow(path))
  }

  async #urlsBelow(place: string): Promise<string[]> {
    const urls: string[] = []
    for await (const { url } of this.store.list(`${place}/`)) urls.push(url)
    return urls
  }

  async #pointerAt(path: string): Promise<StoredPointer | undefined> {
    const found = await this.store.get(path)
    if (!found) return undefined
    const accept = (value: unknown): Pointer | undefined => {
      const pointer = unpackPointer(value)
      return pointer && this.layout.pointer(pointer.partition) === path ? pointer : undefined
    }
    const text = Buffer.from(found.bytes).toString("utf8")
    return { pointer: parseJsonFile(path, text, accept, damagedPointerFix(this.layout.key, path)), etag: found.etag }
  }
}
