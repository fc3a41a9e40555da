import type { Layout, Target } from "@assets/core"
import type { Schema } from "@assets/dataframe"
import type { FileFooter } from "./file-footer.ts"
import { readOrcFooter } from "./orc/orc-footer.ts"
import { heldByOrc } from "./orc/orc-values.ts"
import { readParquetFooter } from "./parquet-footer.ts"
import type { WrittenPart } from "./written-folder.ts"

/** The formats of the files in which Spark keeps the rows of assets. */
export type FileFormat = "parquet" | "orc"

/** Where a session of Spark writes files, in which of the formats. */
export type FileTarget = Omit<Target, "format"> & { readonly format: FileFormat }

interface Format {
  /** What Spark calls the codecs. */
  readonly codecs: { readonly [codec in NonNullable<Layout["compression"]>]: string }
  readFooter(part: WrittenPart, schema: Schema): Promise<FileFooter>
  /** A SELECT of the same rows, which raises where the files cannot hold a value. */
  held(sql: string, schema: Schema): string
}

export const fileFormats: { readonly [format in FileFormat]: Format } = {
  parquet: {
    codecs: { zstd: "zstd", snappy: "snappy", gzip: "gzip", none: "none" },
    readFooter: readParquetFooter,
    held: sql => sql,
  },
  orc: {
    codecs: { zstd: "zstd", snappy: "snappy", gzip: "zlib", none: "none" },
    readFooter: readOrcFooter,
    held: heldByOrc,
  },
}
