import type { IOContext, Json, Refusal } from "@assets/core"
import type { AssetTable } from "./asset-table.ts"
import type { TablePlace } from "./table-place.ts"
import { placeOf, tableFolder } from "./table-root.ts"
import type { Tables } from "./tables.ts"

/** How a kind of table is opened. */
export interface TableKind {
  readonly name: string
  /** Why tables cannot be kept at a root; undefined when they can. */
  refusalOfRoot(root: string): Refusal | undefined
  /** The table of a key, at a path of the place. */
  open(place: TablePlace, key: string, path: string): AssetTable
}

/** Tables below a root, each in the folder of its key. */
export class RootTables implements Tables {
  readonly name: string
  readonly #kind: TableKind
  readonly #options: { readonly root: string }
  /** By root. */
  readonly #places = new Map<string, TablePlace>()
  /** By path. */
  readonly #tables = new Map<string, AssetTable>()

  constructor(kind: TableKind, options: { readonly root: string }) {
    this.name = kind.name
    this.#kind = kind
    this.#options = options
  }

  describe(): { readonly [option: string]: Json } {
    return { ...this.#options }
  }

  refusal(): Refusal | undefined {
    return this.#kind.refusalOfRoot(this.#options.root)
  }

  find(context: IOContext, key: string): Promise<AssetTable> {
    return this.open(context, key)
  }

  async open(context: IOContext, key: string): Promise<AssetTable> {
    const place = this.#place(context)
    const path = tableFolder(place, key)
    const table = this.#tables.get(path) ?? this.#kind.open(place, key, path)
    this.#tables.set(path, table)
    return table
  }

  forget({ path }: AssetTable): void {
    this.#tables.delete(path)
  }

  async examine(context: IOContext): Promise<string> {
    const place = this.#place(context)
    await place.examine()
    return `${place.root} can be read.`
  }

  #place(context: IOContext): TablePlace {
    const made = placeOf(context, this.#options.root, root => this.#kind.refusalOfRoot(root))
    const place = this.#places.get(made.root) ?? made
    this.#places.set(made.root, place)
    return place
  }
}
