import { once } from "node:events"
import { createReadStream, createWriteStream } from "node:fs"
import { copyFile, readdir, rename } from "node:fs/promises"
import { join } from "node:path"
import { createInterface } from "node:readline"
import type { ExportTarget } from "@assets/core"

const writeOptions = {
  parquet: { compression: "zstd" },
  csv: { header: "true", escape: '"', emptyValue: '""' },
  json: { ignoreNullFields: "false" },
} as const satisfies { readonly [format in ExportTarget["format"]]: { readonly [option: string]: string } }

/** How Spark writes the one part that becomes a file for people. */
export function exportOptions({ format }: ExportTarget) {
  return { format, options: writeOptions[format] }
}

/** Puts the one part of a written folder in the place of the file; half of it is never there under its name. */
export async function placePart(folder: string, { path, format }: ExportTarget): Promise<void> {
  const part = (await readdir(folder)).find(name => name.startsWith("part-"))
  if (part === undefined) throw new Error("Spark has written no part of an exported file. Please report this.")
  const unfinished = `${path}.${process.pid}.part`
  if (format === "json") await writeArray(join(folder, part), unfinished)
  else await copyFile(join(folder, part), unfinished)
  await rename(unfinished, path)
}

/** The objects of the lines of a file, as one array. */
async function writeArray(from: string, to: string): Promise<void> {
  const out = createWriteStream(to)
  let isFirst = true
  for await (const line of createInterface({ input: createReadStream(from), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (!out.write(`${isFirst ? "[\n" : ",\n"}\t${line}`)) await once(out, "drain")
    isFirst = false
  }
  out.end(isFirst ? "[]\n" : "\n]\n")
  await once(out, "finish")
}
