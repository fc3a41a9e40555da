import type { Layout, Refusal } from "@assets/core"

/** Where Parquet rests, and how much of it. */
export interface ParquetOptions {
  /** Folder of the assets, relative to the config's folder or absolute. `${NAME}` stands for a variable. */
  readonly root: string
  /** Versions that remain of each partition, the current one counted. Default 2. */
  readonly keep?: number
  /** Default `zstd`; an asset's `layout` overrides it. */
  readonly compression?: NonNullable<Layout["compression"]>
}

/** Why a root cannot be one; undefined when it can. */
export function refusalOf(root: string): Refusal | undefined {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(root)) return undefined
  return {
    why: "This version keeps Parquet on disks that are mounted on this machine.",
    fix: "Give root a folder, for one of a mounted network disk.",
  }
}

/** What the options say of the layout of files. */
export function compressionOf({ compression }: ParquetOptions): Layout {
  return compression ? { compression } : {}
}
